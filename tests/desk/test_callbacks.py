"""A connected system calls back: believed only if signed, and the request that waits then asks it."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from activities.connectors import load_connector
from activities.connectors.http import HttpConnector
from habeas.testing import MemoryConnector
from habeas.wire import Finished, Signer
from tests.connectors.serving import served
from tests.office.world import World
from workers.desk import create_app

SECRET = "whsec_" + base64.b64encode(b"a secret of 32 bytes and no less").decode()
OTHER = "whsec_" + base64.b64encode(b"another secret of 32 bytes, ours").decode()
BODY = Finished(handle="job-7").model_dump_json().encode()


@pytest.fixture
async def caller(here: World, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    (tmp_path / "orders.json").write_text(MemoryConnector(()).manifest.model_dump_json())
    given = {"connector": "http", "url": "https://orders.example", "secrets": [SECRET]}
    connector = load_connector("orders", given | {"manifest": str(tmp_path / "orders.json")})
    assert isinstance(connector, HttpConnector)
    async with (
        served(create_app(here.office, systems={"orders": connector})) as url,
        httpx2.AsyncClient(base_url=url) as client,
    ):
        yield client
    await connector.aclose()


async def _calls(caller: httpx2.AsyncClient, secret: str = SECRET, system: str = "orders", body: bytes = BODY) -> int:
    headers = Signer([secret]).sign("msg_1", datetime.now(UTC), body)
    return (await caller.post(f"/hooks/systems/{system}", headers=headers, content=body)).status_code


async def test_only_the_system_itself_is_heard(caller: httpx2.AsyncClient) -> None:
    assert await _calls(caller) == 204  # nobody waits; saying it again would not help
    assert await _calls(caller, OTHER) == 401
    assert await _calls(caller, system="crm") == 401
    assert await _calls(caller, body=json.dumps({"handle": ""}).encode()) == 401
    assert (await caller.post("/hooks/systems/orders", content=BODY)).status_code == 401
    assert (await caller.post("/hooks/systems/orders", content=b"x" * 5000)).status_code == 413
