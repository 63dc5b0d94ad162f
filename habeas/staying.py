"""What stays on erasure for a reason that no collection knows, and what goes when its time has come. Pure.

A legal hold, a restriction or a refused category keeps an object exactly as it is, and with it everything that it
points at: what it says must not be changed from under it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection as Some
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum

from pydantic import Field

from habeas.connector import Collection, PlannedObject, RecordRef, SystemPlan, Treatment
from habeas.model import Frozen

Place = tuple[str, str]
"""Collection and key."""


class Because(StrEnum):
    """Why an object stays. Of several reasons the first here is kept with it.

    What never ends by itself comes before what passes: the end of a hold must not take what was refused, or what is
    another's to decide over.
    """

    EXEMPT = "exempt"
    """Staff refused this part of the request on a ground of the law."""
    CONTROLLED = "controlled"
    """Somebody else decides over it, and was sent the request (GDPR art. 28(3)(a) and (e))."""
    NOT_ASKED = "not_asked"
    """Something that points at it was not asked to be erased, and stays."""
    SHARED = "shared"
    """It is another person's as much as theirs: a message between two."""
    RECOURSE = "recourse"
    """A copy of it was refused, and the person may still have that reviewed (PIPEDA 8(8), P-39.1 s.36)."""
    LEGAL_HOLD = "legal_hold"
    """It is needed in a matter that is pending."""
    RESTRICTED = "restricted"
    """Nothing may be done with it but storing (GDPR art. 18)."""


PASSING = frozenset({Because.RECOURSE, Because.LEGAL_HOLD, Because.RESTRICTED})
"""Once these are over, what the person asked for is done. An exemption is an answer, and stays one."""
ANSWERS = frozenset({Because.EXEMPT, Because.CONTROLLED, Because.NOT_ASKED})
"""What these keep is not touched by the end of anything else, and nothing that it points at."""


class Stay(Frozen):
    """Why an object must stay, and by what law."""

    because: Because
    law: str = Field(min_length=1)
    until: date | None = None
    """The last day, where it is known by itself."""


def together(stays: Iterable[Stay]) -> Stay:
    """Several reasons for one object as one: the first in the order of `Because`, and every law once.

    Raises:
        ValueError: there is none.
    """
    ordered = sorted(set(stays), key=lambda stay: (_STRENGTH.index(stay.because), stay.law, stay.until or date.max))
    if not ordered:
        raise ValueError("no reason was given")
    first = ordered[0].because
    days = [stay.until for stay in ordered if stay.because is first]
    until = None if None in days else max(day for day in days if day)
    return Stay(because=first, law="; ".join(dict.fromkeys(stay.law for stay in ordered)), until=until)


def kept_back(
    objects: tuple[PlannedObject, ...],
    parents: Mapping[Place, Sequence[Place]],
    stays: Mapping[Place, Stay],
) -> tuple[PlannedObject, ...]:
    """The plan's objects, with those that must stay, and all that they point at, retained as they are.

    What could only go after something that stays is retained with it, and keeps nothing else. An object that its own
    retention keeps anyway keeps its date too; of any other it is remembered what would have become of it, for the day
    when the reason is over.

    Args:
        objects: planned as if nothing had to stay.
        parents: what each object points at. Places that are not among the objects decide nothing.
        stays: why which object stays.
    """
    known = {_place(each) for each in objects}
    why = {place: stay for place, stay in stays.items() if place in known}
    pointed: set[Place] = set()
    queue = deque(sorted(why, key=lambda place: (_STRENGTH.index(why[place].because), why[place].law, place)))
    while queue:
        child = queue.popleft()
        for parent in parents.get(child, ()):
            if parent in known and parent not in why:
                why[parent] = why[child]
                pointed.add(parent)
                queue.append(parent)
    staying = {_place(each): each for each in objects}
    staying |= {place: _staying(staying[place], stay, needed=place in pointed) for place, stay in why.items()}
    _follow(staying, parents)
    return tuple(_with_needs(each, parents.get(place, ()), known) for place, each in staying.items())


