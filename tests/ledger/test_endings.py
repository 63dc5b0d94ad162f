"""Nothing personal is readable in the ledger, and once a key is destroyed nothing of it is there at all."""

import uuid
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from activities.ledger import Act, Artifact, Challenge, Ledger, Letter, Link, NewVisit, new_token
from activities.ledger.duty_tables import metadata
from activities.ledger.keys import KeyRing
from activities.ledger.results import object_name
from activities.vault import Vault
from habeas.errors import KeyDestroyed, UnknownRequest
from habeas.evidence import Tag, verify
from habeas.model import Identifier, Outcome, Stage, Subject
from habeas.outcomes import Fate, ObjectOutcome
from tests.ledger.conftest import NOW, NewRequestFactory

CANARY = "zqcanary"
TOKEN = new_token()


def canary(place: str) -> str:
    return f"{CANARY}-{place}"


async def fill(ledger: Ledger, new_request: NewRequestFactory) -> str:
    """A request with a canary wherever something personal may be said."""
    subject = Subject(
        name=canary("name"),
        identifiers=(
            Identifier(kind="email", value=f"{canary('mail')}@example.org"),
            Identifier(kind="customer_number", value=canary("number")),
        ),
        note=canary("note"),
        details={"field": canary("details")},
    )
    new = new_request(subject=subject, reason=canary("reason"), idempotency_key=canary("idempotency"))
    async with ledger.begin() as tx:
        asked = (await tx.open_request(new)).request
        more = Identifier(kind="email", value=f"{canary('more')}@example.org")
        await tx.save_subject(new.id, subject.model_copy(update={"identifiers": (*subject.identifiers, more)}))
        await tx.seal(new.id, "graph", canary("document").encode())
        await tx.remember_subject(asked, subject.identifiers)
        await tx.propose_act(
            Act(
                id=str(uuid.uuid4()),
                request_id=new.id,
                kind="refuse",
                actor="staff-1",
                reason=canary("act"),
                proposed_at=NOW,
            )
        )
        code = "12345678"
        await tx.new_challenge(
            Challenge(
                id=f"{new.id}-1",
                request_id=new.id,
                number=1,
                code=SecretStr(code),
                address=canary("address"),
                created_at=NOW,
                expires_at=NOW + timedelta(days=1),
            )
        )
        await tx.try_code(new.id, canary("tried"), NOW, "p0")
        await tx.try_code(new.id, code, NOW, "p1")
        visit = NewVisit(
            id=str(uuid.uuid4()), request_id=new.id, code=SecretStr(code), created_at=NOW, expires_at=NOW + timedelta(1)
        )
        await tx.new_visit(visit)
        await tx.try_visit(new.id, canary("visited"), NOW)
        await tx.attest(new.id, "p2", canary("attested"), "staff-1", NOW)
        await tx.queue_letter(
            Letter(
                id=f"{new.id}-l",
                request_id=new.id,
                kind="acknowledgement",
                language="en",
                dedupe="ack",
                to=canary("to"),
                subject=canary("title"),
                text=canary("text"),
                html=canary("html"),
                queued_at=NOW,
                recipient_role="subject",
            )
        )
        await tx.save_artifact(
            Artifact(
                id=f"{new.id}-a",
                request_id=new.id,
                kind="package",
                path="requests/x",
                sha256="0" * 64,
                size=1,
                created_at=NOW,
            )
        )
        await tx.new_link(
            Link(
                id=f"{new.id}-k",
                request_id=new.id,
                artifact_id=f"{new.id}-a",
                token=TOKEN,
                expires_at=NOW + timedelta(days=1),
                created_at=NOW,
            )
        )
        found = ObjectOutcome(
            collection="contacts", key=canary("key"), fate=Fate.FAILED, reason=canary("said by a system: ä")
        )
        await tx.save_outcomes(new.id, "crm", [found], NOW)
        await tx.save_system(new.id, "crm", "erase", "failed", {"failed": 1}, correlation="c-1")
        await tx.save_error(new.id, f"{new.id}-c", "terminal", canary("error"))
        await tx.save_error(None, f"{new.id}-d", "terminal", canary("early error"))
        await tx.record(new.id, Tag.REQUEST_OPENED, NOW, dedupe="a")
    return new.id


