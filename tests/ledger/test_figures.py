"""Figures over a ledger whose requests are known, at the borders of a year in the controller's zone."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from activities.ledger import Act, Figures, GroundRow, Ledger, Span
from activities.ledger.figures import EVERYTHING, NO_SUCH_RIGHT
from habeas.model import Outcome, Right, Stage
from tests.ledger.conftest import NewRequestFactory

# In Los Angeles the year 2026 begins and ends at 08:00 UTC.
BEGIN, END = datetime(2026, 1, 1, 8, tzinfo=UTC), datetime(2027, 1, 1, 8, tzinfo=UTC)
YEAR = Span(start=BEGIN, end=END, zone="America/Los_Angeles")
MOMENT = timedelta(microseconds=1)
EACH = {right: right.value for right in Right}


class Book:
    """A ledger that is filled by hand."""

    def __init__(self, ledger: Ledger, new_request: NewRequestFactory) -> None:
        self._ledger = ledger
        self._new = new_request
        self._people = 0

    async def add(
        self,
        received: datetime,
        closed: datetime | None = None,
        outcome: Outcome | None = None,
        *,
        ground: str | None = None,
        exempt: tuple[str, ...] = (),
        overdue: bool = False,
        extended: bool = False,
        due: bool = True,
        **facts: object,
    ) -> str:
        """One request, as it stands by now."""
        self._people += 1
        facts = {"controller": "acme", "regime": "US-CCPA", "received_at": received, **facts}
        async with self._ledger.begin() as tx:
            request_id = (await tx.open_request(self._new(f"p{self._people}@example.org", **facts))).request.id
            await tx.update_request(
                request_id, overdue=overdue, extended=extended, due_on=date(2026, 2, 1) if due else None
            )
            for kind, code in [("refuse", ground), *(("exempt", one) for one in exempt)]:
                if code is not None:
                    act = Act(
                        id=str(uuid.uuid4()), request_id=request_id, kind=kind, actor="0" * 16, reason="r",
                        facts={"ground": code}, proposed_at=received,
                    )  # fmt: skip
                    await tx.propose_act(act)
                    await tx.accept_act(act.id, at=received)
            if closed is not None and outcome is not None:
                await tx.update_request(request_id, stage=Stage.CLOSED, outcome=outcome, closed_at=closed)
        return request_id

    async def of(self, group: str = EVERYTHING, *, regime: str | None = None, span: Span = YEAR) -> Figures:
        """The figures of one group."""
        async with self._ledger.begin() as tx:
            found = await tx.figures("acme", span, EACH, regime)
        return next(one for one in found if one.group == group)

    async def grounds(self) -> list[GroundRow]:
        """What was refused and why."""
        async with self._ledger.begin() as tx:
            return list(await tx.grounds("acme", YEAR, EACH))


@pytest.fixture
def book(ledger: Ledger, new_request: NewRequestFactory) -> Book:
    return Book(ledger, new_request)


async def test_nothing_is_counted_where_nothing_is(book: Book) -> None:
    figures = await book.of()
    assert (figures.received, figures.answered, figures.median_days, figures.mean_days) == (0, 0, None, None)


async def test_a_year_begins_and_ends_where_the_controller_is(book: Book) -> None:
    await book.add(BEGIN - MOMENT)
    await book.add(BEGIN)
    await book.add(END - MOMENT)
    await book.add(END)
    figures = await book.of("access")
    assert (figures.open_before, figures.received, figures.open_after) == (1, 2, 3)
    assert figures == (await book.of()).model_copy(update={"group": "access"})


async def test_what_ended_on_the_border_is_counted_once(book: Book) -> None:
    for closed in (BEGIN - MOMENT, BEGIN, END - MOMENT, END):
        await book.add(BEGIN - timedelta(days=60), closed, Outcome.FULFILLED)
    figures = await book.of()
    assert (figures.open_before, figures.received, figures.ended, figures.open_after) == (3, 0, 2, 1)
    after = await book.of(span=Span(start=END, end=END + timedelta(days=365), zone=YEAR.zone))
    assert (after.open_before, after.ended) == (1, 1)


async def test_every_outcome_is_counted_as_itself_and_the_sum_is_right(book: Book) -> None:
    begun = BEGIN + timedelta(days=10)
    for number, outcome in enumerate(Outcome, start=1):
        for _ in range(number):
            await book.add(begun, begun + timedelta(days=number), outcome)
    await book.add(begun)
    await book.add(BEGIN - timedelta(days=3))
    figures = await book.of()
    assert [getattr(figures, outcome.value) for outcome in Outcome] == [1, 2, 3, 4, 5, 6]
    assert (figures.answered, figures.complied, figures.denied, figures.ended) == (16, 6, 10, 21)
    assert figures.open_before + figures.received - figures.ended == figures.open_after == 2


async def test_days_are_those_of_the_zone_and_withdrawals_do_not_count(book: Book) -> None:
    late_evening = datetime(2026, 3, 11, 6, tzinfo=UTC)  # 10 March, 23:00 in Los Angeles
    for days in (0, 1, 2, 45):
        await book.add(late_evening, late_evening + timedelta(hours=2) + timedelta(days=days), Outcome.FULFILLED)
    await book.add(late_evening, late_evening + timedelta(days=300), Outcome.WITHDRAWN)
    figures = await book.of()
    # Two hours later it is the next day there: 1, 2, 3 and 46 days.
    assert (figures.median_days, figures.mean_days) == (2.5, 13.0)


async def test_late_is_whose_term_ran_out(book: Book) -> None:
    begun, ended = BEGIN + timedelta(days=1), BEGIN + timedelta(days=9)
    await book.add(begun, ended, Outcome.FULFILLED)
    await book.add(begun, ended, Outcome.FULFILLED, overdue=True, extended=True)
    await book.add(begun, ended, Outcome.REFUSED, due=False)
    await book.add(begun, ended, Outcome.WITHDRAWN, overdue=True)
    figures = await book.of()
    assert (figures.in_time, figures.late, figures.no_term, figures.extended) == (1, 1, 1, 1)
    assert figures.in_time + figures.late + figures.no_term == figures.answered


async def test_why_requests_were_refused(book: Book) -> None:
    begun, ended = BEGIN + timedelta(days=1), BEGIN + timedelta(days=9)
    await book.add(begun, ended, Outcome.REFUSED, ground="excessive")
    await book.add(begun, ended, Outcome.REFUSED, ground="excessive")
    await book.add(begun, ended, Outcome.REFUSED)
    await book.add(begun, ended, Outcome.PARTLY_FULFILLED, exempt=("privilege", "privilege", "trade_secret"))
    await book.add(begun, ended, Outcome.PARTLY_FULFILLED)  # a system was left out: no ground
    await book.add(begun, ended, Outcome.FULFILLED, ground="excessive")  # not what became of it
    await book.add(begun, END, Outcome.REFUSED, ground="excessive")  # after the year
    assert {(row.ground, row.whole, row.requests) for row in await book.grounds()} == {
        ("excessive", True, 2),
        (NO_SUCH_RIGHT, True, 1),
        ("privilege", False, 1),
        ("trade_secret", False, 1),
    }


async def test_what_is_destroyed_is_counted_too(book: Book, ledger: Ledger) -> None:
    gone = await book.add(BEGIN, BEGIN + timedelta(days=4), Outcome.REFUSED, ground="excessive")
    await book.add(BEGIN, BEGIN + timedelta(days=6), Outcome.FULFILLED)
    before, grounds = await book.of(), await book.grounds()
    await ledger.destroy_key(gone, END)
    after = await book.of()
    assert (before.destroyed, after.destroyed) == (0, 1)
    assert after == before.model_copy(update={"destroyed": 1})
    assert await book.grounds() == grounds


async def test_only_what_is_asked_for_is_counted(book: Book, ledger: Ledger) -> None:
    await book.add(BEGIN)
    await book.add(BEGIN, regime="EU-GDPR")
    await book.add(BEGIN, controller="another")
    assert (await book.of()).received == 2
    assert (await book.of(regime="US-CCPA")).received == 1
    async with ledger.only(["another"]).begin() as tx:
        assert [one.received for one in await tx.figures("acme", YEAR, EACH)] == [0]
        together = await tx.figures("another", YEAR, {Right.ACCESS: "know", Right.PORTABILITY: "know"})
    assert {one.group for one in together} == {"know", EVERYTHING}


async def test_how_open_requests_stand_and_how_fast_they_were_answered(book: Book, ledger: Ledger) -> None:
    now = datetime(2026, 1, 30, 9, tzinfo=UTC)
    await book.add(now - timedelta(days=20))
    await book.add(now - timedelta(days=1), due=False)
    await book.add(now - timedelta(days=40), now - timedelta(days=10), Outcome.FULFILLED, overdue=True)
    await book.add(now - timedelta(days=40), now - timedelta(days=20), Outcome.FULFILLED)
    async with ledger.begin() as tx:
        stands = await tx.open_now("UTC", now)
        paces = await tx.pace("UTC", now - timedelta(days=365))
    assert {(row.due, row.age, row.requests) for row in stands} == {("week", "month", 1), ("no_term", "week", 1)}
    whole = next(row for row in paces if row.right is None and row.month is None)
    assert (whole.answered, whole.in_time, whole.late, whole.median_days) == (2, 1, 1, 25.0)
    assert {row.month for row in paces if row.month} == {date(2026, 1, 1)}
    assert [row.answered for row in paces if row.right is Right.ACCESS] == [2]
