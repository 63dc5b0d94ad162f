"""Calls to a web API: to its own address only, bounded, and every failure in the engine's words."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Generator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from activities.connectors.api import ApiClient, ApiSettings, Refused
from activities.connectors.api.address import Origins, origin_of
from activities.connectors.api.errors import failed
from habeas.errors import ConfigurationError, HabeasError, Quarantine, Terminal, Transient
from habeas.testing import Fault, HttpFaults, faulty
from tests.connectors.serving import served

PERSON = "ann.canary@example.org"


async def echo(request: Request) -> Response:
    body = (await request.body()).decode()
    return JSONResponse(
        {"signed": request.headers.get("authorization"), "query": str(request.query_params), "body": body}
    )


async def refuse(request: Request) -> Response:
    codes = {"category": "VALIDATION_ERROR", "message": f"{PERSON} is not valid", "errors": [{"code": "INVALID_EMAIL"}]}
    return JSONResponse(codes, status_code=int(request.path_params["status"]))


async def large(request: Request) -> Response:
    return Response(b"x" * (2 * 1024 * 1024))


async def later(request: Request) -> Response:
    headers = {"retry-after": "Sun, 06 Nov 1994 08:50:37 GMT", "date": "Sun, 06 Nov 1994 08:49:37 GMT"}
    return Response(status_code=429, headers=headers)


async def away(request: Request) -> Response:
    return RedirectResponse("http://127.0.0.1:1/other")


async def misencoded(request: Request) -> Response:
    return Response(b"no gzip at all", headers={"content-encoding": "gzip"})


ROUTES = [
    Route("/misencoded", misencoded),
    Route("/echo", echo, methods=["GET", "POST"]),
    Route("/refuse/{status}", refuse),
    Route("/large", large),
    Route("/later", later),
    Route("/away", away),
]


@pytest.fixture
async def faults() -> AsyncIterator[HttpFaults]:
    async with served(Starlette(routes=ROUTES)) as url, faulty(url) as found:
        yield found


@pytest.fixture
async def api(faults: HttpFaults) -> AsyncIterator[ApiClient]:
    async with _client(faults, timeout=20) as made:
        yield made


def _client(faults: HttpFaults, *, timeout: float) -> ApiClient:
    settings = ApiSettings(rate=1000, timeout=timeout, max_answer_mb=1)
    return ApiClient("shop", faults.url, settings, headers={"Authorization": "Bearer secret"})


async def _fails(call: Awaitable[object]) -> HabeasError:
    with pytest.raises(HabeasError) as raised:
        await call
    assert PERSON not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    return raised.value


async def test_a_call_is_signed_and_answered(api: ApiClient) -> None:
    answer = await api.json("POST", "/echo", params={"q": PERSON}, json={"a": 1})
    assert answer == {"signed": "Bearer secret", "query": "q=ann.canary%40example.org", "body": '{"a":1}'}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.DOWN, Transient),
        (Fault.LOST, Transient),
        (Fault.HALF, Transient),
        (Fault.BUSY, Transient),
        (Fault.LIMITED, Transient),
        (Fault.GARBAGE, Transient),
        (Fault.SIGNED_OUT, Refused),
        (Fault.FORBIDDEN, Refused),
    ],
)
async def test_every_fault_has_its_error(
    api: ApiClient, faults: HttpFaults, fault: Fault, kind: type[HabeasError]
) -> None:
    faults.fail(fault)
    error = await _fails(api.json("GET", "/echo", params={"q": PERSON}))
    assert type(error) is kind
    assert getattr(error, "retry_after", None) == (17.0 if fault is Fault.LIMITED else None)
    assert await api.json("GET", "/echo")
    assert faults.calls == ["GET /echo", "GET /echo"]


async def test_an_answer_that_is_too_slow_is_not_waited_for(faults: HttpFaults) -> None:
    faults.fail(Fault.SLOW)
    async with _client(faults, timeout=0.5) as api:
        assert type(await _fails(api.json("GET", "/echo", params={"q": PERSON}))) is Transient


async def test_a_refusal_names_its_codes_and_nothing_else(api: ApiClient) -> None:
    error = await _fails(api.call("GET", "/refuse/422"))
    assert isinstance(error, Refused)
    assert (error.status, error.codes) == (422, ("VALIDATION_ERROR", "INVALID_EMAIL"))
    assert (await api.call("GET", "/refuse/404", also=(404,))).status == 404
    assert type(await _fails(api.call("GET", "/refuse/503"))) is Transient


@pytest.mark.parametrize(
    ("status", "headers", "content", "kind", "wait"),
    [
        (403, {"retry-after": "60"}, b"", Transient, 60.0),
        (477, {"retry-after": "7200"}, b"{}", Transient, 7200.0),
        (400, {}, b"<Error><Code>RequestTimeout</Code></Error>", Transient, None),
        (409, {}, b"<Error><Code>OperationAborted</Code></Error>", Transient, None),
        (400, {}, b"<Error><Code>InvalidRequest</Code></Error>", Refused, None),
        (403, {"retry-after": "0"}, b"", Refused, None),
        (302, {"retry-after": "60"}, b"", Terminal, None),
    ],
)
def test_who_says_when_to_come_back_refuses_nothing_for_good(
    status: int, headers: dict[str, str], content: bytes, kind: type[HabeasError], wait: float | None
) -> None:
    error = failed("crm", status, headers, content)
    assert type(error) is kind
    assert getattr(error, "retry_after", None) == wait


async def test_a_date_to_come_back_at_is_counted_by_the_system_s_own_clock(api: ApiClient) -> None:
    error = await _fails(api.call("GET", "/later"))
    assert isinstance(error, Transient)
    assert error.retry_after == 60.0


async def test_answers_are_bounded(api: ApiClient) -> None:
    assert type(await _fails(api.call("GET", "/large"))) is Quarantine


async def test_an_answer_that_is_not_encoded_as_it_says_is_broken_off(api: ApiClient) -> None:
    assert isinstance(await _fails(api.call("GET", "/misencoded")), Transient)


async def test_a_link_that_is_no_address_stops_for_a_human(api: ApiClient) -> None:
    assert isinstance(await _fails(api.call("GET", "http://[half/an/address")), Quarantine)


async def test_nobody_sends_us_elsewhere(api: ApiClient, faults: HttpFaults) -> None:
    assert type(await _fails(api.call("GET", "/away"))) is Terminal
    for address in ("http://127.0.0.1:1/next", "https://metadata.example/latest", f"{faults.url}1/echo"):
        assert type(await _fails(api.call("GET", address))) is Quarantine
    assert await api.json("GET", f"{faults.url}/echo?after=2")
    assert faults.calls == ["GET /away", "GET /echo"]


async def test_another_origin_of_the_vendor_is_called_unsigned(faults: HttpFaults) -> None:
    async with (
        served(Starlette(routes=ROUTES)) as files,
        ApiClient("shop", faults.url, ApiSettings(), auth=_Signing(), also=(files,)) as api,
    ):
        own, other = await api.json("GET", "/echo"), await api.json("GET", f"{files}/echo")
    assert isinstance(own, dict)
    assert isinstance(other, dict)
    assert (own["signed"], other["signed"]) == ("Bearer secret", None)


@pytest.mark.parametrize(
    "address",
    ["http://shop.example", "ftp://shop.example", "https://user:pass@shop.example", "https://shop.example/?a=b", "x"],
)
async def test_addresses_that_are_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match=r"systems\.shop") as raised:
        ApiClient("shop", address, ApiSettings())
    assert "pass" not in str(raised.value)


async def test_what_is_searched_by_is_not_logged(api: ApiClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await api.json("GET", "/echo", params={"q": PERSON})
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    assert not any("canary" in message for message in ours)


async def test_calls_are_paced(faults: HttpFaults) -> None:
    async with ApiClient("shop", faults.url, ApiSettings(rate=2)) as api:
        calls = [asyncio.create_task(api.call("GET", "/echo")) for _ in range(6)]
        await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        done, waiting = await asyncio.wait(calls, timeout=0.4)
        assert len(done) < 6
        for call in waiting:
            call.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


class _Signing(httpx2.Auth):
    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers["Authorization"] = "Bearer secret"
        yield request


def test_hosts_below_a_name_are_its_own_and_no_others() -> None:
    allowed = Origins("shop", ("https://*.files.example", "https://cdn.example:8443"))
    for url in ("https://p1.files.example/x", "https://a.b.files.example", "https://cdn.example:8443/y"):
        assert origin_of(httpx2.URL(url)) in allowed
    for url in (
        "https://files.example",
        "https://evilfiles.example",
        "https://p1.files.example.evil.example",
        "http://p1.files.example",
        "https://p1.files.example:8443",
        "https://cdn.example",
    ):
        assert origin_of(httpx2.URL(url)) not in allowed
