"""What stands beside requests: tasks, holds, restrictions, recipients, letters by hand, what is kept."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import Base64Bytes, Field

from activities.keeping import SweepReport
from activities.ledger import HoldRow, Letter, LetterRow, RestrictionRow, TaskFilter, TaskState
from activities.ledger.paging import Order, Turn
from activities.ledger.tasks import TASKS
from activities.task_model import FoundFile
from habeas.access import Scope
from habeas.acts import ActAnswer
from habeas.model import Identifier
from workers.api.acts import Works
from workers.api.bodies import whole_body
from workers.api.callers import Caller, may
from workers.api.paging import Page, paged
from workers.api.requests import Controller, Filtered, Once, Reads, Reference
from workers.office import Said, ShownTask, TaskEntry
from workers.office.asked import Because
from workers.office.holds import Kept, LiftedHold, NewHoldInput, PlacedHold
from workers.office.letters import BouncedLetter, HandedLetter
from workers.office.recipients import Told
from workers.office.typed import FIRST_DAY, LAST_DAY, Typed
from workers.office.waiting import Retried

router = APIRouter()

Looks = Annotated[Caller, may(Scope.PERSONAL_READ)]
Tasks = Annotated[Caller, may(Scope.TASKS_WORK)]
Holds = Annotated[Caller, may(Scope.HOLDS_WRITE)]
Sweeps = Annotated[Caller, may(Scope.SWEEP)]
Name = Annotated[str, Path(max_length=80)]

MOST_MAIL = 1024 * 1024
"""Bytes of a delivery report."""


class TaskList(Page[TaskEntry]):
    """Tasks."""

    ORDER = TASKS


class HoldList(Page[HoldRow]):
    """Legal holds."""

    ORDER = Order(
        "placed_at",
        placed_at={"placed_at": datetime, "id": str},
        controller={"controller": str, "id": str},
    )


class RestrictionList(Page[RestrictionRow]):
    """What is restricted, by request and system."""

    ORDER = Order(
        "set_at",
        set_at={"set_at": datetime, "request_id": str, "system": str},
        request_id={"request_id": str, "system": str},
        system={"system": str, "request_id": str},
    )


class RecipientList(Page[Told]):
    """Who was told."""

    ORDER = Order(
        "since",
        since={"since": datetime, "recipient": str, "occasion": str},
        recipient={"recipient": str, "occasion": str},
    )


class LetterList(Page[LetterRow]):
    """Letters that somebody must hand over or post."""

    ORDER = Order(
        "queued_at",
        queued_at={"queued_at": datetime, "id": str},
        request_id={"request_id": str, "id": str},
    )


class KeptList(Page[Kept]):
    """What each controller keeps."""

    ORDER = Order("controller", controller={"controller": str})


class Attached(Typed):
    """A file that was found."""

    name: str = Field(min_length=1, max_length=200, repr=False)
    media_type: str = Field(default="application/octet-stream", max_length=100)
    content: Base64Bytes = Field(repr=False)

    def found(self) -> FoundFile:
        """As the office takes it."""
        return FoundFile(name=self.name, media_type=self.media_type, content=self.content)


class TaskDone(Because):
    """What came of a task."""

    nothing: bool = Field(default=False, description="Nothing of the person is there.")
    records: tuple[str, ...] = Field(default=(), max_length=10_000, repr=False, description="JSON objects, as text.")
    files: tuple[Attached, ...] = Field(default=(), max_length=100, repr=False)
    attached: tuple[Attached, ...] = Field(
        default=(), max_length=100, repr=False, description="Files that a record names."
    )
    collection: str | None = Field(default=None, max_length=80)
    day: date | None = None
    outcomes: tuple[str, ...] = Field(default=(), max_length=100_000, description="[N=]erased, not_found, blocked, …")
    as_said: bool = False


class NewHold(Because):
    """A legal hold: whom or what it is about, and by which law."""

    controller: str | None = None
    system: str | None = None
    category: str | None = None
    everything: bool = False
    provision: str = Field(min_length=1, max_length=300, description="The law or the matter; or a code of its reasons.")
    said: dict[str, str] = Field(default_factory=dict, description="The matter in other languages of the controller.")
    identifiers: tuple[Identifier, ...] = Field(default=(), max_length=100, repr=False)


@router.post("/systems/{system}/retry", tags=["systems"])
async def retry_waiting(who: Works, once: Once, system: Name, said: Because) -> Retried:
    """Its cause is mended: every request that waits for this system tries it again now."""
    return await once.kept(
        who, Retried, lambda _: who.office.retry_waiting(system, by=who.account, reason=said.reason), said
    )


@router.get("/tasks", tags=["tasks"])
async def tasks(
    who: Reads,
    turn: Annotated[Turn, paged(TASKS, usual=200)],
    controller: Controller = None,
    state: Annotated[TaskState, Query(description="In this state.")] = TaskState.OPEN,
    every: Annotated[bool, Query(description="In whatever state.")] = False,
    request_id: Filtered = None,
    mine: Annotated[bool, Query(description="Of the token's account, or of nobody in particular.")] = False,
    overdue: bool = False,
    due_before: Annotated[date | None, Query(ge=FIRST_DAY, le=LAST_DAY)] = None,
) -> TaskList:
    """What humans do by hand, those due first ahead."""
    wanted = TaskFilter(
        controller=controller,
        request_id=request_id,
        state=None if every else state,
        mine=who.office.actor(who.account) if mine else None,
        due_before=due_before,
        limit=turn.limit,
        sort=turn.sort,
        cursor=turn.given,
    )
    return TaskList.placed(await who.office.tasks(wanted, overdue=overdue), wanted.limit)


@router.post("/tasks/{task_id}/look", tags=["tasks"])
async def task(who: Tasks, task_id: Name, said: Because) -> ShownTask:
    """One task, and for whom it is; without `personal:read` those of one's own systems only. Leaves a mark."""
    return await who.office.task(task_id.lower(), by=who.account, reason=said.reason)


