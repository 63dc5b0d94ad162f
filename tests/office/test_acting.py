import uuid
from datetime import timedelta

import pytest

from activities.ledger import Act
from habeas.acts import ActKind
from habeas.errors import BadInput, EngineUnavailable, NotAllowed, UnknownRequest, WrongCode, WrongStage
from habeas.evidence import Tag
from habeas.model import Identifier, Stage
from tests.office.world import World
from workers.office import Engine, Office


async def acts(here: World, request_id: str) -> tuple[Act, ...]:
    async with here.ledger.begin() as tx:
        return await tx.acts(request_id)


async def tags(here: World, request_id: str) -> list[Tag]:
    async with here.ledger.begin() as tx:
        return [event.tag for event in await tx.events(request_id)]


async def test_the_right_code_proves_identity_and_the_same_code_again_changes_nothing(here: World) -> None:
    address = here.person()
    request_id = await here.open(address)
    code = await here.code(address)
    first = await here.office.submit_code(request_id, f" {code[:4]} {code[4:]} ")
    again = await here.office.submit_code(request_id, code)
    assert first == again
    assert (await tags(here, request_id)).count(Tag.IDENTITY_PROVEN) == 1


async def test_a_wrong_code_costs_a_try_once_and_says_how_many_are_left(here: World) -> None:
    address = here.person()
    request_id = await here.open(address)
    code = await here.code(address)
    wrong = f"{(int(code) + 1) % 10**8:08}"
    for _ in range(2):
        with pytest.raises(WrongCode) as caught:
            await here.office.submit_code(request_id, wrong)
        assert caught.value.facts["tries_left"] == 4
    for step in range(2, 6):
        with pytest.raises(WrongCode):
            await here.office.submit_code(request_id, f"{(int(code) + step) % 10**8:08}")
    with pytest.raises(WrongCode) as caught:
        await here.office.submit_code(request_id, code)
    assert caught.value.facts["result"] == "exhausted"
    assert (await tags(here, request_id)).count(Tag.IDENTITY_WRONG_CODE) == 5
    with pytest.raises(UnknownRequest):
        await here.office.submit_code("HB-0000-0000-0000", code)


async def test_a_refused_act_leaves_nothing_behind(here: World) -> None:
    address = here.person()
    request_id = await here.open(address)
    await here.reach(request_id, Stage.VERIFYING)
    with pytest.raises(WrongStage, match="approve is not possible while verifying"):
        await here.office.act(ActKind.APPROVE, request_id, by="Kim", reason="looks fine")
    with pytest.raises(WrongStage):
        await here.office.add_identifier(
            await closed(here), by="Kim", reason="late", identifiers=(Identifier(kind="email", value="b@example.org"),)
        )
    assert await acts(here, request_id) == ()
    assert [tag for tag in await tags(here, request_id) if tag.startswith("act:")] == []


async def closed(here: World) -> str:
    request_id = await here.open(here.person())
    await here.reach(request_id, Stage.VERIFYING)
    await here.office.act(ActKind.WITHDRAW, request_id, by="Kim", reason="told by phone")
    await here.reach(request_id, Stage.CLOSED)
    return request_id


async def test_an_act_is_done_once_however_often_it_is_asked_for(here: World) -> None:
    request_id = await here.open(here.person())
    await here.reach(request_id, Stage.VERIFYING)
    act_id = str(uuid.uuid4())
    answers = {
        (await here.office.act(ActKind.WITHDRAW, request_id, by="Kim", reason="told by phone", act_id=act_id)).note
        for _ in range(2)
    }
    await here.reach(request_id, Stage.CLOSED)
    late = await here.office.act(ActKind.WITHDRAW, request_id, by="Kim", reason="told by phone", act_id=act_id)
    assert answers == {"withdrawn"}
    assert late.note in {"withdrawn", "already_done"}
    assert [act.reason for act in await acts(here, request_id)] == ["told by phone"]
    with pytest.raises(BadInput, match="another act"):
        await here.office.act(ActKind.REFUSE, request_id, by="Kim", reason="x", act_id=act_id, ground="excessive")
    with pytest.raises(WrongStage, match="closed as withdrawn"):
        await here.office.act(ActKind.WITHDRAW, request_id, by="Kim", reason="again")


