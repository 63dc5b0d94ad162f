from datetime import timedelta

import asyncpg

from activities.ledger import Ledger, NewSession
from tests.ledger.conftest import NOW

IDLE = timedelta(minutes=30)
SESSION = NewSession(account="Kim", actor="0" * 16, created_at=NOW, expires_at=NOW + timedelta(hours=2))


async def test_a_session_opens_until_it_ends(ledger: Ledger) -> None:
    async def whose(session_id: str, after: timedelta) -> str | None:
        async with ledger.begin() as tx:
            return await tx.session(session_id, NOW + after, NOW + after - IDLE)

    async with ledger.begin() as tx:
        mine, other = [await tx.add_session(SESSION, NOW - IDLE) for _ in range(2)]
    assert await whose(mine, timedelta()) == "Kim"
    assert await whose(mine[:-1] + ("A" if mine[-1] != "A" else "B"), timedelta()) is None
    assert await whose(mine, timedelta(minutes=29)) == "Kim"
    assert await whose(other, timedelta(minutes=30)) is None
    for minutes in (58, 87, 116):
        assert await whose(mine, timedelta(minutes=minutes)) == "Kim"
    assert await whose(mine, timedelta(hours=2)) is None


async def test_what_is_over_is_gone_and_names_nobody(ledger: Ledger, ledger_url: str) -> None:
    async def kept() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(ledger_url)
        try:
            return list(await connection.fetch("SELECT * FROM staff_session"))
        finally:
            await connection.close()

    async with ledger.begin() as tx:
        first = await tx.add_session(SESSION.model_copy(update={"account": "Canary Bird"}), NOW - IDLE)
    shown = str([dict(row) for row in await kept()])
    assert "id_sha256" in shown
    for secret in (first, "Canary"):
        assert secret not in shown
    later = SESSION.model_copy(update={"created_at": NOW + IDLE, "actor": "1" * 16})
    async with ledger.begin() as tx:
        await tx.add_session(later, NOW)
        assert len(await kept()) == 1  # the other transaction's is not there yet
    assert [row["actor"] for row in await kept()] == ["1" * 16]
    async with ledger.begin() as tx:
        await tx.end_sessions("2" * 16)
    assert len(await kept()) == 1
    async with ledger.begin() as tx:
        await tx.end_sessions("1" * 16)
    assert await kept() == []
