"""A company's own service over HTTP: the whole conformance suite through the wire, and what an attacker may try."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from activities.connectors import describe_connector, load_connector
from activities.connectors.http import HttpConnector
from habeas.connector import Connector, Located, SystemPlan
from habeas.errors import ConfigurationError, ConnectorError, Quarantine, Terminal, Transient
from habeas.outcomes import Awaiting, Pending
from habeas.testing import MemoryConnector, World, faulty
from habeas.testing.suite import ConnectorSuite, HttpConnectorSuite
from habeas.wire import BadSignature, EraseCall, Finished, Problem, Signer
from habeas.wire.router import habeas_router
from habeas.wire.taken import TakenIds
from tests.connectors.carried import CarriedThrough
from tests.connectors.memory_world import MemoryWorld
from tests.connectors.serving import served

SECRET = "whsec_" + base64.b64encode(b"a secret of 32 bytes and no less").decode()
OTHER = "whsec_" + base64.b64encode(b"another secret of 32 bytes, ours").decode()


def _app(connector: Connector, *secrets: str) -> FastAPI:
    app = FastAPI()
    app.include_router(habeas_router(connector, secrets or (SECRET,)))
    return app


def load(folder: Path, url: str, served_: MemoryConnector, **more: Any) -> HttpConnector:
    path = folder / "manifest.json"
    path.write_text(served_.manifest.model_dump_json())
    given = {"connector": "http", "url": url, "secrets": [SECRET], "manifest": str(path), "rate": 1000, "timeout": 2}
    connector = load_connector("orders", given | more)
    assert isinstance(connector, HttpConnector)
    return connector


class WiredWorld(MemoryWorld):
    """Ann and Bob behind a service of their own."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self.url = ""

    async def reconnect(self) -> bool:
        self.connector = load(self._folder, self.url, self.system)
        return True

    async def spoil(self) -> bool:
        return False  # the network does: `faults`

    @asynccontextmanager
    async def impatient(self) -> AsyncIterator[Connector]:
        connector = load(self._folder, self.url, self.system, timeout=0.2)
        yield connector
        await connector.aclose()

    @asynccontextmanager
    async def without_access(self) -> AsyncIterator[Connector]:
        connector = load(self._folder, self.url, self.system, secrets=[OTHER])
        yield connector
        await connector.aclose()


@asynccontextmanager
async def wired(folder: Path) -> AsyncIterator[WiredWorld]:
    async with AsyncExitStack() as stack:
        world = WiredWorld(folder)
        url = await stack.enter_async_context(served(_app(world.system)))
        world.faults = await stack.enter_async_context(faulty(url))
        world.url = world.faults.url
        world.connector = load(folder, world.url, world.system)
        yield world
        await world.connector.aclose()


class TestHttp(HttpConnectorSuite, CarriedThrough):
    """A service that answers at once."""

    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[World]:
        async with wired(tmp_path) as made:
            yield made


class TestHttpWithJobs(ConnectorSuite):
    """A service that takes its time, and calls back."""

    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[World]:
        async with wired(tmp_path) as made:
            made.system.answers(
                "erase", Pending(handle="job", poll_after=60), Awaiting(handle="call", give_up_after=60)
            )
            made.system.answers("confirm", Pending(handle="look", poll_after=60))
            yield made


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[WiredWorld]:
    async with wired(tmp_path) as made:
        yield made


async def test_a_check_tries_every_call_that_changes_nothing(world: WiredWorld) -> None:
    before = await world.theirs(), await world.others()
    assert (await world.connector.ping()).ok
    assert (await world.theirs(), await world.others()) == before
    world.system.fail("locate", Terminal("no such index"))
    health = await world.connector.ping()
    assert not health.ok
    assert "locate does not work" in health.detail
    assert "no such index" in health.detail


