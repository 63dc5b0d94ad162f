"""The dates of one request: what the law computes, shortened by what the controller promised, as instants."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from activities.ledger import Tx
from activities.model import ClockFace, PromiseAlarms
from habeas import law
from habeas.law import words
from habeas.law.closed import closed_on
from habeas.law.places import parse_place
from habeas.model import Frozen, PauseReason, Request
from habeas.policy import AtDeadline, Policy
from habeas.policy.sections import Applicable, Strength

_WORKING_DAYS = "weekends_and_holidays"
TARGET_DAYS = 30
"""By when staff aim to answer where nobody else says: a complaint in the UK, say, whose outcome is due "without undue
delay". So long the ICO gives for its acknowledgement, and so long a policy may take by the practice of other laws that
name no day (Canada, Switzerland); it is about the month of those that do."""
_NO_FEE = frozenset({"never", "unstated"})


class Dated(Frozen):
    """The clock's face, and the dates that the ledger keeps beside it."""

    face: ClockFace
    deadlines: law.Deadlines
    promised_on: date | None = None
    """The day that the controller promised, as long as the promise binds: see `promised`."""
    confirm_by: date | None = None
    """The last day on which the person confirms what was asked; unconfirmed, the request counts as withdrawn."""

    home_until: date | None = None
    """Where the establishment's law binds beside that of the person's place: its own last day as it stands."""

    target_is_ours: bool = False
    """Neither the law's practice nor the policy says by when staff aim to answer: it is `TARGET_DAYS` from receipt."""

    @property
    def explanation(self) -> tuple[str, ...]:
        """How the day that counts came about, in sentences: what the law says, then what was promised beside it."""
        if self.face.target_on is not None:
            day = f"{words.day(self.face.target_on)}, which is no day of the law."
            said = f"The controller itself aims to answer by {day}"
            if self.target_is_ours:
                said = f"Nobody names a day, so that staff aim at {TARGET_DAYS} days from receipt: {day}"
            return (*self.deadlines.explanation, said)
        if self.promised_on is None:
            return self.deadlines.explanation
        counts = "the law's day comes no later, and counts"
        if self.deadlines.effective_due_on is None:
            counts = "the law names no day, so that day counts"
        elif self.promise_counts:
            counts = "that is earlier than the law's day, and counts"
        said = f"The controller promised an answer by {words.day(self.promised_on)}: {counts}."
        return (*self.deadlines.explanation, said)

    @property
    def promise_counts(self) -> bool:
        """Whether the promised day is the one that counts, and a delay breaks a promise; else it is the law's."""
        return _promise_counts(self.deadlines, self.promised_on)


class PauseSpan(Frozen):
    """A pause as the ledger knows it; open while ``end`` is None."""

    reason: PauseReason
    start: date
    end: date | None


