"""Whether the records found in several systems are one person. Pure; decides nothing that a human should.

Records are found by identifiers alone. Three things say that a record may be somebody else's: an identifier that leads
to more than one record of a collection (a shared mailbox, a reused number), names that cannot be one person's, and that
it is the account of a member of staff, who works there and is no customer. Such records are held until a human has
ruled on each; nothing is searched by what they alone know.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import combinations

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
        """The records that a human must rule on: a staff account casts no doubt on what it stands against."""
        return self.sides[0] if self.kind is ContradictionKind.STAFF else self.places


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
    contradictions: tuple[Contradiction, ...]
    paths: Mapping[Place, tuple[Step, ...]] = Field(repr=False)
    """How each record that is kept or held was found: the shortest way from what was claimed, itself the last step."""

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """The person's identifiers, as known now."""
        return tuple(known.identifier for known in self.known)


def contradictions(matches: Mapping[str, tuple[Match, ...]]) -> tuple[Contradiction, ...]:
    """Everything that says that these matches are not one person, whatever their order.

    Args:
        matches: by system.
    """
    found = _flat(matches)
    return (*_contradictions(found), *_staff(found, [one.place for one in found if not one.match.staff]))


def settle(
    matches: Mapping[str, tuple[Match, ...]],
    decisions: Iterable[Decision],
    claimed: Iterable[Identifier],
    name: str | None = None,
) -> Settled:
    """Sort matches into the person's, the doubtful and the strays.

    A contradiction is settled when a human has ruled on every record that it casts doubt on. Records ruled
    ``not_subject`` are gone, and with them whatever only they led to; those ruled ``is_subject`` are the person's
    however they were found.

    Args:
        matches: by system, everything found so far.
        decisions: the human rulings so far, in their order.
        claimed: the identifiers that the search began with.
        name: whose records they must be, where only a name says so; a record of another name is held.
    """
    rulings = {decision.place: decision.ruling for decision in decisions}
    start = tuple(dict.fromkeys(claimed))
    alive = [found for found in _flat(matches) if rulings.get(found.place) is not Ruling.NOT_SUBJECT]
    sure = {found.place for found in alive if found.place in rulings}
    reached = _reach(alive, start, sure)
    relevant = [found for found in alive if found.place in reached.records]
    plain = _reach([found for found in relevant if found.place in sure or not found.match.staff], start, sure)
    doubts = (*_contradictions(relevant), *_strangers(relevant, name), *_staff(relevant, plain.records))
    open_ones = tuple(each for each in doubts if any(place not in sure for place in each.doubted))
    doubtful = {place for each in open_ones for place in each.doubted if place not in sure}
    clear = _reach([found for found in relevant if found.place not in doubtful], start, sure)
    return Settled(
        kept=tuple(found for found in relevant if found.place in clear.records),
        held=tuple(found for found in relevant if found.place not in clear.records),
        strays=tuple(found for found in alive if found.place not in reached.records),
        known=tuple(Known(identifier=each, path=path) for each, path in clear.identifiers.items()),
        contradictions=open_ones,
        paths={**reached.records, **clear.records},
    )


def spread(settled: Settled) -> tuple[Known, ...]:
    """The identifiers known now, the claimed ones first, each with the shortest path that led to it."""
    return settled.known


def consistent(one: str | None, other: str | None) -> bool:
    """Whether two names can be one person's.

    Case, accents, punctuation, titles and the order of the parts do not count. The shorter name must be contained in
    the longer; an initial stands for any part that begins with it. A missing name contradicts nothing.
    """
    return _agree(_folded(one), _folded(other))


class _Reach:
    """What can be reached from some identifiers: records, and the identifiers these yield."""

    def __init__(self, start: Iterable[Identifier]) -> None:
        self.identifiers: dict[Identifier, tuple[Step, ...]] = dict.fromkeys(start, ())
        self.records: dict[Place, tuple[Step, ...]] = {}


def _reach(matches: list[Found], start: Iterable[Identifier], sure: set[Place]) -> _Reach:
    reach = _Reach(start)
    finders: dict[Identifier, list[Found]] = {}
    for found in matches:
        for identifier in found.match.found_by:
            finders.setdefault(identifier, []).append(found)

    def arrive(found: Found, path: tuple[Step, ...]) -> None:
        if found.place in reach.records:
            return
        reach.records[found.place] = path
        for identifier in found.match.yields:
            if identifier not in reach.identifiers:
                reach.identifiers[identifier] = path
                queue.append(identifier)

    def follow() -> None:
        while queue:
            identifier = queue.popleft()
            for found in finders.get(identifier, ()):
                step = Step(place=found.place, via=identifier.kind)
                arrive(found, (*reach.identifiers[identifier], step))

    queue = deque(reach.identifiers)
    follow()
    for found in matches:
        if found.place in sure:
            arrive(found, (Step(place=found.place, via=None),))
            follow()
    return reach


def _flat(matches: Mapping[str, tuple[Match, ...]]) -> list[Found]:
    """Every match once, in an order of its own; what several searches said of a record is put together."""
    merged: dict[Place, Found] = {}
    for system, found_there in matches.items():
        for match in found_there:
            found = Found(system=system, match=match)
            merged[found.place] = _merge(merged.get(found.place), found)
    return [merged[place] for place in sorted(merged, key=_order)]


