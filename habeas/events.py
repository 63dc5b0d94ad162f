"""What other programs are told of a request: a closed list of events in the form of CloudEvents 1.0. Names nobody.

They are made from the evidence, whose other tags nobody is told. Only the facts that stand in `_ANNOUNCED` go along,
and of those only what is a code, a date or a yes: free text has no field here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from habeas.evidence import Event, Tag
from habeas.model import Frozen, Outcome, PauseReason, RequestId, Right, Stage, SystemName

__all__ = ["REMINDER", "TAGS", "CloudEvent", "EventData", "EventType", "announced"]

Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.:-]{0,79}$")]

REMINDER = "staff_reminder"
"""The letter whose writing says that a term is near."""


class EventType(StrEnum):
    """What happened. None is ever renamed or given another meaning; receivers ignore those they do not know."""

    OPENED = "eu.habeas.request.opened"
    STAGE_ENTERED = "eu.habeas.request.stage_entered"
    IDENTITY_PROVEN = "eu.habeas.request.identity_proven"
    CLOCK_COMPUTED = "eu.habeas.request.clock_computed"
    CLOCK_EXTENDED = "eu.habeas.request.clock_extended"
    CLOCK_PAUSED = "eu.habeas.request.clock_paused"
    CLOCK_RESUMED = "eu.habeas.request.clock_resumed"
    DELAY_ANNOUNCED = "eu.habeas.request.delay_announced"
    DUE_SOON = "eu.habeas.request.due_soon"
    OVERDUE = "eu.habeas.request.overdue"
    SYSTEM_WAITED_FOR = "eu.habeas.request.system_waited_for"
    MATCH_AMBIGUOUS = "eu.habeas.request.match_ambiguous"
    QUESTION_ASKED = "eu.habeas.request.question_asked"
    FEE_ASKED = "eu.habeas.request.fee_asked"
    PERSON_WROTE = "eu.habeas.request.person_wrote"
    PLAN_DRAFTED = "eu.habeas.request.plan_drafted"
    TASK_OPENED = "eu.habeas.request.task_opened"
    TASK_DONE = "eu.habeas.request.task_done"
    RELEASED = "eu.habeas.request.released"
    CLOSED = "eu.habeas.request.closed"
    HOLDER_CHANGED = "eu.habeas.request.holder_changed"


class EventData(Frozen):
    """The request, and what of it the event is about; fields that an event does not have are not there."""

    request: RequestId
    controller: str
    right: Right
    regime: str
    stage: Stage | None = None
    outcome: Outcome | None = None
    due_on: date | None = None
    extended: bool | None = None
    ground: Code | None = None
    waits_for: PauseReason | None = None
    paused_from: date | None = None
    resumed_on: date | None = None
    expected_on: date | None = None
    reply_by: date | None = None
    clock_waits: bool | None = None
    system: SystemName | None = None
    phase: Code | None = None
    code: Code | None = None


class CloudEvent(Frozen):
    """CloudEvents 1.0, JSON event format; ``sequence`` is its extension of that name."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    """The same each time that it is sent; unique with ``source``."""
    source: str
    type: EventType
    subject: RequestId
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    sequence: Annotated[str, Field(pattern=r"^\d{10}$")]
    """Its number in the request's evidence: grows within a request, with gaps; compares as text."""
    data: EventData

    def json_bytes(self) -> bytes:
        """The message in structured mode, byte for byte the same each time."""
        return self.model_dump_json(exclude_none=True).encode()


class _Announced(NamedTuple):
    type: EventType
    facts: Mapping[str, str]
    """Fact of the evidence -> field of `EventData`."""


