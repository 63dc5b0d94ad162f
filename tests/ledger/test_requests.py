"""One open request per person and right, whoever comes at once; a queue in the order of what is due."""

import asyncio
import contextlib
import uuid
from datetime import date, timedelta

import asyncpg
import pytest
from pydantic import JsonValue

from activities.ledger import Act, Ledger, NewRequest, Opened, RequestFilter
from habeas.errors import BadInput, UnknownRequest
from habeas.model import Identifier, Outcome, PauseReason, Request, Right, Stage, Subject
from tests.ledger.conftest import NOW, NewRequestFactory, request_id

UNKNOWN = "HB-0000-0000-0000"


async def test_a_request_is_opened_once(ledger: Ledger, new_request: NewRequestFactory) -> None:
    new = new_request("ada@example.org", "ada.l@example.org")
    async with ledger.begin() as tx:
        opened = await tx.open_request(new)
    assert opened.created
    assert opened.request == Request(
        id=new.id,
        controller="acme",
        right=Right.ACCESS,
        regime="EU-GDPR",
        jurisdiction="DK",
        language="en",
        received_at=NOW,
    )
    async with ledger.begin() as tx:
        assert await tx.open_request(new) == Opened(request=opened.request, created=False)
        assert await tx.request(new.id) == opened.request
        assert await tx.subject(new.id) == new.subject
        assert await tx.unseal_bytes(new.id, "reason") == b"asked by letter"
        assert await tx.events(new.id) == ()


async def test_any_shared_identifier_leads_to_the_open_one(ledger: Ledger, new_request: NewRequestFactory) -> None:
    first = new_request("ada@example.org", "ada.l@example.org")
    async with ledger.begin() as tx:
        await tx.open_request(first)
    async with ledger.begin() as tx:
        again = await tx.open_request(new_request("other@example.org", "ADA.L@Example.org"))
        assert (again.request.id, again.created) == (first.id, False)
    # Nothing was left behind: the identifier that was not shared is free.
    async with ledger.begin() as tx:
        assert (await tx.open_request(new_request("other@example.org"))).created


@pytest.mark.parametrize(
    "changes", [{"right": Right.ERASURE}, {"controller": "other"}, {"emails": ["ada+shop@example.org"]}]
)
async def test_other_rights_controllers_and_plus_variants_are_other_requests(
    ledger: Ledger, new_request: NewRequestFactory, changes: dict[str, object]
) -> None:
    emails = changes.pop("emails", [])
    assert isinstance(emails, list)
    async with ledger.begin() as tx:
        await tx.open_request(new_request())
        assert (await tx.open_request(new_request(*emails, **changes))).created


async def test_what_is_asked_under_another_law_is_another_request_and_each_is_one(
    ledger: Ledger, new_request: NewRequestFactory
) -> None:
    """Whoever asks first decides nothing for whoever asks then."""
    danish = new_request(jurisdiction="DK")
    async with ledger.begin() as tx:
        first = await tx.open_request(new_request(regime="CA-PIPEDA", jurisdiction="CA", idempotency_key="form"))
        mine = await tx.open_request(danish)
        assert (first.created, mine.created, mine.request.jurisdiction) == (True, True, "DK")
        for place, known in (("CA", first), ("DK", mine)):
            law = {"regime": "CA-PIPEDA"} if place == "CA" else {}
            again = await tx.open_request(new_request(jurisdiction=place, **law))
            assert (again.created, again.request.id) == (False, known.request.id)
        keyed = await tx.open_request(new_request(jurisdiction="SE", idempotency_key="form"))
        assert (keyed.created, keyed.request.id) == (False, first.request.id)
        await tx.update_request(first.request.id, outcome=Outcome.WITHDRAWN, closed_at=NOW)
        again = await tx.open_request(new_request(jurisdiction="DK"))
        assert (again.created, again.request.id) == (False, mine.request.id)


