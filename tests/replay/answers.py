"""Stories of answers and what lies between: what a copy covers, questions, delays, parts refused, appeals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from activities.pages import Pages, load_collected
from habeas.acts import ActKind
from habeas.connector import Page
from habeas.model import Right, Stage
from tests.workflows.controllers import answering_under, controller
from tests.workflows.world import Case, World, eventually, someone
from workers.office import RedactionAsked

COLORADO = {"code": "US-STATE", "jurisdictions": ("US-CO",)}
CALIFORNIA = {"code": "US-CCPA", "jurisdictions": ("US-CA",)}
SWISS = {"code": "CH-FADP", "jurisdictions": ("CH",)}
UK = {"code": "UK-GDPR", "jurisdictions": ("GB-ENG",)}


async def _open(world: World, right: Right = Right.ACCESS, *, free_text: bool = False, **words: object) -> Case:
    person = someone()
    person.settle_in(world.connectors, free_text=free_text)
    return await world.open(person, right, **words)


async def _review(world: World, right: Right = Right.ACCESS, **words: object) -> Case:
    case = await _open(world, right, free_text=True, **words)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    return case


async def portability(world: World) -> Case:
    """Only what the person gave, by consent or contract."""
    case = await _open(world, Right.PORTABILITY)
    await case.prove()
    return case


async def categories(world: World) -> Case:
    """California: which categories, and no piece of data."""
    name = answering_under(world, "golden", CALIFORNIA)
    case = await _open(world, controller=name, jurisdiction="US-CA", scope="categories")
    await case.prove()
    return case


async def access_in_part(world: World) -> Case:
    """One category is refused while the request is reviewed; the rest is handed over."""
    case = await _review(world)
    await case.act(ActKind.EXEMPT, category="activity", ground="rights_of_others")
    await case.act(ActKind.APPROVE)
    return case


async def access_redacted(world: World) -> Case:
    """A note is taken out after an approval, a name everywhere; that is put back. The release is approved anew."""
    name = controller(world, "two_reviewers", review={"access_approvals": 2})
    case = await _review(world, controller=name)
    await case.act(ActKind.APPROVE)
    page = await world.office.collected(case.id, by="ann", reason="review")
    note = next(one for one in page.records if one.collection == "notes")

    async def take_out(**asked: str) -> str:
        said = RedactionAsked.model_validate(asked)
        who = {"by": "ann", "reason": "as told", "ground": "rights_of_others"}
        return (await world.office.redact(case.id, asked=said, **who)).act_id

    await take_out(object=note.object)
    back = await take_out(text=case.person.name)
    await world.office.unredact(case.id, by="bob", reason="their own", redaction=back)
    await case.act(ActKind.APPROVE, by="bob")
    await case.act(ActKind.APPROVE, by="ann")
    return case


async def access_changed_behind_the_approvals(world: World) -> Case:
    """What is there when the package is to be built is not what was approved: it is reviewed anew."""
    case = await _review(world, controller=controller(world, "two_others", review={"access_approvals": 2}))
    await case.act(ActKind.APPROVE)
    pages = Pages(world.parts.ledger, world.parts.storage, case.id)
    async with world.parts.ledger.begin() as tx:
        last = (await load_collected(tx, case.id))["crm"].pages - 1
    there = [one async for one in pages.read("crm", range(last, last + 1))]
    changed = tuple(one.model_copy(update={"data": {"text": "another"}}) for one in there)
    await pages.write("crm", last, Page(records=changed, cursor=None))
    await case.act(ActKind.APPROVE, by="bob")

    async def back() -> bool:
        stages = [one.facts["stage"] for one in await case.events() if one.tag.value == "request:stage"]
        return stages[-2:] == ["fulfilling", "reviewing"]

    await eventually(back)
    await case.act(ActKind.APPROVE)
    await case.act(ActKind.APPROVE, by="bob")
    return case


async def erasure_in_part(world: World) -> Case:
    """One category is refused while the plan is reviewed; it is drafted and approved anew."""
    case = await _review(world, Right.ERASURE)
    first = await case.plan()
    await case.act(ActKind.APPROVE, by="ann", plan=first)
    await case.act(ActKind.EXEMPT, category="activity", ground="legal_claims")

    async def anew() -> bool:
        return await case.plan() != first

    await eventually(anew)
    await case.approve_twice()
    return case


async def asked_and_resumed(world: World) -> Case:
    """A question that stops the clock, an answer; then a fee, paid."""
    name = answering_under(world, "london", UK)
    case = await _review(world, controller=name, jurisdiction="GB-ENG")
    await case.act(ActKind.ASK, pause_reason="clarification")
    await case.act(ActKind.RESUME)
    await world.office.charge(case.id, by="ann", reason="the ninth copy", amount="GBP 12.50", ground="excessive")
    await case.has_letter("fee")
    await case.act(ActKind.RESUME)
    await case.act(ActKind.APPROVE)
    return case


async def delayed(world: World) -> Case:
    """The clock tells of the delay as promised; staff name another day."""
    promise = {"days": 20, "delay_notice": True, "delay_days_before": 2}
    received = world.now[0] - timedelta(days=19)
    name = controller(world, "punctual", promise=promise)
    case = await _review(world, controller=name, received_at=received.isoformat())
    await case.has_letter("delay")
    day = (world.now[0] + timedelta(days=8)).date()
    await case.act(ActKind.ANNOUNCE_DELAY, expected_on=day.isoformat())
    await case.has_letter("delay", 2)
    await case.act(ActKind.APPROVE)
    return case


async def delay_minded(world: World) -> Case:
    """As before; and the clock minds each day that the person was told."""
    return await delayed(world)


async def _refused(world: World, name: str, place: str) -> Case:
    case = await _review(world, controller=name, jurisdiction=place)
    await case.act(ActKind.REFUSE, by="ann", ground="manifestly_unfounded")
    await case.reaches(Stage.CLOSED)
    return case


async def _about(world: World, first: Case, right: Right) -> Case:
    row = await first.row()
    about = {"controller": row.controller, "jurisdiction": row.jurisdiction, "about": first.id}
    case = await world.open(first.person, right, **about)
    await case.reaches(Stage.REVIEWING)
    return case


async def appeal_granted(world: World) -> Case:
    """Colorado: who refused may not decide; somebody else grants it, and the request is opened anew."""
    first = await _refused(world, answering_under(world, "denver", COLORADO), "US-CO")
    case = await _about(world, first, Right.APPEAL)
    await case.act(ActKind.APPROVE, by="bob")
    return case


async def complaint_denied(world: World) -> Case:
    """United Kingdom: looked at again by somebody else; the decision stands."""
    first = await _refused(world, answering_under(world, "leeds", UK), "GB-ENG")
    case = await _about(world, first, Right.COMPLAINT)
    await case.act(ActKind.REFUSE, by="bob", ground="decision_stands")
    return case


async def appeal_of_another_person(world: World) -> Case:
    """Who appeals gives nothing of the first request: asked for a code, attested in review, then decided."""
    first = await _refused(world, answering_under(world, "denver", COLORADO), "US-CO")
    row = await first.row()
    about = {"controller": row.controller, "jurisdiction": row.jurisdiction, "about": first.id}
    case = await world.open(someone(), Right.APPEAL, **about)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    await case.act(ActKind.ATTEST, by="bob")
    await case.act(ActKind.APPROVE, by="bob")
    return case


async def paused_and_extended_past_a_promise(world: World) -> Case:
    """A hard promise: neither a pause nor the extension of the law's term moves its day."""
    name = controller(world, "firm", promise={"days": 20})
    received = world.now[0] - timedelta(days=15)
    case = await _review(world, controller=name, received_at=received.isoformat())
    await case.act(ActKind.PAUSE, pause_reason="identity")
    await case.act(ActKind.RESUME)
    await case.act(ActKind.EXTEND, ground="complexity")
    await case.has_letter("extension")
    await case.act(ActKind.APPROVE)
    return case


