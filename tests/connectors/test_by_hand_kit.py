"""What the conformance suite asks of every connector and a system without an API can answer: paper, and processors."""

from __future__ import annotations

from typing import Any

import pytest

from activities.connectors import load_connector
from habeas.testing import World
from habeas.testing.suite.finding import Finding
from habeas.testing.suite.saying import Saying

PAPER: dict[str, Any] = {
    "connector": "manual",
    "title": "Filing cabinet",
    "collections": [{"name": "letters", "category": "correspondence"}],
}
PROCESSOR = PAPER | {
    "connector": "processor",
    "email": "privacy@processor.example",
    "letters_in": "en",
    "told": ["email"],
}


class HandsWorld(World):
    """Nothing is there that a program could reach."""

    person = other = nobody = ()
    personal = ("privacy@processor.example",)
    collected = frozenset()

    def __init__(self, settings: dict[str, Any]) -> None:
        self.connector = load_connector("hands", settings)

    async def others(self) -> object:
        return None

    async def theirs(self) -> object:
        return None

    async def alter(self) -> None:
        raise NotImplementedError  # nothing is held

    async def come_back(self) -> None:
        raise NotImplementedError  # nothing is held


@pytest.mark.parametrize("settings", [PAPER, PROCESSOR], ids=["manual", "processor"])
class TestByHand(Saying):
    """The rest of the suite erases: here a human does."""

    test_of_nobody_nothing_is_collected = Finding.test_of_nobody_nothing_is_collected

    @pytest.fixture
    def world(self, settings: dict[str, Any]) -> World:
        return HandsWorld(settings)
