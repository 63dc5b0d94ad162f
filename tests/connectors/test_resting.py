"""A system that asks to be left alone is, by every call of the process; the other systems are not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from activities.connectors.api import ApiClient, ApiSettings
from activities.resting import LONGEST, SHORT, Rests, kept
from habeas.errors import Quarantine, Transient
from tests.connectors.serving import served


@dataclass
class Clock:
    """Time that a test moves; a wait for it is short."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Limited:
    """A system that refuses its first call and counts all."""

    url: str = ""
    calls: list[str] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        self.calls.append(request.url.path)
        return Response(status_code=429, headers={"retry-after": "60"}) if len(self.calls) == 1 else Response()


@pytest.fixture
async def limited() -> AsyncIterator[Limited]:
    system = Limited()
    async with served(Starlette(routes=[Route("/{path}", system.answer)])) as system.url:
        yield system


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rests(clock: Clock) -> Rests:
    return Rests(clock)


async def _calls(rests: Rests, system: str, client: ApiClient) -> int:
    """As a step of that system does."""
    with rests.of(system).shared():
        return (await client.call("GET", "/thing")).status


async def test_what_one_call_heard_every_client_of_the_system_keeps(
    limited: Limited, rests: Rests, clock: Clock
) -> None:
    async with (
        ApiClient("crm", limited.url, ApiSettings()) as one,
        ApiClient("crm", limited.url, ApiSettings()) as another,
    ):
        with pytest.raises(Transient) as said:
            await _calls(rests, "crm", one)
        assert said.value.retry_after == 60
        clock.now += 20
        for client in (one, another):
            with pytest.raises(Transient) as held:
                await _calls(rests, "crm", client)
            assert held.value.retry_after == 40
        assert len(limited.calls) == 1
        assert await _calls(rests, "billing", another) == 200
        clock.now += 40
        assert await _calls(rests, "crm", one) == 200


async def test_a_step_that_is_under_way_keeps_what_another_heard(limited: Limited, rests: Rests) -> None:
    limited.calls.append("the first is not refused")
    asked, goes_on = asyncio.Event(), asyncio.Event()

    async def two_pages(client: ApiClient) -> None:
        with rests.of("crm").shared():
            await client.call("GET", "/page")
            asked.set()
            await goes_on.wait()
            await client.call("GET", "/next")

    async with ApiClient("crm", limited.url, ApiSettings()) as client:
        step = asyncio.create_task(two_pages(client))
        await asked.wait()
        rests.of("crm").heard(Transient("busy", retry_after=60))
        goes_on.set()
        with pytest.raises(Transient):
            await step
    assert limited.calls[1:] == ["/page"]


async def test_outside_of_a_step_nothing_is_kept(limited: Limited) -> None:
    async with ApiClient("crm", limited.url, ApiSettings()) as client:
        with pytest.raises(Transient):
            await client.call("GET", "/thing")
        assert (await client.call("GET", "/thing")).status == 200


async def test_a_connector_that_raises_it_by_itself_is_heard_too(rests: Rests) -> None:
    rest = rests.of("crm")
    with pytest.raises(Transient), rest.shared():
        raise Transient("its daily limit", retry_after=7200)
    assert rest.left() == 7200
    with pytest.raises(Transient), rest.shared():
        await kept()
    assert rest.left() == 7200


async def test_what_is_short_is_waited_for_and_no_longer(
    rests: Rests, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest, waited = rests.of("crm"), list[float]()

    async def passes(seconds: float) -> None:
        waited.append(seconds)
        clock.now += seconds

    monkeypatch.setattr("activities.resting.asyncio.sleep", passes)
    rest.heard(Transient("busy", retry_after=SHORT))
    await rest.kept()
    assert waited == [SHORT]

    async def is_prolonged(seconds: float) -> None:
        await passes(seconds)
        rest.heard(Transient("still busy", retry_after=SHORT))

    monkeypatch.setattr("activities.resting.asyncio.sleep", is_prolonged)
    rest.heard(Transient("busy", retry_after=1))
    with pytest.raises(Transient) as held:
        await rest.kept()
    assert held.value.retry_after == SHORT
    assert waited == [SHORT, 1]


async def test_no_answer_stops_a_system_for_ever(rests: Rests, clock: Clock) -> None:
    rest = rests.of("crm")
    for error in (Transient("busy"), Quarantine("odd"), Transient("?", retry_after=float("nan")), ValueError()):
        rest.heard(error)
        assert rest.left() == 0
    rest.heard(Transient("busy", retry_after=float("inf")))
    rest.heard(Transient("busy", retry_after=1))
    assert rest.left() == LONGEST
    clock.now += LONGEST
    await rest.kept()
    rest.heard(Transient("busy", retry_after=60))
    rest.over()
    await rest.kept()
