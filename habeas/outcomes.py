"""The closed set of answers a connector can give, and what can become of an object.

Match them with ``assert_never``: a new kind of answer must be decided everywhere, never fall through.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field

from habeas.model import Frozen

T = TypeVar("T")


class Fate(StrEnum):
    """What became of one object (one row, one file, one vendor record)."""

    ERASED = "erased"
    ANONYMISED = "anonymised"
    RETAINED = "retained"
    NOT_FOUND = "not_found"
    BLOCKED = "blocked"
    FAILED = "failed"
    RECTIFIED = "rectified"
    CONTESTED = "contested"
    """Not rectified: the controller holds the value to be right, and noted that the person does not."""
    RESTRICTED = "restricted"
    LIFTED = "lifted"
    """No longer restricted."""
    STOPPED = "stopped"
    """No longer used for the purposes that the person objected to."""


CHANGED = frozenset({Fate.RECTIFIED, Fate.RESTRICTED, Fate.STOPPED})
"""What was asked of a change is done."""
UNDONE = frozenset({Fate.BLOCKED, Fate.FAILED})
"""What was asked, of an erasure or a change, is not done."""


class ObjectOutcome(Frozen):
    """What became of one object, and why. Both letter and evidence are made from these."""

    collection: str
    key: str = Field(repr=False)
    fate: Fate
    field: str | None = None
    """Which field of it, where only one is meant (rectification)."""
    reason: str | None = None
    """A code (``drifted``, ``still_there``, ``refused_by_system`` …), never free text from a system."""
    law: str | None = None
    until: date | None = None
    """Of what is retained its last day; of what is erased and ``in_the_bin`` the day on which it leaves there."""


class Done(Frozen, Generic[T]):
    """Finished; here is the result."""

    kind: Literal["done"] = "done"
    result: T


MOST_HANDLE = 2048
"""Bytes of a handle, in UTF-8: Temporal keeps it, and a callback brings it back."""


class Pending(Frozen):
    """Under way (the second of two steps, or a job): ask again with this handle after so many seconds."""

    kind: Literal["pending"] = "pending"
    handle: str
    """At most `MOST_HANDLE` long, and it names nobody."""
    poll_after: float = Field(gt=0, description="seconds; more than a month is taken as one")
    so_far: tuple[ObjectOutcome, ...] = Field(default=(), repr=False)
    """Of a second look where everything is done but for copies that the system drops by itself on a day to come (a
    recycle bin): what became of each object, and ``until`` when a copy is there. Whoever asked is told this in time."""


class Awaiting(Frozen):
    """Under way; the system will call back with this handle, at the latest after so many seconds."""

    kind: Literal["awaiting"] = "awaiting"
    handle: str
    give_up_after: float = Field(gt=0, description="seconds; more than a month is taken as one")


class Drifted(Frozen):
    """Nothing was changed: the data is no longer what the plan was made from, and a human must look again."""

    kind: Literal["drifted"] = "drifted"
    changed: int = Field(ge=0)
    appeared: int = Field(ge=0)


EraseAnswer = Annotated[Done[tuple[ObjectOutcome, ...]] | Pending | Awaiting | Drifted, Field(discriminator="kind")]
ChangeAnswer = Annotated[Done[tuple[ObjectOutcome, ...]] | Pending | Awaiting | Drifted, Field(discriminator="kind")]
ConfirmAnswer = Annotated[Done[tuple[ObjectOutcome, ...]] | Pending | Awaiting, Field(discriminator="kind")]
