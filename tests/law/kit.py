"""What the tests of the law share: short ways to write a case."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from habeas.law import Case, Deadlines, Pause, compute, default_clock_tz
from habeas.model import PauseReason, Right


def case(
    regime: str,
    place: str,
    right: str,
    on: str | date,
    *pauses: tuple[str, str, str],
    extended: bool = False,
    requested_on: date | None = None,
    options: tuple[str, ...] = (),
) -> Case:
    """A case received at noon, local time."""
    day = date.fromisoformat(on) if isinstance(on, str) else on
    return Case(
        regime=regime,
        jurisdiction=place,
        right=Right(right),
        received_at=datetime.combine(day, time(12), tzinfo=ZoneInfo(default_clock_tz(place))),
        pauses=tuple(
            Pause(start=date.fromisoformat(start), end=date.fromisoformat(end), reason=PauseReason(reason))
            for start, end, reason in pauses
        ),
        extended=extended,
        requested_on=requested_on,
        options=options,
    )


def dates(found: Deadlines) -> tuple[str, str, str, str]:
    """Acknowledge, due, extended, notice: as they stand in a table."""
    first, second = str(found.acknowledge_by or ""), str(found.due_on or "")
    return first, second, str(found.extended_due_on or ""), str(found.notice_latest_on or "")


def due(regime: str, place: str, right: str, on: str, *pauses: tuple[str, str, str], extended: bool = False) -> str:
    """The last day that stands, as text; empty where the law sets none."""
    return str(compute(case(regime, place, right, on, *pauses, extended=extended)).effective_due_on or "")
