"""Documents, acts, letters, results, errors: each write may come twice and counts once."""

import asyncio
import uuid
from datetime import date, timedelta

import asyncpg
import pytest

from activities.ledger import Act, Ledger, Letter, LetterState, RetainedRow
from activities.ledger.results import NOT_A_CODE, object_name
from activities.ledger.room import prints_of
from activities.ledger.tables import copy_subject
from habeas.errors import BadInput, SealBroken, UnknownRequest
from habeas.model import Identifier, Subject
from habeas.outcomes import Fate, ObjectOutcome
from tests.ledger.conftest import NOW, NewRequestFactory

LATER = NOW + timedelta(hours=1)
NOBODY = "HB-0000-0000-0000"


async def test_documents_are_kept_by_name(ledger: Ledger, opened: str) -> None:
    subject = Subject(name="Bob", identifiers=(Identifier(kind="phone", value="+45 1234 5678"),))
    async with ledger.begin() as tx:
        for _ in range(2):
            await tx.seal(opened, "identifiers/crm", subject)
            await tx.seal(opened, "raw", b"\x00\xff")
        assert await tx.unseal(opened, "identifiers/crm", Subject) == subject
        assert await tx.unseal_bytes(opened, "raw") == b"\x00\xff"
        assert await tx.unseal(opened, "none", Subject) is None
        assert await tx.sealed_names(opened) == ("identifiers/crm", "raw", "reason", "subject")
        assert await tx.sealed_names(opened, "identifiers/") == ("identifiers/crm",)
        assert await tx.sealed_names(opened, "_") == ()
        with pytest.raises(SealBroken):
            await tx.unseal(opened, "raw", Subject)
        for _ in range(2):
            await tx.remove_sealed(opened, "raw")
        assert await tx.unseal_bytes(opened, "raw") is None
        assert await tx.sealed_names(opened) == ("identifiers/crm", "reason", "subject")


@pytest.mark.parametrize("name", ["", "Ada@example.org", "with space", "UPPER", "x" * 161])
async def test_a_document_is_named_by_a_code(ledger: Ledger, opened: str, name: str) -> None:
    async with ledger.begin() as tx:
        with pytest.raises(ValueError, match="document's name"):
            await tx.seal(opened, name, b"")


async def test_a_document_moved_to_another_name_or_request_does_not_open(
    ledger: Ledger, ledger_url: str, opened: str, new_request: NewRequestFactory
) -> None:
    async with ledger.begin() as tx:
        other = (await tx.open_request(new_request("b@example.org"))).request.id
        await tx.seal(opened, "one", b"x")
    # As somebody could who writes to the database directly.
    connection = await asyncpg.connect(ledger_url)
    try:
        move = "INSERT INTO document SELECT $1, $2, sealed FROM document WHERE request_id = $3 AND name = 'one'"
        await connection.execute(move, opened, "two", opened)
        await connection.execute(move, other, "one", opened)
    finally:
        await connection.close()
    async with ledger.begin() as tx:
        assert await tx.unseal_bytes(opened, "one") == b"x"
        for request_id, name in ((opened, "two"), (other, "one")):
            with pytest.raises(SealBroken):
                await tx.unseal_bytes(request_id, name)


def act(request_id: str, **changes: object) -> Act:
    facts: dict[str, object] = {
        "id": str(uuid.uuid4()),
        "request_id": request_id,
        "kind": "refuse",
        "actor": "staff-1",
        "facts": {"ground": "excessive"},
        "reason": "she wrote twelve times",
        "proposed_at": NOW,
    }
    return Act.model_validate(facts | changes)


