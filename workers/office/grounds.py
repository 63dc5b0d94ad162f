"""What an act must say to stand: grounds of the law's closed lists, a fee that may be asked, a day to come."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from pydantic import ValidationError

from activities.asking import FeeAsked
from activities.clockface import PauseSpan, dated, local_day
from activities.ledger import RequestRow
from activities.outside import AskedOutside
from activities.stated import Stated
from habeas import law
from habeas.acts import REMEDY_GRANTS, WITHOUT_COPY, ActCall, ActKind
from habeas.errors import BadInput, NoDelay, NotAllowed
from habeas.model import REMEDIES, PauseReason, Request, Right
from habeas.policy import Policy
from habeas.redaction import grounds
from workers.office.intake import words
from workers.office.standing import due_of

__all__ = [
    "STANDS",
    "asked_outside",
    "check_amount",
    "check_day",
    "check_extension",
    "check_words",
    "fee",
    "fee_grounds",
    "refusals",
    "stated",
]

STANDS = "decision_stands"
"""On an appeal, a complaint or a grievance: it was looked at again, and the decision stands."""

_ASKED_FOR = (PauseReason.CLARIFICATION, PauseReason.IDENTITY, PauseReason.PARTICULARS)
_ABUSE = frozenset({"manifestly_unfounded", "excessive", "repeat"})
_FARTHEST = timedelta(days=366)
"""How far ahead an answer may be announced."""
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
            if call.ground is not None:
                _one_of_ours(call.ground, request.right)
        case ActKind.REDACT:
            _one_of("ground", call.ground, grounds(policy, request.regime, request.jurisdiction, request.right))
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


def fee(amount: str, how_to_pay: str | None, outside: AskedOutside | None = None) -> FeeAsked:
    """Read a fee as staff write it: ``CHF 120`` or ``EUR 12.50``.

    Raises:
        BadInput: not of that form.
    """
    currency, _, number = amount.strip().partition(" ")
    try:
        return FeeAsked(
            currency=currency.upper(), amount=Decimal(number.strip()), how_to_pay=how_to_pay, outside=outside
        )
    except (InvalidOperation, ValidationError):
        raise BadInput("amount: write it with its currency, as EUR 12.50.", field="amount") from None


def asked_outside(days: Iterable[str], record: str | None) -> AskedOutside | None:
    """Read what staff state of requests that came in outside of Habeas; None where they state nothing.

    Raises:
        BadInput: a day that is none, or days without where they are written down.
    """
    said = tuple(days)
    if not said and record is None:
        return None
    try:
        read = tuple(date.fromisoformat(day.strip()) for day in said)
    except ValueError:
        raise BadInput("also-asked: a day, as 2026-11-30.", field="also_asked") from None
    if not read:
        raise BadInput("also-asked: say on which days; --also-asked may be repeated.", field="also_asked")
    try:
        return AskedOutside(days=read, record=words("also-asked-record", record or ""))
    except ValidationError:
        raise BadInput("also-asked-record: say where it is written down.", field="also_asked_record") from None


def stated(what: str | None, on: str | date | None) -> Stated | None:
    """Read what staff state of a ground; None where they state nothing.

    Raises:
        BadInput: a day that is none, or a day without what is stated.
    """
    if not what and not on:
        return None
    try:
        day = date.fromisoformat(on.strip()) if isinstance(on, str) and on else on or None
        return Stated(on=day if isinstance(day, date) else None, what=words("stated", what or ""))
    except ValidationError:
        raise BadInput("stated: say it in a few words.", field="stated") from None
    except ValueError:
        raise BadInput("stated-on: a day, as 2026-11-30.", field="stated_on") from None


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
    """A delay is announced where a promised day, or the law's, is missed, for a later day within what the law gives.

    A term of the law that is over already is told of whatever the day.

    Raises:
        NoDelay: nothing was promised beyond the law and its term still runs.
        BadInput: the day is not after the one that is missed, or after the law's last one; both are named.
    """
    due = due_of(request, policy, pauses, now)
    if not due.delayed:
        raise NoDelay("Nothing was promised beyond the law, and its term is not over.")
    if day is None:
        return
    if due.on is not None and day <= due.on:
        raise BadInput(f"on: the answer is due on {due.on}; a delay ends after it.", field="expected_on")
    waits = due.confirm_by is None and any(span.end is None for span in pauses)
    if due.law_on is None or waits or due.law_on < local_day(policy, now) or day <= due.law_on:
        return
    raise BadInput(
        f"on: the law's last day is {due.law_on}; extend the term first where it can be.", field="expected_on"
    )


def check_extension(
    call: ActCall, request: Request, policy: Policy, pauses: tuple[PauseSpan, ...], now: datetime
) -> None:
    """The notice of an extension names a day: the law's own, or an earlier one, or staff's where the law sets none.

    Raises:
        BadInput: the law sets no day and none is given; or it lies in the first term, beyond the law's last day, or
            more than a year ahead.
    """
    place = policy.answered_in(request.regime, request.jurisdiction)
    open_ended = law.extension_ends_as_told(request.regime, request.right, call.ground, place)
    day, due_on = call.expected_on, dated(request, policy, pauses, now).deadlines.due_on
    if day is None:
        if open_ended:
            said = f"until: the law sets no last day here ({open_ended.cite}); name the day of the answer."
            raise BadInput(said, field="until")
        return
    if due_on is not None and day <= due_on:
        raise BadInput(f"until: the first term ends on {due_on}; an extension ends after it.", field="until")
    _not_too_far("until", day, policy, now, "until")
    longer = request.model_copy(update={"extended": True, "extended_until": None})
    times = dated(longer, policy, pauses, now)
    most = times.home_until if open_ended else times.deadlines.extended_due_on
    if most is not None and day > most:
        raise BadInput(f"until: the law's last day is {most}.", field="until")


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
    counts = law.free_requests(request.regime, place, request.right) is not None
    also = [code for code in rule.also if code != law.BEYOND_FREE or counts]
    if rule.allowed == "unfounded_or_excessive":
        return [*also, *(code for code in refusals(request, place) if code in _ABUSE)]
    return [*also, rule.allowed]


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


def _one_of_ours(ground: str, right: Right) -> None:
    known = (WITHOUT_COPY,) if right is Right.ERASURE else REMEDY_GRANTS if right in REMEDIES else ()
    if ground not in known:
        raise BadInput(f"ground: what is approved here may name: {', '.join(known) or 'none'}.", field="ground")


def _day_to_come(day: date | None, policy: Policy, now: datetime, *, needed: bool) -> None:
    if day is None and not needed:
        return
    if day is None or day <= local_day(policy, now):
        raise BadInput("on: a day to come, as 2027-01-31.", field="expected_on")
    _not_too_far("on", day, policy, now, "expected_on")


def _not_too_far(said: str, day: date, policy: Policy, now: datetime, field: str) -> None:
    """Where no law sets a last day, a day that nobody lives to see is a slip of the pen."""
    farthest = local_day(policy, now) + _FARTHEST
    if day > farthest:
        raise BadInput(f"{said}: after {farthest}, more than a year ahead; check the year.", field=field)
