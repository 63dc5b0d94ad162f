"""A plan as it was carried out: what is done once more after a restore, and what is not."""

from datetime import date

import pytest

from habeas.connector import PlannedObject, RecordRef, SystemPlan, Treatment
from habeas.outcomes import Fate, ObjectOutcome
from habeas.replaying import back, carried_out, unplanned


def planned(treatment: Treatment, key: str = "[1]") -> PlannedObject:
    law = "Bookkeeping Act" if treatment is Treatment.RETAIN else None
    until = date(2031, 12, 31) if law else None
    return PlannedObject(
        collection="rows", key=key, treatment=treatment, fingerprint="f", category="contact", law=law, until=until
    )


def plan(*objects: PlannedObject) -> SystemPlan:
    root = RecordRef(collection="rows", key="[1]")
    return SystemPlan(system="crm", roots=(root,), identifiers=(), objects=objects)


@pytest.mark.parametrize(
    ("wanted", "fate", "again"),
    [
        (Treatment.DELETE, Fate.ERASED, Treatment.DELETE),
        (Treatment.DELETE, Fate.NOT_FOUND, Treatment.DELETE),
        (Treatment.ANONYMISE, Fate.ANONYMISED, Treatment.ANONYMISE),
        # What was never done is not done now.
        (Treatment.DELETE, Fate.BLOCKED, Treatment.RETAIN),
        (Treatment.DELETE, Fate.FAILED, Treatment.RETAIN),
        (Treatment.ANONYMISE, None, Treatment.RETAIN),
        # What a law kept goes only if its time came, and as it went then.
        (Treatment.RETAIN, Fate.RETAINED, Treatment.RETAIN),
        (Treatment.RETAIN, Fate.NOT_FOUND, Treatment.RETAIN),
        (Treatment.RETAIN, None, Treatment.RETAIN),
        (Treatment.RETAIN, Fate.ERASED, Treatment.DELETE),
        (Treatment.RETAIN, Fate.ANONYMISED, Treatment.ANONYMISE),
    ],
)
def test_a_plan_as_it_was_carried_out(wanted: Treatment, fate: Fate | None, again: Treatment) -> None:
    before = plan(planned(wanted))
    (one,) = carried_out(before, {("rows", "[1]"): fate} if fate else {}).objects
    assert one.treatment is again
    assert (one.law is None) == (again is not Treatment.RETAIN or wanted is not Treatment.RETAIN)
    assert carried_out(before, {}).roots == before.roots, "whose the objects are is looked at again"


def test_what_is_back_and_what_no_plan_names() -> None:
    asked = plan(planned(Treatment.DELETE), planned(Treatment.RETAIN, "[2]"))

    def seen(key: str, fate: Fate) -> ObjectOutcome:
        return ObjectOutcome(collection="rows", key=key, fate=fate)

    there = (seen("[1]", Fate.FAILED), seen("[2]", Fate.FAILED), seen("[3]", Fate.FAILED))
    assert (back(asked, there), unplanned(asked, there)) == (1, 1)
    gone = (seen("[1]", Fate.NOT_FOUND), seen("[2]", Fate.RETAINED))
    assert (back(asked, gone), unplanned(asked, gone)) == (0, 0)