async def test_an_act_is_proposed_and_accepted_once(ledger: Ledger, opened: str) -> None:
    proposed, other = act(opened), act(opened, proposed_at=LATER)
    async with ledger.begin() as tx:
        for each in (proposed, proposed.model_copy(update={"actor": "staff-2"}), other):
            await tx.propose_act(each)
        assert await tx.act(proposed.id) == proposed
        assert await tx.act(str(uuid.uuid4())) is None
        accepted = proposed.model_copy(update={"accepted_at": NOW})
        assert await tx.accept_act(proposed.id, NOW) == accepted
        assert await tx.accept_act(proposed.id, LATER) == accepted
        assert await tx.acts(opened) == (accepted, other)
        assert not await tx.drop_act(proposed.id)
        assert await tx.drop_act(other.id)
        assert not await tx.drop_act(other.id)
        assert await tx.acts(opened) == (accepted,)
        with pytest.raises(BadInput):
            await tx.accept_act(other.id, NOW)
        with pytest.raises(UnknownRequest):
            await tx.propose_act(act(NOBODY))
    assert "twelve" not in repr(proposed)


def letter(request_id: str, **changes: object) -> Letter:
    facts: dict[str, object] = {
        "id": str(uuid.uuid4()),
        "request_id": request_id,
        "kind": "acknowledgement",
        "language": "en",
        "dedupe": "ack",
        "to": "ada@example.org",
        "subject": "Your request",
        "text": "Dear Ada",
        "html": None,
        "queued_at": NOW,
        "recipient_role": "subject",
    }
    return Letter.model_validate(facts | changes)


async def test_a_letter_is_queued_once(ledger: Ledger, opened: str) -> None:
    first = letter(opened)
    queued = first.model_copy(update={"state_at": NOW})
    async with ledger.begin() as tx:
        assert await tx.queue_letter(first) == queued
        assert await tx.queue_letter(first) == queued
        assert await tx.queue_letter(letter(opened, text="another")) == queued
        assert await tx.letter(first.id) == queued
        (row,) = await tx.letters(opened)
        assert (row.id, row.state, hasattr(row, "to")) == (first.id, LetterState.QUEUED, False)
        with pytest.raises(BadInput):
            await tx.queue_letter(letter(opened, id=first.id, dedupe="other"))
        with pytest.raises(BadInput):
            await tx.letter("none")
        with pytest.raises(UnknownRequest):
            await tx.queue_letter(letter(NOBODY))
    assert not any(word in repr(first) for word in ("ada", "Dear", "Your request"))


async def test_of_many_that_queue_one_letter_all_get_the_same(ledger: Ledger, opened: str) -> None:
    async def queue() -> str:
        async with ledger.begin() as tx:
            return (await tx.queue_letter(letter(opened))).id

    assert len(set(await asyncio.gather(*(queue() for _ in range(8))))) == 1


async def test_what_became_of_a_letter_only_goes_forward(ledger: Ledger, opened: str) -> None:
    async def states(*marks: tuple[str, int]) -> tuple[str, int, str | None]:
        async with ledger.begin() as tx:
            new = await tx.queue_letter(letter(opened, dedupe=str(uuid.uuid4())))
            for state, hour in marks:
                await tx.mark_letter(new.id, LetterState(state), NOW + timedelta(hours=hour), f"<{hour}@x>")
            marked = await tx.letter(new.id)
        assert marked.state_at is not None
        return marked.state, (marked.state_at - NOW) // timedelta(hours=1), marked.message_id

    assert await states(("sent", 1), ("sent", 2)) == ("sent", 1, "<1@x>")
    assert await states(("failed", 1), ("failed", 2)) == ("failed", 2, "<2@x>")
    assert await states(("failed", 1), ("sent", 2), ("failed", 3)) == ("sent", 2, "<2@x>")
    assert await states(("sent", 1), ("bounced", 2), ("sent", 3)) == ("bounced", 2, "<2@x>")


