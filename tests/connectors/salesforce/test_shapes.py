"""Answers of a shape that Salesforce never documented: none is taken for "nobody", and none breaks the worker."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from activities.connectors.salesforce import SalesforceConnector
from habeas.errors import Transient
from tests.connectors.salesforce.people import collections
from tests.connectors.serving import answering, asked_in_vain

_FIELDS: list[Any] = [{"name": one, "type": "string"} for one in ("Id", "Email", "PersonEmail", "SuppliedEmail")]
_DESCRIBED: dict[str, Any] = {"fields": _FIELDS, "childRelationships": []}


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        {"fields": None, "childRelationships": []},
        {"fields": [{}], "childRelationships": []},
        {"fields": [None], "childRelationships": [None]},
        {"fields": [{"name": "Email", "type": "email", "referenceTo": 3}], "childRelationships": []},
        {"fields": [], "childRelationships": [{"childSObject": None}]},
        _DESCRIBED,
        {**_DESCRIBED, "records": None},
        {**_DESCRIBED, "records": [{}]},
        {**_DESCRIBED, "records": [None]},
        {**_DESCRIBED, "records": [{"Id": 7, "attributes": {"type": "Contact"}}]},
        {**_DESCRIBED, "records": [{"Id": "003000000000001AAA"}]},
        {**_DESCRIBED, "records": [{"Id": "003000000000001AAA", "attributes": {"type": "Contact"}}]},
        {**_DESCRIBED, "records": [], "nextRecordsUrl": {"a": 1}},
    ],
)
async def test_strange_answers_are_tried_again(said: Any) -> None:
    def answer(asked: bytes) -> bytes:
        parts = orjson.loads(asked)["compositeRequest"] if asked.startswith(b"{") else []
        told = [{"httpStatusCode": 200, "body": said} for _ in parts]
        return orjson.dumps({"access_token": "t", "compositeResponse": told})

    async with answering(answer) as url:
        made = SalesforceConnector.from_settings("crm", _settings(url))
        await asked_in_vain(made, Transient, r"shape|left out|did not answer")


def _settings(url: str) -> dict[str, object]:
    given = {"url": url, "client_id": "c", "client_secret": "s", "bin": "accept", "history": "accept"}
    return {**given, "collections": collections(), "rate": 1000, "timeout": 5}
