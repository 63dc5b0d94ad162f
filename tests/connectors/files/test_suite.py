"""Files keep the contract: in a bucket with versions, in one without whose server checks signatures, in a folder."""

from __future__ import annotations

import pytest

from habeas.testing import World
from habeas.testing.suite import ConnectorSuite, HttpConnectorSuite
from tests.connectors.carried import CarriedThrough
from tests.connectors.files.world import BucketWorld, FolderWorld


class TestVersions(HttpConnectorSuite, CarriedThrough):
    """moto."""

    @pytest.fixture
    def world(self, versioned: BucketWorld) -> World:
        return versioned


@pytest.mark.thorough
class TestPlain(HttpConnectorSuite):
    """nanio."""

    @pytest.fixture
    def world(self, unversioned: BucketWorld) -> World:
        return unversioned


class TestFolder(ConnectorSuite, CarriedThrough):
    """A disk."""

    @pytest.fixture
    def world(self, folder: FolderWorld) -> World:
        return folder
