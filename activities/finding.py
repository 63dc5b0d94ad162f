"""The graph by which a person is found: what is known, where each piece came from, what a human decided.

Sealed in the ledger under one name; systems that answer at the same time take turns on the request's row.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, TypeAdapter

from activities.ledger import Tx
from habeas.connector import Manifest, Match, RecordRef
from habeas.errors import BadInput
from habeas.matching import Decision, Place, Ruling, Settled, as_written, settle
from habeas.model import Frozen, Identifier, RequestId

GRAPH = "graph"
IDENTITY = "identity"
MATCHES = TypeAdapter(tuple[Match, ...])
DECISIONS = "act/"
"""Prefix of the sealed words of an act, as the office leaves them."""


class KeptBefore(Frozen):
    """One object that an earlier erasure of the same person keeps, and below which everything of it lies."""

    place: Place
    by: RequestId
    """The erasure."""


class Graph(Frozen):
    """Everything known of where a person is."""

    seeds: tuple[Identifier, ...] = Field(default=(), repr=False)
    matches: dict[str, tuple[Match, ...]] = Field(default_factory=dict, repr=False)
    asked: dict[str, tuple[Identifier, ...]] = Field(default_factory=dict, repr=False)
    decisions: tuple[Decision, ...] = Field(default=(), repr=False)
    attested_name: str | None = Field(default=None, repr=False)
    """Whom staff attested. No address is proven then, so a record of another name is not theirs by itself."""
    claimed_name: str | None = Field(default=None, repr=False)
    """Who they said they are whose address is proven. A mailbox may be several people's: another's record waits."""
    kept: tuple[KeptBefore, ...] = Field(default=(), repr=False)
    """No search leads there any more: what it was found by is erased. See `activities.kept_before`."""
    claimed: tuple[Identifier, ...] = Field(default=(), repr=False)
    """Numbers that were named and that nothing has shown to be the person's: others may know them as well. What only
    they lead to a human sees, and nothing of it is told or erased before. See `habeas.doubts.weakly_found`."""
    waived: bool = False
    """Nobody has shown that an address is theirs, nor is asked to: it finds only what has it exactly as it was given.
    Else whoever made up a variant of somebody's address would change what is theirs, and hear of it in their place."""

    def settled(self) -> Settled:
        """The matches that are the person's as far as is known, and what contradicts."""
        matches = as_written(self.matches) if self.waived else self.matches
        return settle(matches, self.decisions, self.seeds, self.attested_name, self.claimed_name, unproven=self.claimed)

    def proven_by(
        self,
        seeds: tuple[Identifier, ...],
        *,
        attested_name: str | None = None,
        claimed_name: str | None = None,
        claimed: tuple[Identifier, ...] = (),
        waived: bool = False,
    ) -> Graph:
        """The graph from which the search starts; what staff added before stays.

        Args:
            seeds: what it starts with.
            attested_name: whom staff attested.
            claimed_name: who they said they are.
            claimed: of the seeds, the numbers that nothing has shown to be theirs.
            waived: nobody is asked to prove that the seeds are theirs.
        """
        return self.model_copy(
            update={
                "seeds": tuple(dict.fromkeys((*seeds, *self.seeds))),
                "attested_name": attested_name or self.attested_name,
                "claimed_name": claimed_name or self.claimed_name,
                "claimed": tuple(one for one in claimed if one not in self.seeds or one in self.claimed),
                "waived": waived,
            }
        )

    def known(self) -> tuple[Identifier, ...]:
        """The person's identifiers as far as is known now, without those of contested records."""
        return self.settled().identifiers

    def leads(self) -> tuple[Identifier, ...]:
        """Every identifier that may be searched by now: the person's, and what stands on their records unproven.

        A human sees what the latter lead to. They are told to nobody and nothing is done by them.
        """
        return self.settled().leads

    def reached(self) -> tuple[Identifier, ...]:
        """Every identifier that any record bears which was found, doubtful ones, too. To hold by, and nothing else."""
        matches = [match for system in sorted(self.matches) for match in self.matches[system]]
        borne = (one for match in matches for one in (*match.found_by, *match.yields))
        return tuple(dict.fromkeys((*self.seeds, *borne)))

    def own(self, known: tuple[Identifier, ...] | None = None) -> tuple[Identifier, ...]:
        """Every identifier that leads to nobody else, as far as a human has said; of what is known, if that is given.

        A mailbox that the person shares finds the other one too, for ever: whoever looks again after an erasure must
        not take that one for data that came back.
        """
        others = {one.place for one in self.decisions if one.ruling is Ruling.NOT_SUBJECT}
        shared = {
            identifier
            for system, matches in self.matches.items()
            for match in matches
            if Place(system=system, record=RecordRef(collection=match.collection, key=match.key)) in others
            for identifier in (*match.found_by, *match.yields)
        }
        return tuple(one for one in (self.known() if known is None else known) if one not in shared)

    def to_ask(
        self, system: str, manifest: Manifest, leads: tuple[Identifier, ...] | None = None
    ) -> tuple[Identifier, ...]:
        """What the system can search by and has not been asked for yet; of `leads`, if they are given."""
        asked, leads = set(self.asked.get(system, ())), self.leads() if leads is None else leads
        return tuple(one for one in leads if one.kind in manifest.needs and one not in asked)

    def answered(self, system: str, asked: tuple[Identifier, ...], matches: tuple[Match, ...]) -> Graph:
        """The graph with one more answer; a record found again gains the identifiers that found it."""
        merged = {(match.collection, match.key): match for match in self.matches.get(system, ())}
        for match in matches:
            place = (match.collection, match.key)
            older = merged.get(place)
            found_by = dict.fromkeys((*(older.found_by if older else ()), *match.found_by))
            merged[place] = match.model_copy(update={"found_by": tuple(found_by)})
        return self.model_copy(
            update={
                "matches": {**self.matches, system: tuple(merged.values())},
                "asked": {**self.asked, system: tuple(dict.fromkeys((*self.asked.get(system, ()), *asked)))},
            }
        )

    def roots(self, system: str) -> tuple[RecordRef, ...]:
        """The person's records in a system, below which everything of theirs lies."""
        found = [found.place.record for found in self.settled().kept if found.system == system]
        kept = [one.place.record for one in self.kept if one.place.system == system]
        return tuple(dict.fromkeys((*found, *kept)))


