"""What is carried through the engine to look for personal data on the way finds it where a connector lets it out."""

import pytest
import structlog

from habeas.connector import Located
from habeas.model import Identifier
from tests.connectors.carried import CarriedThrough
from tests.connectors.memory_world import MemoryWorld
from tests.office.world import World as Installation


async def test_a_connector_that_writes_a_name_into_the_log_is_caught(installation: Installation) -> None:
    class Talkative(MemoryWorld):
        personal = ("ann@example.org",)

    world = Talkative()
    honest = world.system.locate

    async def locate(identifiers: tuple[Identifier, ...]) -> Located:
        structlog.get_logger().info("asked", of=[one.value for one in identifiers])
        return await honest(identifiers)

    world.system.locate = locate  # type: ignore[method-assign]  # a slip that is easily made
    with pytest.raises(AssertionError, match="log"):
        await CarriedThrough().test_requests_reach_their_end_and_leave_nothing_personal_on_the_way(world, installation)
