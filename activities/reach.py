"""Who else hears of what became of a request: the law's duty, the policy's recipients, the data that it was about."""

from __future__ import annotations

from collections.abc import Collection as Some
from datetime import date
from typing import NamedTuple

from activities.change_model import Part
from activities.changing import load_changes
from activities.clockface import local_day
from activities.concluding import TOLD
from activities.ledger import Tx
from activities.letters import ChangeFacts
from habeas import law
from habeas.law.duties import Duty
from habeas.model import Request
from habeas.outcomes import Fate
from habeas.policy import Policy
from habeas.policy.told import Reached, involved, reached, told_since

__all__ = ["TELLING", "Reach", "duty_of", "reach_of", "stopped_purposes"]

TELLING = frozenset({Fate.ERASED, Fate.ANONYMISED, Fate.RECTIFIED, Fate.RESTRICTED})
"""What became of objects, where whoever got them is to do the same."""


class Reach(NamedTuple):
    """Those who are concerned, and since when they must have had the data."""

    those: tuple[Reached, ...]
    since: date | None
    given_to_nobody: bool
    """Something was done, and the policy names nobody who got data of its kind."""


def duty_of(request: Request, policy: Policy) -> Duty | None:
    """The duty to tell others that the law has for this right."""
    place = policy.answered_in(request.regime, request.jurisdiction)
    return law.recipients_duty(request.regime, place, request.right)


def reach_of(request: Request, policy: Policy, categories: Some[str], today: date) -> Reach:
    """Who is concerned by what was done with these categories.

    Args:
        request: its facts.
        policy: its controller's.
        categories: something of which was corrected, erased or set aside, or a use of which has stopped.
        today: in the controller's zone.
    """
    duty = duty_of(request, policy)
    since = told_since(duty, local_day(policy, request.received_at), today)
    those = tuple(reached(policy, request.right, duty, categories, since))
    had = any(one.recipients for one in policy.categories if one.id in categories)
    return Reach(those, since, given_to_nobody=bool(categories) and not had and duty is not None)


async def stopped_purposes(tx: Tx, request_id: str) -> frozenset[str]:
    """The uses that this request has stopped by now, as the person is told."""
    found = frozenset[str]()
    for part in Part:
        told = await tx.unseal(request_id, f"{TOLD}/{part.value}", ChangeFacts)
        kept = await load_changes(tx, request_id, part)
        if told and kept and (told.done or told.by_hand):
            found |= frozenset(kept[0].purposes)
    return found


async def stopped_categories(tx: Tx, request: Request, policy: Policy) -> frozenset[str]:
    """The categories that those uses were of."""
    return involved(policy, request.right, await stopped_purposes(tx, request.id))