async def test_a_check_sees_a_search_that_takes_anybody(world: WiredWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await world.system.locate(world.person)

    async def anybody(_: object) -> Located:
        return found

    monkeypatch.setattr(world.system, "locate", anybody)
    health = await world.connector.ping()
    assert (health.ok, "whom nobody knows" in health.detail) == (False, True)


@pytest.mark.parametrize("kind", [Transient, Terminal, Quarantine])
async def test_errors_of_the_service_come_through_in_our_words_and_its_own_apart(
    world: WiredWorld, kind: type[ConnectorError]
) -> None:
    """Whatever it writes, and of whom: only what is sealed has it."""
    said = f"{kind.code}: the row of Ann is locked by her brother"
    world.system.fail("locate", Transient(said, retry_after=7) if kind is Transient else kind(said))
    with pytest.raises(kind) as raised:
        await world.connector.locate(world.person)
    assert type(raised.value) is kind
    assert raised.value.said == said
    assert "brother" not in f"{raised.value!s} {raised.value!r} {raised.value.detail} {raised.value.diagnostics()}"
    assert getattr(raised.value, "retry_after", None) == (7 if kind is Transient else None)


async def test_a_service_that_is_no_longer_what_was_reviewed_does_not_fit(world: WiredWorld) -> None:
    assert (await world.connector.ping()).ok
    world.system.manifest = world.system.manifest.model_copy(update={"purposes": ("newsletter", "resale")})
    health = await world.connector.ping()
    assert (health.ok, health.fits) == (False, False)
    assert "purposes" in health.detail


async def test_secrets_are_changed_without_a_break(tmp_path: Path) -> None:
    world = MemoryWorld()
    async with served(_app(world.system, OTHER, SECRET)) as url:
        old = load(tmp_path, url, world.system, secrets=[SECRET, OTHER])
        assert (await old.locate(world.person)).matches
        await old.aclose()


async def test_nobody_else_is_answered(world: WiredWorld) -> None:
    now, body = datetime.now(UTC), b'{"operation":"locate","identifiers":[]}'
    ours, theirs = Signer([SECRET]), Signer([OTHER])
    signed = ours.sign("msg_1", now, body)
    wrong: list[tuple[dict[str, str], bytes]] = [
        ({}, body),
        (theirs.sign("msg_1", now, body), body),
        (signed, body + b" "),
        (signed | {"webhook-id": "msg_2"}, body),
        (ours.sign("msg_1", now - timedelta(minutes=6), body), body),
        (ours.sign("msg_1", now + timedelta(minutes=6), body), body),
        (signed | {"webhook-timestamp": "now"}, body),
        (signed | {"webhook-signature": "v1,"}, body),
        (signed | {"webhook-signature": "v1,é"}, body),
        (signed | {"webhook-id": "msg_é"}, body),
    ]
    async with httpx2.AsyncClient() as client:
        for headers, content in wrong:
            raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
            answer = await client.post(f"{world.url}/habeas/v1/locate", headers=raw, content=content)
            assert (answer.status_code, answer.content) == (401, b"")
        right = await client.post(f"{world.url}/habeas/v1/locate", headers=signed, content=body)
        assert right.status_code == 200
        again = await client.post(f"{world.url}/habeas/v1/locate", headers=signed, content=body)
        assert (again.status_code, again.content) == (401, b"")
        not_a_call = b'{"operation": "locate", "identifiers": "ann@example.org"}'
        answer = await client.post(
            f"{world.url}/habeas/v1/locate", headers=ours.sign("msg_3", now, not_a_call), content=not_a_call
        )
        assert (answer.status_code, answer.content) == (400, b"{}")
    assert world.system.calls == ["locate"]


async def test_a_call_is_good_for_its_own_operation_alone(world: WiredWorld) -> None:
    """What was signed for a look does not erase; nor does what says nothing, as calls of before do."""
    plan = SystemPlan(system="orders", roots=(), identifiers=(), objects=())
    signer, now = Signer([SECRET]), datetime.now(UTC)
    meant = EraseCall(operation="confirm", plan=plan).model_dump_json().encode()
    before = json.dumps({"plan": json.loads(plan.model_dump_json())}).encode()
    async with httpx2.AsyncClient() as client:
        for path, body in (("erase", meant), ("erase", before), ("ping", b"{}")):
            signed = signer.sign(f"msg_{path}_{len(body)}", now, body)
            answer = await client.post(f"{world.url}/habeas/v1/{path}", headers=signed, content=body)
            assert (answer.status_code, Problem.model_validate_json(answer.content).error) == (409, "terminal")
            signer.verify(answer.headers, answer.content, now)
    assert not world.system.calls


def test_ids_are_remembered_while_a_signature_is_good_and_no_longer() -> None:
    ids, now = TakenIds(most=2), datetime(2026, 1, 1, tzinfo=UTC)
    assert ids.take("a", now)
    assert not ids.take("a", now + timedelta(minutes=10))
    assert ids.take("b", now + timedelta(minutes=10))
    with pytest.raises(Transient):
        ids.take("c", now + timedelta(minutes=10))
    assert ids.take("c", now + timedelta(minutes=11))


async def test_an_exception_of_the_connector_is_answered_signed_and_quotes_nothing(
    world: WiredWorld, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def breaks(_: object) -> Located:
        raise KeyError("ann@example.org")

    monkeypatch.setattr(world.system, "locate", breaks)
    with pytest.raises(Transient, match="cannot do this now") as raised:
        await world.connector.locate(world.person)
    assert raised.value.said == "The connector broke: KeyError."
    assert "KeyError" in caplog.text
    assert "ann@" not in caplog.text


async def test_an_answer_of_somebody_else_is_not_believed(tmp_path: Path) -> None:
    """Neither one signed with another secret, nor an old answer to another question."""
    world = MemoryWorld()
    app = FastAPI()
    kept: list[tuple[dict[str, str], bytes]] = []

    @app.post("/habeas/v1/locate")
    async def forged() -> Any:
        from fastapi import Response

        content = b'{"matches":[]}'
        kept.append((Signer([SECRET]).sign("msg_of_before", datetime.now(UTC), content), content))
        headers, body = kept[0]
        return Response(body, headers=headers)

    async with served(app) as url:
        connector = load(tmp_path, url, world.system)
        with pytest.raises(Transient, match="not signed by it"):
            await connector.locate(world.person)
        await connector.aclose()


async def test_a_callback_is_believed_only_from_the_service(world: WiredWorld) -> None:
    assert isinstance(world.connector, HttpConnector)
    body = Finished(handle="job-7").model_dump_json().encode()
    now = datetime.now(UTC)
    assert world.connector.callback(Signer([SECRET]).sign("m", now, body), body, now).handle == "job-7"
    for headers, content in (
        (Signer([OTHER]).sign("m", now, body), body),
        (Signer([SECRET]).sign("m", now, b"{}"), b"{}"),
    ):
        with pytest.raises(BadSignature):
            world.connector.callback(headers, content, now)


@pytest.fixture
def reviewed(tmp_path: Path) -> Path:
    path = tmp_path / "reviewed.json"
    path.write_text(MemoryWorld().connector.manifest.model_dump_json())
    return path


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"secrets": []}, "systems.orders.secrets"),
        ({"secrets": ["short"]}, "systems.orders.secrets"),
        ({"url": "http://orders.example"}, "must be https"),
        ({"manifest": "nowhere.json"}, "nowhere.json cannot be read"),
        ({"colour": "red"}, "There is no setting `systems.orders.colour`"),
    ],
)
def test_settings_that_are_refused(reviewed: Path, changed: dict[str, Any], named: str) -> None:
    given = {"connector": "http", "url": "https://orders.example", "secrets": [SECRET], "manifest": str(reviewed)}
    with pytest.raises(ConfigurationError, match=named) as raised:
        load_connector("orders", given | changed)
    assert "short" not in str(raised.value)


async def test_where_its_worker_runs_elsewhere_only_the_manifest_is_needed(reviewed: Path) -> None:
    described = describe_connector("orders", {"connector": "http", "manifest": str(reviewed)})
    assert described.manifest == MemoryWorld().connector.manifest
    with pytest.raises(Terminal, match="elsewhere"):
        await described.locate(MemoryWorld.person)