@router.post("/tasks/{task_id}/done", tags=["tasks"])
async def finish_task(who: Tasks, once: Once, task_id: Name, said: TaskDone) -> ActAnswer:
    """Say what came of a task. Your word goes into the evidence, as yours."""

    async def do(act_id: str) -> ActAnswer:
        return await who.office.finish_task(
            task_id.lower(), by=who.account, reason=said.reason, said=came(said), act_id=act_id
        )

    return await once.kept(who, ActAnswer, do, said)


def came(said: TaskDone) -> Said:
    """What came of a task, as the office takes it."""
    return Said(
        nothing=said.nothing,
        records=said.records,
        files=tuple(one.found() for one in said.files),
        attached={one.name: one.found() for one in said.attached},
        collection=said.collection,
        day=said.day.isoformat() if said.day else None,
        outcomes=said.outcomes,
        as_said=said.as_said,
    )


@router.get("/holds", tags=["holds"])
async def holds(
    who: Reads,
    turn: Annotated[Turn, paged(HoldList.ORDER)],
    controller: Controller = None,
    lifted: bool = False,
) -> HoldList:
    """Legal holds that stand, the oldest first; with `lifted`, those that were lifted too."""
    return HoldList.of(await who.office.holds(controller, standing=not lifted), turn)


@router.post("/holds", tags=["holds"], status_code=201)
async def place_hold(who: Holds, once: Once, asked: NewHold) -> PlacedHold:
    """Place a hold. Open erasures that it meets are stopped."""

    async def do(act_id: str) -> PlacedHold:
        return await who.office.place_hold(NewHoldInput(**asked.model_dump()), by=who.account, hold_id=act_id)

    return await once.kept(who, PlacedHold, do, asked)


@router.post("/holds/{hold_id}/lift", tags=["holds"])
async def lift_hold(who: Holds, once: Once, hold_id: Name, said: Because) -> LiftedHold:
    """Lift a hold: what it alone kept of closed erasures goes with the next sweep."""
    return await once.kept(
        who, LiftedHold, lambda _: who.office.lift_hold(hold_id, by=who.account, reason=said.reason), said
    )


@router.get("/restrictions", tags=["restrictions"])
async def restrictions(
    who: Reads,
    turn: Annotated[Turn, paged(RestrictionList.ORDER)],
    controller: Controller = None,
    request_id: Filtered = None,
    lifted: bool = False,
) -> RestrictionList:
    """What is restricted."""
    found = await who.office.restrictions(controller=controller, request_id=request_id, standing=not lifted)
    return RestrictionList.of(found, turn)


@router.get("/requests/{request_id}/recipients", tags=["recipients"])
async def recipients(
    who: Reads, reference: Reference, turn: Annotated[Turn, paged(RecipientList.ORDER)]
) -> RecipientList:
    """Who was told what became of the data. The person may ask for this list."""
    return RecipientList.of(await who.office.recipients(reference), turn)


@router.post("/requests/{request_id}/recipients/{recipient}/acknowledge", tags=["recipients"])
async def acknowledge(who: Tasks, once: Once, reference: Reference, recipient: Name, said: Because) -> Told:
    """A recipient said otherwise than by its link that it is done."""
    return await once.kept(
        who, Told, lambda _: who.office.acknowledge(reference, recipient, by=who.account, reason=said.reason), said
    )


@router.get("/letters/to_hand_over", tags=["letters"])
async def letters_to_hand_over(
    who: Reads, turn: Annotated[Turn, paged(LetterList.ORDER)], controller: Controller = None
) -> LetterList:
    """Letters for people without an address, the oldest first."""
    return LetterList.of(await who.office.letters_to_hand_over(controller), turn)


@router.post("/letters/{letter_id}/look", tags=["letters"])
async def letter(who: Looks, letter_id: Annotated[str, Path(max_length=200)], said: Because) -> Letter:
    """A letter to hand over, in full. Leaves a mark."""
    return await who.office.letter_to_hand_over(letter_id, by=who.account, reason=said.reason)


@router.post("/letters/{letter_id}/handed", tags=["letters"])
async def letter_handed(
    who: Tasks, once: Once, letter_id: Annotated[str, Path(max_length=200)], said: Because
) -> HandedLetter:
    """Note that the person got a letter, and how."""
    return await once.kept(
        who, HandedLetter, lambda _: who.office.letter_handed(letter_id, by=who.account, reason=said.reason), said
    )


@router.post(
    "/letters/bounces",
    tags=["letters"],
    openapi_extra={"requestBody": {"required": True, "content": {"message/rfc822": {"schema": {"type": "string"}}}}},
)
async def letter_bounced(who: Tasks, once: Once, request: Request) -> BouncedLetter:
    """A mail server's delivery report (RFC 3464). The same report again changes nothing."""
    mail = await whole_body(request, {"message/rfc822", "multipart/report"}, MOST_MAIL)
    return await once.kept(who, BouncedLetter, lambda _: who.office.letter_bounced(mail), mail)


@router.get("/retention", tags=["retention"])
async def kept(who: Reads, turn: Annotated[Turn, paged(KeptList.ORDER)], controller: Controller = None) -> KeptList:
    """What erasures have kept, by the day on which it goes; what ended of late, and what does not end."""
    return KeptList.of(await who.office.kept(controller), turn)


@router.post("/retention/sweep", tags=["retention"])
async def sweep(who: Sweeps, once: Once) -> SweepReport:
    """Sweep once, now."""
    return await once.kept(who, SweepReport, lambda _: who.office.sweep_now())
