"""Answers of a shape that HubSpot never documented: none of them is taken for "nothing", and none breaks the worker."""

from __future__ import annotations

import pytest

from activities.connectors.hubspot import HubSpotConnector
from habeas.errors import Quarantine, Transient
from habeas.model import Identifier
from tests.connectors.hubspot.people import settings
from tests.connectors.serving import answering, asked_in_vain


@pytest.mark.parametrize(
    "body",
    [
        '{"scopes": null, "results": null}',
        '{"scopes": [], "results": [{}]}',
        '{"scopes": ["a"], "results": [null]}',
        '{"scopes": {}, "results": [{"id": "x", "properties": {}}]}',
        '{"scopes": [1, {}], "results": [{"id": "1", "properties": null}]}',
        '{"scopes": [], "results": [], "errors": [null], "paging": 1}',
    ],
)
async def test_strange_answers_are_tried_again(body: str) -> None:
    async with answering(body) as url:
        await asked_in_vain(HubSpotConnector.from_settings("crm", settings(url)), Transient)


async def test_a_page_that_leads_to_itself_is_not_asked_for_for_ever() -> None:
    body = '{"scopes": [], "results": [], "paging": {"next": {"after": "100"}}}'
    async with answering(body) as url:
        connector = HubSpotConnector.from_settings("crm", settings(url))
        with pytest.raises(Quarantine):
            await connector.locate((Identifier(kind="email", value="ann@example.org"),))
        await connector.aclose()
