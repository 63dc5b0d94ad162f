"""One connector serves many requests at once: nothing of one call is seen in another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial

from pydantic import JsonValue

from habeas.connector import (
    Capability,
    Change,
    FieldChange,
    Record,
    RecordRef,
    Rectify,
    Restrict,
    Stop,
    SystemPlan,
    Vetoing,
)
from habeas.model import Identifier
from habeas.outcomes import Done, ObjectOutcome
from habeas.testing.steps import carried_out, changed, collected, erasure, looked_at, planned, roots, seen_again
from habeas.testing.suite.calls import AFTER_ALL, BEFORE_ALL, Call, everything_over, expired, over, told
from habeas.testing.suite.judging import all_as_planned, place
from habeas.testing.suite.turns import at_once
from habeas.testing.world import World

Who = tuple[Identifier, ...]


class Together:
    """Two people's calls, each of which goes on wherever the other waits."""

    async def test_who_is_looked_at_beside_another_is_told_as_when_alone(self, world: World) -> None:
        """Each look beside the same one, and beside the next, of somebody else."""
        if Capability.VETO in world.connector.manifest.capabilities:
            await world.stand_in_the_way()
        hers, his = [await _looks(world, who) for who in (world.person, world.other)]
        alone = [[told(await call.ask()) for call in calls] for calls in (hers, his)]
        for shift in (0, 1):
            for n, mine in enumerate(hers):
                at = (n + shift) % len(his)
                answers = await at_once(mine.ask, his[at].ask)
                assert told(answers[0]) == alone[0][n], f"{mine.name}, beside {his[at].name}: it answers something else"
                assert told(answers[1]) == alone[1][at], (
                    f"{his[at].name}, beside {mine.name}: it answers something else"
                )

    async def test_who_is_changed_beside_another_is_told_as_when_alone(self, world: World) -> None:
        """Each change that it declares, of both: what is answered is what each is answered when asked again."""
        found = await roots(world, who=world.other)
        held = await collected(world.connector, found)
        for mine in world.changes:
            theirs = _alike(mine, found, held)
            if theirs is not None:
                await _as_alone(mine, [partial(changed, world, one, by_another=False) for one in (mine, theirs)])
                await world.wait(world.connector.manifest.confirm_after)
                await _as_alone(mine, [partial(seen_again, world, one, by_another=False) for one in (mine, theirs)])

    async def test_who_is_erased_beside_another_is_told_as_when_alone(self, world: World) -> None:
        """What is past its term, and then everything: of each one's plan each object, and as planned."""
        past = [await everything_over(world, who) for who in (world.person, world.other)]
        ending = [one for one in past if one is not None]
        if ending:
            ended = await at_once(*(partial(expired, world, one) for one in ending))
            for plan, outcomes in zip(ending, ended, strict=True):
                _tells_of(plan, outcomes)
        both = (world.person, world.other)
        plans = [await planned(world, who=who) for who in both]
        common = {place(one) for one in plans[0].objects} & {place(one) for one in plans[1].objects} | world.shared
        answers = await at_once(*(partial(erasure, world, plan, by_another=False) for plan in plans))
        for n, answer in enumerate(answers):
            if isinstance(answer, Done):
                _tells_of(plans[n], answer.result)
            else:
                plans[n] = await _erased_after_all(world, both[n], plans[n])
        await world.wait(world.connector.manifest.confirm_after)
        seen = await at_once(*(partial(looked_at, world, plan, by_another=False) for plan in plans))
        for plan, outcomes in zip(plans, seen, strict=True):
            _as_planned_but_for(common, plan, outcomes)


async def _erased_after_all(world: World, who: Who, plan: SystemPlan) -> SystemPlan:
    """What is also the other's, or names them, changed with their erasure; by a new plan it is done."""
    now = await planned(world, who=who)
    assert now != plan, "what is erased of another is no drift"
    await carried_out(world, now)
    return now


async def _looks(world: World, who: Who) -> list[Call]:
    connector, plan = world.connector, await planned(world, who=who)
    found = [
        Call("locate", lambda: connector.locate(who)),
        Call("collect", lambda: collected(connector, plan.roots)),
        Call("confirm", lambda: looked_at(world, plan, by_another=False)),
    ]
    able = connector.manifest.capabilities
    if Capability.VETO in able and isinstance(connector, Vetoing):
        found.append(Call("vetoes", lambda: connector.vetoes(plan)))
    if Capability.EXPIRE in able:
        day = AFTER_ALL if who == world.person else BEFORE_ALL
        found.append(Call("expired", lambda: over(connector, day)))
    return found


async def _as_alone(change: Change, calls: list[Callable[[], Awaitable[object]]]) -> None:
    said = await at_once(*calls)
    assert list(said) == [await call() for call in calls], f"{change.kind}: it tells somebody something else than alone"


def _as_planned_but_for(common: set[tuple[str, str]], plan: SystemPlan, outcomes: Iterable[ObjectOutcome]) -> None:
    """What is both people's is as one of the two plans has it."""
    objects = tuple(one for one in plan.objects if place(one) not in common)
    all_as_planned(
        plan.model_copy(update={"objects": objects}), tuple(one for one in outcomes if place(one) not in common)
    )


def _tells_of(plan: SystemPlan, outcomes: Iterable[ObjectOutcome]) -> None:
    told_of = sorted(map(place, outcomes))
    assert told_of == sorted(map(place, plan.objects)), "beside another it does not tell of what it was asked"


def _alike(change: Change, found: tuple[RecordRef, ...], held: list[Record]) -> Change | None:
    """The same of somebody else's records; a correction to what is there already. None where they have none such."""
    match change:
        case Rectify():
            fields = tuple(kept for one in change.fields if (kept := _kept(one, held)) is not None)
            return Rectify(fields=fields) if fields else None
        case Restrict():
            places = [RecordRef(collection=one.collection, key=one.key) for one in held]
            objects = _in_the_same(change.objects, places)
            return Restrict(objects=objects, on=change.on) if objects else None
        case Stop():
            accounts = _in_the_same(change.roots, found)
            return Stop(roots=accounts, purposes=change.purposes) if accounts else None


def _in_the_same(named: Iterable[RecordRef], places: Iterable[RecordRef]) -> tuple[RecordRef, ...]:
    collections = {one.collection for one in named}
    return tuple(one for one in places if one.collection in collections)


def _kept(change: FieldChange, held: Iterable[Record]) -> FieldChange | None:
    for record in held:
        value = _value(record.data, change.field)
        if record.collection == change.collection and value is not None:
            return change.model_copy(update={"key": record.key, "old": value, "new": value})
    return None


def _value(data: Mapping[str, JsonValue], field: str) -> JsonValue:
    """What a field holds; ``address.city`` is one of an object within."""
    name, _, rest = field.partition(".")
    if field in data or not rest:
        return data.get(field)
    within = data.get(name)
    return _value(within, rest) if isinstance(within, dict) else None