def dated(request: Request, policy: Policy, pauses: tuple[PauseSpan, ...], now: datetime) -> Dated:
    """Compute a request's dates as they stand at ``now``.

    The effective date is the earlier of the law's and the promise's (a promise shortens a term, never lengthens it),
    also when the term is extended, if the promise is a hard one; see `promised`. Deadlines end with the day in the zone
    of the establishment that answers.
    """
    place = policy.answered_in(request.regime, request.jurisdiction)
    confirm_by = max((day for span in pauses if (day := _confirm_by(request, place, span))), default=None)
    case = law.Case(
        regime=request.regime,
        jurisdiction=place,
        right=request.right,
        received_at=request.received_at,
        pauses=tuple(
            law.Pause(start=span.start, end=span.end or span.start, reason=span.reason)
            for span in pauses
            if span.end is not None or _confirm_by(request, place, span)
        ),
        extended=request.extended,
        extended_until=request.extended_until,
        clock_tz=policy.controller.clock_tz,
        options=policy.options(request.regime),
    )
    received_on = local_day(policy, request.received_at)
    deadlines, home_until = law.compute(case), None
    if too := policy.binding_too(request.regime, request.right, received_on):
        at_home = _at_home(too, policy, case)
        deadlines = law.bounded(deadlines, at_home, too.regime, too.law.reach.cite if too.law.reach else "")
        home_until = at_home.effective_due_on
    promised_on = promised(request, policy)
    due_on = _earlier(deadlines.effective_due_on, promised_on)
    due_at = deadlines.end_of(due_on) if due_on else None
    notice_at = _notice_latest(deadlines) if not request.extended else None
    clock, release = policy.clock, policy.release
    waits = policy.pauses(request.regime, request.jurisdiction, request.right, received_on)
    grounds = policy.extension_grounds(request.regime, request.jurisdiction, request.right, received_on)
    in_time = notice_at is not None and now <= notice_at
    automatic = in_time and clock.extend_automatically and clock.extend_ground in grounds and not request.extended
    if law.extension_ends_as_told(request.regime, request.right, clock.extend_ground, place):
        automatic = automatic and clock.extend_open_days is not None
    partial = release.at_deadline is AtDeadline.RELEASE_PARTIAL
    planned_on = working_day(due_on, place) if due_on else None
    target_on = _target(request, policy, deadlines) if due_on is None else None
    target_at = deadlines.end_of(target_on) if target_on else None
    face = ClockFace(
        due_on=due_on,
        due_at=due_at,
        notice_latest_at=notice_at,
        remind_at=_reminders(due_at or target_at, clock.remind_days_before, now),
        extend_at=_extend_at(policy, deadlines, due_on, notice_at, now) if automatic and notice_at else None,
        extend_ground=clock.extend_ground if automatic else None,
        release_at=due_at - timedelta(days=release.days_before) if due_at and partial else None,
        extension_grounds=grounds,
        pause_reasons=tuple(sorted(waits)),
        extended=request.extended,
        paused_every=timedelta(days=clock.paused_remind_days).total_seconds(),
        citation=deadlines.citation,
        delay_at=_delay_at(policy, deadlines, promised_on, planned_on, now) if planned_on else None,
        ask_at=_asked_of_delay(policy, deadlines, planned_on, now)
        if planned_on and _promise_counts(deadlines, promised_on)
        else (),
        fee_allowed=law.fee_rule(request.regime, place, request.right).allowed not in _NO_FEE,
        planned_on=planned_on,
        confirm_until=_confirm_end(deadlines, confirm_by) if confirm_by else None,
        promise=_alarms(policy, deadlines, promised_on, request, place, now) if promised_on else None,
        proof_until=_proof_until(waits, deadlines, due_on) if due_on else None,
        target_on=target_on,
        target_at=target_at,
    )
    return Dated(
        face=face,
        deadlines=deadlines,
        promised_on=promised_on,
        confirm_by=confirm_by,
        home_until=home_until,
        target_is_ours=target_on is not None and _named_target(request, policy, deadlines) is None,
    )


def _at_home(too: Applicable, policy: Policy, case: law.Case) -> law.Deadlines:
    """The same request's dates by the establishment's law. What another law's notice named lengthens no term of it."""
    theirs = {"regime": too.regime, "jurisdiction": too.jurisdiction, "extended_until": None}
    return law.compute(case.model_copy(update=theirs | {"options": policy.options(too.regime)}))


def promised(request: Request, policy: Policy) -> date | None:
    """The day that the controller promised: that of receipt and so many days, never rolled, moved by no pause.

    None where nothing was promised, and where the promise was to make an effort and the law's extension was announced
    since: then the law's day counts. A hard promise stands whatever the law would allow.
    """
    promise = policy.promise
    if promise.days is None or (request.extended and promise.strength is Strength.EFFORTS):
        return None
    return local_day(policy, request.received_at) + timedelta(days=promise.days)


def _target(request: Request, policy: Policy, deadlines: law.Deadlines) -> date:
    """By when staff aim to answer where neither law nor promise names a day: nothing that is open lies for ever."""
    return _named_target(request, policy, deadlines) or deadlines.received_on + timedelta(days=TARGET_DAYS)


def _named_target(request: Request, policy: Policy, deadlines: law.Deadlines) -> date | None:
    """The day that the policy says, else the one that the law's practice suggests."""
    days = policy.target_days(request.regime)
    return deadlines.received_on + timedelta(days=days) if days else deadlines.suggested_due_on


def first_due_on(request: Request, policy: Policy, deadlines: law.Deadlines) -> date | None:
    """The day that counted before the term was extended: the law's, or the promised one before it."""
    return _earlier(deadlines.due_on, promised(request.model_copy(update={"extended": False}), policy))


def local_day(policy: Policy, at: datetime) -> date:
    """The date at an instant, in the zone of the establishment that answers."""
    return at.astimezone(ZoneInfo(policy.controller.clock_tz)).date()


async def pause_spans(tx: Tx, request_id: str) -> tuple[PauseSpan, ...]:
    """The pauses of a request, as `dated` takes them."""
    return tuple(PauseSpan(reason=row.reason, start=row.start, end=row.end) for row in await tx.pauses(request_id))


