"""How firmly thirty days were promised: hard outlasts the law's extension, an effort does not; no pause counts.

A promise is counted from receipt and moved by nothing: the table holds the law's day beside it, also where the law's
clock was paused or its term extended.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from activities.clockface import PauseSpan, dated
from habeas.model import PauseReason, Request, Right
from tests.policies.promises import promise
from tests.policies.reading import answered

IDENTITY = PauseReason.IDENTITY
ROWS = [
    # Dignio: thirty days "in any case" (L120).
    ("dignio", "US-CCPA", "US-CA", "2027-01-05", False, None, "2027-02-19", "2027-02-04"),
    ("dignio", "US-CCPA", "US-CA", "2027-01-05", True, None, "2027-04-05", "2027-02-04"),
    ("dignio", "US-CCPA", "US-CA", "2027-01-05", True, ("2027-01-06", "2027-01-26"), "2027-04-05", "2027-02-04"),
    ("dignio", "EEA-GDPR", "NO", "2027-02-12", False, ("2027-02-15", "2027-02-25"), "2027-03-22", "2027-03-14"),
    ("dignio", "EEA-GDPR", "NO", "2027-02-12", True, None, "2027-05-12", "2027-03-14"),
    ("dignio", "EEA-GDPR", "NO", "2027-02-12", True, ("2027-02-15", "2027-02-25"), "2027-05-24", "2027-03-14"),
    # Dialogra: every commercially reasonable effort (L163). A day's pause moves the law's Friday to a Monday.
    ("dialogra", "EU-GDPR", "DK", "2027-01-05", False, None, "2027-02-05", "2027-02-04"),
    ("dialogra", "EU-GDPR", "DK", "2027-01-05", False, ("2027-01-06", "2027-01-07"), "2027-02-08", "2027-02-04"),
    ("dialogra", "EU-GDPR", "DK", "2027-01-05", False, ("2027-01-06", "2027-01-26"), "2027-02-25", "2027-02-04"),
    ("dialogra", "EU-GDPR", "DK", "2027-01-05", True, None, "2027-04-05", "2027-04-05"),
    ("dialogra", "EU-GDPR", "DK", "2027-01-05", True, ("2027-01-06", "2027-01-16"), "2027-04-15", "2027-04-15"),
    # Dimpo: an endeavour, under a law that knows no pause (L123).
    ("dimpo", "CA-PIPEDA", "CA-ON", "2027-05-26", False, None, "2027-06-25", "2027-06-25"),
    ("dimpo", "CA-PIPEDA", "CA-ON", "2027-05-26", False, ("2027-05-27", "2027-06-16"), "2027-06-25", "2027-06-25"),
    ("dimpo", "CA-PIPEDA", "CA-ON", "2027-05-26", True, None, "2027-07-26", "2027-07-26"),
    ("dimpo", "CA-PIPEDA", "CA-ON", "2027-05-26", True, ("2027-05-27", "2027-06-16"), "2027-07-26", "2027-07-26"),
]


@promise("dignio", "L120")
@promise("dialogra", "L163")
@promise("dimpo", "L123")
@pytest.mark.parametrize(("name", "regime", "lives", "day", "extended", "pause", "law_on", "effective"), ROWS)
def test_the_promise_holds_as_firmly_as_it_was_given(
    tmp_path: Path,
    name: str,
    regime: str,
    lives: str,
    day: str,
    extended: bool,
    pause: tuple[str, str] | None,
    law_on: str,
    effective: str,
) -> None:
    policy = answered(tmp_path, name)
    received = datetime.combine(date.fromisoformat(day), time(12), ZoneInfo(policy.controller.clock_tz))
    now = received.astimezone(UTC)
    request = Request(
        id="HB-7K2M-X4QT-90AB",
        controller=name,
        right=Right.ACCESS,
        regime=regime,
        jurisdiction=lives,
        language="en",
        received_at=now,
        extended=extended,
    )
    start, end = pause or (None, None)
    spans = (
        (PauseSpan(reason=IDENTITY, start=date.fromisoformat(start), end=date.fromisoformat(end)),)
        if start and end
        else ()
    )
    found = dated(request, policy, spans, now)
    assert str(found.deadlines.effective_due_on) == law_on
    assert str(found.face.due_on) == effective
    assert found.face.due_at == found.deadlines.end_of(date.fromisoformat(effective)), "the alarm is for that day"
    promised = found.promised_on
    if policy.promise.strength.value == "efforts" and extended:
        assert promised is None
        assert found.face.promise is None
    else:
        assert promised is not None
        assert (promised - received.date()).days == 30
        assert found.face.promise is not None
        assert found.face.promise.stands is extended
        assert found.face.promise.ends_at == found.deadlines.end_of(promised)
