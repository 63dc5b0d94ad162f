"""Schemathesis: whatever is sent, the API keeps to its own document, and nothing is a 5xx."""

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from habeas.access import Scope
from tests.api.conftest import Token
from tests.api.test_callers import NEEDS
from tests.office.world import World
from workers.api import create_api

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.missing_required_header,
    checks.unsupported_method,
]
EXAMPLES = 15


@schemathesis.check
def a_field_is_named(_: schemathesis.CheckContext, response: schemathesis.Response, __: schemathesis.Case[Any]) -> None:
    """Of input that is refused."""
    assert response.status_code != 422 or response.json()["errors"]


STREAM = "GET /events"


@schemathesis.serializer("message/rfc822", "text/csv")
def as_text(_: schemathesis.SerializationContext, value: object) -> bytes:
    return str(value).encode(errors="replace")


@pytest.fixture(scope="module")
def schema(here: World) -> schemathesis.BaseSchema:
    """The API's document, made once: that takes as long as trying a route."""
    return schemathesis.openapi.from_dict(create_api(here.office).openapi())


# Other threads of this process draw from `random` while a case is made, and Hypothesis takes it for the strategy.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
@pytest.mark.parametrize("route", NEEDS)
async def test_it_keeps_to_its_document(
    schema: schemathesis.BaseSchema, address: str, token: Token, route: str
) -> None:
    method, path = route.split(" ")
    schema.config.update(base_url=address)
    headers = await token(*Scope)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[*HealthCheck],
    )
    @given(case=schema[path][method].as_strategy())
    def run(case: schemathesis.Case[Any]) -> None:
        if route == STREAM:
            case.query["seconds"] = 0  # else it is listened to for minutes
        case.call_and_validate(headers=headers, checks=[*CHECKS, a_field_is_named])

    await asyncio.to_thread(run)
