"""What says that records are not one person's. Pure; whatever the order in which they were found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations

from habeas.found import Contradiction, ContradictionKind, Found, Place, Reach, borne, firmly, order, proven, reach
from habeas.model import Identifier
from habeas.names import Name, agree, agree_fully, consistent, folded, is_full
from habeas.written import untagged

_EMAIL, _PHONE = "email", "phone"

Shared = tuple[tuple[Contradiction, Identifier], ...]
"""Contradictions, each with the identifier that the records share."""
Contested = frozenset[Identifier]
"""Identifiers that lead to somebody else as well."""


def contradictions_of(matches: list[Found], shared: Shared) -> tuple[Contradiction, ...]:
    """What the records themselves say against each other; of what they share, as `shared_among` has it."""
    return (*(each for each, _ in shared), *_names(matches))


def shared_among(matches: list[Found], claimed: tuple[Identifier, ...] = ()) -> Shared:
    """What several records have in common that not all of them can have."""
    return (*_shared(matches), *_shared_across(matches, claimed))


def contested(matches: list[Found], gone: list[Found], shared: Shared, sure: set[Place]) -> Contested:
    """The identifiers that somebody else has, too, or may have, as far as no human has said that all is one person's.

    What stands on a record without proof does not count: who types another's address into their own profile does not
    share it.

    Args:
        matches: what may be the person's.
        gone: what a human said is not. A staff account that the person does not ask about is theirs all the same.
        shared: among what may be the person's, as `shared_among` has it.
        sure: what a human said is the person's.
    """
    found = {one for each in gone if not each.match.staff for one in proven(each)}
    for doubt, identifier in shared:
        if not sure.issuperset(doubt.places):
            found.add(identifier)
    for one, other in combinations(matches, 2):
        if not (one.place in sure and other.place in sure) and not consistent(one.match.name, other.match.name):
            found |= {*proven(one)} & {*proven(other)}
    return frozenset(found)


def _shared(matches: list[Found]) -> Iterator[tuple[Contradiction, Identifier]]:
    bearers: dict[tuple[str, str, Identifier], list[Place]] = {}
    for found in (each for each in matches if each.match.account):
        for identifier in proven(found):
            bearers.setdefault((found.system, found.match.collection, identifier), []).append(found.place)
    seen: set[tuple[str, tuple[Place, ...]]] = set()
    for (_, _, identifier), places in sorted(bearers.items(), key=lambda item: (item[0][2].kind, *map(order, item[1]))):
        group = (identifier.kind, tuple(places))
        if len(places) > 1 and group not in seen:
            seen.add(group)
            yield _shares(places, identifier), identifier


def _shared_across(matches: list[Found], claimed: tuple[Identifier, ...]) -> Iterator[tuple[Contradiction, Identifier]]:
    """Records of several collections that share an address, or the number that was all they gave, and differ otherwise.

    One that bears the customer number 17 and one that bears 23 are not one person's because both have the same mailbox.
    Full names that agree, or another identifier that they share, say that they are; but not of two with one number and
    different addresses: a number given anew may go from one Jens Hansen to the next.
    """
    bearers: dict[Identifier, list[Found]] = {}
    for found in matches:
        for identifier in proven(found):
            if identifier.kind == _EMAIL or (identifier in claimed and _numbers_alone(claimed)):
                bearers.setdefault(identifier, []).append(found)
    seen: set[tuple[str, tuple[Place, ...]]] = set()
    for identifier in sorted(bearers, key=lambda one: (one.kind, one.value)):
        apart = {
            place
            for one, other in combinations(bearers[identifier], 2)
            if _kept_in(one) != _kept_in(other) and _differ(one, other, identifier)
            for place in (one.place, other.place)
        }
        group = (identifier.kind, tuple(sorted(apart, key=order)))
        if apart and group not in seen:
            seen.add(group)
            yield _shares(group[1], identifier), identifier


def _shares(places: Iterable[Place], identifier: Identifier) -> Contradiction:
    return Contradiction(
        kind=ContradictionKind.SHARED_IDENTIFIER,
        sides=tuple((place,) for place in places),
        identifier_kind=identifier.kind,
    )


def _kept_in(found: Found) -> tuple[str, str]:
    return found.system, found.match.collection


def _differ(one: Found, other: Found, shared: Identifier) -> bool:
    """Whether nothing else says that they are one person's, and something says that they are not.

    Somebody has several phone numbers, and several forms of one address (``ann+shop@``).
    """
    ours, theirs = set(borne(one)), set(borne(other))
    names = folded(one.match.name), folded(other.match.name)
    if not agree(*names):
        # A contradiction of its own.
        return False
    apart = {
        kind
        for kind in {each.kind for each in ours} - {_PHONE}
        for mine, yours in [(_values(ours, kind, shared), _values(theirs, kind, shared))]
        if mine and yours and not mine & yours
    }
    if shared.kind != _EMAIL and _EMAIL in apart:
        return True
    return bool(apart) and not (({*proven(one)} & {*proven(other)}) - {shared} or agree_fully(*names))


def _values(borne: set[Identifier], kind: str, without: Identifier) -> set[str]:
    """What is borne of this kind, without this identifier and other forms of it."""
    plain = {_plain(one) for one in borne if one.kind == kind}
    return plain - {_plain(without)} if without.kind == kind else plain


def _plain(one: Identifier) -> str:
    return untagged(one.value) if one.kind == _EMAIL else one.value


def weakly_found(
    matches: list[Found],
    claimed: tuple[Identifier, ...],
    sure: set[Place],
    name: str | None,
    shared: Contested,
    unproven: frozenset[Identifier] = frozenset(),
) -> Iterator[Contradiction]:
    """Records to which only a number leads, or what is unproven or shared, and nothing else says whose they are.

    Telephone companies give numbers anew, so that nobody is known by theirs alone; other numbers are the controller's
    own, and one is doubted where its record bears an address that is not known to be the person's. Their full name, or
    another identifier that is known, lifts the doubt, and so does that nobody gave anything but numbers. Against an
    address that is not known to be theirs only one that is speaks: a name is many people's, and whoever types another's
    number into their own profile types the name as well; or staff, who attested this number and name. What leads to
    somebody else as well leads to the person where the record bears a full name, which contradicts if it is another's.
    For what nobody has proven no name speaks: whoever typed the one typed the other. A number that somebody named, and
    nothing has shown to be theirs (``unproven``), is believed only with the full name of whom staff attested.
    """
    firm = _reach_firmly(matches, claimed, sure, name, shared, unproven)
    known = [found for found in matches if found.place in firm.records]
    typed = _typed(known)
    for found in (one for one in matches if one.place not in firm.records):
        via = [one for one in firmly(found).match.found_by if one in firm.identifiers or one in unproven]
        if by := [one for one in via if one in shared]:
            yield _shares((found.place,), min(by, key=lambda one: one.kind))
        elif via:
            yield _led_by(via, ContradictionKind.NUMBER, found, known)
        elif via := [one for one in found.match.found_by if one in firm.identifiers or one in typed]:
            yield _led_by(via, ContradictionKind.UNPROVEN, found, known)


def _led_by(via: list[Identifier], kind: ContradictionKind, found: Found, known: list[Found]) -> Contradiction:
    same = tuple(one.place for one in known if not set(via).isdisjoint(borne(one)))
    beside = same or tuple(one.place for one in known)
    return Contradiction(
        kind=kind,
        sides=((found.place,), beside) if beside else ((found.place,),),
        identifier_kind=min(one.kind for one in via),
    )


def _typed(known: Iterable[Found]) -> set[Identifier]:
    """What stands on these records and nobody has proven."""
    return {one for found in known for one in found.match.unproven}


def _reach_firmly(
    matches: list[Found],
    claimed: tuple[Identifier, ...],
    sure: set[Place],
    name: str | None,
    shared: Contested,
    unproven: frozenset[Identifier],
) -> Reach:
    """What is reached without taking the word of a number, or of what is unproven or shared. That may make more so."""
    alone = _numbers_alone(claimed)
    proven_ones = [firmly(found) for found in matches]
    by_place = {found.place: found for found in matches}
    taken, attested = set(sure), folded(name)
    while True:
        followed = [
            found
            if found.place in taken
            else _found_only_by(found, tuple(o for o in found.match.found_by if o.kind == _EMAIL and o not in shared))
            for found in proven_ones
        ]
        led = {one for found in proven_ones if found.place in taken for one in found.match.found_by}
        firm = reach(followed, [one for one in claimed if one in led or one not in unproven], sure)
        names = [attested, *(folded(by_place[place].match.name) for place in firm.records)]
        strange = _strange(matches, firm.identifiers)
        more = {
            found.place
            for found in proven_ones
            if found.place not in taken
            and any(
                (alone and one in claimed and one not in shared)
                or (
                    _bears_known_address(found, firm.identifiers)
                    or (one in claimed and agree_fully(folded(found.match.name), attested))
                    if one.kind != _EMAIL and found.place in strange
                    else _is_believed(found, one, shared) or _is_backed(found, one, firm.identifiers, names)
                )
                for one in found.match.found_by
                if one in firm.identifiers or (one in unproven and agree_fully(folded(found.match.name), attested))
            )
        }
        if not more:
            return firm
        taken |= more


def _numbers_alone(claimed: tuple[Identifier, ...]) -> bool:
    return all(one.kind != _EMAIL for one in claimed)


def _found_only_by(found: Found, identifiers: tuple[Identifier, ...]) -> Found:
    return found.model_copy(update={"match": found.match.model_copy(update={"found_by": identifiers})})


def _is_backed(found: Found, by: Identifier, known: Collection[Identifier], names: list[Name]) -> bool:
    """Whether something besides this identifier says that the record is the person's."""
    own = folded(found.match.name)
    return any(agree_fully(own, name) for name in names) or any(one in known for one in borne(found) if one != by)


