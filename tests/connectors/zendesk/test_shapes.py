"""Answers of a shape that Zendesk never documented: none is taken for "nobody", and none breaks the worker."""

from __future__ import annotations

import pytest

from activities.connectors.zendesk import ZendeskConnector
from habeas.errors import ConnectorError
from tests.connectors.serving import answering, asked_in_vain
from tests.connectors.zendesk.people import settings


@pytest.mark.parametrize(
    "body",
    [
        '{"users": null, "user": null}',
        '{"users": [{}], "user": []}',
        '{"users": [null], "user": {"id": "1"}}',
        '{"users": {"id": 1}, "user": [null, null]}',
        '{"users": [{"id": 1}], "user": {"id": 1, "email": 5, "role": {}}, "identities": {}}',
        '{"users": [], "user": 7, "meta": 3, "suspended_tickets": 1}',
        '{"users": [{"id": 1}], "user": {"id": 1}, "identities": [], "meta": {"has_more": true}}',
    ],
)
async def test_strange_answers_are_no_answer(body: str) -> None:
    async with answering(body) as url:
        await asked_in_vain(ZendeskConnector.from_settings("support", settings(url, url)), ConnectorError)