async def more_time_to_prove(world: World) -> Case:
    """California's clock runs on while the proof is awaited: the wait ends with the term, and moves with it."""
    patient = {"expires_after_days": 60, "remind_after_days": ()}
    name = controller(world, "patient", of=answering_under(world, "fresno", CALIFORNIA), identity=patient)
    case = await _open(world, controller=name, jurisdiction="US-CA")
    await case.has_letter("code")
    await case.act(ActKind.EXTEND, ground="complexity")
    await case.has_letter("extension")
    await case.prove()
    return case


async def unproven_on_the_last_day(world: World) -> Case:
    """California: nobody proves anything until the last day to answer begins."""
    with patch("activities.clockface._proof_until", lambda *_: datetime.now(UTC) + timedelta(seconds=5)):
        case = await _open(world, controller=answering_under(world, "fresno", CALIFORNIA), jurisdiction="US-CA")
        await case.reaches(Stage.CLOSED)
    return case


async def fee_unconfirmed(world: World) -> Case:
    """Switzerland: the days to confirm a fee pass unused; staff are told, and withdraw the request."""
    with patch("activities.clockface._confirm_end", lambda *_: datetime.now(UTC) + timedelta(seconds=3)):
        case = await _review(world, controller=answering_under(world, "uri", SWISS), jurisdiction="CH")
        await case.has_letter("staff_attention")
        await world.office.charge(
            case.id, by="ann", reason="as told", amount="CHF 20", ground="disproportionate_effort"
        )
        await case.has_letter("fee")
        await case.has_letter("staff_attention", 2)
    await case.act(ActKind.WITHDRAW)
    return case


ANSWERS = (
    portability,
    categories,
    access_in_part,
    access_redacted,
    access_changed_behind_the_approvals,
    erasure_in_part,
    asked_and_resumed,
    delayed,
    delay_minded,
    appeal_granted,
    complaint_denied,
    appeal_of_another_person,
    paused_and_extended_past_a_promise,
    more_time_to_prove,
    fee_unconfirmed,
    unproven_on_the_last_day,
)
