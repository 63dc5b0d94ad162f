"""Short-lived data, whoever's it is: once its term is over it goes, unless somebody's hold or restriction keeps it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pydantic import Field
from temporalio import activity

from activities.believing import page_of
from activities.clockface import local_day
from activities.following import follow
from activities.holds import short_lived
from activities.keeping import ExpireOrder, ExpireReport, ExpiringReport, ExpiringSystem, SweepOrder
from activities.ledger import ExpiryRow, HoldRow
from activities.parts import Parts
from activities.reporting import follows
from activities.wrapper import progress, resumed
from habeas.connector import Capability, Collection, Connector, Expiring, PlannedObject, Record, SystemPlan, Treatment
from habeas.errors import ConfigurationError
from habeas.model import Frozen
from habeas.outcomes import Done, Fate
from habeas.policy import Policy
from habeas.staying import Place

HeldPlaces = dict[str, set[Place]]
"""Where somebody's held objects lie, by the hold's id."""
_GONE = frozenset({Fate.ERASED, Fate.ANONYMISED, Fate.NOT_FOUND})


class _Far(Frozen):
    """How far a run has come: the cursor, and counts as ``what/collection``. PII-free: it travels in heartbeats."""

    cursor: str | None
    pages: int = 0
    counts: dict[str, int] = Field(default_factory=dict)


class ExpiringActivities:
    """What ends by itself."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn
    async def expiring(self, order: SweepOrder) -> ExpiringReport:
        """The systems that can tell what is past its term, and that some controller has."""
        parts = self._parts
        return ExpiringReport(
            systems=tuple(
                ExpiringSystem(system=name, task_queue=parts.queue_of(name))
                for name, connector in sorted(parts.connectors.items())
                if Capability.EXPIRE in connector.manifest.capabilities and parts.controllers_of(name)
            )
        )

    @activity.defn
    async def expire(self, order: ExpireOrder) -> ExpireReport:
        """End what is past its term in one system; after a crash it goes on from the last page that was ended.

        Where several controllers share the system, what any of them must keep stays. Where all of it is held for
        somebody, since nobody has looked yet what is theirs, nothing ends.
        """
        connector = self._parts.connector(order.system)
        controllers = self._parts.controllers_of(order.system)
        # Where it is still yesterday, the term is not over yet.
        today = min(local_day(policy, order.at) for policy in controllers)
        said = resumed()
        far = _Far.model_validate(said[0]) if said else _Far(cursor=order.cursor)
        started, counts = bool(said), Counter(far.counts)
        cursor, unlooked = far.cursor, False
        if not (started and cursor is None):
            held: HeldPlaces = {}
            pages = far.pages
            async for page in _expiring(connector).expired(today, cursor):
                follows(page_of(connector.manifest, page), cursor)
                if unlooked := await self._is_unlooked(order.system, controllers):
                    break
                # Anew for each page: a sweep may take long, and a hold holds from the moment it is placed.
                held = await self._held_people(order.system, connector, controllers, held)
                held_places = set[Place]().union(*held.values())
                counts += await self._end(order, connector, page.records, held_places, controllers)
                cursor, pages = page.cursor, pages + 1
                progress(_Far(cursor=cursor, pages=pages, counts=dict(counts)).model_dump(mode="json"))
                if pages >= order.pages:
                    break
        await self._save(order, controllers[0].id, counts)
        total = Counter[str]()
        for name, count in counts.items():
            total[name.partition("/")[0]] += count
        return ExpireReport(
            erased=total["erased"], held=total["held"], blocked=total["blocked"], cursor=cursor, unlooked=unlooked
        )

    async def _is_unlooked(self, system: str, controllers: tuple[Policy, ...]) -> bool:
        async with self._parts.ledger.begin() as tx:
            return bool(await tx.unlooked([one.id for one in controllers], system, 1))

    async def _held_people(
        self, system: str, connector: Connector, controllers: tuple[Policy, ...], before: HeldPlaces
    ) -> HeldPlaces:
        """Where the short-lived objects of people lie whom a legal hold is about, by the standing holds' ids.

        A hold that was looked up before is not looked up again.
        """
        found: HeldPlaces = {}
        for policy in controllers:
            async with self._parts.ledger.begin() as tx:
                holds = [hold for hold in await tx.holds(policy.id) if hold.persons and hold.system in (None, system)]
                new = [hold for hold in holds if hold.id not in before]
                known = [(hold, (await tx.hold_words(hold.id)).identifiers) for hold in new]
            found |= {hold.id: before[hold.id] for hold in holds if hold.id in before}
            for hold, identifiers in known:
                collections = connector.manifest.collections
                covered = frozenset(one.name for one in collections if hold.covers(system, one.category))
                # A system that does not answer is no answer: then nothing ends in this sweep.
                everything = await follow(identifiers, {name: self._parts.connector(name) for name in policy.systems})
                found[hold.id] = await short_lived(connector, everything, covered)
        return found

    async def _end(
        self,
        order: ExpireOrder,
        connector: Connector,
        records: tuple[Record, ...],
        held_places: set[Place],
        controllers: tuple[Policy, ...],
    ) -> Counter[str]:
        collections = {one.name: one for one in connector.manifest.collections}
        kept = held_places | await self._kept(order.system, collections, records, controllers)
        going = [one for one in records if (one.collection, one.key) not in kept]
        counts = Counter(f"held/{one.collection}" for one in records if (one.collection, one.key) in kept)
        if going:
            answer = await _expiring(connector).expire(_plan(order.system, collections, going))
            if isinstance(answer, Done):
                counts += Counter(
                    f"{'erased' if each.fate in _GONE else 'blocked'}/{each.collection}" for each in answer.result
                )
        return counts

    async def _kept(
        self,
        system: str,
        collections: dict[str, Collection],
        records: Iterable[Record],
        controllers: tuple[Policy, ...],
    ) -> set[Place]:
        """Those that a legal hold about everybody, somebody's open request or a restriction keeps."""
        places = [(one.collection, one.key) for one in records]
        kept: set[Place] = set()
        for policy in controllers:
            async with self._parts.ledger.begin() as tx:
                prints = {tx.object_print(policy.id, system, *place): place for place in places}
                named = await tx.restricted(policy.id, system, prints)
                named |= await tx.held_from_deletion(policy.id, system, prints)
                everybodys = [hold for hold in await tx.holds(policy.id) if not hold.persons]
            kept |= {prints[name] for name in named}
            kept |= {place for place in places if _covered(everybodys, system, collections[place[0]].category)}
        return kept

    async def _save(self, order: ExpireOrder, controller: str, counts: Counter[str]) -> None:
        async with self._parts.ledger.begin() as tx:
            for collection in sorted({name.partition("/")[2] for name in counts}):
                await tx.save_expiry(
                    ExpiryRow(
                        controller=controller,
                        system=order.system,
                        collection=collection,
                        at=order.at,
                        erased=counts[f"erased/{collection}"],
                        held=counts[f"held/{collection}"],
                        blocked=counts[f"blocked/{collection}"],
                    )
                )


def _expiring(connector: Connector) -> Expiring:
    if not isinstance(connector, Expiring) or Capability.EXPIRE not in connector.manifest.capabilities:
        raise ConfigurationError("This system cannot tell what is past its term.")
    return connector


def _covered(holds: Iterable[HoldRow], system: str, category: str) -> bool:
    return any(hold.covers(system, category) for hold in holds)


def _plan(system: str, collections: dict[str, Collection], records: Iterable[Record]) -> SystemPlan:
    """Exactly these objects. What its collection keeps on erasure goes as it does once that is over."""
    objects = []
    for one in records:
        collection = collections[one.collection]
        treatment = collection.after if collection.treatment is Treatment.RETAIN else collection.treatment
        if one.referenced and treatment is Treatment.DELETE:
            treatment = collection.when_referenced
        objects.append(
            PlannedObject(
                collection=one.collection,
                key=one.key,
                treatment=treatment,
                fingerprint=one.fingerprint,
                referenced=one.referenced,
                category=collection.category,
            )
        )
    return SystemPlan(system=system, roots=(), identifiers=(), objects=tuple(objects))
