"""The dates of the letters to the person and to staff, from the dates of a request.

The letters that are sent and the previews of them take them from here, so that both name the same days.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from activities.clockface import Dated
from activities.letters.own import Confirming
from habeas import law
from habeas.model import PauseReason, Request
from habeas.policy import Policy

__all__ = ["acknowledged", "confirming", "day_that_counts", "day_told", "extended", "term_over"]

_TELL_AGAIN = timedelta(days=14)
"""Where no term is left and nobody has named a day: by when the person hears of it again."""


def acknowledged(dates: Dated, policy: Policy, due_on: date | None) -> dict[str, Any]:
    """Which day an acknowledgement names, and how firmly: as it was promised, where it is not the law's."""
    ours = dates.promise_counts
    return {
        "due_on": due_on,
        "promise": policy.promise.strength.value if ours else None,
        "law_due_on": dates.deadlines.effective_due_on if ours else None,
    }


def extended(before: Dated, after: Dated) -> dict[str, Any] | None:
    """From which day to which a term is extended, and the promised day that stands or that it breaks.

    None where a day is missing.
    """
    if before.face.due_on is None or after.face.due_on is None:
        return None
    return {
        "due_on": before.face.due_on,
        "new_due_on": after.deadlines.effective_due_on or after.face.due_on,
        "promised_on": after.promised_on,
        "aimed_on": before.promised_on if before.promise_counts and after.promised_on is None else None,
    }


def day_told(dates: Dated, today: date) -> dict[str, Any]:
    """Which day a delay names where staff named none: the law's last one, or by when the person hears of it again.

    A longer term counts once its extension was announced (GDPR art. 12(3)), and not before.
    """
    law_on = dates.deadlines.effective_due_on
    if law_on is not None and law_on > max(dates.face.due_on or date.min, today):
        return {"expected_on": law_on, "day": "by_law"}
    return {"expected_on": today + _TELL_AGAIN, "day": "again"}


def term_over(dates: Dated, today: date) -> bool:
    """Whether the law's last day has passed, or the promised one where the law names none: no pause stops it then."""
    last = dates.deadlines.effective_due_on or dates.promised_on
    return last is not None and last < today


def day_that_counts(dates: Dated, due_on: date | None, *, waits: bool) -> dict[str, Any] | None:
    """The day of which staff are reminded, and whether it is the promise's: the only one while the law's clock waits.

    Where no day is due it is the one that staff aim at. None where there is none either.
    """
    promised_on, law_on = dates.promised_on, dates.deadlines.effective_due_on
    day = promised_on if waits and promised_on else due_on
    if day is None:
        target_on = dates.face.target_on
        return {"due_on": target_on, "promised": False, "target": True} if target_on else None
    return {"due_on": day, "promised": day == promised_on and (waits or law_on is None or day < law_on)}


def confirming(dates: Dated, request: Request, policy: Policy) -> Confirming | None:
    """What the law says of the person's confirmation of a fee; None where it says nothing, or nothing is open."""
    place = policy.answered_in(request.regime, request.jurisdiction)
    days = law.reflection_days(request.regime, request.right, PauseReason.FEE, place)
    if days is None or dates.confirm_by is None:
        return None
    told = Confirming(days=days, by=dates.confirm_by)
    # A term that was over before the fee was asked does not begin again.
    if dates.deadlines.started_on != dates.confirm_by:
        return told
    due_on = dates.deadlines.effective_due_on
    if due_on is not None and due_on <= dates.confirm_by:
        return told  # the establishment's law, which knows no such days, wants the answer before
    starts = {"starts_on": dates.confirm_by, "due_on": due_on}
    return told.model_copy(update=starts)
