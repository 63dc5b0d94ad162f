"""A database that is away, wrong or busy is said to be so, without its password; one that comes back is used again."""

import asyncio
import contextlib
import traceback
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Unpack

import asyncpg
import pytest
from asyncpg.exceptions import InternalClientError
from sqlalchemy import event

from activities.ledger import Changes, Ledger, NewRequest, RequestFilter, Tx, migrate
from activities.ledger.faults import mapped_errors
from activities.vault import Vault
from habeas.errors import ConfigurationError, LedgerUnavailable, UnknownRequest
from habeas.evidence import Tag
from habeas.model import Outcome, PauseReason
from tests.ledger.conftest import NOW, NewRequestFactory
from workers.postgres import EmbeddedPostgres


async def refusal(url: str, vault: Vault) -> str:
    ledger = Ledger.connect(url, vault)
    try:
        with pytest.raises(LedgerUnavailable) as caught:
            await ledger.ping()
        shown = [str(caught.value), repr(caught.value), caught.value.diagnostics()]
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
        for secret in ("made-up", url):
            assert not any(secret in each for each in shown)
        return str(caught.value)
    finally:
        await ledger.aclose()


async def test_a_database_that_is_away_or_refuses_is_said_to(ledger_url: str, vault: Vault) -> None:
    place = ledger_url.rpartition("@")[2]
    assert await refusal("postgresql://u:made-up@127.0.0.1:1/x", vault) == "The ledger's database does not answer."
    assert "user or the password" in await refusal(f"postgresql://habeas:made-up@{place}", vault)
    assert "no such database" in await refusal(f"{ledger_url}made-up", vault)


@pytest.mark.parametrize("url", ["", "made-up", "mysql://u:made-up@h/d", "postgresql://u:made-up@h:port/d"])
def test_another_url_is_refused_and_not_repeated(url: str, vault: Vault) -> None:
    with pytest.raises(ConfigurationError, match="postgresql://user:password") as caught:
        Ledger.connect(url, vault)
    assert "made-up" not in str(caught.value)


