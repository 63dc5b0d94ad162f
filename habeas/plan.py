"""What erasure will do to each object of a person, and by which law something stays. Pure: the day is passed in.

A plan is drafted from what was collected, seen and approved by its digest, and carried out to the letter.
"""

from __future__ import annotations

import calendar
import hashlib
import json
from collections import Counter, deque
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from pydantic import Field

from habeas.connector import Collection, PlannedObject, Record, RecordRef, Retention, SystemPlan, Treatment
from habeas.errors import ConfigurationError, Quarantine
from habeas.model import Frozen, Identifier
from habeas.outcomes import Fate, ObjectOutcome
from habeas.staying import Because, Stay, kept_back, spared

Place = tuple[str, str]
"""Collection and key."""

_LONGEST_YEARS = 1000


class IndexedRecord(Frozen):
    """What a plan needs to know of a collected object: everything but its content."""

    collection: str
    key: str = Field(repr=False)
    fingerprint: str
    anchor: date | None = None
    parents: tuple[RecordRef, ...] = Field(default=(), repr=False)
    referenced: bool = False
    """Something that is not the person's points at it."""
    shared: bool = False
    """See `Record.shared`."""
    lets_go: bool = False
    """See `Record.lets_go`."""
    only_with_parents: tuple[Treatment, ...] = ()
    """See `Record.only_with_parents`."""

    @classmethod
    def of(cls, record: Record) -> IndexedRecord:
        """Boil a collected record down."""
        return cls(
            collection=record.collection,
            key=record.key,
            fingerprint=record.fingerprint,
            anchor=record.anchor,
            parents=record.parents,
            referenced=record.referenced,
            shared=record.shared,
            lets_go=record.lets_go,
            only_with_parents=record.only_with_parents,
        )


class PlanLine(Frozen):
    """How many objects of a category get the same treatment for the same reason."""

    category: str
    treatment: Treatment
    law: str | None
    until: date | None
    count: int
    reason: str | None = None
    """Why it stays or is made anonymous, where no law says so: a code of `habeas.staying`; ``referenced``, because
    something that stays points at it; or ``as_mapped``, because its data map treats it so."""


class _Fate(NamedTuple):
    """What one object's own collection says of it, and then what its children make of it."""

    treatment: Treatment
    law: str | None = None
    until: date | None = None
    undated: bool = False
    referenced: bool = False
    reason: Because | None = None


_LEFT = _Fate(Treatment.RETAIN, reason=Because.NOT_ASKED)
_ENDLESS = (Because.NOT_ASKED, Because.SHARED)
"""What these keep is not broken by deleting what it points at, now or later."""


def undecided(collections: Iterable[Collection]) -> tuple[str, ...]:
    """What keeps a plan from being made of these collections, one sentence each; empty if nothing does."""
    return tuple(fault for collection in collections for fault in _faults(collection))


def draft(
    system: str,
    collections: Iterable[Collection],
    roots: Iterable[RecordRef],
    identifiers: Iterable[Identifier],
    index: Iterable[IndexedRecord],
    today: date,
    stays: Mapping[Place, Stay] | None = None,
    asked: Container[str] | None = None,
) -> SystemPlan:
    """Decide what erasure does to each object of a person in one system.

    Each object gets its collection's treatment. One under a duty to keep stays until its term is over; if its anchor
    date is missing, the term is counted from today and the object is marked ``undated``. An object to be deleted that
    a staying one points at becomes what its collection's ``when_referenced`` says. If that is RETAIN, it takes the law
    and the end of the longest-kept object that needs it; where only anonymised ones do, or what is not the person's, no
    law keeps it, so it is anonymised. What is another person's too stays as it is, by the law that its collection names
    (`Collection.shared`), with what hangs on nothing else; the account that it points at becomes what that one's
    ``when_referenced`` says. What would end with what it points at (`Collection.bound`) keeps that from it.
    What is held, restricted or exempt stays untouched, with everything it points at, and so does what can only go after
    it; see `habeas.staying`.

    Where only some categories were asked for, objects of others stay and are not in the plan. One that they point at is
    anonymised if its collection's ``when_referenced`` says so, and else stays: what was not asked for is not broken.

    Args:
        system: the system's name.
        collections: of its manifest.
        roots: the records found to be the person.
        identifiers: the person's, as known; `Connector.erase` uses them to notice objects that appeared since.
        index: every collected object; a repeated one counts as it was collected last. Parents that are not in the
            index are another's objects or gone, and decide nothing.
        today: the day of the plan, in the controller's zone.
        stays: objects that must stay for a reason that no collection knows. Those that are not in the index count not.
        asked: the categories that are to be erased; None for all.

    Returns:
        The plan, with its objects, roots and identifiers in an order that does not depend on that of the arguments.

    Raises:
        Quarantine: a record is of a collection that the manifest does not have.
        ConfigurationError: a collection does not say enough; see `undecided`.
    """
    by_name = {collection.name: collection for collection in collections}
    faults = undecided(by_name.values())
    if faults:
        raise ConfigurationError(f"{system}: {'; '.join(faults)}.", system=system)
    records = {(record.collection, record.key): record for record in index}
    unknown = sorted({collection for collection, _ in records} - by_name.keys())
    if unknown:
        detail = f"{system} collected objects of {', '.join(unknown)}, which its manifest does not have."
        raise Quarantine(detail, system=system)
    covered = {name for name, collection in by_name.items() if asked is None or collection.category in asked}
    fates = {
        place: _own_fate(by_name[place[0]], record.anchor, today) if place[0] in covered else _LEFT
        for place, record in records.items()
    }
    for place, law in _shared(records, by_name).items():
        if place[0] in covered:
            fates[place] = _Fate(Treatment.RETAIN, law, reason=Because.SHARED)
    _keep_what_is_needed(records, by_name, fates)
    planned = (_planned(records[place], by_name[place[0]], fates[place]) for place in sorted(records))
    parents = {place: [(ref.collection, ref.key) for ref in record.parents] for place, record in records.items()}
    objects = kept_back(tuple(planned), parents, stays or {})
    return SystemPlan(
        system=system,
        roots=tuple(sorted(set(roots), key=lambda ref: (ref.collection, ref.key))),
        identifiers=tuple(sorted(set(identifiers), key=lambda known: (known.kind, known.value))),
        objects=tuple(each for each in objects if each.collection in covered),
        only=None if asked is None else tuple(sorted(covered)),
    )


