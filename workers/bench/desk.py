"""How quick the desk is with many requests in the ledger.

A PostgreSQL server of its own, requests written straight into the tables, and each page asked for one time after the
other.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import httpx2
import uvicorn
from temporalio.client import Client

from activities.ledger import Ledger, migrate
from activities.ledger.requests import QUEUE
from activities.storage import Storage
from activities.vault import Vault
from habeas.errors import EngineUnavailable
from habeas.policy import load_policies
from workers.bench.line import Bound, Line, Say, line
from workers.desk import create_app
from workers.office import Engine, NewRequestInput, Office
from workers.postgres import EmbeddedPostgres

POLICIES = Path(__file__).parents[2] / "deploy" / "controllers"
PAGES = (
    "/",
    "/?view=overdue",
    "/?view=soon",
    "/?view=mine",
    "/?view=nobodys",
    "/?view=closed",
    "/?right=erasure&stage=reviewing",
    "/?waits=billing",
    "/?cursor={middle}",
    "/requests/{real}",
    "/overview",
    "/systems",
    "/reports?controller=demo&from=2026-01-01&to=2026-12-31",
    "/reports/california?controller=demo&year=2026",
)
BOUNDED = frozenset({one for one in PAGES if one.startswith("/?")} | {"/", "/requests/{real}"})
"""The queue and a request's page."""
_SEED = """
INSERT INTO request (id, controller, "right", regime, jurisdiction, language, channel, received_at, opened_at,
    opened_by, stage, outcome, due_on, due_at, extended, extended_due_on, blocked_on, overdue, started_at, closed_at)
SELECT 'HB-' || substr(code, 1, 4) || '-' || substr(code, 5, 4) || '-' || substr(code, 9, 4), 'demo',
    (ARRAY['access', 'access', 'erasure', 'erasure', 'rectification', 'opt_out_sale', 'objection'])[1 + n % 7],
    CASE WHEN n % 5 = 0 THEN 'US-CCPA' ELSE 'EU-GDPR' END, CASE WHEN n % 5 = 0 THEN 'US-CA' ELSE 'DK' END, 'en', 'web',
    received, received, repeat('0', 16), CASE WHEN open THEN stage ELSE 'closed' END,
    CASE WHEN open THEN NULL WHEN n % 50 = 0 THEN 'refused' WHEN n % 41 = 0 THEN 'withdrawn'
         WHEN n % 33 = 0 THEN 'partly_fulfilled' ELSE 'fulfilled' END,
    (received + interval '30 days')::date, received + interval '30 days', n % 23 = 0,
    CASE WHEN n % 23 = 0 THEN (received + interval '90 days')::date END,
    CASE WHEN open AND n % 11 = 0 THEN ARRAY['billing'] ELSE '{}'::text[] END,
    n % 37 = 0, received, CASE WHEN NOT open THEN received + (1 + n % 40) * interval '1 day' END
FROM (SELECT n, upper(translate(substr(md5(n::text), 1, 12), 'ilou', '1234')) AS code, n <= $1 / 10 AS open,
             (ARRAY['received', 'verifying', 'locating', 'collecting', 'reviewing', 'fulfilling', 'notifying'])
             [1 + n % 7] AS stage,
             now() - CASE WHEN n <= $1 / 10 THEN (n % 35) * interval '1 day'
                          ELSE (41 + n % 330) * interval '1 day' END AS received
      FROM generate_series(1, $1) AS n) AS made
"""
_STEPS = """
INSERT INTO system_result (request_id, system, phase, state, counts, waiting_since, error_code, updated_at)
SELECT id, system, 'collect', CASE WHEN system = ANY(blocked_on) THEN 'waiting' ELSE 'done' END, '{}',
    CASE WHEN system = ANY(blocked_on) THEN now() - interval '5 hours' END,
    CASE WHEN system = ANY(blocked_on) THEN 'system_unavailable' END, opened_at + interval '1 hour'
FROM request, unnest(ARRAY['crm', 'billing', 'support']) AS system
"""
_KEYS = "INSERT INTO request_key (request_id, master_key_id, destroyed_at) SELECT id, 'm1', closed_at FROM request"
_HEADS = "INSERT INTO evidence_head (request_id, n, hash, told) SELECT id, 1, repeat('0', 64), 1 FROM request"