def _strange(matches: list[Found], known: Collection[Identifier]) -> set[Place]:
    """The records that bear an address which is not known to be the person's, nor another form of one that is."""
    plain = {_plain(one) for one in known if one.kind == _EMAIL}
    return {
        found.place for found in matches if any(one.kind == _EMAIL and _plain(one) not in plain for one in borne(found))
    }


def _bears_known_address(found: Found, known: Collection[Identifier]) -> bool:
    return any(one.kind == _EMAIL and one in known for one in borne(found))


def _is_believed(found: Found, by: Identifier, shared: Contested) -> bool:
    """Whether what leads to it needs nothing besides: a number of the controller's own, or of two, a full name."""
    return is_full(folded(found.match.name)) if by in shared else by.kind != _PHONE


def _names(matches: list[Found]) -> Iterator[Contradiction]:
    bearers: dict[Name, list[Place]] = {}
    for found in matches:
        bearers.setdefault(folded(found.match.name), []).append(found.place)
    against: dict[Name, list[Name]] = {name: [] for name in bearers}
    for one, other in combinations(bearers, 2):
        if not agree(one, other):
            against[one].append(other)
            against[other].append(one)
    seen: set[Name] = set()
    for name in bearers:
        if against[name] and name not in seen:
            cluster = _cluster(name, against)
            seen |= cluster
            sides = sorted((tuple(bearers[each]) for each in cluster), key=lambda side: order(side[0]))
            yield Contradiction(kind=ContradictionKind.NAMES, sides=tuple(sides))


def strangers(matches: list[Found], sure: set[Place], name: str | None) -> Iterator[Contradiction]:
    """The records whose name cannot be that of the person, as one question.

    Who bears another name by what a human said is theirs is known by that one, too.
    """
    names = [name, *(found.match.name for found in matches if found.place in sure and found.match.name)]
    places = tuple(found.place for found in matches if not any(consistent(one, found.match.name) for one in names))
    if name and places:
        yield Contradiction(kind=ContradictionKind.NAMES, sides=tuple((place,) for place in places))


def staff_accounts(matches: list[Found], others: Collection[Place]) -> Iterator[Contradiction]:
    """Each staff account, beside what was found of the person without any."""
    for account in (found.place for found in matches if found.match.staff):
        beside = tuple(found.place for found in matches if found.place in others and found.place != account)
        yield Contradiction(kind=ContradictionKind.STAFF, sides=((account,), beside) if beside else ((account,),))


def _cluster(name: Name, against: Mapping[Name, list[Name]]) -> set[Name]:
    """Every name that a chain of contradictions leads to: one question for a human, not one for each pair."""
    cluster, queue = {name}, [name]
    while queue:
        new = [each for each in against[queue.pop()] if each not in cluster]
        cluster.update(new)
        queue += new
    return cluster