def _follow(objects: dict[Place, PlannedObject], parents: Mapping[Place, Sequence[Place]]) -> None:
    """Retain what can only go after something that stays, for the reason and as long as that."""
    waiting = {place for place, each in objects.items() if each.treatment in each.only_with_parents}
    moved = True
    while moved:
        moved = False
        for place in sorted(waiting):
            was, kept = objects[place], _first_kept(objects, parents.get(place, ()))
            if kept is not None:
                told = {"law": kept.law, "until": kept.until, "undated": kept.undated, "reason": kept.reason}
                objects[place] = was.model_copy(update={"treatment": Treatment.RETAIN, "then": was.treatment, **told})
                waiting.remove(place)
                moved = True


def _first_kept(objects: Mapping[Place, PlannedObject], places: Iterable[Place]) -> PlannedObject | None:
    kept = (objects[one] for one in places if one in objects and objects[one].treatment is Treatment.RETAIN)
    return min(kept, key=_by_strength, default=None)


def spared(told: Treatment, points: Collection) -> Treatment:
    """What becomes of an object that a retained one points at: nothing that would end that one (`Collection.bound`)."""
    if told is Treatment.DELETE in points.bound:
        told = Treatment.ANONYMISE
    return Treatment.RETAIN if told is Treatment.ANONYMISE in points.bound else told


def ended(
    plan: SystemPlan,
    collections: Iterable[Collection],
    today: date,
    *,
    still: Some[Place] = frozenset(),
    present: Some[Place] | None = None,
) -> SystemPlan:
    """What of a plan that was carried out goes now: objects whose term is over, or whose reason to stay has gone.

    What stays keeps what it points at: all of it, where a hold, a restriction or an answer keeps it; otherwise as the
    collection's ``when_referenced`` says. What is anonymised stays too, as a row: what only that needs is anonymised.
    What can only go after something that stays waits for that.

    Args:
        plan: as it was approved.
        collections: of the system's manifest, which say what happens once a term is over. Objects of a collection that
            is no longer there are left.
        today: in the controller's zone. On its last day an object still stays.
        still: objects that a hold or a restriction keeps today.
        present: objects that were found retained and have not gone since; None for all that were planned so.

    Returns:
        Exactly these objects with what becomes of them; no roots and no identifiers, as nothing is searched for.
    """
    rules = {each.name: each for each in collections}
    kept = {
        _place(each): each
        for each in plan.objects
        if each.treatment is Treatment.RETAIN and (present is None or _place(each) in present)
    }
    going = {
        place: each.then or _afterwards(rules[each.collection])
        for place, each in kept.items()
        if each.collection in rules and place not in still and _is_over(each, today)
    }
    for place in _with_all_they_need(kept, (each for each in kept if each in still or _is_answer(kept, going, each))):
        going.pop(place, None)
    _leave_what_is_needed(kept, going, rules)
    _leave_what_comes_after(kept, going)
    objects = tuple(_going(kept[place], going[place]) for place in sorted(going))
    return plan.model_copy(update={"roots": (), "identifiers": (), "objects": objects})


def outlived(plan: SystemPlan, collections: Iterable[Collection], today: date, still: Some[Place]) -> int:
    """How many objects a plan keeps for a hold or a restriction though neither keeps them any more.

    Args:
        plan: of one system.
        collections: of its manifest.
        today: in the controller's zone.
        still: objects that something keeps today.
    """
    passing = {_place(one) for one in plan.objects if one.reason in PASSING}
    return sum(_place(one) in passing for one in ended(plan, collections, today, still=still).objects)


def _is_answer(kept: Mapping[Place, PlannedObject], going: Some[Place], place: Place) -> bool:
    return place not in going and kept[place].reason in ANSWERS