async def fill(dsn: str, requests: int, ledger: Ledger, office: Office) -> None:
    """So many requests, a tenth of them open; some held, some held up by a system."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("ALTER TABLE request_key DROP CONSTRAINT ck_request_key_destroyed")
        await connection.execute(_SEED, requests)
        for statement in (_STEPS, _KEYS, _HEADS, "ANALYZE"):
            await connection.execute(statement)
        mine = await connection.fetch("SELECT id FROM request WHERE closed_at IS NULL ORDER BY id LIMIT 500")
    finally:
        await connection.close()
    async with ledger.begin() as tx:
        for row in mine:
            await tx.hold_request(row["id"], "kim", office.actor("kim"), office.now())


@contextlib.asynccontextmanager
async def desk(requests: int) -> AsyncIterator[tuple[Office, str, str]]:
    """An office over so many requests, a reference from the middle of its queue, and one whose data is there."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "pg") as server:
        dsn = server.create_database("bench")
        await migrate(dsn)
        keys = Path(folder) / "master.keys"
        Vault.create_file(keys)
        ledger = Ledger.connect(dsn, Vault.from_file(keys))
        policies = load_policies(POLICIES, only=["demo"])
        office = Office(ledger, Engine(_nobody, task_queue="q"), policies, Storage.from_url(f"file://{folder}/s"))
        await fill(dsn, requests, ledger, office)
        connection = await asyncpg.connect(dsn)
        row = await connection.fetchrow(
            "SELECT queue_on, id FROM request WHERE closed_at IS NULL ORDER BY queue_on, id OFFSET $1 LIMIT 1",
            requests // 20,
        )
        middle = QUEUE.turn().cursor(SimpleNamespace(**row))
        await connection.close()
        try:
            asked = NewRequestInput(right="access", opened_by="Kim", emails=("a@example.com",), jurisdiction="DK")
            opened = await office.open_request(asked)
            yield office, middle, opened.id
        finally:
            await ledger.aclose()


async def _nobody() -> Client:
    raise EngineUnavailable("No Temporal here.")


async def desk_lines(say: Say, *, requests: int, times: int) -> list[Line]:
    """The time of each page on the server, asked for so many times one after the other."""
    say(f"the desk: {requests:,} requests in the ledger, each page {times} times")
    async with desk(requests) as (office, middle, real):
        app = httpx2.ASGITransport(create_app(office.for_staff("kim")))
        async with httpx2.AsyncClient(transport=app, base_url="http://127.0.0.1") as browser:
            return [
                await _page(browser, template, template.format(middle=middle, real=real), times, requests)
                for template in PAGES
            ]


async def _page(browser: httpx2.AsyncClient, template: str, path: str, times: int, requests: int) -> Line:
    took: list[float] = []
    (await browser.get(path)).raise_for_status()  # templates are made, statements prepared
    for _ in range(times):
        began = time.perf_counter()
        answer = await browser.get(path)
        took.append(1000 * (time.perf_counter() - began))
        answer.raise_for_status()
    p95 = statistics.quantiles(took, n=20)[-1]
    bound = Bound(most=100) if template in BOUNDED else None
    return line(f"desk {template}, {requests:,} requests, p95", [p95], "ms", value=bound)


async def serve(requests: int, port: int) -> None:
    """The desk over so many requests, until it is stopped: to be looked at."""
    async with desk(requests) as (office, *_):
        app = create_app(office.for_staff("kim"))
        await uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning")).serve()
