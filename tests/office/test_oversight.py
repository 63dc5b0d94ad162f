"""All requests at once: reports, who sees to which, how the systems serve."""

import csv
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest

from activities.ledger import NewRequest, RequestFilter, TroubledSystem
from activities.ledger.queue import NOBODY
from habeas.errors import BadInput, NotAllowed, WrongStage
from habeas.evidence import Tag
from habeas.model import Identifier, Outcome, Right, Stage, Subject
from tests.office.world import World
from workers.office import Office, new_reference
from workers.office.oversight import SystemStanding
from workers.office.report_csv import california_csv, report_csv
from workers.office.reports import CALIFORNIA, CaliforniaKind


def at(here: World, now: datetime, **staff: object) -> Office:
    """That installation's office, at another time; or with other staff."""
    one = here.office
    policies = {
        name: policy.model_copy(update={"staff": policy.staff.model_copy(update=staff)})
        for name, policy in here.parts.policies.items()
    }
    return Office(one._ledger, one._engine, policies, one._storage, lambda: now)


async def closed(
    here: World,
    received: date,
    days: int,
    right: Right = Right.ACCESS,
    outcome: Outcome = Outcome.FULFILLED,
    regime: str = "EU-GDPR",
) -> str:
    """A request of a year long past, closed after so many days; written into the ledger, so that no workflow has it."""
    at_noon = datetime(received.year, received.month, received.day, 12, tzinfo=UTC)
    new = NewRequest(
        id=new_reference(), controller="demo", right=right, regime=regime, jurisdiction="DK", language="en",
        channel="web", received_at=at_noon, opened_at=at_noon, opened_by="0" * 16, reason="as asked",
        subject=Subject(identifiers=(Identifier(kind="email", value=here.person()),)),
    )  # fmt: skip
    async with here.ledger.begin() as tx:
        await tx.open_request(new)
        await tx.update_request(
            new.id,
            stage=Stage.CLOSED,
            outcome=outcome,
            closed_at=at_noon + timedelta(days=days),
            due_on=received + timedelta(days=31),
            overdue=days > 31,
        )
    return new.id


async def test_a_report_says_what_came_of_a_period(here: World) -> None:
    await closed(here, date(2019, 12, 20), 20)
    await closed(here, date(2019, 12, 31), 1, outcome=Outcome.NOTHING_FOUND)
    await closed(here, date(2020, 1, 1), 40, Right.ERASURE, Outcome.REFUSED)
    await closed(here, date(2020, 3, 31), 1, Right.ERASURE, Outcome.WITHDRAWN)
    office = at(here, datetime(2020, 3, 1, tzinfo=UTC))
    report = await office.report("demo", date(2020, 1, 1), date(2020, 3, 31))
    lines = {line.of: line for line in report.lines}
    assert set(lines) == {Right.ACCESS, Right.ERASURE}, "rights without a request have no line"
    access, erasure = lines["access"].figures, lines["erasure"].figures
    assert (access.open_before, access.received, access.fulfilled, access.nothing_found) == (2, 0, 1, 1)
    assert (access.median_days, access.in_time, access.late) == (10.5, 2, 0)
    assert (erasure.received, erasure.refused, erasure.late, erasure.withdrawn, erasure.open_after) == (2, 1, 1, 0, 1)
    assert (report.total.answered, report.total.complied, report.total.denied) == (3, 2, 1)
    assert [(one.ground, one.whole) for one in report.total.denied_on] == [("no_such_right", True)]
    assert not report.complete
    assert (await here.office.report(None, date(2020, 1, 1), date(2020, 3, 31))).complete
    rows = list(csv.DictReader(StringIO(report_csv(report))))
    assert [(row["right"], row["received"], row["median_days"]) for row in rows] == [
        ("access", "0", "10.5"),
        ("erasure", "2", "40.0"),
        ("all", "2", "20.0"),
    ]


async def test_californias_year_has_its_five_kinds_and_no_others(here: World) -> None:
    for number, right in enumerate((Right.ACCESS, Right.PORTABILITY, Right.OBJECTION, Right.OPT_OUT_SALE)):
        await closed(here, date(2016, 2, 1), 2 + number, right, regime=CALIFORNIA)
    await closed(here, date(2016, 2, 1), 9, Right.ERASURE)
    await closed(here, date(2016, 12, 31), 60)  # answered in the next year, and under another law
    metrics = await here.office.california("demo", 2016)
    assert [line.of for line in metrics.lines] == list(CaliforniaKind)
    received = {line.of: line.figures.received for line in metrics.lines}
    assert received == {"delete": 0, "correct": 0, "know": 2, "opt_out": 1, "limit": 0}
    assert next(line.figures.median_days for line in metrics.lines if line.of == "know") == 2.5
    everyone = await here.office.california("demo", 2016, everyone=True)
    known = {line.of: (line.figures.received, line.complied) for line in everyone.lines}
    assert (known["know"], known["delete"]) == ((3, 2), (1, 1))
    rows = list(csv.DictReader(StringIO(california_csv(metrics))))
    assert [row["requests_to"] for row in rows] == list(CaliforniaKind)
    assert {row["counted"] for row in rows} == {"consumers_in_california (US-CCPA)"}
    assert {row["counted"] for row in csv.DictReader(StringIO(california_csv(everyone)))} == {"all_individuals"}


