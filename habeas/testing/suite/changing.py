"""A connector corrects, restricts and stops as it declares."""

from __future__ import annotations

from habeas.connector import Capability, Changing
from habeas.outcomes import Drifted, Fate
from habeas.testing.steps import changed, seen_again
from habeas.testing.suite.judging import place
from habeas.testing.world import World

ASKED_BY = {"rectify": Capability.RECTIFY, "restrict": Capability.RESTRICT, "stop": Capability.OBJECT}
"""The capability behind each kind of change."""


class ChangingData:
    """`change` and `confirm_change`."""

    async def test_changes_are_made_once_and_read_back(self, world: World) -> None:
        """Each change that it declares: not there before, made, seen by a second look, repeated without effect."""
        wanted = {Capability.RECTIFY, Capability.RESTRICT, Capability.OBJECT} & world.connector.manifest.capabilities
        assert {ASKED_BY[one.kind] for one in world.changes} == wanted, "the world has a change for each capability"
        others = await world.others()
        for change in world.changes:
            assert isinstance(world.connector, Changing)
            untouched = await world.theirs()
            assert Fate.FAILED in {one.fate for one in await seen_again(world, change)}
            assert await world.theirs() == untouched
            first = await changed(world, change)
            theirs = await world.theirs()
            assert theirs != untouched
            second = await changed(world, change)
            assert first == second
            assert await world.theirs() == theirs
            assert not isinstance(first, Drifted)
            await world.wait(world.connector.manifest.confirm_after)
            seen = await seen_again(world, change)
            assert {place(one) for one in first} <= {place(one) for one in seen}
            assert not {one.fate for one in (*first, *seen)} & {Fate.FAILED, Fate.BLOCKED}
        assert await world.others() == others
