"""A connector finds the person, all of the person, and nobody but the person."""

from __future__ import annotations

import asyncio
from collections import Counter

from habeas.connector import RecordRef
from habeas.model import Identifier
from habeas.testing.steps import LONGEST, anew, collected, roots
from habeas.testing.suite.judging import place, tells_nobody, theirs
from habeas.testing.world import World


class Finding:
    """`locate` and `collect`."""

    async def test_each_identifier_finds_the_person_and_nobody_else(self, world: World) -> None:
        """Exactly the accounts that bear it; all of them by each, however people write it."""
        everything = {place(ref) for ref in await roots(world)}
        assert everything
        somebody = {place(one) for one in (await world.connector.locate(world.other)).matches}
        assert somebody
        assert not everything & somebody
        for identifier in world.person:
            matches = (await world.connector.locate((identifier,))).matches
            assert {place(one) for one in matches} == everything
            assert all(one.found_by == (identifier,) for one in matches)
            assert {each.kind for one in matches for each in one.yields} <= set(world.connector.manifest.yields)
        await _tells_two_apart(world)
        if await world.respell():
            for identifier in (one for one in world.person if one.kind == "email"):
                found = (await world.connector.locate((identifier,))).matches
                assert {place(one) for one in found} == everything, "it is not found as people write it"

    async def test_a_staff_account_comes_back_marked(self, world: World) -> None:
        """It is found like any other and never passes for a customer's; nobody else's becomes one."""
        before = await roots(world)
        assert not any(one.staff for one in (await world.connector.locate(world.person)).matches)
        if not await world.employ():
            return
        after = (await world.connector.locate(world.person)).matches
        assert {place(one) for one in after} == {place(one) for one in before}
        assert any(one.staff for one in after)
        assert not any(one.staff for one in (await world.connector.locate(world.other)).matches)

    async def test_what_nobody_has_proven_comes_back_marked(self, world: World) -> None:
        """It is told like all that an account bears, and named as unproven, whatever the account is found by."""
        typed = await world.type_in()
        found = (await world.connector.locate(world.person)).matches
        assert all({*one.unproven} <= {*one.found_by, *one.yields} for one in found), "it names what is not there"
        assert not any({*one.unproven} & {*world.person} for one in found), "what is proven is called unproven"
        if typed is None:
            return
        bearing = {place(one) for one in found if typed in one.yields}
        assert bearing == {place(one) for one in found if typed in one.unproven}
        assert bearing, "what somebody typed is not told"
        again = (await world.connector.locate((typed,))).matches
        assert {place(one) for one in again if typed in one.unproven} == bearing
        assert not any(typed in one.yields for one in (await world.connector.locate(world.other)).matches)

    async def test_what_nobody_bears_finds_nobody(self, world: World) -> None:
        """Look-alikes, wildcards and forms of an address too; and a kind that it does not need is ignored."""
        everything = {place(ref) for ref in await roots(world)}
        for identifier in world.person:
            if identifier.kind == "email" and "+" not in identifier.value:
                found = (await world.connector.locate((_tagged(identifier),))).matches
                assert {place(one) for one in found} == (everything if world.folds_plus else set())
        for identifier in world.nobody:
            assert (await world.connector.locate((identifier,))).matches == ()
        unknown = Identifier(kind="a_kind_that_no_system_has", value="x")
        assert (await world.connector.locate((unknown,))).matches == ()
        assert (await world.connector.locate(())).matches == ()

    async def test_finding_and_collecting_change_nothing(self, world: World) -> None:
        """Neither of the person's data nor of anybody's."""
        before = await world.theirs(), await world.others()
        await collected(world.connector, await roots(world))
        assert (await world.theirs(), await world.others()) == before

    async def test_everything_is_collected_once_and_belongs_to_them(self, world: World) -> None:
        """Every collection in which they have something; the same again the second time; nothing of anybody else's."""
        found = await roots(world)
        records = await collected(world.connector, found)
        assert {one.collection for one in records} == world.collected
        assert max(Counter(map(place, records)).values()) == 1
        assert {place(ref) for ref in found} <= {place(one) for one in records}
        again = {place(one): one.fingerprint for one in await collected(world.connector, found)}
        assert again == {place(one): one.fingerprint for one in records}
        assert {place(one) for one in await theirs(world)} & set(again) <= world.shared

    async def test_parents_are_collected_too(self, world: World) -> None:
        """What a record points at is the person's, or is no parent."""
        records = await collected(world.connector, await roots(world))
        known = {place(one) for one in records}
        assert {place(ref) for one in records for ref in one.parents} <= known

    async def test_it_goes_on_from_every_page(self, world: World) -> None:
        """Cut in the middle, another process with the last page's cursor gets the rest, no more and no less."""
        found = await roots(world)
        whole = [place(one) for one in await collected(world.connector, found)]
        before: list[tuple[str, str]] = []
        cursor: str | None = None
        while True:
            pages = world.connector.collect(found, cursor)
            page = await anext(pages)
            await pages.aclose()  # type: ignore[attr-defined]  # async generators have it; the contract says iterator
            before.extend(map(place, page.records))
            cursor = page.cursor
            if cursor is None:
                break
            assert len(cursor.encode()) <= LONGEST
            tells_nobody(world, cursor)
            await anew(world)
        assert sorted(before) == sorted(whole)

    async def test_it_begins_where_it_says_it_can(self, world: World) -> None:
        """At any object, where the manifest says so: what a law keeps once its account is gone is found again."""
        records = await collected(world.connector, await roots(world)) if world.connector.manifest.any_root else []
        for one in {one.collection: one for one in records}.values():
            ref = RecordRef(collection=one.collection, key=one.key)
            alone = {place(each): each.fingerprint for each in await collected(world.connector, (ref,))}
            assert alone.get(place(one)) == one.fingerprint, f"nothing of {one.collection} is where it begins"

    async def test_of_nobody_nothing_is_collected(self, world: World) -> None:
        """No roots, no records, and a page that says that it is the last."""
        pages = [page async for page in world.connector.collect((), None)]
        assert not [record for page in pages for record in page.records]
        assert pages[-1].cursor is None

    async def test_a_call_that_is_cancelled_leaves_it_usable(self, world: World) -> None:
        """Staff withdraw, a worker stops: the next call works as if nothing had been."""
        found = await roots(world)
        for work in (world.connector.locate(world.person), collected(world.connector, found)):
            task = asyncio.ensure_future(work)
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled() or task.exception() is None
        assert await roots(world) == found
        assert await collected(world.connector, found)


async def _tells_two_apart(world: World) -> None:
    """Asked for two at once: of each record what found it, of all that was asked; what it adds is nobody else's."""
    alone = {place(one): one for one in (await world.connector.locate(world.person)).matches}
    somebody = (await world.connector.locate(world.other)).matches
    strange = {*world.other, *(each for one in somebody for each in one.yields)}
    assert not strange & {each for one in alone.values() for each in one.yields}, "it yields a stranger's"
    both = (await world.connector.locate((*world.person, *world.other))).matches
    assert {place(one) for one in both} == alone.keys() | {place(one) for one in somebody}
    for one in both:
        mine = alone.get(place(one))
        assert one.found_by, "a record is found by something"
        assert {*one.found_by} <= {*(world.person if mine else world.other)}, "found by what it does not bear"
        if mine:
            assert {*one.found_by} == {*world.person}, "each of the person's identifiers finds it"
            assert {*one.yields} == {*mine.yields}, "what it yields depends on what is asked"


def _tagged(address: Identifier) -> Identifier:
    local, _, domain = address.value.rpartition("@")
    return Identifier(kind=address.kind, value=f"{local}+conformance@{domain}")