@pytest.mark.parametrize(("citation", "said"), [(720720, "does not fit"), ("7207\x0020", "does not fit")])
async def test_errors_of_statements_show_no_values(ledger: Ledger, opened: str, citation: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        await _update(ledger, opened, citation=citation)
    assert "7207" not in "".join(traceback.format_exception(caught.value))


async def test_a_constraint_is_named_and_its_values_are_not(ledger: Ledger, opened: str) -> None:
    name = "".join(("Ada", " ", "Lovelace"))  # not in the source line that a traceback shows
    with pytest.raises(ValueError, match="ck_system_result_phase") as caught:
        await _save_phase(ledger, opened, name)
    assert name not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(ValueError, match="ck_request_closed_with_outcome"):
        await _update(ledger, opened, closed_at=NOW)


async def _save_phase(ledger: Ledger, opened: str, phase: str) -> None:
    async with ledger.begin() as tx:
        await tx.save_system(opened, "crm", phase, "done", {})


async def _update(ledger: Ledger, opened: str, **changes: Unpack[Changes]) -> None:
    async with ledger.begin() as tx:
        await tx.update_request(opened, **changes)


@pytest.mark.parametrize("error", [TimeoutError, FileNotFoundError, ConnectionResetError])
async def test_errors_of_the_work_in_between_are_not_the_databases(ledger: Ledger, error: type[Exception]) -> None:
    with pytest.raises(error):
        await _fail_with(ledger, error)


async def _fail_with(ledger: Ledger, error: type[Exception]) -> None:
    async with ledger.begin() as tx:
        await tx.find(RequestFilter())
        raise error


def test_a_connection_that_breaks_as_a_statement_begins_is_unavailable() -> None:
    with pytest.raises(LedgerUnavailable), mapped_errors():
        raise InternalClientError("cannot switch to state 12; another operation (2) is in progress")


async def test_a_swallowed_error_is_not_a_commit(ledger: Ledger, opened: str) -> None:
    with pytest.raises(RuntimeError, match="nothing of it was written"):
        await _swallow(ledger, opened)
    async with ledger.begin() as tx:
        assert not (await tx.request_row(opened)).overdue


async def _swallow(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        await tx.update_request(opened, overdue=True)
        with contextlib.suppress(UnknownRequest):
            await tx.add_pause("HB-0000-0000-0000", "p", PauseReason.FEE, NOW.date())


async def test_after_a_restart_the_ledger_goes_on(tmp_path: Path, vault: Vault, new_request: NewRequestFactory) -> None:
    with EmbeddedPostgres(tmp_path / "pg") as server:
        url, port = server.create_database("ledger"), server.port
        await migrate(url)
        ledger = Ledger.connect(url, vault, pool_size=3)
        async with ledger.begin() as tx:
            await tx.open_request(new_request())
    try:
        with pytest.raises(LedgerUnavailable):
            await ledger.ping()
        with EmbeddedPostgres(tmp_path / "pg", port=port):
            async with ledger.begin() as tx:
                assert not (await tx.open_request(new_request())).created
    finally:
        await ledger.aclose()


async def test_a_connection_that_is_cut_is_replaced_unseen(ledger: Ledger, ledger_url: str, opened: str) -> None:
    await asyncio.gather(*(ledger.ping() for _ in range(4)))
    other = await asyncpg.connect(ledger_url)
    await other.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'habeas' "
        "AND datname = current_database()"
    )
    await other.close()
    # Let the event loop see that the connections are closed, as it does between any two requests.
    reader, writer = await asyncio.open_connection(*_address(ledger_url))
    writer.close()
    await writer.wait_closed()
    del reader
    async with ledger.begin() as tx:
        assert (await tx.request(opened)).id == opened


def _address(url: str) -> tuple[str, int]:
    host, port = url.rpartition("@")[2].partition("/")[0].split(":")
    return host, int(port)


async def test_a_transaction_cut_in_the_middle_is_unavailable_and_undone(
    ledger: Ledger, ledger_url: str, opened: str
) -> None:
    other = await asyncpg.connect(ledger_url)
    with pytest.raises(LedgerUnavailable):
        await _cut_in_the_middle(ledger, other, opened)
    await other.close()
    async with ledger.begin() as tx:
        assert await tx.events(opened) == ()


async def _cut_in_the_middle(ledger: Ledger, other: "asyncpg.Connection[asyncpg.Record]", opened: str) -> None:
    async with ledger.begin() as tx:
        await tx.record(opened, Tag.REQUEST_OPENED, NOW, dedupe="a")
        await other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction' "
            "AND datname = current_database()"
        )
        await tx.record(opened, Tag.REQUEST_STAGE, NOW, dedupe="b")


async def test_more_users_than_connections_take_turns(ledger_url: str, vault: Vault) -> None:
    ledger = Ledger.connect(ledger_url, vault, pool_size=2)
    await asyncio.gather(*(ledger.ping() for _ in range(20)))
    await ledger.aclose()


@pytest.fixture
async def counted(ledger: Ledger) -> AsyncIterator[list[str]]:
    """The statements that the ledger sends."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(ledger._engine.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(ledger._engine.sync_engine, "before_cursor_execute", note)


async def test_few_statements(ledger: Ledger, counted: list[str], new_request: NewRequestFactory) -> None:
    """What is written without an answer waits, and is written at once; whatever is read, is read once."""

    async def cost(new: NewRequest, tx: Tx, step: str) -> int:
        before = len(counted)
        match step:
            case "open":
                await tx.open_request(new)
            case "record":
                await tx.record(new.id, Tag.REQUEST_STAGE, NOW, dedupe=str(before))
            case "update":
                await tx.update_request(new.id, overdue=True)
            case "close":
                await tx.update_request(new.id, outcome=Outcome.REFUSED, closed_at=NOW)
            case "seal":
                await tx.seal(new.id, "x", b"x")
            case "unseal":
                await tx.unseal_bytes(new.id, "x")
            case "destroy":
                await tx.destroy_key(new.id, NOW)
        return len(counted) - before

    new = new_request()
    async with ledger.begin() as tx:
        await tx.open_request(new)
    before, steps = len(counted), ("record", "update", "seal", "record", "unseal", "unseal", "close", "record")
    async with ledger.begin() as tx:
        costs = [await cost(new, tx, step) for step in steps]
    # The end of the chain; the request with its documents; all that is to be written, at the end.
    assert costs == [1, 1, 0, 0, 0, 0, 0, 0]
    assert len(counted) - before == 3
    async with ledger.begin() as tx:
        assert await cost(new, tx, "destroy") == 1