def working_day(day: date, place: str) -> date:
    """The last day on or before this one on which people work at a place: what falls on a Sunday is done on Friday.

    Raises:
        UnknownRegime: no such place.
    """
    closed = closed_on(_WORKING_DAYS, parse_place(place))
    while closed(day):
        day -= timedelta(days=1)
    return day


def _delay_at(
    policy: Policy, deadlines: law.Deadlines, promised_on: date | None, planned_on: date, now: datetime
) -> datetime | None:
    """When the person is told of a delay, if the policy promises it.

    Where the law gives no day after the promised one there is none to name before both are over: an extension is
    announced as such, and never assumed.
    """
    law_on = deadlines.effective_due_on
    if law_on is None or _promise_counts(deadlines, promised_on):
        return _tell_of_delay(policy, deadlines, planned_on, now)
    return max(deadlines.end_of(max(law_on, promised_on or law_on)), now) if policy.promise.delay_notice else None


def _notice_latest(deadlines: law.Deadlines) -> datetime | None:
    """Until when the law lets an extension be announced; None where it sets no end, nor a term.

    A promise that ends sooner takes nothing away from it: such an extension is announced when the promise is broken.
    """
    notice_on = _earlier(deadlines.notice_latest_on, deadlines.effective_due_on)
    return deadlines.end_of(notice_on) if notice_on else None


def _extend_at(
    policy: Policy, deadlines: law.Deadlines, due_on: date | None, notice_at: datetime, now: datetime
) -> datetime:
    """When the clock itself announces it: before the first day that counts, promised or not; now if it is over."""
    soonest = min(notice_at, deadlines.end_of(due_on)) if due_on else notice_at
    return max(soonest - timedelta(days=policy.clock.extend_days_before), now)


def _confirm_by(request: Request, place: str, span: PauseSpan) -> date | None:
    """Until when an open pause waits; None where it is over, or waits for as long as it takes."""
    days = law.reflection_days(request.regime, request.right, span.reason, place)
    return span.start + timedelta(days=days) if span.end is None and days is not None else None


def _confirm_end(deadlines: law.Deadlines, confirm_by: date) -> datetime:
    return deadlines.end_of(confirm_by)


def _tell_of_delay(policy: Policy, deadlines: law.Deadlines, planned_on: date, now: datetime) -> datetime | None:
    """When the person is told that the promised day cannot be kept; never after the day on which staff still work."""
    if not policy.promise.delay_notice:
        return None
    return max(deadlines.end_of(planned_on) - timedelta(days=policy.promise.delay_days_before), now)


def _promise_counts(deadlines: law.Deadlines, promised_on: date | None) -> bool:
    """Whether the promised day comes before the law's, or the law names none."""
    law_on = deadlines.effective_due_on
    return promised_on is not None and (law_on is None or promised_on < law_on)


def _asked_of_delay(policy: Policy, deadlines: law.Deadlines, planned_on: date, now: datetime) -> tuple[datetime, ...]:
    """When staff are asked for the reason and the day, before the person is told without."""
    told_at = _tell_of_delay(policy, deadlines, planned_on, now)
    days = policy.promise.delay_ask_days_before if told_at else ()
    return _reminders(told_at, days, now)


def _proof_until(waits: frozenset[PauseReason], deadlines: law.Deadlines, due_on: date) -> datetime | None:
    """The beginning of the last day to answer, which is left for the letter that says that nothing was proven.

    A law that lets the clock stand still meanwhile sets no such end: staff stop it.
    """
    if PauseReason.IDENTITY in waits:
        return None
    return deadlines.end_of(due_on - timedelta(days=1))


def _alarms(
    policy: Policy, deadlines: law.Deadlines, promised_on: date, request: Request, place: str, now: datetime
) -> PromiseAlarms:
    """What rings for the promise while the law's clock stands still."""
    ends_at = deadlines.end_of(promised_on)
    planned_on = working_day(promised_on, place)
    return PromiseAlarms(
        ends_at=ends_at,
        remind_at=_reminders(ends_at, policy.clock.remind_days_before, now),
        delay_at=_tell_of_delay(policy, deadlines, planned_on, now),
        ask_at=_asked_of_delay(policy, deadlines, planned_on, now),
        stands=request.extended,
    )


def _earlier(one: date | None, other: date | None) -> date | None:
    return min((day for day in (one, other) if day), default=None)


def _reminders(due_at: datetime | None, days_before: tuple[int, ...], now: datetime) -> tuple[datetime, ...]:
    if due_at is None:
        return ()
    return tuple(sorted(at for days in set(days_before) if (at := due_at - timedelta(days=days)) > now))
