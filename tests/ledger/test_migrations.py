"""The schema is made and unmade by its migrations, and is what the tables say."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

import activities.ledger
from activities.ledger import REVISIONS, Ledger, current_revision, downgrade, grant_least, least_privileges, migrate
from activities.ledger.anchor_tables import metadata
from activities.ledger.database import make_engine
from activities.vault import Vault
from habeas.errors import ConfigurationError
from habeas.evidence import Tag
from tests.ledger.conftest import NOW, NewRequestFactory
from tests.ledger.test_sessions import SESSION
from tests.ledger.test_tokens import NEW

_LEFT = """
SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname !~ '^alembic_version'),
       (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
"""
_CONSTRAINTS = """
SELECT conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass
UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON oid = indexrelid
WHERE relnamespace = 'public'::regnamespace AND relname !~ '^alembic_version'
UNION ALL SELECT attrelid::regclass::text || '.' || attname || ' ' || coalesce(pg_get_expr(adbin, adrelid), '')
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND relname <> 'alembic_version'
ORDER BY 1
"""


async def rows(url: str, query: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def test_the_schema_is_made_and_unmade(fresh_database: str) -> None:
    assert await current_revision(fresh_database) is None
    for _ in range(2):
        await migrate(fresh_database)
        assert await current_revision(fresh_database) == "0022"
    folder = Path(activities.ledger.__file__).parent / "migrations"
    assert ScriptDirectory(folder).get_current_head() == REVISIONS[-1]
    await downgrade(fresh_database, "base")
    assert await rows(fresh_database, _LEFT) == [(0, 0)]
    await migrate(fresh_database)
    assert await current_revision(fresh_database) == "0022"


async def test_before_several_could_wait_for_one_callback_the_first_kept_it(fresh_database: str) -> None:
    """What went on meanwhile is no reason why a downgrade fails."""
    await migrate(fresh_database)
    connection = await asyncpg.connect(fresh_database)
    try:
        await connection.execute("ALTER TABLE callback DROP CONSTRAINT fk_callback_request_id")
        insert = "INSERT INTO callback (system, handle, request_id, at) VALUES ('crm', $1, $2, $3)"
        for handle, request, later in (("joined", "a", 1), ("joined", "b", 0), ("joined", "c", 0), ("other", "a", 0)):
            await connection.execute(insert, handle, request, NOW + timedelta(minutes=later))
        await connection.execute(
            "ALTER TABLE callback ADD CONSTRAINT fk_callback_request_id FOREIGN KEY (request_id)"
            " REFERENCES request (id) NOT VALID"
        )
    finally:
        await connection.close()
    await downgrade(fresh_database, "0021")
    query = "SELECT handle, request_id FROM callback ORDER BY handle"
    assert await rows(fresh_database, query) == [("joined", "b"), ("other", "a")]


async def test_many_processes_may_migrate_at_once(fresh_database: str) -> None:
    await asyncio.gather(*(migrate(fresh_database) for _ in range(4)))
    assert await current_revision(fresh_database) == "0022"


async def test_alembic_finds_no_difference(ledger_url: str) -> None:
    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": metadata}
        )
        return list(compare_metadata(context, metadata))

    engine = make_engine(ledger_url, 1)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        await connection.execute(text("DROP INDEX ix_request_open"))
        assert await connection.run_sync(differences) != []
    await engine.dispose()


async def test_the_migrations_make_what_the_tables_say_to_the_last_check(ledger_url: str, fresh_database: str) -> None:
    """Alembic does not compare checks and computed columns: the database itself does."""
    engine = make_engine(fresh_database, 1)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.execute(text("CREATE TABLE alembic_version (version_num text)"))
    await engine.dispose()
    made, said = await rows(ledger_url, _CONSTRAINTS), await rows(fresh_database, _CONSTRAINTS)
    assert made == said
    assert len(made) > 150


async def test_a_database_without_the_schema_is_said_to_be_one(fresh_database: str, vault: Vault) -> None:
    ledger = Ledger.connect(fresh_database, vault)
    try:
        with pytest.raises(ConfigurationError, match="migrate"):
            await ledger.key("HB-0000-0000-0000")
    finally:
        await ledger.aclose()


async def test_a_role_with_the_least_rights_can_work_and_cannot_rewrite(
    ledger_url: str, vault: Vault, new_request: NewRequestFactory
) -> None:
    role = f"app_{ledger_url.rpartition('_')[2]}"
    owner = await asyncpg.connect(ledger_url)
    await owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'made-up'")
    would = await grant_least(ledger_url, role, keep=False)
    assert set(would) == least_privileges()
    assert await grant_least(ledger_url, role) == would, "a look granted them already"
    assert await grant_least(ledger_url, role) == ()
    url = f"postgresql://{role}:made-up@{ledger_url.rpartition('@')[2]}"
    ledger = Ledger.connect(url, vault)
    try:
        async with ledger.begin() as tx:
            opened = (await tx.open_request(new_request())).request.id
            await tx.record(opened, Tag.REQUEST_OPENED, NOW, dedupe="a")
            assert (await tx.backlog(NOW)).unanchored == 1
            await tx.place_anchor(NOW)
            waits = await tx.backlog(NOW)
            assert (waits.unanchored, waits.anchored_at, waits.unstarted) == (0, NOW, 1)
            may = await tx.role_rights()
            assert (may.name, may.owner, may.missing, may.too_many) == (role, False, (), ())
            assert await tx.master_keys() == {vault.active_key_id: 1}
            await tx.update_request(opened, overdue=True)
            await tx.destroy_key(opened, NOW)
            session_id = await tx.add_session(SESSION, NOW)
            assert await tx.session(session_id, NOW, NOW - timedelta(minutes=1)) == "Kim"
            await tx.end_session(session_id)
            row, text_ = await tx.add_token(NEW)
            assert await tx.bearer(text_, NOW) is not None
            await tx.revoke_token(row.id, NOW, "0" * 16)
        app = await asyncpg.connect(url)
        for attack in (
            "ALTER TABLE evidence DISABLE TRIGGER ALL",
            "DROP TRIGGER evidence_is_append_only ON evidence",
            "UPDATE evidence SET n = 2",
            "DELETE FROM evidence",
            "TRUNCATE evidence",
            "UPDATE anchor SET at = now()",
            "DELETE FROM anchored_head",
            "DELETE FROM request_key",
            "SET session_replication_role = replica",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await app.execute(attack)
        await app.close()
    finally:
        await ledger.aclose()
        await owner.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
        await owner.close()
