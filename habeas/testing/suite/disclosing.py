"""A connector tells what the system knows: whose account it is, what they are called, every field that is stored."""

from __future__ import annotations

from collections.abc import Mapping

from habeas.connector import Record
from habeas.testing.steps import collected, roots
from habeas.testing.suite.judging import as_text, place
from habeas.testing.world import World

Objects = Mapping[tuple[str, str], Record]


class Disclosing:
    """What `locate` and `collect` tell of what they find."""

    async def test_an_account_is_told_as_one(self, world: World) -> None:
        """One more account of theirs, or one that staff work with, is no mere object, of which somebody has several.

        Else two of them would never stand against each other.
        """
        before = {place(ref) for ref in await roots(world)}
        if await world.double():
            found = (await world.connector.locate(world.person)).matches
            assert all(one.account for one in found if place(one) not in before), (
                "it says of an account that it is none"
            )
        if await world.employ():
            found = (await world.connector.locate(world.person)).matches
            assert all(one.account for one in found if one.staff), "it says of an account of staff that it is none"

    async def test_who_has_a_name_is_told_by_it(self, world: World) -> None:
        """As the system has it: two accounts that contradict each other are known by that alone."""
        named = [one.name for one in (await world.connector.locate(world.person)).matches if one.name]
        assert bool(named) == world.named, "it tells no name (or the world says that the system has none)"
        stored = as_text(await world.theirs()).casefold()
        foreign = [word for name in named for word in name.casefold().split() if word not in stored]
        assert not foreign, "it tells a name that nobody there has"

    async def test_every_field_is_disclosed_or_withheld_with_a_reason(self, world: World) -> None:
        """Words that stand there are in the copy; and what a colleague changes in a record is another in the copy."""
        held = await _everything(world)
        stored, copied = (
            as_text(await world.theirs()).casefold(),
            as_text([_copy(one) for one in held.values()]).casefold(),
        )
        missing = [word for word in world.personal if word.casefold() in stored and word.casefold() not in copied]
        assert not missing, f"it is stored, and in no copy: {', '.join(missing)}"
        withheld = {one.name for one in world.connector.manifest.collections if one.withheld}
        for edit in world.edits():
            before = held
            await edit()
            held = await _everything(world)
            changed = {at for at in before.keys() | held.keys() if _print(before, at) != _print(held, at)}
            hidden = {at for at in changed & before.keys() & held.keys() if _copy(before[at]) == _copy(held[at])}
            silent = changed == hidden and not withheld & {collection for collection, _ in changed}
            assert not silent, f"a field of {', '.join(sorted({at[0] for at in changed}))} is in no copy"


async def _everything(world: World) -> Objects:
    return {place(one): one for one in await collected(world.connector, await roots(world))}


def _print(objects: Objects, at: tuple[str, str]) -> str | None:
    return objects[at].fingerprint if at in objects else None


def _copy(record: Record) -> dict[str, object]:
    """What the person is given of it, and of what it is part of."""
    return record.model_dump(exclude={"fingerprint"})
