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
from habeas.errors import ConfigurationError
from habeas.testing import MemoryConnector
from habeas.wire import Finished, Signer
from tests.connectors.serving import served
from tests.office.world import World
from workers.desk import create_app
from workers.desk.server import calling_back
from workers.settings import Settings, SystemSettings
from workers.wiring import load_settings

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


def _settings(tmp_path: Path, here: World, **orders: object) -> Settings:
    system = SystemSettings.model_validate({"connector": "http", "elsewhere": True, **orders})
    return load_settings(here.settings_file(tmp_path)).model_copy(update={"systems": {"orders": system}})


async def test_a_system_that_is_called_elsewhere_is_heard_by_secrets_for_callbacks_alone(
    here: World, tmp_path: Path
) -> None:
    async with (
        calling_back(_settings(tmp_path, here, callback_secrets=[OTHER])) as systems,
        served(create_app(here.office, systems=systems)) as url,
        httpx2.AsyncClient(base_url=url) as client,
    ):
        assert await _calls(client, OTHER) == 204
        assert await _calls(client, SECRET) == 401


async def test_without_such_secrets_nobody_is_heard(here: World, tmp_path: Path) -> None:
    async with calling_back(_settings(tmp_path, here)) as systems:
        assert systems == {}


@pytest.mark.parametrize("wrong", [[], ["whsec_?"], "whsec_", [""]])
async def test_secrets_that_are_none_are_refused(here: World, tmp_path: Path, wrong: object) -> None:
    with pytest.raises(ConfigurationError, match=r"systems\.orders\.callback_secrets"):
        async with calling_back(_settings(tmp_path, here, callback_secrets=wrong)):
            pass


async def test_only_the_system_itself_is_heard(caller: httpx2.AsyncClient) -> None:
    assert await _calls(caller) == 204  # nobody waits; saying it again would not help
    assert await _calls(caller, OTHER) == 401
    assert await _calls(caller, system="crm") == 401
    assert await _calls(caller, body=json.dumps({"handle": ""}).encode()) == 401
    assert (await caller.post("/hooks/systems/orders", content=BODY)).status_code == 401
    assert (await caller.post("/hooks/systems/orders", content=b"x" * 5000)).status_code == 413