async def everything(url: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table in the database, whether we know the table or not."""
    connection = await asyncpg.connect(url)
    try:
        names = await connection.fetch("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 2200")
        return {
            name: [dict(row) for row in await connection.fetch(f'SELECT * FROM "{name}"')]  # noqa: S608  from pg_class
            for (name,) in names
        }
    finally:
        await connection.close()


def as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def leaks(tables: dict[str, list[dict[str, Any]]], *secrets: str) -> set[str]:
    """``table.column`` of every place where one of these is readable, in any case, or in hex or UTF-16."""
    needles = [form for secret in secrets for form in (secret.encode(), secret.encode().hex().encode())]
    needles += [secret.encode("utf-16-le") for secret in secrets]
    return {
        f"{table}.{column}"
        for table, rows in tables.items()
        for row in rows
        for column, value in row.items()
        if any(needle.lower() in as_bytes(value).lower() for needle in needles)
    }


SECRETS = (CANARY, "12345678", TOKEN.get_secret_value())


DUTIES = {
    *("restriction", "deletion_hold", "legal_hold", "legal_hold_subject", "notice", "task", "expiry", "expiry_trouble"),
    "callback",
    "request_holder",
    "api_token",
    "staff_session",
    *("keyed_write", "form_sent", "search"),
    "untold_ending",
    *("suppression", "heartbeat", "finding", "finding_told", "replay"),
    *("webhook", "webhook_delivery", "outgoing_event"),
    *("anchor", "anchored_head"),
}
"""Tables that the tests of their own rooms fill."""


async def test_nothing_personal_is_readable(ledger: Ledger, ledger_url: str, new_request: NewRequestFactory) -> None:
    opened = await fill(ledger, new_request)
    tables = await everything(ledger_url)
    assert set(tables) >= {table.name for table in metadata.tables.values()}
    empty = {name for name, rows in tables.items() if not rows}
    assert empty == {"pause", "copy_wait", *DUTIES}
    assert leaks(tables, *SECRETS) == set()
    # The search finds what is there: it would have found a canary, too.
    assert "request.opened_by" in leaks(tables, "STAFF-1")
    assert "document.request_id" in leaks(tables, opened)
    document = next(row["sealed"] for row in tables["document"] if row["name"] == "graph")
    assert CANARY.encode() in (await ledger.key(opened)).open(document, f"{opened}/graph")


async def test_a_canary_let_through_is_found(ledger: Ledger, ledger_url: str, new_request: NewRequestFactory) -> None:
    opened = await fill(ledger, new_request)
    async with ledger.begin() as tx:
        await tx.update_request(opened, citation=canary("leak"))
    assert leaks(await everything(ledger_url), *SECRETS) == {"request.citation"}


async def test_a_destroyed_key_leaves_facts_and_evidence_only(
    ledger: Ledger, ledger_url: str, new_request: NewRequestFactory
) -> None:
    opened = await fill(ledger, new_request)
    async with ledger.begin() as tx:
        await tx.update_request(opened, stage=Stage.CLOSED, outcome=Outcome.PARTLY_FULFILLED, closed_at=NOW)
        before = await tx.events(opened)
    for _ in range(2):
        await ledger.destroy_key(opened, NOW)
    with pytest.raises(KeyDestroyed):
        await ledger.key(opened)
    async with ledger.begin() as tx:
        for read in (
            tx.subject(opened),
            tx.unseal_bytes(opened, "graph"),
            tx.letter(f"{opened}-l"),
            tx.error(f"{opened}-c"),
            tx.seal(opened, "graph", b"again"),
            tx.challenge(opened),
            tx.try_code(opened, "12345678", NOW, "p9"),
        ):
            with pytest.raises(KeyDestroyed):
                await read
        assert (await tx.request(opened)).outcome is Outcome.PARTLY_FULFILLED
        assert [act.reason for act in await tx.acts(opened)] == [""]
        proof = await tx.proof(opened)
        assert proof is not None
        assert proof.how is None
        assert len(await tx.letters(opened)) == 1
        assert await tx.outcome_counts(opened) == {"crm": {"failed": 1}}
        assert await tx.sealed_names(opened) == ()
        assert await tx.events(opened) == before
        assert verify(before) == ()
        assert [link.revoked_at for link in await tx.links(opened)] == [NOW]
    tables = await everything(ledger_url)
    assert [row["destroyed_at"] for row in tables["request_key"]] == [NOW]
    assert (tables["document"], tables["open_subject"], tables["past_subject"], tables["visit"]) == ([], [], [], [])
    assert [row["idempotency"] for row in tables["request"]] == [None]
    sealed = {
        name: [value for row in rows for value in row.values() if isinstance(value, bytes)]
        for name, rows in tables.items()
    }
    assert {name for name, values in sealed.items() if values} == {"link", "error"}
    assert [row["correlation"] for row in tables["error"] if row["detail"]] == [f"{opened}-d"]


async def test_a_key_that_was_not_destroyed_after_all_still_opens(
    ledger: Ledger, new_request: NewRequestFactory
) -> None:
    opened = await fill(ledger, new_request)
    try:
        async with ledger.begin() as tx:
            await tx.destroy_key(opened, NOW)
            with pytest.raises(KeyDestroyed):
                await tx.subject(opened)
            raise RuntimeError
    except RuntimeError:
        pass
    async with ledger.begin() as tx:
        assert (await tx.subject(opened)).name == canary("name")


async def test_only_a_request_has_a_key_to_destroy(ledger: Ledger) -> None:
    with pytest.raises(UnknownRequest):
        await ledger.destroy_key("HB-0000-0000-0000", NOW)


async def test_another_process_hears_of_a_destroyed_key_within_a_minute(
    ledger: Ledger, ledger_url: str, vault: Vault, opened: str
) -> None:
    clock = 0.0
    elsewhere = Ledger.connect(ledger_url, vault, keys=KeyRing(ttl=60, clock=lambda: clock))
    try:
        await elsewhere.key(opened)
        await ledger.destroy_key(opened, NOW)
        await elsewhere.key(opened)
        clock = 60.0
        with pytest.raises(KeyDestroyed):
            await elsewhere.key(opened)
    finally:
        await elsewhere.aclose()


async def test_of_a_narrowed_record_only_what_is_sealed_anew_is_readable_and_everywhere_at_once(
    ledger: Ledger, ledger_url: str, vault: Vault, new_request: NewRequestFactory
) -> None:
    opened = await fill(ledger, new_request)
    elsewhere = Ledger.connect(ledger_url, vault)
    try:
        old = await elsewhere.key(opened)
        name = object_name("crm", "contacts", "[1]")
        kept = ObjectOutcome(collection="contacts", key="[1]", fate=Fate.RETAINED)
        async with ledger.begin() as tx:
            await tx.save_outcomes(opened, "crm", [kept], NOW)
            await tx.narrow_key(opened, NOW, [name])
            assert await tx.is_narrowed(opened)
            await tx.seal(opened, "plan", b"what is left")
        async with elsewhere.begin() as tx:
            await tx.request(opened, lock=True)
            assert await tx.unseal_bytes(opened, "plan") == b"what is left"
            key = await tx.key(opened)
            assert key.digest(name) in await tx.objects_of(opened, "crm", Fate.RETAINED)
            assert key.digest(name) != old.digest(name)
            with pytest.raises(KeyDestroyed):
                await tx.letter((await tx.letters(opened))[0].id)
    finally:
        await elsewhere.aclose()
    tables = await everything(ledger_url)
    assert [row["name"] for row in tables["document"]] == ["plan"]
    assert [(row["destroyed_at"], row["narrowed_at"]) for row in tables["request_key"]] == [(None, NOW)]
    gone = ("open_subject", "past_subject", "visit", "suppression", "request_holder")
    assert [tables[one] for one in gone] == [[]] * len(gone)
    assert not [row for row in tables["letter"] if row["content"]]


def test_few_keys_are_kept_and_the_unused_go_first(vault: Vault) -> None:
    ring = KeyRing(capacity=2)
    for name in ("a", "b"):
        ring.put(name, vault.new_key()[1])
    ring.get("a")
    ring.put("c", vault.new_key()[1])
    assert (ring.get("a") is not None, ring.get("b"), len(ring)) == (True, None, 2)