async def test_systems_are_kept_by_phase(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        await tx.save_system(opened, "crm", "locate", "done", {"matches": 2}, at=NOW)
        for _ in range(2):
            await tx.save_system(opened, "crm", "collect", "waiting", {}, NOW, "transient", "c-1", at=NOW)
        await tx.save_system(opened, "crm", "collect", "done", {"objects": 9}, at=LATER)
        await tx.save_system(opened, "billing", "locate", "failed", {}, error_code="terminal")
        rows = await tx.systems(opened)
    assert [(row.system, row.phase, row.state, row.counts) for row in rows] == [
        ("billing", "locate", "failed", {}),
        ("crm", "locate", "done", {"matches": 2}),
        ("crm", "collect", "done", {"objects": 9}),
    ]
    assert (rows[2].waiting_since, rows[2].error_code, rows[2].correlation) == (None, None, None)


def outcome(key: int, fate: Fate = Fate.ERASED, **changes: object) -> ObjectOutcome:
    return ObjectOutcome.model_validate({"collection": "contacts", "key": f"[{key}]", "fate": fate} | changes)


async def test_every_object_has_its_newest_outcome(ledger: Ledger, opened: str) -> None:
    until = date(2031, 12, 31)
    kept = [
        outcome(number, Fate.RETAINED, collection="invoices", law="Bookkeeping Act § 12", until=until)
        for number in range(3)
    ]
    async with ledger.begin() as tx:
        for _ in range(2):
            await tx.save_outcomes(opened, "crm", [outcome(1), outcome(2, Fate.FAILED, reason="drifted")], NOW)
            await tx.save_outcomes(opened, "billing", kept, NOW)
        await tx.save_outcomes(opened, "crm", [outcome(2), outcome(2)], LATER)
        await tx.save_outcomes(opened, "crm", [outcome(1, Fate.BLOCKED)], NOW - timedelta(days=1))
        await tx.save_outcomes(opened, "crm", [], NOW)
        assert await tx.outcome_counts(opened) == {"billing": {"retained": 3}, "crm": {"erased": 2}}
        assert await tx.retained(opened) == (
            RetainedRow(system="billing", collection="invoices", law="Bookkeeping Act § 12", until=until, count=3),
        )
        rows = await tx.outcomes(opened)
        key = await tx.key(opened)
    assert len(rows) == 5
    named = {row.object: row for row in rows}
    found = named[key.digest(object_name("crm", "contacts", "[2]"))]
    assert (found.fate, found.reason, found.at) == (Fate.ERASED, None, LATER)


async def test_many_outcomes_are_saved(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        await tx.save_outcomes(opened, "crm", (outcome(number) for number in range(12_001)), NOW)
        assert await tx.outcome_counts(opened) == {"crm": {"erased": 12_001}}


async def test_reports_of_the_same_objects_at_once_do_not_block_each_other(ledger: Ledger, opened: str) -> None:
    async def report(turn: int) -> None:
        order = range(200) if turn % 2 else range(199, -1, -1)
        async with ledger.begin() as tx:
            await tx.save_outcomes(opened, "crm", [outcome(number) for number in order], NOW)

    await asyncio.gather(*(report(turn) for turn in range(8)))
    async with ledger.begin() as tx:
        assert await tx.outcome_counts(opened) == {"crm": {"erased": 200}}


async def test_a_reason_in_free_text_is_not_kept(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        await tx.save_outcomes(opened, "crm", [outcome(1, Fate.FAILED, reason="Ada Lovelace is locked")], NOW)
        (row,) = await tx.outcomes(opened)
    assert row.reason == NOT_A_CODE


async def test_errors_are_kept_in_full_by_their_correlation(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        for detail in ("row of ada@example.org is locked", "said again"):
            await tx.save_error(opened, "c-1", "transient", detail, NOW)
        await tx.save_error(None, "c-2", "bad_input", "before there was a request")
        first, second = await tx.error("c-1"), await tx.error("c-2")
        assert await tx.error("c-3") is None
        with pytest.raises(UnknownRequest):
            await tx.save_error(NOBODY, "c-4", "error", "x")
    assert first is not None
    assert second is not None
    assert (first.request_id, first.code, first.detail, first.at) == (
        opened,
        "transient",
        "row of ada@example.org is locked",
        NOW,
    )
    assert (second.request_id, second.detail) == (None, "before there was a request")
    assert "ada" not in repr(first)


def test_however_many_fingerprints_there_are_they_are_one_statement() -> None:
    """A statement that is not known again is made and planned again, which takes longer than carrying it out."""
    one, three = (prints_of(copy_subject, NOBODY, many) for many in (["x"], ["x", "y", "z"]))
    assert one.statement == three.statement
