"""Correcting and marking in a system that is reached by a web API: the same care for each vendor.

A `Changeable` says what differs: what a field holds, how it is written, which marks there are. The rest is here:
nothing is written if one value is neither the old nor the new one; and whatever the system answered is read back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from habeas.connector import Change, FieldChange, RecordRef, Rectify, Restrict, Stop
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, Done, Drifted, Fate, ObjectOutcome

__all__ = ["Changeable", "Held", "Marked", "change", "confirm_change", "wanted"]


@dataclass(frozen=True)
class Held:
    """What there is to correct."""

    value: JsonValue = None
    there: bool = True
    """The object is there."""
    why_not: str | None = None
    """A code: why this field cannot be corrected."""


@dataclass(frozen=True)
class Marked:
    """How an object is marked."""

    wrong: str | None = None
    """A code: why its marks are not as asked; None if they are."""
    there: bool = True
    """The object is there."""
    possible: bool = True
    """Such an object can be marked at all."""


class Changeable(Protocol):
    """One vendor's objects, as far as they can be changed."""

    async def held(self, one: FieldChange) -> Held:
        """What the field holds now."""
        ...

    def same(self, one: FieldChange, wanted: JsonValue, held: JsonValue) -> bool:
        """Whether the system would hold the one for the other."""
        ...

    async def write(self, ref: RecordRef, values: Mapping[str, JsonValue]) -> None:
        """Write; a value that the system does not take is seen when it is read back."""
        ...

    async def mark(self, ref: RecordRef, asked: Restrict | Stop) -> None:
        """Set or lift the marks, as far as there are any."""
        ...

    async def marked(self, ref: RecordRef, asked: Restrict | Stop) -> Marked:
        """Whether the marks are as asked now, read again."""
        ...


async def change(on: Changeable, asked: Change) -> ChangeAnswer:
    """See `habeas.connector.Changing.change`."""
    if isinstance(asked, Rectify):
        return await _rectify(on, asked)
    for ref in _refs(asked):
        await on.mark(ref, asked)
    return Done(result=await _seen(on, asked, Fate.BLOCKED))


async def confirm_change(on: Changeable, asked: Change) -> ConfirmAnswer:
    """See `habeas.connector.Changing.confirm_change`."""
    return Done(result=await _seen(on, asked, Fate.FAILED))


def wanted(asked: Restrict | Stop) -> bool:
    """Whether marks are to be set; else they are lifted."""
    return asked.on if isinstance(asked, Restrict) else True


async def _rectify(on: Changeable, asked: Rectify) -> ChangeAnswer:
    to_write: dict[RecordRef, dict[str, JsonValue]] = defaultdict(dict)
    drifted = 0
    for one in asked.fields:
        held = await on.held(one)
        if held.why_not or not held.there or on.same(one, one.new, held.value):
            continue
        drifted += not on.same(one, one.old, held.value)
        to_write[one.ref][one.field] = one.new
    if drifted:
        return Drifted(changed=drifted, appeared=0)
    for ref, values in to_write.items():
        await on.write(ref, values)
    return Done(result=await _seen(on, asked, Fate.BLOCKED))


async def _seen(on: Changeable, asked: Change, otherwise: Fate) -> tuple[ObjectOutcome, ...]:
    if isinstance(asked, Rectify):
        return tuple([await _rectified(on, one, otherwise) for one in asked.fields])
    return tuple([await _marked(on, ref, asked, otherwise) for ref in _refs(asked)])


async def _rectified(on: Changeable, one: FieldChange, otherwise: Fate) -> ObjectOutcome:
    held = await on.held(one)
    made = ObjectOutcome(collection=one.collection, key=one.key, field=one.field, fate=Fate.RECTIFIED)
    if held.why_not:
        return made.model_copy(update={"fate": Fate.BLOCKED, "reason": held.why_not})
    if not held.there:
        return made.model_copy(update={"fate": Fate.NOT_FOUND})
    if on.same(one, one.new, held.value):
        return made
    reason = "refused_by_system" if otherwise is Fate.BLOCKED else "not_rectified"
    return made.model_copy(update={"fate": otherwise, "reason": reason})


async def _marked(on: Changeable, ref: RecordRef, asked: Restrict | Stop, otherwise: Fate) -> ObjectOutcome:
    done = Fate.STOPPED if isinstance(asked, Stop) else Fate.RESTRICTED if asked.on else Fate.LIFTED
    made = ObjectOutcome(collection=ref.collection, key=ref.key, fate=done)
    found = await on.marked(ref, asked)
    if not found.there:
        return made.model_copy(update={"fate": Fate.NOT_FOUND})
    if found.wrong is None:
        return made
    return made.model_copy(update={"fate": otherwise if found.possible else Fate.BLOCKED, "reason": found.wrong})


def _refs(asked: Restrict | Stop) -> tuple[RecordRef, ...]:
    return asked.roots if isinstance(asked, Stop) else asked.objects