@pytest.mark.parametrize(
    ("by", "reason", "act_id", "ground", "field"),
    [
        ("", "why", None, "excessive", "by"),
        ("Kim", " ", None, "excessive", "reason"),
        ("Kim", "why", "7", "excessive", "act_id"),
        ("Kim", "why", None, "because", "ground"),
        ("Kim", "why", None, None, "ground"),
        ("Kim", "why", None, "Not A Code", "ground"),
    ],
)
async def test_every_act_says_who_and_why_on_which_ground(
    here: World, by: str, reason: str, act_id: str | None, ground: str | None, field: str
) -> None:
    request_id = await here.open(here.person())
    with pytest.raises(BadInput) as caught:
        await here.office.act(ActKind.REFUSE, request_id, by=by, reason=reason, act_id=act_id, ground=ground)
    assert caught.value.facts["field"] == field
    assert await acts(here, request_id) == ()


async def test_an_erasure_needs_two_people_and_exactly_the_plan_that_was_seen(here: World) -> None:
    address = here.person()
    request_id = await here.proven(address, "erasure")
    await here.reach(request_id, Stage.REVIEWING)
    shown = await here.office.plan(request_id, by="Kim", reason="review")
    assert sum(line.count for line in shown.lines["crm"]) == 2
    with pytest.raises(BadInput, match="another digest"):
        await here.office.plan_digest(request_id, "0" * 12)
    with pytest.raises(WrongStage, match="not the plan"):
        await here.office.act(ActKind.APPROVE, request_id, by="Kim", reason="fine", plan="0" * 64)
    digest = await here.office.plan_digest(request_id, shown.digest[:12])
    first = await here.office.act(ActKind.APPROVE, request_id, by="Kim", reason="fine", plan=digest)
    with pytest.raises(NotAllowed, match="another person"):
        await here.office.act(ActKind.APPROVE, request_id, by=" KIM", reason="fine again", plan=digest)
    second = await here.office.act(ActKind.APPROVE, request_id, by="Bo", reason="fine", plan=digest)
    assert (first.note, second.note) == ("approved_1_of_2", "approved_2_of_2")
    await here.reach(request_id, Stage.CLOSED)
    story = await here.office.show(request_id)
    assert story.fates["crm"] == {"erased": 2}
    assert Tag.PERSONAL_DATA_VIEWED in await tags(here, request_id)
    assert (await here.office.verify_evidence(request_id)).findings == ()


async def test_a_shared_mailbox_is_decided_by_a_human(here: World) -> None:
    address = here.person(name="Ada Lovelace")
    here.person(name="Bo Bang", email=address)
    request_id = await here.proven(address, "erasure")
    await here.reach(request_id, Stage.CLARIFYING)
    found = await here.office.candidates(request_id, by="Kim", reason="decide")
    assert {each.standing for each in found.records} == {"held"}
    assert found.doubts
    ada = next(each.handle for each in found.records if each.name == "Ada Lovelace")
    bo = next(each.handle for each in found.records if each.name == "Bo Bang")
    with pytest.raises(BadInput, match="no record has this handle"):
        await here.office.decide_by_handle(request_id, by="Kim", reason="told", said={"00000000": True})
    await here.office.decide_by_handle(request_id, by="Kim", reason="told by phone", said={ada: True, bo: False})
    await here.reach(request_id, Stage.REVIEWING)
    shown = await here.office.plan(request_id, by="Kim", reason="review")
    assert sum(line.count for line in shown.lines["crm"]) == 2
    assert "Ada" not in repr(found)


