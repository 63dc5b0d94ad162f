"""What a forecast is made of, over a ledger whose requests are known."""

from datetime import UTC, date, datetime, timedelta

from activities.ledger import Ledger
from activities.ledger.paces import Usual
from activities.model import StageEntry
from activities.stages import enter
from habeas.forecast import PEOPLE, Group, Passed
from habeas.model import Outcome, Right, Stage
from tests.ledger.conftest import NewRequestFactory

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


async def answered(
    ledger: Ledger, new: NewRequestFactory, number: int, closed: datetime, outcome: Outcome = Outcome.FULFILLED
) -> None:
    """One that was reviewed three days before its end, and whose stores had answered four days before it."""
    async with ledger.begin() as tx:
        one = (await tx.open_request(new(f"p{number}@example.org"))).request.id
        await tx.save_system(one, "crm", "collect", "done", {}, at=closed - 4 * DAY)
        await tx.save_system(one, "crm", "locate", "done", {}, at=closed - 4 * DAY)
        await enter(tx, StageEntry(request_id=one, at=closed - 3 * DAY, stage=Stage.REVIEWING))
        await enter(tx, StageEntry(request_id=one, at=closed, stage=Stage.CLOSED))
        await tx.update_request(one, outcome=outcome, closed_at=closed)


async def test_what_was_done_of_late_is_counted_by_the_day(ledger: Ledger, new_request: NewRequestFactory) -> None:
    for number, days in enumerate((10, 10, 12)):
        await answered(ledger, new_request, number, NOON - days * DAY)
    await answered(ledger, new_request, 3, NOON - 10 * DAY, Outcome.WITHDRAWN)  # it took nobody's time to answer
    await answered(ledger, new_request, 4, NOON - 40 * DAY)
    async with ledger.begin() as tx:
        passed = {one.lane: one for one in await tx.passed(NOON - 28 * DAY, "Europe/Copenhagen", "acme")}
        usual = await tx.usual(NOON - 28 * DAY, "acme")
        assert await tx.passed(NOON - 28 * DAY, "UTC", "another") == ()
    assert passed == {
        "crm": Passed(lane="crm", requests=4, busiest=3),
        PEOPLE: Passed(lane=PEOPLE, requests=3, busiest=2),
    }
    assert usual == (Usual(controller="acme", stage=Stage.REVIEWING, days=3.0),)


async def test_what_is_open_is_told_by_what_is_alike(ledger: Ledger, new_request: NewRequestFactory) -> None:
    async with ledger.begin() as tx:
        for number in range(2):
            one = (await tx.open_request(new_request(f"a{number}@example.org"))).request.id
            await tx.update_request(one, stage=Stage.COLLECTING, due_on=date(2026, 7, 1), blocked_on=("crm",))
        await tx.update_request(one, extended=True, extended_due_on=date(2026, 8, 1))
        await tx.open_request(new_request("b@example.org", controller="other", right=Right.ERASURE))
    await answered(ledger, new_request, 9, NOON)
    alike = {"controller": "acme", "right": Right.ACCESS, "stage": Stage.COLLECTING, "blocked_on": ("crm",)}
    async with ledger.begin() as tx:
        groups = await tx.open_groups("acme")
        assert len(await tx.open_groups()) == 3
    async with ledger.only(["other"]).begin() as tx:
        assert [one.controller for one in await tx.open_groups()] == ["other"]
    assert sorted(groups, key=lambda one: one.due_on or date.max) == [
        Group.model_validate({**alike, "due_on": date(2026, 7, 1), "requests": 1}),
        Group.model_validate({**alike, "due_on": date(2026, 8, 1), "requests": 1}),
    ]