def digest(plans: Iterable[SystemPlan]) -> str:
    """Name a whole plan: SHA-256 in hex over its canonical JSON, whatever the order of systems and objects.

    The plan holds personal data, and of a very small one a digest can be guessed: only a digest keyed with the
    request's key (``RequestKey.digest``) may leave the ledger.
    """
    content = sorted(_canonical(_sorted_parts(_dumped(plan))) for plan in plans)
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def summary(plan: SystemPlan) -> tuple[PlanLine, ...]:
    """Count a plan's objects by category, treatment, law or reason, and end."""
    counts = Counter((each.category, each.treatment, each.law, each.until, reason_of(each)) for each in plan.objects)
    lines = (
        PlanLine(category=category, treatment=treatment, law=law, until=until, count=count, reason=why)
        for (category, treatment, law, until, why), count in counts.items()
    )
    return tuple(sorted(lines, key=_by_category))


def _by_category(line: PlanLine) -> tuple[str, Treatment, str, date, str]:
    return line.category, line.treatment, line.law or "", line.until or date.min, line.reason or ""


def reason_of(planned: PlannedObject) -> str | None:
    """As `PlanLine.reason` has it; None where a law says why, and of what is deleted, as was asked."""
    if planned.reason or planned.law or planned.treatment is Treatment.DELETE:
        return planned.reason
    return "referenced" if planned.referenced else "as_mapped"


def verdict(planned: PlannedObject, outcome: ObjectOutcome) -> bool:
    """Whether an object became what was planned. One to be deleted that is not found is as planned.

    Raises:
        ValueError: the two are not about the same object.
    """
    if (planned.collection, planned.key) != (outcome.collection, outcome.key):
        raise ValueError("the outcome is another object's")
    return outcome.fate in _AS_PLANNED[planned.treatment]


def kept_by_law(outcome: ObjectOutcome) -> bool:
    """Whether an object stays by a law that is named, until a day that is."""
    return outcome.fate is Fate.RETAINED and outcome.law is not None and outcome.until is not None


def term_end(retention: Retention, anchor: date) -> date:
    """The last day of a duty to keep; the day after, the object may go.

    Months and years end on the same day number, or on the last day of a shorter month.

    Raises:
        OverflowError: the end is beyond the calendar.
    """
    start = date(anchor.year, 12, 31) if retention.to == "year_end" else anchor
    months = start.month - 1 + retention.months + 12 * retention.years
    year, month = start.year + months // 12, months % 12 + 1
    if year > date.max.year:
        raise OverflowError("the retention's end is beyond the calendar")
    day = min(start.day, calendar.monthrange(year, month)[1])
    return date(year, month, day) + timedelta(days=retention.days)


_AS_PLANNED: Mapping[Treatment, frozenset[Fate]] = {
    Treatment.DELETE: frozenset({Fate.ERASED, Fate.NOT_FOUND}),
    Treatment.ANONYMISE: frozenset({Fate.ANONYMISED}),
    Treatment.RETAIN: frozenset({Fate.RETAINED}),
}


def _faults(collection: Collection) -> Iterator[str]:
    name, retention = collection.name, collection.retention
    if (collection.treatment is Treatment.RETAIN) != (retention is not None):
        yield f"{name}: what is retained needs a retention with its law and term, and nothing else has one"
    if retention is not None and retention.to is None and not (retention.years or retention.months or retention.days):
        yield f"{name}: the retention has no term"
    if retention is not None and retention.years + retention.months / 12 + retention.days / 365 > _LONGEST_YEARS:
        yield f"{name}: the retention is longer than {_LONGEST_YEARS} years: no law's term, but a slip"
    if collection.after is Treatment.RETAIN:
        yield f"{name}: when the retention is over, the object is deleted or anonymised, not retained without an end"