async def _at_work(here: World) -> tuple[str, str, str]:
    """A request of a customer who has a staff account in another system; and the handles of both records."""
    address = here.person(name="Ada Lovelace")
    here.person(name="Ada Lovelace", email=address, systems=("support",), staff=True)
    request_id = await here.proven(address, "erasure")
    await here.reach(request_id, Stage.CLARIFYING)
    found = await here.office.candidates(request_id, by="Kim", reason="decide")
    assert {(each.system, each.standing, each.staff) for each in found.records} == {
        ("crm", "kept", False),
        ("support", "held", True),
    }
    handles = {each.system: each.handle for each in found.records}
    (doubt,) = found.doubts
    assert (doubt.kind, doubt.sides) == ("staff", ((handles["support"],), (handles["crm"],)))
    return request_id, address, handles["support"]


async def test_a_staff_account_waits_for_a_human_who_is_not_asked_again(here: World) -> None:
    request_id, address, account = await _at_work(here)
    await here.office.decide_by_handle(request_id, by="Kim", reason="their work", said={account: False})
    await here.reach(request_id, Stage.REVIEWING)
    shown = await here.office.plan(request_id, by="Kim", reason="review")
    assert {name: sum(line.count for line in lines) for name, lines in shown.lines.items() if lines} == {"crm": 2}
    other = here.person(systems=("billing",))
    await here.office.add_identifier(
        request_id, by="Kim", reason="told us", identifiers=(Identifier(kind="email", value=other),)
    )
    while "billing" not in (await here.office.plan(request_id, by="Kim", reason="look")).lines:
        pass
    await here.reach(request_id, Stage.REVIEWING)
    digest = (await here.office.plan(request_id, by="Kim", reason="look")).digest
    for who in ("Kim", "Bo"):
        await here.office.act(ActKind.APPROVE, request_id, by=who, reason="fine", plan=digest)
    await here.reach(request_id, Stage.CLOSED)
    assert (await tags(here, request_id)).count(Tag.SYSTEM_AMBIGUOUS) == 1
    accounts = [row for row in here.systems["support"].rows.values() if row.data.get("email") == address]
    assert [row.staff for row in accounts] == [True], "what a human said is not theirs is left alone"


async def test_a_staff_account_that_a_human_says_is_theirs_is_theirs(here: World) -> None:
    request_id, _, account = await _at_work(here)
    await here.office.decide_by_handle(request_id, by="Kim", reason="she says so", said={account: True})
    await here.reach(request_id, Stage.REVIEWING)
    shown = await here.office.plan(request_id, by="Kim", reason="review")
    assert {name for name, lines in shown.lines.items() if lines} == {"crm", "support"}


async def test_a_new_identifier_finds_what_the_first_one_did_not(here: World) -> None:
    address, other = here.person(), here.person(systems=("billing",))
    request_id = await here.proven(address, "erasure")
    await here.reach(request_id, Stage.REVIEWING)
    await here.office.add_identifier(
        request_id, by="Kim", reason="the person told us", identifiers=(Identifier(kind="email", value=other),)
    )
    async with here.ledger.begin() as tx:
        assert await tx.sealed_names(request_id, "act/")
    while "billing" not in (await here.office.plan(request_id, by="Kim", reason="look")).lines:
        pass
    await here.reach(request_id, Stage.REVIEWING)


async def test_a_silent_engine_keeps_the_proposal_and_says_how_to_repeat_it(here: World) -> None:
    request_id = await here.open(here.person())
    await here.reach(request_id, Stage.VERIFYING)

    async def connected() -> object:
        return here.client

    hasty = Office(
        here.ledger,
        Engine(connected, task_queue="none", patience=timedelta(0)),  # type: ignore[arg-type]  # the client
        here.parts.policies,
        here.parts.storage,
    )
    act_id = str(uuid.uuid4())
    with pytest.raises(EngineUnavailable, match=f"--act-id {act_id}"):
        await hasty.act(ActKind.WITHDRAW, request_id, by="Kim", reason="told", act_id=act_id)
    assert [act.id for act in await acts(here, request_id)] == [act_id]
    answer = await here.office.act(ActKind.WITHDRAW, request_id, by="Kim", reason="told", act_id=act_id)
    assert answer.act_id == act_id
    await here.reach(request_id, Stage.CLOSED)
