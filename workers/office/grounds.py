"""What an act must say to stand: grounds of the law's closed lists, a fee that may be asked, a day to come."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from pydantic import ValidationError

from activities.asking import FeeAsked
from activities.clockface import PauseSpan, dated, local_day
from activities.ledger import RequestRow
from habeas import law
from habeas.acts import WITHOUT_COPY, ActCall, ActKind
from habeas.errors import BadInput, NotAllowed
from habeas.model import REMEDIES, PauseReason, Request, Right
from habeas.policy import Policy

__all__ = ["STANDS", "check_amount", "check_day", "check_words", "fee", "fee_grounds", "refusals"]

STANDS = "decision_stands"
"""On an appeal, a complaint or a grievance: it was looked at again, and the decision stands."""

_ASKED_FOR = (PauseReason.CLARIFICATION, PauseReason.IDENTITY, PauseReason.PARTICULARS)
_ABUSE = frozenset({"manifestly_unfounded", "excessive", "repeat"})
_WITHOUT_GROUND = frozenset({"minimal", "reasonable", "actual_cost"})


def check_words(kind: ActKind, request: RequestRow, call: ActCall, policy: Policy, now: datetime) -> None:
    """Check what the workflow cannot know by itself.

    Raises:
        BadInput: a ground, category or day that is not one; the message lists what would be.
        NotAllowed: no fee may be asked for this right here.
    """
    place = policy.answered_in(request.regime, request.jurisdiction)
    match kind:
        case ActKind.REFUSE:
            _one_of("ground", call.ground, refusals(request, place))
        case ActKind.APPROVE:
            if call.ground is not None and (call.ground != WITHOUT_COPY or request.right is not Right.ERASURE):
                raise BadInput("ground: only an erasure is approved on one: without_copy.", field="ground")
        case ActKind.EXEMPT:
            _one_of("ground", call.ground, refusals(request, place))
            _one_of("category", call.category, request.categories or [one.id for one in policy.categories])
        case ActKind.CHARGE:
            _fee_ground(request, place, call)
        case ActKind.ASK:
            if call.pause_reason not in (None, *_ASKED_FOR):
                raise BadInput(f"for: one of {', '.join(_ASKED_FOR)}; ask a fee by `charge`.", field="pause_reason")
            _day_to_come(call.expected_on, policy, now, needed=False)
        case ActKind.ANNOUNCE_DELAY:
            _day_to_come(call.expected_on, policy, now, needed=True)
        case _:
            return


def fee(amount: str, how_to_pay: str | None) -> FeeAsked:
    """Read a fee as staff write it: ``CHF 120`` or ``EUR 12.50``.

    Raises:
        BadInput: not of that form.
    """
    currency, _, number = amount.strip().partition(" ")
    try:
        return FeeAsked(currency=currency.upper(), amount=Decimal(number.strip()), how_to_pay=how_to_pay)
    except (InvalidOperation, ValidationError):
        raise BadInput("amount: write it with its currency, as EUR 12.50.", field="amount") from None


def check_amount(asked: FeeAsked, request: Request, policy: Policy) -> None:
    """A fee within what the law takes at most.

    Raises:
        BadInput: it is more.
    """
    rule = law.fee_rule(request.regime, policy.answered_in(request.regime, request.jurisdiction), request.right)
    if rule.most is None:
        return
    most = fee(rule.most, None)
    if asked.currency != most.currency or asked.amount > most.amount:
        raise BadInput(f"amount: at most {rule.most} here ({rule.cite}).", field="amount")


def check_day(day: date | None, request: Request, policy: Policy, pauses: tuple[PauseSpan, ...], now: datetime) -> None:
    """A delay is announced within what the law gives as it stands; a broken term is told of whatever the day.

    Raises:
        BadInput: the day is after the law's last one, which is named.
    """
    last = dated(request, policy, pauses, now).deadlines.effective_due_on
    waits = any(span.end is None for span in pauses)
    if day is None or last is None or waits or last < local_day(policy, now) or day <= last:
        return
    raise BadInput(f"on: the law's last day is {last}; extend the term first where it can be.", field="expected_on")


def refusals(request: Request, place: str) -> list[str]:
    """The codes of the grounds on which this request may be refused where it is answered."""
    if request.right in REMEDIES:
        return [STANDS]
    return [ground.code for ground in law.refusal_grounds(request.regime, place, request.right)]


def fee_grounds(request: Request, place: str) -> list[str]:
    """The codes of what lets a fee be asked for this request; empty where none may be."""
    rule = law.fee_rule(request.regime, place, request.right)
    if rule.allowed in {"never", "unstated"}:
        return []
    if rule.allowed == "unfounded_or_excessive":
        return [*rule.also, *(code for code in refusals(request, place) if code in _ABUSE)]
    return [*rule.also, rule.allowed]


def _fee_ground(request: Request, place: str, call: ActCall) -> None:
    rule, known = law.fee_rule(request.regime, place, request.right), fee_grounds(request, place)
    if not known:
        raise NotAllowed(f"{rule.text} ({rule.cite})")
    if call.ground is not None or rule.allowed not in _WITHOUT_GROUND:
        _one_of("ground", call.ground, known)


def _one_of(field: str, said: str | None, known: Collection[str]) -> None:
    if said in known:
        return
    what = "the law knows these here" if field == "ground" else "the policy has these"
    raise BadInput(f"{field}: {what}: {', '.join(known) or 'none'}.", field=field)


def _day_to_come(day: date | None, policy: Policy, now: datetime, *, needed: bool) -> None:
    if day is None and not needed:
        return
    if day is None or day <= local_day(policy, now):
        raise BadInput("on: a day to come, as 2027-01-31.", field="expected_on")