async def load_graph(tx: Tx, request_id: str) -> Graph:
    """The graph, empty before anything is known."""
    return await tx.unseal(request_id, GRAPH, Graph) or Graph()


async def save_graph(tx: Tx, request_id: str, graph: Graph) -> None:
    """Keep the graph; the caller holds the request's row."""
    await tx.seal(request_id, GRAPH, graph)


async def looked_up(tx: Tx, request_id: str) -> dict[str, tuple[Match, ...]]:
    """What the identity sources hold under what was claimed, by system."""
    records = {}
    for name in await tx.sealed_names(request_id, prefix=f"{IDENTITY}/"):
        content = await tx.unseal_bytes(request_id, name)
        records[name.removeprefix(f"{IDENTITY}/")] = MATCHES.validate_json(content or b"[]")
    return records


def on_record(records: Mapping[str, tuple[Match, ...]], sources: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses on the records that bear something that was claimed, the most trusted source's first.

    None of a staff account: whose it is, a human says later; a code sent there would tell a colleague who asks. None of
    an account on which what was claimed stands without proof, and no address that nobody has proven: whoever typed
    another's address or number into their own account would get that one's code.
    """
    return tuple(
        one.value
        for source in sources
        for match in records.get(source, ())
        if not match.staff and bears_proven(match)
        for one in match.yields
        if one.kind == "email" and one not in match.unproven
    )


def bears_proven(match: Match) -> bool:
    """Whether something that it was found by stands on it proven, as far as its system can tell."""
    return not {*match.found_by} <= {*match.unproven}


def first_seeds(
    claimed: tuple[Identifier, ...], proven: Identifier | None, records: Mapping[str, tuple[Match, ...]]
) -> tuple[Identifier, ...]:
    """What may be searched by once identity is proven.

    The proven address, and of what was claimed only what some record bears beside that address, staff accounts aside: a
    stranger's customer number does not become theirs by being typed into a form, nor into a profile whose system says
    that it is proven by nobody. Without a proven address (attested by staff), everything claimed.
    """
    if proven is None:
        return claimed
    seeds = [proven]
    for matches in records.values():
        for match in matches:
            bears = {*match.yields, *match.found_by} - {*match.unproven}
            if proven in bears and not match.staff:
                seeds += [one for one in claimed if one in bears]
    return tuple(dict.fromkeys(seeds))


def numbers(claimed: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
    """What of these is no address: whoever saw a letter of somebody's, or their card, knows their numbers as well."""
    return tuple(one for one in claimed if one.kind != "email")


class AddedIdentifier(Frozen):
    """What `add_identifier` leaves sealed under the act's id."""

    identifiers: tuple[Identifier, ...] = Field(min_length=1, repr=False)


class DecidedMatches(Frozen):
    """What `decide_match` leaves sealed under the act's id."""

    decisions: tuple[Decision, ...] = Field(min_length=1, repr=False)


def decided(graph: Graph, decisions: tuple[Decision, ...]) -> Graph:
    """The graph once a human has ruled; of two rulings on one record the newer counts."""
    newer = {one.place: one for one in (*graph.decisions, *decisions)}
    return graph.model_copy(update={"decisions": tuple(newer.values())})


async def apply_act(tx: Tx, request_id: str, act_id: str, model: type[AddedIdentifier | DecidedMatches]) -> None:
    """Bring the sealed words of an act into the graph.

    Raises:
        BadInput: nothing was sealed under this act.
    """
    said = await tx.unseal(request_id, f"{DECISIONS}{act_id}", model)
    graph = await load_graph(tx, request_id)
    match said:
        case AddedIdentifier():
            seeds = tuple(dict.fromkeys((*graph.seeds, *said.identifiers)))
            claimed = tuple(one for one in graph.claimed if one not in said.identifiers)
            graph = graph.model_copy(update={"seeds": seeds, "claimed": claimed})
        case DecidedMatches():
            graph = decided(graph, said.decisions)
        case None:
            raise BadInput("Nothing was said with this act.", field="act")
    await save_graph(tx, request_id, graph)
