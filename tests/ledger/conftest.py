"""A migrated ledger of its own for each test, copied from one that was migrated once."""

import secrets
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import asyncpg
import pytest

from activities.ledger import Ledger, NewRequest, migrate
from activities.vault import Vault
from habeas.model import Identifier, Right, Subject
from workers.postgres import EmbeddedPostgres

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_TEMPLATE = "ledger_template"
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@pytest.fixture(scope="session")
async def ledger_template(postgres_server: EmbeddedPostgres) -> str:
    await migrate(postgres_server.create_database(_TEMPLATE))
    return _TEMPLATE


@pytest.fixture
async def ledger_url(postgres_server: EmbeddedPostgres, ledger_template: str) -> AsyncIterator[str]:
    name = f"ledger_{secrets.token_hex(8)}"
    connection = await asyncpg.connect(postgres_server.dsn())
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{ledger_template}"')
        yield postgres_server.dsn(name)
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


@pytest.fixture
def vault() -> Vault:
    return Vault([("m1", secrets.token_bytes(32)), ("m2", secrets.token_bytes(32))])


@pytest.fixture
async def ledger(ledger_url: str, vault: Vault) -> AsyncIterator[Ledger]:
    made = Ledger.connect(ledger_url, vault, pool_size=12)
    yield made
    await made.aclose()


def request_id() -> str:
    return "HB" + "".join("-" + "".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


NewRequestFactory = Callable[..., NewRequest]


@pytest.fixture
def new_request() -> NewRequestFactory:
    def make(*emails: str, **changes: object) -> NewRequest:
        identifiers = tuple(Identifier(kind="email", value=value) for value in emails or ("ada@example.org",))
        facts: dict[str, object] = {
            "id": request_id(),
            "controller": "acme",
            "right": Right.ACCESS,
            "regime": "EU-GDPR",
            "jurisdiction": "DK",
            "language": "en",
            "channel": "desk",
            "received_at": NOW,
            "opened_by": "staff-1",
            "reason": "asked by letter",
            "subject": Subject(name="Ada Lovelace", identifiers=identifiers),
            "opened_at": NOW,
        }
        return NewRequest.model_validate(facts | changes)

    return make


@pytest.fixture
async def opened(ledger: Ledger, new_request: NewRequestFactory) -> str:
    """The id of an open request."""
    async with ledger.begin() as tx:
        return (await tx.open_request(new_request())).request.id
