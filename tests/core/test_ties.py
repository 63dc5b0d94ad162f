"""What is no more than a tie to what it points at, and what can only go after it: as plans see it, today and later."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from habeas.connector import Collection, PlannedObject, RecordRef, Retention, SystemPlan, Treatment
from habeas.plan import IndexedRecord, draft
from habeas.staying import Because, Stay, ended

TODAY = date(2026, 11, 23)
DELETE, ANONYMISE, RETAIN = Treatment.DELETE, Treatment.ANONYMISE, Treatment.RETAIN
HOLD = Stay(because=Because.LEGAL_HOLD, law="Case 12/2026")
LAW = Retention(law="Archive Act", years=3, anchor="created_on")
USER, SHARE, RATING = ("users", "[1]"), ("shares", "[2]"), ("ratings", "[3]")


def _users(treatment: Treatment = DELETE, when_referenced: Treatment = DELETE) -> Collection:
    return Collection(name="users", category="users", treatment=treatment, when_referenced=when_referenced)


def _shares(treatment: Treatment = ANONYMISE, **more: Any) -> Collection:
    kept = LAW if treatment is RETAIN else None
    return Collection(name="shares", category="shares", treatment=treatment, retention=kept, after=ANONYMISE, **more)


RATINGS = Collection(name="ratings", category="ratings", treatment=ANONYMISE)
INDEX = (
    IndexedRecord(collection="users", key="[1]", fingerprint="1" * 64),
    *(
        IndexedRecord(
            collection=name,
            key=key,
            fingerprint=key * 20,
            anchor=date(2026, 1, 1),
            parents=(RecordRef(collection="users", key="[1]"),),
            lets_go=True,
            only_with_parents=(ANONYMISE,) if name == "ratings" else (),
        )
        for name, key in (SHARE, RATING)
    ),
)


def _drafted(*kinds: Collection, stays: dict[tuple[str, str], Stay] | None = None) -> SystemPlan:
    names = {one.name for one in kinds}
    return draft("crm", kinds, (), (), [one for one in INDEX if one.collection in names], TODAY, stays)


def _by_place(plan: SystemPlan) -> dict[tuple[str, str], PlannedObject]:
    return {(one.collection, one.key): one for one in plan.objects}


@pytest.mark.parametrize(
    ("ends", "planned", "becomes"),
    [
        ({DELETE, ANONYMISE}, DELETE, RETAIN),
        ({DELETE, ANONYMISE}, ANONYMISE, RETAIN),
        ({DELETE}, DELETE, ANONYMISE),
        ({DELETE}, ANONYMISE, ANONYMISE),
        ((), DELETE, DELETE),
    ],
)
def test_what_is_retained_by_law_keeps_what_would_end_it_from_going(
    ends: set[Treatment], planned: Treatment, becomes: Treatment
) -> None:
    plan = _by_place(_drafted(_users(planned), _shares(RETAIN, bound=frozenset(ends))))
    assert plan[SHARE].treatment is RETAIN
    assert plan[USER].treatment is becomes
    if becomes is RETAIN:
        assert (plan[USER].law, plan[USER].until) == ("Archive Act", date(2029, 1, 1))


def test_what_lets_go_keeps_nobody() -> None:
    plan = _by_place(_drafted(_users(when_referenced=ANONYMISE), _shares()))
    assert (plan[SHARE].treatment, plan[USER].treatment) == (ANONYMISE, DELETE)


def test_a_held_tie_keeps_its_person_and_both_go_when_the_hold_ends() -> None:
    kinds = _users(when_referenced=ANONYMISE), _shares()
    plan = _drafted(*kinds, stays={SHARE: HOLD})
    assert {one.treatment for one in plan.objects} == {RETAIN}
    later = _by_place(ended(plan, kinds, TODAY))
    assert {place: one.treatment for place, one in later.items()} == {USER: DELETE, SHARE: ANONYMISE}


def test_a_tie_that_the_law_keeps_keeps_its_person_after_the_hold_too() -> None:
    kinds = _users(), _shares(RETAIN, bound=frozenset({DELETE, ANONYMISE}))
    held = _drafted(*kinds, stays={USER: HOLD})
    assert not ended(held, kinds, TODAY).objects
    over = ended(held, kinds, date(2029, 1, 2))
    assert {(one.collection, one.treatment) for one in over.objects} == {("users", DELETE), ("shares", ANONYMISE)}


def test_what_can_only_go_after_what_is_held_is_kept_for_the_same_reason() -> None:
    plan = _drafted(_users(), RATINGS, stays={USER: HOLD})
    rating = _by_place(plan)[RATING]
    assert (rating.treatment, rating.reason, rating.law, rating.then) == (RETAIN, "legal_hold", HOLD.law, ANONYMISE)
    assert _by_place(_drafted(_users(), RATINGS))[RATING].treatment is ANONYMISE


def test_what_can_only_go_after_what_a_law_keeps_stays_as_long() -> None:
    users = _users().model_copy(update={"treatment": RETAIN, "retention": LAW.model_copy(update={"years": 9})})
    rating = _by_place(_drafted(users, RATINGS))[RATING]
    assert (rating.law, rating.until, rating.then) == ("Archive Act", date(2035, 11, 23), ANONYMISE)
    assert rating.undated


def test_what_can_only_go_after_waits_as_long_as_something_keeps_that() -> None:
    kinds = _users(), RATINGS
    plan = _drafted(*kinds, stays={USER: HOLD})
    assert not ended(plan, kinds, TODAY, still={USER}).objects
    assert {one.treatment for one in ended(plan, kinds, TODAY).objects} == {DELETE, ANONYMISE}
