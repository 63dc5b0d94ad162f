"""What was done, provable without trusting us: tagged events, chained by hash, per request.

The canonical form of an event, over which its hash is taken, is one JSON object in UTF-8 with keys sorted by code
point, no white space, nothing escaped but what JSON demands, and no floating-point numbers:

    {"actor":…,"at":"2026-01-31T09:30:00.000000Z","facts":{…},"n":1,"previous":…,"request_id":…,"tag":…,"v":1}

``hash`` is its SHA-256 in hex; ``previous`` is the hash of the event before, of the first one `genesis`. So an auditor
can check a chain with any JSON library. What a chain cannot show by itself is that its end was cut off, or written
anew from some event to the end: compare with the head that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field, JsonValue, NonNegativeInt, PositiveInt

from habeas.model import Frozen, RequestId

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Actor = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.:-]{0,63}$")]
"""``engine``, ``subject``, or a keyed hash of a member of staff; never an address."""

_VERSION = 1
# Beyond this, readers that keep numbers as doubles (JavaScript) would see another value.
_LARGEST_INT = 2**53 - 1
_ADDRESS = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]")


def holds_address(text: str) -> bool:
    """Whether something in a text looks like an e-mail address: a wall for what names nobody, not the rule."""
    return bool(_ADDRESS.search(text))


class Tag(StrEnum):
    """What happened: ``subject:action``. Chains keep them for years, so none is ever renamed or removed."""

    REQUEST_OPENED = "request:opened"
    REQUEST_STAGE = "request:stage"
    REQUEST_REFUSED = "request:refused"
    REQUEST_WITHDRAWN = "request:withdrawn"
    REQUEST_CLOSED = "request:closed"
    REQUEST_HOLDER = "request:holder"
    REQUEST_RESTARTED = "request:restarted"

    IDENTITY_CODE_SENT = "identity:code_sent"
    IDENTITY_WRONG_CODE = "identity:wrong_code"
    IDENTITY_PROVEN = "identity:proven"
    IDENTITY_ATTESTED = "identity:attested"
    IDENTITY_WAIVED = "identity:waived"
    IDENTITY_REMINDED = "identity:reminded"
    IDENTITY_EXPIRED = "identity:expired"

    SYSTEM_LOCATED = "system:located"
    SYSTEM_AMBIGUOUS = "system:ambiguous"
    SYSTEM_COLLECTED = "system:collected"
    SYSTEM_VETOED = "system:vetoed"
    SYSTEM_ERASED = "system:erased"
    SYSTEM_CONFIRMED = "system:confirmed"
    SYSTEM_WAITING = "system:waiting"
    SYSTEM_SKIPPED = "system:skipped"
    SYSTEM_RETRIED = "system:retried"
    SYSTEM_FAILED = "system:failed"
    MATCH_DECIDED = "match:decided"
    MATCH_SETTLED = "match:settled"
    IDENTIFIER_ADDED = "identifier:added"

    PLAN_DRAFTED = "plan:drafted"
    PLAN_APPROVED = "plan:approved"
    PLAN_DRIFTED = "plan:drifted"

    EXPORT_BUILT = "export:built"
    EXPORT_VERIFIED = "export:verified"
    EXPORT_APPROVED = "export:approved"
    EXPORT_RELEASED = "export:released"
    EXPORT_DOWNLOADED = "export:downloaded"
    EXPORT_DELETED = "export:deleted"
    LINK_MADE = "link:made"
    LINK_REFUSED = "link:refused"

    CLOCK_COMPUTED = "clock:computed"
    CLOCK_REMINDED = "clock:reminded"
    CLOCK_EXTENDED = "clock:extended"
    CLOCK_PAUSED = "clock:paused"
    CLOCK_RESUMED = "clock:resumed"
    CLOCK_BREACHED = "clock:breached"

    LETTER_QUEUED = "letter:queued"
    LETTER_SENT = "letter:sent"
    LETTER_FAILED = "letter:failed"
    LETTER_BOUNCED = "letter:bounced"
    LETTER_HANDED_OVER = "letter:handed_over"

    ACT_PROVE = "act:prove"
    ACT_ATTEST = "act:attest"
    ACT_RESEND_CODE = "act:resend_code"
    ACT_DECIDE_MATCH = "act:decide_match"
    ACT_ADD_IDENTIFIER = "act:add_identifier"
    ACT_APPROVE = "act:approve"
    ACT_REFUSE = "act:refuse"
    ACT_EXTEND = "act:extend"
    ACT_PAUSE = "act:pause"
    ACT_RESUME = "act:resume"
    ACT_WITHDRAW = "act:withdraw"
    ACT_RETRY_SYSTEM = "act:retry_system"
    ACT_SKIP_SYSTEM = "act:skip_system"
    ACT_RELEASE = "act:release"
    ACT_ASK = "act:ask"
    ACT_CHARGE = "act:charge"
    ACT_ANNOUNCE_DELAY = "act:announce_delay"
    ACT_EXEMPT = "act:exempt"
    ACT_CONTEST = "act:contest"
    ACT_REDACT = "act:redact"
    ACT_UNREDACT = "act:unredact"
    ACT_FINISH_TASK = "act:finish_task"

    CHANGE_DRAFTED = "change:drafted"
    CHANGE_DRIFTED = "change:drifted"
    SYSTEM_CHANGED = "system:changed"
    SYSTEM_CHANGE_CONFIRMED = "system:change_confirmed"
    RESTRICTION_SET = "restriction:set"
    RESTRICTION_LIFTED = "restriction:lifted"
    CONTEST_NOTED = "contest:noted"

    RECIPIENT_NOTIFIED = "recipient:notified"
    RECIPIENT_REMINDED = "recipient:reminded"
    RECIPIENT_ACKNOWLEDGED = "recipient:acknowledged"
    RECIPIENT_ESCALATED = "recipient:escalated"
    REQUEST_FORWARDED = "request:forwarded"

    HOLD_PLACED = "hold:placed"
    HOLD_LIFTED = "hold:lifted"
    DELETION_HELD = "deletion:held"
    DELETION_RELEASED = "deletion:released"
    RETENTION_ENDED = "retention:ended"
    ERASURE_REPLAYED = "erasure:replayed"
    SUPPRESSION_MET = "suppression:met"
    TEMPORAL_DECODED = "temporal:decoded"

    TASK_OPENED = "task:opened"
    TASK_REMINDED = "task:reminded"
    TASK_DONE = "task:done"

    REMEDY_DECIDED = "remedy:decided"
    CLOCK_DELAY_ANNOUNCED = "clock:delay_announced"
    FEE_ASKED = "fee:asked"
    QUESTION_ASKED = "question:asked"

    PERSON_WROTE = "person:wrote"
    PERSON_VISITED = "person:visited"

    PERSONAL_DATA_VIEWED = "personal_data:viewed"
    PERSONAL_DATA_DELETED = "personal_data:deleted"
    KEY_DESTROYED = "key:destroyed"


def _in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def _plain(facts: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    _refuse_unfit(facts)
    return facts


def _refuse_unfit(value: Any) -> None:
    """Refuse what has no canonical form, and what looks like an address: a wall against personal data, not the rule."""
    if isinstance(value, float):
        raise ValueError("facts hold no floating-point numbers: write a whole number of a smaller unit, or text")
    if isinstance(value, int) and abs(value) > _LARGEST_INT:
        raise ValueError("facts hold no number beyond 2^53: write it as text")
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise ValueError("facts hold no NUL and no lone surrogate")
        if holds_address(value):
            raise ValueError("facts hold no e-mail address: evidence outlives the person's data")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            _refuse_unfit(key)
            _refuse_unfit(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_unfit(inner)


class Event(Frozen):
    """One link of a request's chain. Made by `link`; whether it is true is `verify`'s to say."""

    request_id: RequestId
    n: PositiveInt
    """Its number in the chain, from 1, without gaps."""
    at: Annotated[AwareDatetime, AfterValidator(_in_utc)]
    """When, in UTC, to the microsecond."""
    tag: Tag
    actor: Actor = "engine"
    facts: Annotated[Mapping[str, JsonValue], AfterValidator(_plain)] = Field(default_factory=dict)
    """Codes, counts and dates; nothing that identifies a person, no floats."""
    previous: Hash
    hash: Hash


class FindingKind(StrEnum):
    """What is wrong with a chain."""

    CHANGED = "changed"
    BROKEN = "broken"
    GAP = "gap"
    FRONT_CUT = "front_cut"
    REORDERED = "reordered"
    DUPLICATE = "duplicate"
    FOREIGN = "foreign"
    END_CUT = "end_cut"


class Finding(Frozen):
    """One thing that is wrong with a chain."""

    n: NonNegativeInt
    """The number of the event where it shows; 0 when there is none."""
    kind: FindingKind
    detail: str


def genesis(request_id: str) -> str:
    """What the first event has as ``previous``: SHA-256, in hex, of ``habeas evidence 1 <request id>``."""
    return hashlib.sha256(f"habeas evidence {_VERSION} {request_id}".encode()).hexdigest()


def canonical(event: Event) -> bytes:
    """The bytes that an event's hash is taken over; see the module's docstring."""
    return _canonical(event.model_dump(exclude={"hash"}))


def link(
    previous: str | None,
    *,
    request_id: str,
    n: int,
    at: datetime,
    tag: Tag,
    actor: str = "engine",
    facts: Mapping[str, JsonValue] | None = None,
) -> Event:
    """Make the next event of a chain.

    Args:
        previous: hash of the event before; None (or `genesis`) for the first.
        request_id: whose chain.
        n: its number: one more than the event before, 1 for the first.
        at: when; aware, kept in UTC.
        tag: what happened.
        actor: who, as `Actor`.
        facts: JSON without floats, and nothing that identifies a person.

    Raises:
        ValueError: a field does not fit, or ``n`` and ``previous`` contradict each other.
    """
    first = genesis(request_id)
    before = previous or first
    if (n == 1) != (before == first):
        raise ValueError("the first event, and only the first, follows the genesis hash")
    fields = {
        "request_id": request_id,
        "n": n,
        "at": at,
        "tag": tag,
        "actor": actor,
        "facts": dict(facts or {}),
        "previous": before,
    }
    unsigned = Event.model_validate({**fields, "hash": "0" * 64})
    return unsigned.model_copy(update={"hash": _hash(unsigned)})


def verify(events: Iterable[Event], expected_head: str | None = None) -> tuple[Finding, ...]:
    """Check one request's chain; no findings means that it is whole.

    Args:
        events: as they were kept, in their order.
        expected_head: the last event's hash, noted elsewhere; without it a chain that was cut at its end, or whose
            last event was written anew with its hash, looks whole.

    Returns:
        Everything that is wrong, in the order of the events.
    """
    findings: list[Finding] = []
    seen: set[int] = set()
    before: Event | None = None
    for event in events:
        findings += _check(event, before, seen)
        seen.add(event.n)
        before = event
    if expected_head is not None and expected_head != (before.hash if before else None):
        n = before.n if before else 0
        findings.append(Finding(n=n, kind=FindingKind.END_CUT, detail="the last event is not the expected head"))
    return tuple(findings)


def _check(event: Event, before: Event | None, seen: set[int]) -> Iterable[Finding]:
    def found(kind: FindingKind, detail: str) -> Finding:
        return Finding(n=event.n, kind=kind, detail=detail)

    if _hash(event) != event.hash:
        yield found(FindingKind.CHANGED, "its content does not have its hash")
    if before is None:
        if event.n != 1:
            yield found(FindingKind.FRONT_CUT, f"the chain begins with number {event.n}")
        elif event.previous != genesis(event.request_id):
            yield found(FindingKind.BROKEN, "the first event does not follow the genesis hash of its request")
        return
    if event.request_id != before.request_id:
        yield found(FindingKind.FOREIGN, "it belongs to another request than the event before")
    if event.n in seen:
        yield found(FindingKind.DUPLICATE, f"number {event.n} is there twice")
    elif event.n < before.n:
        yield found(FindingKind.REORDERED, f"number {event.n} comes after number {before.n}")
    elif event.n > before.n + 1:
        yield found(FindingKind.GAP, f"number {event.n} comes right after number {before.n}")
    elif event.previous != before.hash:
        yield found(FindingKind.BROKEN, f"it does not follow the hash of number {before.n}")


def _hash(event: Event) -> str:
    return hashlib.sha256(canonical(event)).hexdigest()


def _canonical(fields: Mapping[str, Any]) -> bytes:
    at: datetime = fields["at"]
    content = {**fields, "v": _VERSION, "at": f"{at.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()
