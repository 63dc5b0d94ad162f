"""A connector corrects, restricts and stops as it declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from habeas.answered import tells_of
from habeas.connector import Capability, Change, Changing, Record, Rectify, Restrict, Stop
from habeas.outcomes import Drifted, Fate
from habeas.testing.steps import changed, collected, roots, seen_again
from habeas.testing.suite.judging import place
from habeas.testing.world import World

ASKED_BY = {"rectify": Capability.RECTIFY, "restrict": Capability.RESTRICT, "stop": Capability.OBJECT}
"""The capability behind each kind of change."""

Objects = Mapping[tuple[str, str], Record]


class ChangingData:
    """`change` and `confirm_change`."""

    async def test_changes_are_made_once_and_read_back(self, world: World) -> None:
        """Each change that it declares: not there before, made, seen by a second look, repeated without effect.

        Nothing else changes with it, a correction of something that is there no more is not made, and a restriction is
        lifted as well.
        """
        wanted = {Capability.RECTIFY, Capability.RESTRICT, Capability.OBJECT} & world.connector.manifest.capabilities
        assert {ASKED_BY[one.kind] for one in world.changes} == wanted, "the world has a change for each capability"
        others = await world.others()
        for change in _with_lifting(world):
            assert isinstance(world.connector, Changing)
            await _refuses_what_is_stale(world, change)
            before, untouched = await _everything(world), await world.theirs()
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
            assert tells_of(change, first), "it does not tell of what it was asked to change, or of something else"
            assert tells_of(change, seen), "its second look is not at what it was asked to change"
            assert not {one.fate for one in (*first, *seen)} & {Fate.FAILED, Fate.BLOCKED}
            _nothing_beside_it(world, change, before, await _everything(world))
        assert await world.others() == others


async def _refuses_what_is_stale(world: World, change: Change) -> None:
    """The value is no longer the old one, nor the new: nothing is touched, and it goes back to whoever decides."""
    if not isinstance(change, Rectify):
        return
    fields = tuple(one.model_copy(update={"old": _another(one.old)}) for one in change.fields)
    before = await world.theirs()
    answer = await changed(world, change.model_copy(update={"fields": fields}))
    assert isinstance(answer, Drifted), "it corrects what is no longer what was to be corrected"
    assert answer.changed
    assert await world.theirs() == before


def _nothing_beside_it(world: World, change: Change, before: Objects, after: Objects) -> None:
    """No record came or went or changed but those named; of these a correction changed no other field.

    A mark, of a restriction say, may stand in the record that it is of; what can be corrected there is as it was.
    """
    assert after.keys() == before.keys(), f"{change.kind}: records came or went"
    for at, one in before.items():
        fields = _named(change, at)
        if fields is None:
            assert after[at].fingerprint == one.fingerprint, f"{change.kind}: another record of {at[0]} changed"
        else:
            free = {*world.stamps, *(fields if isinstance(change, Rectify) else _marks(world, one, after[at]))}
            was, now = _without(one.data, free), _without(after[at].data, free)
            beside = sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))
            assert not beside, f"{change.kind}: of {at[0]}, these changed as well: {', '.join(beside)}"


def _with_lifting(world: World) -> Iterator[Change]:
    lifted = [one.objects for one in world.changes if isinstance(one, Restrict) and not one.on]
    for change in world.changes:
        yield change
        if isinstance(change, Restrict) and change.on and change.objects not in lifted:
            yield change.model_copy(update={"on": False})


async def _everything(world: World) -> Objects:
    return {place(one): one for one in await collected(world.connector, await roots(world))}


def _named(change: Change, at: tuple[str, str]) -> frozenset[str] | None:
    """The fields that a correction names of this record; none of them for another change; None if it is not named."""
    if isinstance(change, Rectify):
        return frozenset(one.field for one in change.fields if (one.collection, one.key) == at) or None
    refs = change.roots if isinstance(change, Stop) else change.objects
    return frozenset() if at in {(one.collection, one.key) for one in refs} else None


def _marks(world: World, before: Record, after: Record) -> set[str]:
    kinds = {one.name: one for one in world.connector.manifest.collections}
    return (before.data.keys() | after.data.keys()) - {*kinds[before.collection].rectifiable}


def _without(data: Mapping[str, JsonValue], fields: set[str]) -> dict[str, JsonValue]:
    """The rest; a field ``address.city`` is one of an object within."""
    rest: dict[str, JsonValue] = {}
    for name, value in data.items():
        inner = {one.partition(".")[2] for one in fields if one.startswith(f"{name}.")}
        if name in fields:
            continue
        rest[name] = {**_without(value, inner)} if inner and isinstance(value, dict) else value
    return rest


def _another(old: JsonValue) -> JsonValue:
    match old:
        case bool():
            return not old
        case int() | float():
            return old + 1
        case str():
            return f"{old}x"
        case _:
            return "x"
