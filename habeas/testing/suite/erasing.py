"""A connector erases what was planned, and nothing else, and looks again honestly."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from habeas.connector import Capability, PlannedObject, SystemPlan, Treatment, Vetoing
from habeas.errors import ConnectorError
from habeas.outcomes import Drifted, Fate
from habeas.testing.steps import carried_out, collected, erased, erasure, looked_at, planned, roots
from habeas.testing.suite.judging import all_as_planned, as_text, place, theirs
from habeas.testing.world import World

_TURNS = 12
"""Of the event loop, after which an erasure is cancelled: each of the first so many."""


class Erasing:
    """`erase` and `confirm`."""

    async def test_erasing_does_the_plan_and_touches_nobody_else(self, world: World) -> None:
        """One outcome for each planned object, as planned, read back; others' data is as it was."""
        others, plan = await world.others(), await planned(world)
        said = await carried_out(world, plan)
        assert sorted(map(place, said)) == sorted(map(place, plan.objects))
        await world.wait(world.connector.manifest.confirm_after)
        all_as_planned(plan, await looked_at(world, plan))
        assert await world.others() == others

    async def test_erasing_again_changes_nothing_and_answers_the_same(self, world: World) -> None:
        """After a crash the engine asks again."""
        plan = await planned(world)
        first = await erased(world, plan)
        theirs = await world.theirs()
        said = await carried_out(world, plan)
        assert sorted(map(place, said)) == sorted(map(place, plan.objects))
        second = await erased(world, plan)
        assert sorted(map(place, second)) == sorted(map(place, first))
        all_as_planned(plan, second)
        assert await world.theirs() == theirs

    async def test_what_is_gone_already_is_no_trouble(self, world: World) -> None:
        """Somebody deleted one of the objects between plan and erasure: the rest goes, and nothing is said to stay."""
        plan = await planned(world)
        if not await world.vanish():
            return
        left = {place(one) for one in await collected(world.connector, await roots(world))}
        gone = {place(one) for one in plan.objects} - left
        assert gone, "`vanish` deletes what is collected"
        outcomes = {place(one): one for one in await erased(world, plan)}
        assert {outcomes[one].fate for one in gone} <= {Fate.ERASED, Fate.NOT_FOUND}
        rest = tuple(one for one in plan.objects if place(one) not in gone)
        all_as_planned(plan.model_copy(update={"objects": rest}), tuple(outcomes[place(one)] for one in rest))

    async def test_an_erasure_that_is_cancelled_anywhere_is_finished_by_asking_again(self, world: World) -> None:
        """A worker stops in the middle, wherever that is: the next one comes to the same end."""
        others, plan = await world.others(), await planned(world)
        for turns in range(_TURNS):
            task = asyncio.ensure_future(world.connector.erase(plan, None))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled() or task.exception() is None
        all_as_planned(plan, await erased(world, plan))
        assert await world.others() == others

    async def test_what_is_erased_is_not_found_any_more(self, world: World) -> None:
        """Nothing that was to be deleted is found or collected; and it is gone from the system, not hidden there."""
        plan = await planned(world)
        may_stay, before = await _kept_words(world, plan), await world.theirs()
        await erased(world, plan)
        await _is_not_hidden(world, before, may_stay)
        gone = {place(one) for one in plan.objects if one.treatment is Treatment.DELETE}
        found = await roots(world)
        left = await collected(world.connector, found) if found else []
        assert not gone & ({place(one) for one in left} | {place(ref) for ref in found})

    async def test_data_that_changed_is_not_erased(self, world: World) -> None:
        """Whichever field it was, the plan is of something else: nothing is touched, and it goes back to review."""
        for edit in world.edits():
            plan = await planned(world)
            await edit()
            before = await world.theirs()
            answer = await erasure(world, plan)
            assert isinstance(answer, Drifted)
            assert answer.changed
            assert await world.theirs() == before

    async def test_data_that_appeared_is_not_passed_over(self, world: World) -> None:
        """A record that the plan does not name: nothing is touched either."""
        plan = await planned(world)
        if not await world.add():
            return
        before = await world.theirs()
        answer = await erasure(world, plan)
        assert isinstance(answer, Drifted)
        assert answer.appeared
        assert await world.theirs() == before

    async def test_what_stands_in_the_way_is_told_before(self, world: World) -> None:
        """Where it declares vetoes: none at first, then what must be settled, and nothing is touched by asking."""
        connector = world.connector
        if Capability.VETO not in connector.manifest.capabilities:
            return
        assert isinstance(connector, Vetoing)
        plan = await planned(world)
        assert await connector.vetoes(plan) == ()
        await world.stand_in_the_way()
        before = await world.theirs(), await world.others()
        plan = await planned(world)
        found = await connector.vetoes(plan)
        assert {place(one) for one in found} <= {place(one) for one in plan.objects}
        assert found
        assert (await world.theirs(), await world.others()) == before

    async def test_the_second_look_is_honest(self, world: World) -> None:
        """Before the erasure nothing is as planned, and looking changes nothing; afterwards what comes back is seen."""
        plan = await planned(world)
        untouched = await world.theirs(), await world.others()
        to_go = {place(one) for one in plan.objects if one.treatment is not Treatment.RETAIN}
        early = {place(one): one.fate for one in await looked_at(world, plan)}
        assert {early[place] for place in to_go} == {Fate.FAILED}
        assert (await world.theirs(), await world.others()) == untouched
        await erased(world, plan)
        await world.come_back()
        await world.wait(world.connector.manifest.confirm_after)
        seen = {place(one): one.fate for one in await looked_at(world, plan)}
        assert Fate.FAILED in seen.values()
        stays = {place(one) for one in plan.objects if one.treatment is not Treatment.DELETE}
        back = {place(ref) for ref in await roots(world)} - stays
        assert {seen.get(at) for at in back} <= {Fate.FAILED}, "of who is back it does not tell"

    async def test_foreign_objects_are_refused_not_erased(self, world: World) -> None:
        """A plan whose roots are the person's and whose objects are somebody else's is no plan of theirs."""
        plan = await planned(world)
        stranger = (await theirs(world))[0]
        wrong = PlannedObject(
            collection=stranger.collection,
            key=stranger.key,
            treatment=Treatment.DELETE,
            fingerprint="0" * 64,
        )
        others = await world.others()
        with suppress(ConnectorError):
            await world.connector.erase(plan.model_copy(update={"objects": (*plan.objects, wrong)}), None)
        assert await world.others() == others


async def _kept_words(world: World, plan: SystemPlan) -> str:
    staying = {place(one) for one in plan.objects if one.treatment is Treatment.RETAIN}
    held = await collected(world.connector, await roots(world))
    return as_text([one.data for one in held if place(one) in staying]).casefold()


async def _is_not_hidden(world: World, before: object, may_stay: str) -> None:
    """What only the connector does not see any more is still there."""
    await world.wait(world.binned_for)
    after = await world.theirs()
    assert after != before, "the system holds what it held"
    text = as_text(after).casefold()
    words = [word for word in world.personal if word.casefold() in text and word.casefold() not in may_stay]
    assert not words or world.keeps_old_values, f"it is hidden, and not erased: {', '.join(words)}"
