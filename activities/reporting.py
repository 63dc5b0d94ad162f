"""What a connected system says that it did: counted, kept in the ledger, and reported to the workflow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import TypedDict

from pydantic import JsonValue

from activities.change_model import ChangeOrder
from activities.ledger import Ledger, Tx
from activities.model import EraseOrder
from habeas.connector import Page
from habeas.disguised import hides_address
from habeas.errors import Quarantine
from habeas.evidence import Tag
from habeas.outcomes import MOST_HANDLE, Awaiting, Fate, ObjectOutcome, Pending

MOST_WAIT = 30 * 24 * 3600.0
"""Seconds until a system is asked again, or taken not to call back."""


class UnderWay(TypedDict):
    """The fields of a report that say how far a system is which has not finished."""

    state: str
    handle: str
    wait: float


def under_way(answer: Pending | Awaiting) -> UnderWay:
    """As every report says it; ``wait`` in seconds, at most a month: whatever a system says is a timer of ours.

    Raises:
        Quarantine: the handle, which Temporal keeps, is too long or holds an e-mail address, however encoded.
    """
    _names_nobody("handle", answer.handle)
    wait = answer.poll_after if isinstance(answer, Pending) else answer.give_up_after
    return {"state": answer.kind, "handle": answer.handle, "wait": min(wait, MOST_WAIT)}


def follows(page: Page, before: str | None) -> Page:
    """The same page, if its cursor may lie in Temporal and leads on.

    Raises:
        Quarantine: the cursor is too long, holds an e-mail address, however encoded, or is the one that gave this page.
    """
    if page.cursor is not None:
        _names_nobody("cursor", page.cursor)
        if page.cursor == before:
            raise Quarantine("It gives the same page again and again.")
    return page


def _names_nobody(what: str, text: str) -> None:
    if len(text.encode()) > MOST_HANDLE or hides_address(text):
        raise Quarantine(f"A {what} is at most {MOST_HANDLE} bytes long and names nobody.")


async def note_callback(ledger: Ledger, order: EraseOrder | ChangeOrder, answer: Pending | Awaiting) -> None:
    """Remember which request a callback will be about."""
    if isinstance(answer, Awaiting):
        async with ledger.begin() as tx:
            await tx.await_callback(order.request_id, order.system, answer.handle, order.at)


def counted(outcomes: Collection[ObjectOutcome]) -> dict[Fate, int]:
    """How many objects have each fate."""
    return dict(Counter(outcome.fate for outcome in outcomes))


async def keep_outcomes(
    tx: Tx, order: EraseOrder | ChangeOrder, phase: str, outcomes: Collection[ObjectOutcome], tag: Tag, **said: bool
) -> None:
    """Write down what became of each object, how far the system is, and the event that says so, once per order."""
    counts = {fate.value: count for fate, count in sorted(counted(outcomes).items())}
    part: dict[str, JsonValue] = {"part": order.part.value} if isinstance(order, ChangeOrder) else {}
    await tx.save_outcomes(order.request_id, order.system, outcomes, at=order.at)
    await tx.save_system(order.request_id, order.system, phase=phase, state="done", counts=counts)
    await tx.record(
        order.request_id,
        tag,
        at=order.at,
        facts={"system": order.system, "plan": order.digest, **part, **counts, **said},
        dedupe="/".join([phase, order.system, *map(str, part.values()), order.at.isoformat()]),
    )


async def keep_part(
    tx: Tx, order: EraseOrder | ChangeOrder, outcomes: Collection[ObjectOutcome], *, step: str = "broken-off"
) -> None:
    """Write down what was done of a plan that broke off and is not carried on, and the event that says so, once."""
    counts = {fate.value: count for fate, count in sorted(counted(outcomes).items())}
    changing = isinstance(order, ChangeOrder)
    part: dict[str, JsonValue] = {"part": order.part.value} if isinstance(order, ChangeOrder) else {}
    await tx.save_outcomes(order.request_id, order.system, outcomes, at=order.at)
    await tx.record(
        order.request_id,
        Tag.SYSTEM_CHANGED if changing else Tag.SYSTEM_ERASED,
        at=order.at,
        facts={"system": order.system, "plan": order.digest, **part, **counts, "broken_off": True},
        dedupe=f"{step}/{order.system}/{order.digest}",
    )
