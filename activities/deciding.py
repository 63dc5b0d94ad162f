"""Whose each record is to decide over, of data that a controller keeps for others: not always another's.

The person who asks may be the very customer whom a record names, or the record one that the controller keeps of a
customer for itself. Both are answered as whatever else is held: nobody is sent on to themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from pydantic import Field

from activities.finding import Graph, load_graph
from activities.ledger import Tx
from activities.manifests import categories_of
from activities.model import SystemOrder
from activities.pages import Collected, Pages
from activities.parts import Parts
from habeas.connector import Manifest, RecordRef
from habeas.matching import Place as Found
from habeas.model import Frozen, Identifier, Request, RequestId
from habeas.policy import ControlledBy, Policy
from habeas.staying import Place

__all__ = ["Deciders", "Mailboxes", "Ours", "find_deciders", "keep_deciders", "load_ours", "mailboxes"]

DECIDERS = "deciders/"


class Named(Frozen):
    """Whom one record names."""

    collection: str
    key: str = Field(repr=False)
    by: str = Field(repr=False)
    """As `ControlledBy.named` has it."""


class Deciders(Frozen):
    """Whom the records of one system name, of all that the policy says others decide over."""

    records: tuple[Named, ...] = Field(default=(), repr=False)


class Mailboxes(Frozen):
    """E-mail addresses by which it is known whether somebody is the one who asks."""

    hers: frozenset[str] = Field(default=frozenset(), repr=False)
    """Shown to be theirs: proven, or on a record of the controller's own that is theirs."""
    claimed: frozenset[str] = Field(default=frozenset(), repr=False)
    """Said to be theirs, and not shown. Neither are they believed, nor is anybody written to there."""


class Ours(Frozen):
    """The records that somebody else decides over by their category, and not by what they say themselves."""

    records: Mapping[str, frozenset[Place]] = Field(default_factory=dict, repr=False)
    """By system."""
    others: Mapping[str, Mapping[str, int]] = Field(default_factory=dict)
    """By system and collection: how many are another's."""

    def has(self, system: str, place: Place) -> bool:
        """Whether a record is answered as the controller's own."""
        return place in self.records.get(system, ())

    def rows(self, system: str, collection: str) -> int:
        """How many records of a collection are answered so."""
        return sum(name == collection for name, _ in self.records.get(system, ()))

    def categories(self, manifests: Mapping[str, Manifest]) -> frozenset[str]:
        """The categories of which any record is answered so."""
        return frozenset(
            one.category
            for system, manifest in manifests.items()
            for one in manifest.collections
            if self.rows(system, one.name)
        )

    def rest(self, system: str, collection: str) -> int:
        """How many of its records are another's, where any is."""
        return self.others.get(system, {}).get(collection, 0)


async def find_deciders(parts: Parts, order: SystemOrder, done: Collected) -> Deciders | None:
    """Whom the records name that were collected from a system; None where nothing there is another's to decide over."""
    if not any(_theirs(one) for one in parts.controllers_of(order.system)):
        return None
    async with parts.ledger.begin() as tx:
        policy = parts.policy((await tx.request(order.request_id)).controller)
    pages, theirs, found = Pages(parts.ledger, parts.storage, order.request_id), _theirs(policy), list[Named]()
    for one in parts.connector(order.system).manifest.collections if theirs else ():
        by, span = theirs.get(one.category), done.collections.get(one.name)
        if by is None or span is None:
            continue
        async for record in pages.read(order.system, range(span.first, span.last + 1), one.name):
            found.append(Named(collection=record.collection, key=record.key, by=by.named(record.data)))
    return Deciders(records=tuple(found))


async def keep_deciders(tx: Tx, request_id: RequestId, system: str, found: Deciders | None) -> None:
    """Remember it beside what was collected."""
    if found is not None:
        await tx.seal(request_id, f"{DECIDERS}{system}", found)


async def load_ours(tx: Tx, request: Request, policy: Policy, manifests: Mapping[str, Manifest]) -> Ours:
    """Of what was collected by now, what is answered as the controller's own, as far as is known today whose it is.

    Args:
        tx: on the ledger.
        request: its facts.
        policy: its controller's.
        manifests: of the policy's systems.
    """
    theirs = _theirs(policy)
    if not theirs:
        return Ours()
    hers = (await mailboxes(tx, request, policy, manifests)).hers
    records: dict[str, frozenset[Place]] = {}
    others: dict[str, Counter[str]] = {}
    for system, manifest in manifests.items():
        found = await tx.unseal(request.id, f"{DECIDERS}{system}", Deciders)
        by = {one.name: theirs[one.category] for one in manifest.collections if one.category in theirs}
        named = [one for one in found.records if one.collection in by] if found else []
        ours = [one for one in named if by[one.collection].is_ours(one.by, {policy.controller.email, *hers})]
        records[system] = frozenset((one.collection, one.key) for one in ours)
        others[system] = Counter(one.collection for one in named) - Counter(one.collection for one in ours)
    return Ours(records=records, others=others)


async def mailboxes(tx: Tx, request: Request, policy: Policy, manifests: Mapping[str, Manifest]) -> Mailboxes:
    """The addresses of the person who asks.

    What staff added is shown. Whoever proved a mailbox by a code alone has every address shown that the search started
    from: it stands beside that one on a record. Attested, or not proven at all, people have what they typed believed
    only where a record of the controller's own bears it: else whoever types another's address would decide for them.
    """
    graph = await load_graph(tx, request.id)
    own = _emails(graph.own())
    shown = _borne(graph, _theirs(policy), manifests)
    typed = (
        frozenset[str]()
        if await tx.proofs(request.id) == {"code"}
        else _emails((await tx.subject(request.id)).identifiers)
    )
    shown |= _emails(graph.seeds) - typed
    return Mailboxes(hers=own & shown, claimed=own - shown)


def _borne(graph: Graph, theirs: Mapping[str, ControlledBy], manifests: Mapping[str, Manifest]) -> frozenset[str]:
    """What stands, proven as far as can be told, on the person's records of which nobody else decides."""
    kept = {one.place for one in graph.settled().kept}
    category = categories_of(manifests)
    return frozenset(
        address
        for system, matches in graph.matches.items()
        for match in matches
        if Found(system=system, record=RecordRef(collection=match.collection, key=match.key)) in kept
        and category.get((system, match.collection)) not in {None, *theirs}
        for address in _emails({*match.found_by, *match.yields} - {*match.unproven})
    )


def _emails(identifiers: Iterable[Identifier]) -> frozenset[str]:
    return frozenset(one.value for one in identifiers if one.kind == "email")


def _theirs(policy: Policy) -> dict[str, ControlledBy]:
    return {one.id: one.controlled_by for one in policy.categories if one.controlled_by}