async def test_kinds_of_identifiers_do_not_mix(ledger: Ledger, new_request: NewRequestFactory) -> None:
    number = Subject(identifiers=(Identifier(kind="customer_number", value="12345"),))
    phone = Subject(identifiers=(Identifier(kind="phone", value="12345"),))
    async with ledger.begin() as tx:
        await tx.open_request(new_request(subject=number))
        assert (await tx.open_request(new_request(subject=phone))).created


async def test_the_same_idempotency_key_is_the_same_request_even_when_closed(
    ledger: Ledger, new_request: NewRequestFactory
) -> None:
    first = new_request(idempotency_key="form-1")
    async with ledger.begin() as tx:
        await tx.open_request(first)
        await tx.open_request(new_request("b@example.org"))  # with none: must never match one without a key
        other = new_request("c@example.org", idempotency_key="form-1")
        assert (await tx.open_request(other)).request.id == first.id
        await tx.update_request(first.id, outcome=Outcome.WITHDRAWN, closed_at=NOW, stage=Stage.CLOSED)
        assert (await tx.open_request(other)).request.id == first.id
        assert (await tx.open_request(new_request("c@example.org"))).created
        assert (await tx.open_request(other.model_copy(update={"controller": "another"}))).created


async def test_an_id_of_another_request_is_refused_and_changes_nothing(
    ledger: Ledger, new_request: NewRequestFactory
) -> None:
    first = new_request()
    async with ledger.begin() as tx:
        await tx.open_request(first)
    async with ledger.begin() as tx:
        with pytest.raises(BadInput):
            await tx.open_request(new_request("b@example.org", id=first.id))
    async with ledger.begin() as tx:
        assert (await tx.open_request(new_request("b@example.org"))).created


async def test_of_many_that_open_at_once_one_does(ledger: Ledger, new_request: NewRequestFactory) -> None:
    async def open_one(number: int) -> Opened:
        emails = [f"a{number}@example.org", "shared@example.org", f"z{number}@example.org"]
        async with ledger.begin() as tx:
            return await tx.open_request(new_request(*emails[:: -1 if number % 2 else 1]))

    answers = await asyncio.gather(*(open_one(number) for number in range(24)))
    assert sum(answer.created for answer in answers) == 1
    assert len({answer.request.id for answer in answers}) == 1
    async with ledger.begin() as tx:
        assert len(await tx.find(RequestFilter())) == 1
        free = await tx.open_request(new_request("a7@example.org"))
        assert free.created or answers[7].created


async def test_of_many_with_one_idempotency_key_one_is_opened(ledger: Ledger, new_request: NewRequestFactory) -> None:
    async def open_one(number: int) -> Opened:
        async with ledger.begin() as tx:
            return await tx.open_request(new_request(f"a{number}@example.org", idempotency_key="once"))

    answers = await asyncio.gather(*(open_one(number) for number in range(16)))
    assert sum(answer.created for answer in answers) == 1
    assert len({answer.request.id for answer in answers}) == 1


async def test_an_opening_that_is_rolled_back_frees_the_person(ledger: Ledger, new_request: NewRequestFactory) -> None:
    new = new_request()
    with contextlib.suppress(RuntimeError):
        async with ledger.begin() as tx:
            await tx.open_request(new)
            raise RuntimeError
    with pytest.raises(UnknownRequest):
        await ledger.key(new.id)
    async with ledger.begin() as tx:
        assert (await tx.open_request(new_request())).created


@pytest.mark.parametrize("how", ["outcome", "closed_at"])
async def test_who_has_an_answer_may_ask_again(ledger: Ledger, new_request: NewRequestFactory, how: str) -> None:
    first = new_request()
    async with ledger.begin() as tx:
        await tx.open_request(first)
        await tx.update_request(first.id, stage=Stage.LOCATING)
        assert not (await tx.open_request(new_request())).created
        await tx.update_request(first.id, outcome=Outcome.NOTHING_FOUND)
        if how == "closed_at":
            await tx.update_request(first.id, stage=Stage.CLOSED, closed_at=NOW)
        assert (await tx.open_request(new_request())).created


