"""Promise against statute: for sample days of receipt, the earlier of the two, to the day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from activities.brief import is_right, rights_here
from activities.clockface import dated
from habeas.model import Request, Right
from tests.policies.reading import answered

ROWS = [
    ("dialogra", "EU-GDPR", "DK", Right.ACCESS, "2027-01-31", "2027-03-01", "2027-03-02", "2027-03-01", None),
    ("dialogra", "EU-GDPR", "FR", Right.ACCESS, "2027-03-01", "2027-04-01", "2027-03-31", "2027-03-31", None),
    ("dialogra", "EU-GDPR", "FR", Right.ERASURE, "2026-12-08", "2027-01-08", "2027-01-07", "2027-01-07", None),
    ("dialogra", "EU-GDPR", "DK", Right.ERASURE, "2027-06-25", "2027-07-26", "2027-07-25", "2027-07-25", None),
    ("dignio", "US-CCPA", "US-CA", Right.ACCESS, "2027-01-05", "2027-02-19", "2027-02-04", "2027-02-04", "2027-01-20"),
    ("dignio", "EEA-GDPR", "NO", Right.ACCESS, "2027-02-12", "2027-03-12", "2027-03-14", "2027-03-12", None),
    ("dimpo", "CA-PIPEDA", "CA-ON", Right.ACCESS, "2027-05-26", "2027-06-25", "2027-06-25", "2027-06-25", None),
    ("mindlink", "UK-GDPR", "GB-ENG", Right.ACCESS, "2027-01-29", "2027-03-01", None, "2027-03-01", None),
    ("opendims", "EU-GDPR", "DK", Right.ACCESS, "2027-02-11", "2027-03-11", None, "2027-03-11", None),
]


@pytest.mark.parametrize(
    ("name", "regime", "lives", "right", "day", "statute", "promise", "effective", "receipt"), ROWS
)
def test_the_earlier_of_law_and_promise_holds(
    tmp_path: Path,
    name: str,
    regime: str,
    lives: str,
    right: Right,
    day: str,
    statute: str,
    promise: str | None,
    effective: str,
    receipt: str | None,
) -> None:
    policy = answered(tmp_path, name)
    local = datetime.combine(date.fromisoformat(day), time(12), ZoneInfo(policy.controller.clock_tz))
    now = local.astimezone(UTC)
    assert policy.default_regime(lives) == regime
    request = _request(name, right, regime, lives, now)
    found = dated(request, policy, (), now)
    assert str(found.deadlines.due_on) == statute
    assert str(found.face.due_on) == effective
    if receipt:
        assert str(found.deadlines.acknowledge_by) == receipt
    if (name, day) == ("dialogra", "2027-06-25"):
        assert str(found.face.planned_on) == "2027-07-23", "what falls on a Sunday is done on Friday"
    unbound = policy.model_copy(update={"promise": policy.promise.model_copy(update={"days": None})})
    assert str(dated(request, unbound, (), now).face.due_on) == statute
    if promise is None:
        assert policy.promise.days is None
    else:
        assert min(promise, statute) == effective
        assert (date.fromisoformat(promise) - date.fromisoformat(day)).days == policy.promise.days


def _request(name: str, right: Right, regime: str, lives: str, now: datetime) -> Request:
    return Request(
        id="HB-7K2M-X4QT-90AB",
        controller=name,
        right=right,
        regime=regime,
        jurisdiction=lives,
        language="en",
        received_at=now,
    )


@pytest.mark.parametrize(("received", "given"), [("2026-12-31", False), ("2027-01-01", True)])
def test_a_right_that_begins_later_than_its_law_is_none_before(tmp_path: Path, received: str, given: bool) -> None:
    """California's objection to automated decisions, 11 CCR 7221, is given from 2027 on."""
    policy = answered(tmp_path, "dignio")
    now = datetime.combine(date.fromisoformat(received), time(9), ZoneInfo("America/Los_Angeles"))
    request = _request("dignio", Right.OBJECTION, "US-CCPA", "US-CA", now)
    bare = policy.model_copy(update={"rights": None})
    assert is_right(request, bare) is given
    assert (Right.OBJECTION in rights_here(request, bare)) is given