def _with_all_they_need(kept: Mapping[Place, PlannedObject], places: Iterable[Place]) -> set[Place]:
    queue = deque(places)
    seen = set(queue)
    while queue:
        for parent in map(_ref, kept[queue.popleft()].needs):
            if parent in kept and parent not in seen:
                seen.add(parent)
                queue.append(parent)
    return seen


def _leave_what_is_needed(
    kept: Mapping[Place, PlannedObject], going: dict[Place, Treatment], rules: Mapping[str, Collection]
) -> None:
    """Spread from what stays to what it points at; then from what is anonymised, as that decides less."""
    queue = deque(sorted(kept.keys() - going.keys()))
    while queue:
        child = queue.popleft()
        for parent in map(_ref, kept[child].needs):
            # What is only to be anonymised stays as a row, as in the plan.
            if parent not in going:
                continue
            told = rules[parent[0]].when_referenced if going[parent] is Treatment.DELETE else going[parent]
            told = spared(told, rules[child[0]]) if child[0] in rules else told
            if told is Treatment.RETAIN:
                del going[parent]
                queue.append(parent)
            elif told is Treatment.ANONYMISE:
                going[parent] = Treatment.ANONYMISE
    queue = deque(sorted(place for place, treatment in going.items() if treatment is Treatment.ANONYMISE))
    while queue:
        child = queue.popleft()
        for parent in () if kept[child].lets_go else map(_ref, kept[child].needs):
            to_go = going.get(parent) is Treatment.DELETE
            if to_go and rules[parent[0]].when_referenced is not Treatment.DELETE:
                going[parent] = Treatment.ANONYMISE
                queue.append(parent)


def _leave_what_comes_after(kept: Mapping[Place, PlannedObject], going: dict[Place, Treatment]) -> None:
    while left := [
        place
        for place, treatment in going.items()
        if treatment in kept[place].only_with_parents
        and any(parent in kept and parent not in going for parent in map(_ref, kept[place].needs))
    ]:
        for place in left:
            del going[place]


def _afterwards(rule: Collection) -> Treatment:
    return rule.after if rule.treatment is Treatment.RETAIN else rule.treatment


def _going(each: PlannedObject, treatment: Treatment) -> PlannedObject:
    over = {"law": None, "until": None, "reason": None, "then": None, "needs": ()}
    return each.model_copy(update={"treatment": treatment, **over})


def _place(each: PlannedObject) -> Place:
    return each.collection, each.key


def _by_strength(each: PlannedObject) -> tuple[int, str, Place]:
    """The first is the one to be told of several that stay."""
    strength = _STRENGTH.index(Because(each.reason)) if each.reason else len(_STRENGTH)
    return strength, each.law or "", _place(each)


def _ref(ref: RecordRef) -> Place:
    return ref.collection, ref.key


def _with_needs(each: PlannedObject, parents: Sequence[Place], known: Some[Place]) -> PlannedObject:
    if each.treatment is not Treatment.RETAIN:
        return each
    places = sorted({place for place in parents if place in known and place != _place(each)})
    return each.model_copy(update={"needs": tuple(RecordRef(collection=name, key=key) for name, key in places)})


def _is_over(each: PlannedObject, today: date) -> bool:
    if each.treatment is not Treatment.RETAIN or each.reason == Because.EXEMPT:
        return False
    return each.until < today if each.until else each.reason in PASSING


def _staying(each: PlannedObject, stay: Stay, *, needed: bool) -> PlannedObject:
    if each.treatment is Treatment.RETAIN:
        laws = dict.fromkeys(law for law in (each.law, stay.law) if law)
        reasons = [Because(each.reason), stay.because] if each.reason else [stay.because]
        return each.model_copy(update={"law": "; ".join(laws), "reason": min(reasons, key=_STRENGTH.index).value})
    return each.model_copy(
        update={
            "treatment": Treatment.RETAIN,
            "law": stay.law,
            "until": stay.until,
            "reason": stay.because.value,
            "then": each.treatment,
            "referenced": each.referenced or needed,
        }
    )


_STRENGTH = tuple(Because)