def _merge(before: Found | None, found: Found) -> Found:
    if before is None:
        return found
    match = found.match.model_copy(
        update={
            "found_by": tuple(dict.fromkeys((*before.match.found_by, *found.match.found_by))),
            "yields": tuple(dict.fromkeys((*before.match.yields, *found.match.yields))),
            "name": found.match.name or before.match.name,
            "staff": found.match.staff or before.match.staff,
        }
    )
    return found.model_copy(update={"match": match})


def _order(place: Place) -> tuple[str, str, str]:
    return place.system, place.record.collection, place.record.key


def _contradictions(matches: list[Found]) -> tuple[Contradiction, ...]:
    return (*_shared(matches), *_names(matches))


def _shared(matches: list[Found]) -> Iterator[Contradiction]:
    bearers: dict[tuple[str, str, Identifier], list[Place]] = {}
    for found in matches:
        for identifier in dict.fromkeys((*found.match.found_by, *found.match.yields)):
            bearers.setdefault((found.system, found.match.collection, identifier), []).append(found.place)
    seen: set[tuple[str, tuple[Place, ...]]] = set()
    for (_, _, identifier), places in sorted(
        bearers.items(), key=lambda item: (item[0][2].kind, *map(_order, item[1]))
    ):
        group = (identifier.kind, tuple(places))
        if len(places) > 1 and group not in seen:
            seen.add(group)
            yield Contradiction(
                kind=ContradictionKind.SHARED_IDENTIFIER,
                sides=tuple((place,) for place in places),
                identifier_kind=identifier.kind,
            )


_Name = tuple[str, ...]


def _names(matches: list[Found]) -> Iterator[Contradiction]:
    bearers: dict[_Name, list[Place]] = {}
    for found in matches:
        bearers.setdefault(_folded(found.match.name), []).append(found.place)
    against: dict[_Name, list[_Name]] = {name: [] for name in bearers}
    for one, other in combinations(bearers, 2):
        if not _agree(one, other):
            against[one].append(other)
            against[other].append(one)
    seen: set[_Name] = set()
    for name in bearers:
        if against[name] and name not in seen:
            cluster = _cluster(name, against)
            seen |= cluster
            sides = sorted((tuple(bearers[each]) for each in cluster), key=lambda side: _order(side[0]))
            yield Contradiction(kind=ContradictionKind.NAMES, sides=tuple(sides))


def _strangers(matches: list[Found], name: str | None) -> Iterator[Contradiction]:
    """The records whose name cannot be that of the person, as one question."""
    places = tuple(found.place for found in matches if not consistent(name, found.match.name))
    if places:
        yield Contradiction(kind=ContradictionKind.NAMES, sides=tuple((place,) for place in places))


def _staff(matches: list[Found], others: Collection[Place]) -> Iterator[Contradiction]:
    """Each staff account, beside what was found of the person without any."""
    for account in (found.place for found in matches if found.match.staff):
        beside = tuple(found.place for found in matches if found.place in others and found.place != account)
        yield Contradiction(kind=ContradictionKind.STAFF, sides=((account,), beside) if beside else ((account,),))


def _cluster(name: _Name, against: Mapping[_Name, list[_Name]]) -> set[_Name]:
    """Every name that a chain of contradictions leads to: one question for a human, not one for each pair."""
    cluster, queue = {name}, [name]
    while queue:
        new = [each for each in against[queue.pop()] if each not in cluster]
        cluster.update(new)
        queue += new
    return cluster


# Letters that Unicode does not take apart, and the spellings that people use where a keyboard lacks them.
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"})
_DIGRAPHS = re.compile(r"(?<=[aou])e|(?<=a)a")
_TITLES = frozenset(
    ("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "ing", "herr", "frau", "hr", "fru", "frk", "mme", "mlle")
)


def _folded(name: str | None) -> _Name:
    """The parts of a name that are compared; none for a missing one."""
    plain = unicodedata.normalize("NFKD", (name or "").casefold()).translate(_LETTERS)
    bare = "".join(char for char in plain if not unicodedata.combining(char) and char not in "'’`´ʼ")
    parts = "".join(char if unicodedata.category(char)[0] in "LNM" else " " for char in bare).split()
    parts = [_DIGRAPHS.sub("", part) for part in parts]
    return tuple(part for part in parts if part not in _TITLES) or tuple(parts)


def _agree(one: _Name, other: _Name) -> bool:
    if not one or not other or "".join(one) == "".join(other):
        return True
    return _contained(one, other) or _contained(other, one)


def _contained(small: _Name, large: _Name) -> bool:
    """Whether each part of one name has its own part in the other: the same one, or one that an initial stands for.

    Equal words pair off first, which never costs a pair: an initial that gives way takes the other's partner. Equal
    initials must not: ``Anna A.`` and ``A. Arne`` pair crosswise.
    """
    same = Counter(part for part in small if len(part) > 1) & Counter(large)
    left, right = Counter(small) - same, Counter(large) - same
    for letter in {part[0] for part in left}:
        words, initials = _by_letter(left, letter)
        their_words, their_initials = _by_letter(right, letter)
        if words > their_initials or words + initials > their_words + their_initials:
            return False
    return True


def _by_letter(parts: Counter[str], letter: str) -> tuple[int, int]:
    words = sum(count for part, count in parts.items() if part[0] == letter and len(part) > 1)
    return words, parts[letter]