_ANNOUNCED: Mapping[Tag, _Announced] = {
    Tag.REQUEST_OPENED: _Announced(EventType.OPENED, {}),
    Tag.REQUEST_STAGE: _Announced(EventType.STAGE_ENTERED, {"stage": "stage"}),
    Tag.IDENTITY_PROVEN: _Announced(EventType.IDENTITY_PROVEN, {}),
    Tag.CLOCK_COMPUTED: _Announced(EventType.CLOCK_COMPUTED, {"due_on": "due_on", "extended": "extended"}),
    Tag.CLOCK_EXTENDED: _Announced(EventType.CLOCK_EXTENDED, {"due_on": "due_on", "ground": "ground"}),
    Tag.CLOCK_PAUSED: _Announced(EventType.CLOCK_PAUSED, {"reason": "waits_for", "from": "paused_from"}),
    Tag.CLOCK_RESUMED: _Announced(EventType.CLOCK_RESUMED, {"to": "resumed_on", "due_on": "due_on"}),
    Tag.CLOCK_DELAY_ANNOUNCED: _Announced(EventType.DELAY_ANNOUNCED, {"expected_on": "expected_on"}),
    Tag.LETTER_QUEUED: _Announced(EventType.DUE_SOON, {}),
    Tag.CLOCK_BREACHED: _Announced(EventType.OVERDUE, {}),
    Tag.SYSTEM_WAITING: _Announced(EventType.SYSTEM_WAITED_FOR, {"system": "system", "phase": "phase", "code": "code"}),
    Tag.SYSTEM_AMBIGUOUS: _Announced(EventType.MATCH_AMBIGUOUS, {}),
    Tag.QUESTION_ASKED: _Announced(EventType.QUESTION_ASKED, {"reply_by": "reply_by", "clock_waits": "clock_waits"}),
    Tag.FEE_ASKED: _Announced(EventType.FEE_ASKED, {"ground": "ground", "clock_waits": "clock_waits"}),
    Tag.PERSON_WROTE: _Announced(EventType.PERSON_WROTE, {}),
    Tag.PLAN_DRAFTED: _Announced(EventType.PLAN_DRAFTED, {}),
    Tag.TASK_OPENED: _Announced(EventType.TASK_OPENED, {"system": "system", "phase": "phase"}),
    Tag.TASK_DONE: _Announced(EventType.TASK_DONE, {"system": "system", "phase": "phase"}),
    Tag.EXPORT_RELEASED: _Announced(EventType.RELEASED, {}),
    Tag.REQUEST_CLOSED: _Announced(EventType.CLOSED, {"outcome": "outcome"}),
    Tag.REQUEST_HOLDER: _Announced(EventType.HOLDER_CHANGED, {}),
}

TAGS: Mapping[EventType, Tag] = {one.type: tag for tag, one in _ANNOUNCED.items()}
"""The evidence that each type is made from; of letters, only `REMINDER`."""

_FIELDS: Mapping[str, TypeAdapter[Any]] = {
    name: TypeAdapter(field.rebuild_annotation()) for name, field in EventData.model_fields.items()
}


def announced(event: Event, *, controller: str, right: Right, regime: str) -> CloudEvent | None:
    """What is told of an event of the evidence; None if nothing is.

    Args:
        event: of the evidence.
        controller: the request's.
        right: the request's.
        regime: the law that it is under.
    """
    kind = _ANNOUNCED.get(event.tag)
    if kind is None or (event.tag is Tag.LETTER_QUEUED and event.facts.get("letter") != REMINDER):
        return None
    facts = {
        field: value for fact, field in kind.facts.items() if (value := _fit(field, event.facts.get(fact))) is not None
    }
    return CloudEvent(
        id=f"{event.request_id}.{event.n}",
        source=f"urn:habeas:controller:{controller}",
        type=kind.type,
        subject=event.request_id,
        time=event.at,
        sequence=f"{event.n:010}",
        data=EventData(request=event.request_id, controller=controller, right=right, regime=regime, **facts),
    )


def _fit(field: str, value: Any) -> Any:
    """The value, if it is of the field's form. One that is not is left out: it must not hold up those after it."""
    try:
        return _FIELDS[field].validate_python(value)
    except ValidationError:
        return None
