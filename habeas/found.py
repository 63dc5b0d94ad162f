"""What is found of a person, what contradicts, and what can be reached from what was claimed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from enum import StrEnum

from pydantic import Field

from habeas.connector import Match, RecordRef
from habeas.model import Frozen, Identifier, SystemName


class Place(Frozen):
    """Where a record is: its system, collection and key."""

    system: SystemName
    record: RecordRef


class ContradictionKind(StrEnum):
    """Why records may not be one person's."""

    SHARED_IDENTIFIER = "shared_identifier"
    NAMES = "names"
    NUMBER = "number"
    """Only a number leads to the first side, and it may have been somebody else's before; the second bears it, too, or
    is what else was found of the person."""
    UNPROVEN = "unproven"
    """Only an identifier leads to the first side that somebody typed and nobody has proven: it stands so on the first
    side itself, or on the second. Without one that bears it, the second is what else was found of the person."""
    STAFF = "staff"
    """The first side is a staff account; the second, if there is one, what else was found of the person."""


class Contradiction(Frozen):
    """Records that may not be one person's. Each side is what would be one person."""

    kind: ContradictionKind
    sides: tuple[tuple[Place, ...], ...]
    identifier_kind: str | None = None
    """What kind of identifier they share; its value is nobody's business but the ledger's."""

    @property
    def places(self) -> tuple[Place, ...]:
        """Every record of every side."""
        return tuple(place for side in self.sides for place in side)

    @property
    def doubted(self) -> tuple[Place, ...]:
        """The records that a human must rule on: of a number, or a staff account, not what it stands against."""
        return self.sides[0] if self.kind in _ONE_SIDED else self.places


_ONE_SIDED = frozenset({ContradictionKind.NUMBER, ContradictionKind.UNPROVEN, ContradictionKind.STAFF})


class Ruling(StrEnum):
    """What a human said of a record."""

    IS_SUBJECT = "is_subject"
    NOT_SUBJECT = "not_subject"


class Decision(Frozen):
    """A human's ruling on one record; of two on the same one, the later holds."""

    place: Place
    ruling: Ruling


class Step(Frozen):
    """One step of a path: this record was found by an identifier of that kind."""

    place: Place
    via: str | None
    """None where a human said that the record is the person's, and no known identifier leads to it."""


def path_words(path: Iterable[Step]) -> str:
    """A path without what identifies anybody: ``email: crm contacts > customer_number: billing customers``."""
    return " > ".join(f"{step.via or 'staff'}: {step.place.system} {step.place.record.collection}" for step in path)


class Known(Frozen):
    """An identifier of the person, and the path of records that led to it; an empty path for a claimed one."""

    identifier: Identifier
    path: tuple[Step, ...] = ()


class Found(Frozen):
    """One match in its system."""

    system: SystemName
    match: Match

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place(system=self.system, record=RecordRef(collection=self.match.collection, key=self.match.key))


class Settled(Frozen):
    """What stands after the contradictions and the human rulings."""

    kept: tuple[Found, ...]
    """The person's."""
    held: tuple[Found, ...]
    """Nobody's until a human has ruled: in a contradiction, or found only by what such a record knows."""
    strays: tuple[Found, ...]
    """No known identifier leads here (any more): found by what turned out to be somebody else's."""
    known: tuple[Known, ...] = Field(repr=False)
    unproven: tuple[Identifier, ...] = Field(default=(), repr=False)
    """What only stands unproven on the person's records: it may be searched by, and is nobody's."""
    contradictions: tuple[Contradiction, ...]
    paths: Mapping[Place, tuple[Step, ...]] = Field(repr=False)
    """How each record that is kept or held was found: the shortest way from what was claimed, itself the last step."""

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """The person's identifiers, as known now."""
        return tuple(known.identifier for known in self.known)

    @property
    def leads(self) -> tuple[Identifier, ...]:
        """Whatever may be searched by: the person's identifiers, and those that nobody has proven."""
        return (*self.identifiers, *self.unproven)


class Reach:
    """What can be reached from some identifiers: records, and the identifiers these yield."""

    def __init__(self, start: Iterable[Identifier]) -> None:
        self.identifiers: dict[Identifier, tuple[Step, ...]] = dict.fromkeys(start, ())
        self.records: dict[Place, tuple[Step, ...]] = {}


def reach(matches: list[Found], start: Iterable[Identifier], sure: set[Place]) -> Reach:
    """Follow identifiers to the records they found, and these to what they yield; ``sure`` ones are there anyway."""
    reached = Reach(start)
    finders: dict[Identifier, list[Found]] = {}
    for found in matches:
        for identifier in found.match.found_by:
            finders.setdefault(identifier, []).append(found)

    def arrive(found: Found, path: tuple[Step, ...]) -> None:
        if found.place in reached.records:
            return
        reached.records[found.place] = path
        for identifier in found.match.yields:
            if identifier not in reached.identifiers:
                reached.identifiers[identifier] = path
                queue.append(identifier)

    def follow() -> None:
        while queue:
            identifier = queue.popleft()
            for found in finders.get(identifier, ()):
                step = Step(place=found.place, via=identifier.kind)
                arrive(found, (*reached.identifiers[identifier], step))

    queue = deque(reached.identifiers)
    follow()
    for found in matches:
        if found.place in sure:
            arrive(found, (Step(place=found.place, via=None),))
            follow()
    return reached


def flat(matches: Mapping[str, tuple[Match, ...]]) -> list[Found]:
    """Every match once, in an order of its own; what several searches said of a record is put together."""
    merged: dict[Place, Found] = {}
    for system, found_there in matches.items():
        for match in found_there:
            found = Found(system=system, match=match)
            merged[found.place] = _merge(merged.get(found.place), found)
    return [merged[place] for place in sorted(merged, key=order)]


def _merge(before: Found | None, found: Found) -> Found:
    if before is None:
        return found
    match = found.match.model_copy(
        update={
            "found_by": tuple(dict.fromkeys((*before.match.found_by, *found.match.found_by))),
            "yields": tuple(dict.fromkeys((*before.match.yields, *found.match.yields))),
            "unproven": tuple(dict.fromkeys((*before.match.unproven, *found.match.unproven))),
            "name": found.match.name or before.match.name,
            "staff": found.match.staff or before.match.staff,
        }
    )
    return found.model_copy(update={"match": match})


def order(place: Place) -> tuple[str, str, str]:
    """An order of places that does not depend on who answered first."""
    return place.system, place.record.collection, place.record.key


def borne(found: Found) -> tuple[Identifier, ...]:
    """Every identifier that stands on the record, or led to it."""
    return tuple(dict.fromkeys((*found.match.found_by, *found.match.yields)))


def proven(found: Found) -> tuple[Identifier, ...]:
    """Those of `borne` that are not known to be unproven."""
    return tuple(one for one in borne(found) if one not in found.match.unproven)


def firmly(found: Found) -> Found:
    """The same record, which nothing unproven leads to or away from."""
    match = found.match
    if not match.unproven:
        return found
    found_by, yields = (
        tuple(one for one in many if one not in match.unproven) for many in (match.found_by, match.yields)
    )
    return found.model_copy(update={"match": match.model_copy(update={"found_by": found_by, "yields": yields})})
