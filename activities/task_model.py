"""What goes into activities on tasks and comes out, and what of a task lies sealed."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field, JsonValue

from activities.model import InstructionBrief, SystemOrder
from habeas.connector import RecordRef, Treatment
from habeas.model import Frozen, Identifier, Right, SystemName
from habeas.outcomes import Fate, ObjectOutcome
from habeas.particulars import Correction

TaskId = Annotated[str, Field(pattern=r"^hb(-[0-9a-hjkmnp-tv-z]{4}){3}-[1-9][0-9]{0,5}$")]
"""The request's reference in small letters, and the number of the task in it: ``hb-7k2m-x4qt-90ab-1``."""


class TaskPhase(StrEnum):
    """What a human is asked to do."""

    FIND = "find"
    ERASE = "erase"
    RECTIFY = "rectify"
    RESTRICT = "restrict"
    LIFT = "lift"
    STOP = "stop"


FATES: dict[TaskPhase, tuple[Fate, ...]] = {
    TaskPhase.FIND: (),
    TaskPhase.ERASE: (Fate.ERASED, Fate.ANONYMISED, Fate.NOT_FOUND, Fate.BLOCKED),
    TaskPhase.RECTIFY: (Fate.RECTIFIED, Fate.CONTESTED, Fate.NOT_FOUND, Fate.BLOCKED),
    TaskPhase.RESTRICT: (Fate.RESTRICTED, Fate.NOT_FOUND, Fate.BLOCKED),
    TaskPhase.LIFT: (Fate.LIFTED, Fate.NOT_FOUND, Fate.BLOCKED),
    TaskPhase.STOP: (Fate.STOPPED, Fate.NOT_FOUND, Fate.BLOCKED),
}
"""What a human may say became of an object."""


def brief_name(task: str) -> str:
    """Under which the brief lies sealed."""
    return f"task/{task}"


def done_name(task: str) -> str:
    """Under which lies what came of it."""
    return f"task/{task}/done"


def refused_name(task: str) -> str:
    """Under which lies what was said of it and could not be taken."""
    return f"task/{task}/refused"


def letter_name(task: str, *, officer: bool = False, left_out: bool = False) -> str:
    """Under which lie the facts of the letter to the owner, to them once nobody waits any more, or to the officer."""
    if left_out:
        return f"task/{task}/left_out"
    return f"task/{task}/officer" if officer else f"task/{task}/letter"


class TaskOrder(SystemOrder):
    """Open this task, remind of it, or read what came of it."""

    task: TaskId
    phase: TaskPhase
    digest: str | None = None
    """Erasure: of the approved plan."""
    number: int = Field(default=0, ge=0)
    """Of the reminder."""


class TaskOpened(Frozen):
    """A task, or none: where nothing is left for a human to do, or the same was done before."""

    needed: bool = True
    remind_at: AwareDatetime
    remind_every: float
    """Seconds."""
    notice: InstructionBrief | None = None
    """Where somebody outside is instructed to do it, by a letter with a link; None: whoever owns it is told."""


class TaskReport(Frozen):
    """What came of a task: what became of objects, as counts."""

    task: TaskId
    counts: dict[Fate, int] = Field(default_factory=dict)


class TaskObject(Frozen):
    """An object that a human is asked to treat. Personal."""

    handle: str
    """By which the human names it: ``1``, ``2``."""
    collection: str
    key: str = Field(repr=False)
    treatment: Treatment | None = None
    """Of a plan of erasure."""
    content: dict[str, JsonValue] = Field(default_factory=dict, repr=False)
    """As it was collected."""

    @property
    def ref(self) -> RecordRef:
        """Its place."""
        return RecordRef(collection=self.collection, key=self.key)


class TaskCollection(Frozen):
    """What may be found: a collection, and whether each of its records needs its date."""

    name: str
    category: str
    dated: bool = False
    title: str = ""
    """As a processor reads it."""


class Instructed(Frozen):
    """What somebody outside is told beside the brief, in their language, and what of the brief they are shown."""

    language: str
    title: str
    """What the system is called."""
    controller: str
    """Who instructs them."""
    contact: str
    told: tuple[str, ...]
    """Kinds of identifiers, and ``name``."""
    purposes: tuple[str, ...] = ()
    """Titles of what is to stop."""
    due_on: date


class TaskBrief(Frozen):
    """What a human is asked to do, and for whom: sealed with the request, shown where looking leaves a mark."""

    system: SystemName
    title: str
    phase: TaskPhase
    right: Right
    instructions: str | None = None
    name: str | None = Field(default=None, repr=False)
    identifiers: tuple[Identifier, ...] = Field(default=(), repr=False)
    collections: tuple[TaskCollection, ...] = ()
    objects: tuple[TaskObject, ...] = Field(default=(), repr=False)
    corrections: tuple[Correction, ...] = Field(default=(), repr=False)
    purposes: tuple[str, ...] = ()
    digest: str | None = None
    max_file_bytes: int = 20 * 1024 * 1024
    keeps: tuple[str, ...] = ()
    """Laws by which something may turn out to be kept."""
    restricted_since: date | None = None
    """Something of the person there is only to be stored since then: what was set aside stays where it is."""
    instructed: Instructed | None = None
    """A processor that answers by a link."""

    def shown_outside(self, instructed: Instructed) -> TaskBrief:
        """As much of it as they may be shown."""
        identifiers = tuple(one for one in self.identifiers if one.kind in instructed.told)
        name = self.name if "name" in instructed.told else None
        return self.model_copy(update={"identifiers": identifiers, "name": name})


class TaskWords(Frozen):
    """What a human says came of a task: sealed under the act's id, then under the task's."""

    act_id: str
    records: int = Field(default=0, ge=0)
    files: int = Field(default=0, ge=0)
    pages: int = Field(default=0, ge=0)
    """Of storage, on which the records lie."""
    outcomes: tuple[ObjectOutcome, ...] = Field(default=(), repr=False)
    outside: bool = False
    """A processor said so, by its link."""


class RefusedWords(Frozen):
    """What a human said of a task as they typed it, and could not be taken: nobody has to type it again."""

    outcomes: tuple[str, ...]
    reason: str = Field(repr=False)
    why: str
    """PII-free: what must stay, and what keeps it."""


class FoundFile(Frozen):
    """A file that a human adds to a record. Its name lies sealed, in no path."""

    name: str = Field(repr=False, min_length=1, max_length=200)
    media_type: str = "application/octet-stream"
    content: bytes = Field(repr=False)


class FoundRecord(Frozen):
    """A record that a human found and typed in, or scanned."""

    collection: str
    data: dict[str, JsonValue] = Field(default_factory=dict, repr=False)
    anchor: date | None = None
    """From which a duty to keep it runs."""
    files: tuple[FoundFile, ...] = Field(default=(), repr=False)
