"""The day by which staff aim to answer where neither law nor promise names one: there it stands in lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from activities.clockface import dated, local_day
from habeas.errors import HabeasError
from habeas.model import Request, Stage
from habeas.policy import Policy

__all__ = ["targets"]


def targets(requests: Iterable[Request], policies: Mapping[str, Policy], now: datetime) -> dict[str, date]:
    """Request -> its target day, for those open that have one: see `ClockFace.target_on`.

    It follows from the law, the place, the right and the day of receipt, and is computed once for all that share them.
    """
    known: dict[tuple[str, str, str, str, date], date | None] = {}
    found: dict[str, date] = {}
    for one in requests:
        policy = policies.get(one.controller)
        if policy is None or one.due_on is not None or one.stage is Stage.CLOSED:
            continue
        alike = (one.controller, one.regime, one.jurisdiction, one.right.value, local_day(policy, one.received_at))
        if alike not in known:
            try:
                known[alike] = dated(one, policy, (), now).face.target_on
            except HabeasError:
                # Its own story says why it has no dates; the others have theirs all the same.
                known[alike] = None
        if (day := known[alike]) is not None:
            found[one.id] = day
    return found