async def test_new_identifiers_lead_to_an_open_request(ledger: Ledger, new_request: NewRequestFactory) -> None:
    one, two = new_request("a@example.org"), new_request("b@example.org")
    found = Subject(
        name="Ada", identifiers=tuple(Identifier(kind="email", value=f"{letter}@example.org") for letter in "abc")
    )
    async with ledger.begin() as tx:
        await tx.open_request(one)
        await tx.open_request(two)
        for _ in range(2):
            await tx.save_subject(one.id, found)
    async with ledger.begin() as tx:
        assert await tx.subject(one.id) == found
        assert (await tx.open_request(new_request("c@example.org"))).request.id == one.id
        assert (await tx.open_request(new_request("b@example.org"))).request.id == two.id
        await tx.update_request(one.id, outcome=Outcome.WITHDRAWN, closed_at=NOW)
        await tx.save_subject(one.id, found)
        assert (await tx.open_request(new_request("c@example.org"))).created


async def test_facts_change_only_where_named(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        for _ in range(2):
            await tx.update_request(
                opened,
                stage=Stage.REVIEWING,
                due_on=date(2026, 4, 2),
                due_at=NOW + timedelta(days=31),
                blocked_on=("crm", "approval"),
                acknowledge_by=date(2026, 3, 9),
                citation="GDPR 12(3)",
            )
        changed = await tx.update_request(
            opened, extended=True, extended_due_on=date(2026, 6, 2), paused_from=NOW.date()
        )
        assert (changed.stage, changed.due_on, changed.extended) == (Stage.REVIEWING, date(2026, 4, 2), True)
        row = await tx.request_row(opened)
        assert (row.blocked_on, row.paused, row.opened_by, row.overdue) == (("crm", "approval"), True, "staff-1", False)
        assert (row.due_at, row.citation) == (NOW + timedelta(days=31), "GDPR 12(3)")
        assert await tx.update_request(opened) == changed
        with pytest.raises(TypeError, match="no such facts"):
            await tx.update_request(opened, subject="x")  # type: ignore[call-arg]  # what mypy would refuse


async def test_what_is_not_there_is_said_so(ledger: Ledger) -> None:
    async with ledger.begin() as tx:
        with pytest.raises(UnknownRequest):
            await tx.request(UNKNOWN)
        with pytest.raises(UnknownRequest):
            await tx.request_row(UNKNOWN)
        with pytest.raises(UnknownRequest):
            await tx.subject(UNKNOWN)
        with pytest.raises(UnknownRequest):
            await tx.save_subject(UNKNOWN, Subject(identifiers=(Identifier(kind="email", value="a@example.org"),)))
        with pytest.raises(UnknownRequest):
            await tx.update_request(UNKNOWN, overdue=True)

    async def pause() -> None:
        async with ledger.begin() as tx:
            await tx.add_pause(UNKNOWN, "p", PauseReason.FEE, NOW.date())

    with pytest.raises(UnknownRequest):
        await pause()


async def test_the_queue_is_in_the_order_of_what_is_due(ledger: Ledger, new_request: NewRequestFactory) -> None:
    day = date(2026, 4, 1)
    due = {0: day, 1: None, 2: day, 3: day - timedelta(days=1), 4: day - timedelta(days=9), 5: None}
    ids = sorted(request_id() for _ in due)
    async with ledger.begin() as tx:
        for number, when in due.items():
            await tx.open_request(new_request(f"p{number}@example.org", id=ids[number]))
            await tx.update_request(ids[number], due_on=when)
        await tx.update_request(ids[4], extended=True, extended_due_on=day + timedelta(days=60))
        order = [ids[number] for number in (3, 0, 2, 4, 1, 5)]
        assert [row.id for row in await tx.find(RequestFilter())] == order
        seen: list[str] = []
        cursor: str | None = None
        while page := await tx.find(RequestFilter(limit=2, cursor=cursor)):
            seen += [row.id for row in page]
            cursor = page[-1].place
        assert seen == order
        backwards = [row.id for row in await tx.find(RequestFilter(sort="-received_at", limit=3))]
        assert backwards == ids[:2:-1]  # they came at one moment: their references tell them apart
        assert [row.id for row in await tx.find(RequestFilter(due_before=day))] == [ids[3]]


async def test_what_has_no_date_stands_at_its_target(ledger: Ledger, new_request: NewRequestFactory) -> None:
    day = date(2026, 4, 1)
    ids = sorted(request_id() for _ in range(4))
    async with ledger.begin() as tx:
        for number, one in enumerate(ids):
            await tx.open_request(new_request(f"p{number}@example.org", id=one))
        await tx.update_request(ids[2], due_on=day)
        await tx.update_request(ids[3], due_on=day + timedelta(days=9))
        assert {one.id for one in await tx.undated()} == set(ids[:2])
        assert await tx.undated("another") == ()
        aims = {ids[1]: day + timedelta(days=3)}
        seen: list[str] = []
        cursor: str | None = None
        while page := await tx.find(RequestFilter(limit=1, cursor=cursor), aims):
            seen += [row.id for row in page]
            assert page[0].target_on == aims.get(page[0].id)
            cursor = page[0].place
        assert seen == [ids[2], ids[1], ids[3], ids[0]]
        soon = RequestFilter(due_before=day + timedelta(days=4))
        assert [row.id for row in await tx.find(soon, aims)] == [ids[2], ids[1]]
        assert len(await tx.find(RequestFilter(sort="-received_at"), aims)) == 4


async def test_a_page_goes_on_where_the_one_before_ended_though_its_last_request_moved(
    ledger: Ledger, new_request: NewRequestFactory
) -> None:
    day = date(2026, 4, 1)
    ids = sorted(request_id() for _ in range(4))
    async with ledger.begin() as tx:
        for number, one in enumerate(ids):
            await tx.open_request(new_request(f"p{number}@example.org", id=one))
            await tx.update_request(one, due_on=day + timedelta(days=number))
        page = await tx.find(RequestFilter(limit=2))
        await tx.update_request(ids[1], extended=True, extended_due_on=day + timedelta(days=60))
        assert [row.id for row in await tx.find(RequestFilter(cursor=page[-1].place))] == [ids[2], ids[3], ids[1]]
        for wrong in (ids[1], "x", page[-1].place[:-3], "é", "A" * 80):
            with pytest.raises(BadInput, match="cursor"):
                await tx.find(RequestFilter(cursor=wrong))


async def test_the_queue_is_narrowed(ledger: Ledger, new_request: NewRequestFactory) -> None:
    async with ledger.begin() as tx:
        one, two, three = (
            new_request(),
            new_request(right=Right.ERASURE),
            new_request("c@example.org", controller="other"),
        )
        for each in (one, two, three):
            await tx.open_request(each)
        await tx.update_request(one.id, stage=Stage.CLOSED, outcome=Outcome.FULFILLED, closed_at=NOW)
        await tx.update_request(two.id, overdue=True)
        for wanted, found in {
            RequestFilter(controller="acme"): {one.id, two.id},
            RequestFilter(open=True): {two.id, three.id},
            RequestFilter(open=False): {one.id},
            RequestFilter(outcome=Outcome.FULFILLED): {one.id},
            RequestFilter(right=Right.ERASURE): {two.id},
            RequestFilter(overdue=True): {two.id},
            RequestFilter(overdue=False, stage=Stage.RECEIVED): {three.id},
        }.items():
            assert {row.id for row in await tx.find(wanted)} == found


async def test_requests_whose_workflow_was_not_started_are_found(
    ledger: Ledger, new_request: NewRequestFactory
) -> None:
    first, second = new_request(), new_request("b@example.org", opened_at=NOW - timedelta(hours=1))
    async with ledger.begin() as tx:
        await tx.open_request(first)
        await tx.open_request(second)
        assert await tx.unstarted(10) == (second.id, first.id)
        assert await tx.unstarted(1) == (second.id,)
        await tx.mark_started([second.id])
        started = (await tx.request_row(second.id)).started_at
    async with ledger.begin() as tx:
        await tx.mark_started([second.id])
        assert (await tx.request_row(second.id)).started_at == started is not None
        assert await tx.unstarted(10) == (first.id,)
        await tx.update_request(first.id, outcome=Outcome.WITHDRAWN, closed_at=NOW)
        assert await tx.unstarted(10) == ()


async def test_pauses_begin_and_end_once(ledger: Ledger, opened: str) -> None:
    start, end = date(2026, 3, 3), date(2026, 3, 10)
    async with ledger.begin() as tx:
        for _ in range(2):
            await tx.add_pause(opened, "p1", PauseReason.IDENTITY, start)
        await tx.add_pause(opened, "p2", PauseReason.FEE, end)
        assert [pause.end for pause in await tx.pauses(opened)] == [None, None]
        await tx.end_pause(opened, "p1", end)
        await tx.end_pause(opened, "p1", end + timedelta(days=5))
        first, second = await tx.pauses(opened)
        assert (first.id, first.reason, first.start, first.end) == ("p1", PauseReason.IDENTITY, start, end)
        assert second.end is None


async def test_a_lock_keeps_others_waiting(ledger: Ledger, opened: str) -> None:
    order: list[str] = []

    async def second() -> None:
        async with ledger.begin() as tx:
            assert (await tx.request(opened, lock=True)).language == "en"
            assert await tx.unseal_bytes(opened, "note") == b"x", "it sees what was done while it waited"
            assert [one.id for one in await tx.pauses(opened)] == ["p"]
            order.append("second")

    async with ledger.begin() as tx:
        await tx.request(opened, lock=True)
        await tx.seal(opened, "note", b"x")
        await tx.add_pause(opened, "p", PauseReason.IDENTITY, NOW.date())
        task = asyncio.create_task(second())
        async with ledger.begin() as reader:  # a plain look does not wait
            assert (await reader.request(opened)).id == opened
        order.append("first")
    await task
    assert order == ["first", "second"]


async def test_a_lock_is_on_the_request_its_chain_and_what_is_proposed(
    ledger: Ledger, ledger_url: str, opened: str
) -> None:
    """Nobody takes a proposal back that is being accepted."""
    act_id = str(uuid.uuid4())
    proposed = Act(id=act_id, request_id=opened, kind="pause", actor="0" * 16, proposed_at=NOW)
    async with ledger.begin() as tx:
        await tx.propose_act(proposed)
    other = await asyncpg.connect(ledger_url)
    try:
        async with ledger.begin() as tx:
            await tx.request(opened, lock=True)
            for table in ("request", "evidence_head", "act"):
                with pytest.raises(asyncpg.LockNotAvailableError):
                    await other.execute(f"SELECT FROM {table} FOR NO KEY UPDATE NOWAIT")
            assert (await tx.accept_act(act_id, NOW)).accepted_at == NOW
            assert [one.accepted_at for one in await tx.acts(opened)] == [NOW]
    finally:
        await other.close()
    async with ledger.begin() as tx:
        assert not await tx.drop_act(act_id)


async def test_what_is_asked_besides_is_another_request(ledger: Ledger, new_request: NewRequestFactory) -> None:
    """The same correction twice is one request; another correction is not lost in the first."""

    def asked(new: str) -> NewRequest:
        made = new_request(right=Right.RECTIFICATION)
        details: dict[str, JsonValue] = {"corrections": [{"what": "email", "new": new}]}
        return made.model_copy(update={"subject": made.subject.model_copy(update={"details": details})})

    async with ledger.begin() as tx:
        first = await tx.open_request(asked("a@example.org"))
        again = await tx.open_request(asked("a@example.org"))
        other = await tx.open_request(asked("b@example.org"))
    assert (first.created, again.created, other.created) == (True, False, True)
    assert again.request.id == first.request.id


async def test_a_request_s_key_is_for_its_own_controller_only(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        await tx.key(opened)  # from now on it is remembered
    async with ledger.only({"other"}).begin() as tx:
        with pytest.raises(UnknownRequest):
            await tx.key(opened)
    async with ledger.only({"acme"}).begin() as tx:
        await tx.key(opened)
