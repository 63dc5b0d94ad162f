"""Zendesk keeps the contract: once deleting all that may be deleted, once redacting in tickets that stay."""

from __future__ import annotations

import pytest

from habeas.testing import World
from habeas.testing.suite import ConnectorSuite, HttpConnectorSuite
from tests.connectors.carried import CarriedThrough
from tests.connectors.zendesk.world import ZendeskWorld


class TestDeleting(HttpConnectorSuite):
    """Users and tickets are deleted for good."""


class TestRedacting(ConnectorSuite, CarriedThrough):
    """Tickets stay and tell nothing."""

    @pytest.fixture
    def world(self, kept: ZendeskWorld) -> World:
        return kept
