"""Where only a part goes (`SystemPlan.only`, or something must stay), a connector minds that part and no more."""

from __future__ import annotations

from collections.abc import Mapping

from habeas import plan as plans
from habeas.connector import Record, SystemPlan, Treatment
from habeas.outcomes import Done, Drifted, Fate, ObjectOutcome
from habeas.staying import Because, Stay
from habeas.testing.steps import TODAY, carried_out, collected, erasure, looked_at, planned, roots
from habeas.testing.suite.judging import all_as_planned, place
from habeas.testing.world import World

Objects = Mapping[tuple[str, str], Record]


class Partly:
    """`erase` and `confirm` of a part. A system of one category has no parts by category."""

    async def test_a_part_is_erased_and_the_rest_is_as_it_was(self, world: World) -> None:
        """What the plan is not about stays, to the last field, and is neither drift nor data that came back."""
        before, others = await _everything(world), await world.others()
        parts = await _parts(world, before)
        if not parts:
            return
        part = parts[0]
        await _carried_out(world, part)
        after = await _everything(world)
        assert _outside(part, after) == _outside(part, before)
        assert await world.others() == others

    async def test_what_must_stay_is_left_whole_and_told_as_retained(self, world: World) -> None:
        """A hold keeps the accounts and, where there are more, one object below them: the rest goes, if any is left."""
        before, others = await _everything(world), await world.others()
        plan = await planned(world, _held(await planned(world)))
        kept = [place(one) for one in plan.objects if one.treatment is Treatment.RETAIN]
        said = await _carried_out(world, plan)
        assert {said[at].fate for at in kept} == {Fate.RETAINED}
        after = await _everything(world)
        assert {at: after[at].fingerprint for at in kept if at in after} == {at: before[at].fingerprint for at in kept}
        assert await world.others() == others

    async def test_what_changes_elsewhere_is_no_drift_and_what_changes_in_it_is(self, world: World) -> None:
        """A colleague changes one record: the plan that it is outside of is carried out, any other touches nothing."""
        before = await _everything(world)
        parts = await _parts(world, before)
        await world.alter()
        now = await _everything(world)
        # Where every version is kept, a change is one record more.
        same = {at for at, one in before.items() if at in now and now[at].fingerprint == one.fingerprint}
        changed = {collection for collection, _ in (before.keys() | now.keys()) - same}
        assert changed, "`alter` changes what is collected"
        for part in parts:
            if changed & {*(part.only or ())}:
                theirs = await world.theirs()
                answer = await erasure(world, part)
                assert isinstance(answer, Drifted)
                assert await world.theirs() == theirs
        for part in parts:
            if not changed & {*(part.only or ())}:
                await _carried_out(world, part)
                assert _outside(part, await _everything(world)) == _outside(part, now)
                return

    async def test_what_is_somebody_elses_by_now_is_not_erased(self, world: World) -> None:
        """A record that was the person's when the plan was made: nothing is touched, and it counts as changed.

        Nor with a part, where what makes it theirs may be outside of the plan: the comment that a file is at. What
        cannot be erased without the rest may be told as blocked instead.
        """
        before = await _everything(world)
        asked = (await planned(world), *await _parts(world, before))
        if not await world.move():
            return
        moved = before.keys() - (await _everything(world)).keys()
        assert moved, "`move` takes away what is collected"
        untouched = await world.theirs(), await world.others()
        for plan in asked:
            if any(place(one) in moved for one in plan.objects if one.treatment is not Treatment.RETAIN):
                answer = await erasure(world, plan)
                if isinstance(answer, Done):
                    assert {one.fate for one in answer.result} == {Fate.BLOCKED}
                else:
                    assert isinstance(answer, Drifted)
                    assert answer.changed
                assert (await world.theirs(), await world.others()) == untouched


async def _everything(world: World) -> Objects:
    return {place(one): one for one in await collected(world.connector, await roots(world))}


async def _parts(world: World, before: Objects) -> list[SystemPlan]:
    """A plan for each category that is asked for alone. Not those of the accounts: without them nothing leads there."""
    found = await roots(world)
    kinds = {one.name: one for one in world.connector.manifest.collections}
    index = [plans.IndexedRecord.of(record) for record in before.values()]
    asked = {kinds[name].category for name, _ in before} - {kinds[ref.collection].category for ref in found}
    drafted = (
        plans.draft("system", kinds.values(), found, world.person, index, TODAY, asked={category})
        for category in sorted(asked)
    )
    return [part for part in drafted if any(one.treatment is not Treatment.RETAIN for one in part.objects)]


def _held(plan: SystemPlan) -> dict[tuple[str, str], Stay]:
    """Every account, without which nothing is found again, and of several objects below them one."""
    accounts = {(ref.collection, ref.key) for ref in plan.roots}
    below = [place(one) for one in plan.objects if one.treatment is not Treatment.RETAIN and place(one) not in accounts]
    held = (*accounts, *(below[:1] if len(below) > 1 else ()))
    return dict.fromkeys(held, Stay(because=Because.LEGAL_HOLD, law="a hold"))


async def _carried_out(world: World, part: SystemPlan) -> Mapping[tuple[str, str], ObjectOutcome]:
    """As planned; but what a system cannot do without the rest it says, with a reason, and it stays as it was.

    Returns:
        What the erasure answered, by place.
    """
    said = {place(one): one for one in await carried_out(world, part)}
    blocked = {at for at, one in said.items() if one.fate is Fate.BLOCKED and one.reason}
    await world.wait(world.connector.manifest.confirm_after)
    seen = await looked_at(world, part)
    done = tuple(one for one in part.objects if place(one) not in blocked)
    all_as_planned(part.model_copy(update={"objects": done}), tuple(one for one in seen if place(one) not in blocked))
    if blocked:
        now = await _everything(world)
        assert all(now[place(one)].fingerprint == one.fingerprint for one in part.objects if place(one) in blocked)
    return said


def _outside(part: SystemPlan, objects: Objects) -> dict[tuple[str, str], str]:
    return {at: one.fingerprint for at, one in objects.items() if not part.covers(one.collection)}