def _own_fate(collection: Collection, anchor: date | None, today: date) -> _Fate:
    retention = collection.retention
    if collection.treatment is not Treatment.RETAIN or retention is None:
        return _Fate(collection.treatment)
    try:
        until, undated = (term_end(retention, anchor), False) if anchor else (term_end(retention, today), True)
    except OverflowError:
        # A date such as 9999-12-31 stands for none; kept without an end is not an answer.
        until, undated = term_end(retention, today), True
    if until < today:
        return _Fate(collection.after)
    return _Fate(Treatment.RETAIN, retention.law, until, undated)


def _shared(records: Mapping[Place, IndexedRecord], by_name: Mapping[str, Collection]) -> dict[Place, str]:
    """What is somebody else's too, and by which law it stays; with what points at nothing but such: its attachments."""
    found = {
        place: law
        for place, record in records.items()
        if record.shared and (law := by_name[place[0]].shared) is not None
    }
    below: dict[Place, list[Place]] = {}
    for place, record in records.items():
        for ref in record.parents:
            below.setdefault((ref.collection, ref.key), []).append(place)
    queue = deque(found)
    while queue:
        over = queue.popleft()
        for place in below.get(over, ()):
            if place not in found and all((ref.collection, ref.key) in found for ref in records[place].parents):
                found[place] = found[over]
                queue.append(place)
    return found


def _keep_what_is_needed(
    records: Mapping[Place, IndexedRecord], by_name: Mapping[str, Collection], fates: dict[Place, _Fate]
) -> None:
    """Spread 'it stays' from each object to those it points at, until nothing changes.

    Retained ones go first, the longest-kept ahead: whoever reaches an object first gives it the right law and end, so
    each is decided once, cycles or not.
    """

    def spread(start: list[Place], wanted: Treatment) -> None:
        queue = deque(start)
        while queue:
            child = queue.popleft()
            if records[child].lets_go and fates[child].treatment is Treatment.ANONYMISE:
                continue
            for parent in ((ref.collection, ref.key) for ref in records[child].parents):
                if parent in fates:
                    needed = _needed(fates[child], by_name[child[0]], fates[parent], by_name[parent[0]], wanted)
                    if needed is not None:
                        fates[parent] = needed._replace(referenced=True)
                        queue.append(parent)

    retained = [place for place, fate in fates.items() if fate.treatment is Treatment.RETAIN]
    for place in sorted(retained, key=lambda place: _by_end(fates[place]), reverse=True):
        spread([place], Treatment.RETAIN)
    for place, record in records.items():
        to_go = fates[place].treatment is Treatment.DELETE
        if record.referenced and to_go and by_name[place[0]].when_referenced is not Treatment.DELETE:
            fates[place] = _Fate(Treatment.ANONYMISE, referenced=True)
    spread([place for place, fate in fates.items() if fate.treatment is not Treatment.DELETE], Treatment.ANONYMISE)


def _needed(child: _Fate, points: Collection, parent: _Fate, rule: Collection, wanted: Treatment) -> _Fate | None:
    """What an object that stays makes of one that it points at; None for nothing."""
    told = rule.when_referenced if parent.treatment is Treatment.DELETE else parent.treatment
    if told is Treatment.DELETE and child.reason in _ENDLESS:
        told = Treatment.RETAIN
    if child.treatment is Treatment.RETAIN:
        told = spared(told, points)
    if told is parent.treatment:
        return None
    if told is wanted or (told is Treatment.RETAIN and wanted is Treatment.ANONYMISE):
        return child if wanted is Treatment.RETAIN else _Fate(wanted)
    return None


def _by_end(fate: _Fate) -> tuple[date, str, bool]:
    if fate.reason in _ENDLESS:
        return date.max, fate.law or "", False
    return fate.until or date.min, fate.law or "", fate.undated


def _planned(record: IndexedRecord, collection: Collection, fate: _Fate) -> PlannedObject:
    return PlannedObject(
        collection=record.collection,
        key=record.key,
        treatment=fate.treatment,
        fingerprint=record.fingerprint,
        law=fate.law,
        until=fate.until,
        category=collection.category,
        undated=fate.undated,
        referenced=fate.referenced,
        reason=fate.reason.value if fate.reason else None,
        lets_go=record.lets_go,
        only_with_parents=record.only_with_parents,
    )


def _dumped(plan: SystemPlan) -> dict[str, Any]:
    """A plan in JSON. What was added to its form since is left out where it is not used: older digests stay right."""
    dumped = plan.model_dump(mode="json")
    if plan.only is None:
        del dumped["only"]
    for planned in dumped["objects"]:
        for name in ("reason", "then", "needs", "lets_go", "only_with_parents"):
            if not planned[name]:
                del planned[name]
    return dumped


def _sorted_parts(plan: dict[str, Any]) -> dict[str, Any]:
    return {key: sorted(value, key=_canonical) if isinstance(value, list) else value for key, value in plan.items()}


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