@pytest.mark.parametrize(
    ("controller", "since", "until", "field"),
    [
        ("nobody", date(2020, 1, 1), date(2020, 1, 2), "controller"),
        ("demo", date(2020, 1, 2), date(2020, 1, 1), "to"),
        ("demo", date(1, 1, 1), date(2020, 1, 1), "from"),
        ("demo", date(2020, 1, 1), date(9999, 12, 31), "to"),
    ],
)
async def test_no_report_is_made_of_what_there_is_not(
    here: World, controller: str, since: date, until: date, field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        await here.office.report(controller, since, until)
    assert refused.value.facts["field"] == field


async def test_a_request_is_taken_handed_on_and_put_back(here: World) -> None:
    request_id = await here.open(here.person())
    for _ in range(2):
        held = await here.office.take(request_id, by="Kim")
    assert held.held_by == "Kim"
    mine = RequestFilter(held=here.office.actor(" KIM"), limit=1000)
    assert [(one.id, one.held_by) for one in await here.office.requests(mine)] == [(request_id, "Kim")]
    nobodys = RequestFilter(held=NOBODY, limit=1000)
    assert request_id not in {one.id for one in await here.office.requests(nobodys)}
    assert (await here.office.hand(request_id, by="Kim", to="Noor")).held_by == "Noor"
    assert (await here.office.show(request_id)).entry.held_by == "Noor"
    assert (await here.office.put_back(request_id, by="Kim")).held_by is None
    assert request_id in {one.id for one in await here.office.requests(nobodys)}
    told = [one for one in await here.office.timeline(request_id) if one.tag == Tag.REQUEST_HOLDER]
    noor = here.office.actor("noor")
    assert [one.facts for one in told] == [{"holder": here.office.actor("kim")}, {"holder": noor}, {}]
    assert all("Noor" not in one.sentence for one in told)
    assert (await here.office.verify_evidence(request_id)).findings == ()
    assert await here.office.happened(request_id) >= told[-1].n


async def test_a_request_is_handed_to_none_but_colleagues_and_only_while_it_is_open(here: World) -> None:
    request_id = await here.open(here.person())
    office = at(here, here.office._now(), accounts=("Kim",), roles={"auditor": ("Audrey",)})
    with pytest.raises(BadInput) as refused:
        await office.hand(request_id, by="Kim", to="A Stranger")
    assert refused.value.facts["field"] == "to"
    with pytest.raises(NotAllowed):
        await office.for_staff("audrey").take(request_id, by="Audrey")
    over = await closed(here, date(2018, 1, 1), 3)
    with pytest.raises(WrongStage):
        await office.take(over, by="Kim")


async def test_what_waits_for_a_system_is_told_of_it(here: World) -> None:
    request_id = await here.open(here.person())
    since = here.office._now() - timedelta(hours=2)
    async with here.ledger.begin() as tx:
        await tx.update_request(request_id, blocked_on=("billing", "letters"))
        for phase, code in (("locate", "system_unavailable"), ("collect", "system_busy")):
            await tx.save_system(
                request_id, "billing", phase=phase, state="waiting", counts={}, waiting_since=since, error_code=code
            )
        await tx.save_system(request_id, "crm", phase="locate", state="done", counts={}, at=since)
    (entry,) = [one for one in await here.office.requests(RequestFilter(limit=1000)) if one.id == request_id]
    assert [(one.system, one.since) for one in entry.waits] == [("billing", since)]
    billing = next(one for one in await here.office.systems() if one.system == "billing")
    assert (billing.known, billing.waiting, billing.since) == (True, 1, since)
    assert [(one.code, one.requests) for one in billing.errors] == [("system_busy", 1), ("system_unavailable", 1)]
    crm = next(one for one in await here.office.systems() if one.system == "crm")
    assert crm.answered_at is not None
    assert (crm.waiting, crm.errors) == (0, ())
    await closed_now(here, request_id)
    assert next(one for one in await here.office.systems() if one.system == "billing").errors == ()


async def closed_now(here: World, request_id: str) -> None:
    now = here.office._now()
    async with here.ledger.begin() as tx:
        await tx.update_request(request_id, stage=Stage.CLOSED, outcome=Outcome.FULFILLED, closed_at=now, blocked_on=())


async def test_the_overview_counts_what_is_open(here: World) -> None:
    before = await here.office.overview("demo")
    await here.open(here.person())
    after = await here.office.overview()
    assert sum(row.requests for row in after.open) == sum(row.requests for row in before.open) + 1
    assert after.controllers == ("demo",)
    assert after.zone == here.parts.policies["demo"].controller.clock_tz
    with pytest.raises(BadInput):
        await here.office.overview("nobody")


@pytest.mark.parametrize(
    ("code", "failing"),
    [("transient", True), ("terminal", True), ("waiting", False), ("task_open", False), ("processor_asked", False)],
)
def test_trying_again_helps_where_no_human_is_waited_for(code: str, failing: bool) -> None:
    since = datetime(2026, 12, 1, tzinfo=UTC)
    error = TroubledSystem(system="paper", code=code, requests=1, since=since)
    one = SystemStanding(system="paper", known=True, waiting=1, since=since, errors=(error,), answered_at=None)
    assert one.failing is failing
