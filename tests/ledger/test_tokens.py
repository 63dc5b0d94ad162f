from datetime import timedelta

import asyncpg

from activities.ledger import Ledger, NewToken
from habeas.access import Scope
from tests.ledger.conftest import NOW

NEW = NewToken(
    account="Canary Bird",
    actor="0" * 16,
    title="test",
    scopes=frozenset({Scope.REQUESTS_READ}),
    controllers=frozenset({"demo"}),
    created_at=NOW,
    created_by="1" * 16,
    expires_at=NOW + timedelta(days=1),
)


async def test_a_token_opens_until_it_ends_and_is_nowhere_to_be_read(ledger: Ledger, ledger_url: str) -> None:
    async with ledger.begin() as tx:
        row, text = await tx.add_token(NEW)
        bearer = await tx.bearer(text, NOW)
        assert bearer is not None
        assert (bearer.account, bearer.scopes) == ("Canary Bird", NEW.scopes)
        assert await tx.bearer(text, NEW.expires_at) is None
        assert await tx.bearer(text[:-1] + ("A" if text[-1] != "A" else "B"), NOW) is None
        assert text not in repr((row, bearer))
    connection = await asyncpg.connect(ledger_url)
    try:
        kept = str([dict(one) for one in await connection.fetch("SELECT * FROM api_token")])
    finally:
        await connection.close()
    assert row.id in kept
    for secret in (text[-43:], "Canary"):
        assert secret not in kept
    async with ledger.begin() as tx:
        await tx.revoke_token(row.id, NOW, "2" * 16)
        assert await tx.bearer(text, NOW) is None
        assert (await tx.tokens())[0].revoked_at == NOW
