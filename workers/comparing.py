"""What the ledger and Temporal say of the same requests, and carrying on what they disagree about.

They come apart where one of them was lost and restored, or another namespace took its place. The ledger says what is
open; a request that nothing carries, or whose workflow knows more than the ledger, is begun anew from what the ledger
knows. Nothing here names anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from activities.actors import actor_of
from activities.clockface import local_day
from activities.ledger import Ledger, Tx
from habeas.errors import BadInput, UnknownRequest
from habeas.evidence import Tag
from habeas.model import Frozen, Request, Stage
from habeas.policy import Policy
from workers.office import Engine

__all__ = ["BEGUN_ANEW", "Apart", "Disagreement", "compare", "restart"]


class Apart(StrEnum):
    """How the two disagree about a request."""

    MISSING = "missing"
    """Open in the ledger, and Temporal knows no workflow of it, or one that was broken off."""
    ENDED = "ended"
    """Open in the ledger, and its workflow came to its end: the ledger is older."""
    AHEAD = "ahead"
    """Open in both, and its workflow went on after the moment that the ledger was restored to."""
    OVER = "over"
    """Closed in the ledger, and its workflow runs: Temporal is older."""
    UNKNOWN = "unknown"
    """A workflow runs, and the ledger knows no such request: the ledger is older."""


RUNS, ENDED = "running", "completed"
BEGUN_ANEW = frozenset({Apart.MISSING, Apart.AHEAD})
"""What is begun anew without being named: nothing is told or erased by it that was not to be told or erased."""


class Disagreement(Frozen):
    """One request."""

    request_id: str
    how: Apart
    controller: str | None
    stage: Stage | None
    """Where the ledger has it."""
    engine: str
    """What Temporal says of its workflow: `none`, or the state in which it is."""


async def compare(
    ledger: Ledger, engine: Engine, now: datetime, since: datetime | None = None
) -> tuple[Disagreement, ...]:
    """Look at every request that was started and is open, and at every workflow that runs; changes nothing.

    Args:
        ledger: everybody's.
        engine: Temporal, as the office sees it.
        now: the time.
        since: the moment that the ledger was restored to; without it none is found to be ahead.

    Raises:
        LedgerUnavailable, EngineUnavailable: one of them does not answer.
    """
    async with ledger.begin() as tx:
        carried = await tx.carried(now)
    names = sorted(await engine.running_requests() | carried.keys())
    async with ledger.begin() as tx:
        known = {name: await _known(tx, name) for name in names}
    found = [await _compared(engine, name, known[name], since) for name in names]
    return tuple(one for one in found if one is not None)


async def restart(
    ledger: Ledger, engine: Engine, policies: Mapping[str, Policy], one: Disagreement, now: datetime, by: str
) -> None:
    """Begin the request anew from what the ledger knows; whatever carried it is ended first.

    What was proven stays proven, and a letter that was sent is not sent again. What was looked for is looked for again,
    and what was approved is approved again: the plan is of what is there now. A clock that stood still goes on.

    Args:
        ledger: everybody's.
        engine: Temporal, as the office sees it.
        policies: by controller.
        one: how the two disagree about it.
        now: the time.
        by: who does it; kept as a keyed hash.

    Raises:
        BadInput: the ledger does not know the request, or has closed it.
        LedgerUnavailable, EngineUnavailable: one of them does not answer; asking again is safe.
    """
    async with ledger.begin() as tx:
        request = await _known(tx, one.request_id)
        if request is None or request.stage is Stage.CLOSED:
            raise BadInput("Only what is open in the ledger is begun anew.", field="request")
        today = local_day(policies[request.controller], now)
        for span in await tx.pauses(request.id):
            if span.end is None:
                await tx.end_pause(request.id, span.id, max(span.start, today))
        await tx.update_request(request.id, stage=Stage.RECEIVED, paused_from=None, blocked_on=())
        facts = {"engine": one.engine, "stage": request.stage.value}
        actor = actor_of(ledger.vault, by)
        dedupe = f"restart/{now.isoformat()}"
        await tx.record(request.id, Tag.REQUEST_RESTARTED, at=now, actor=actor, facts=facts, dedupe=dedupe)
    await engine.begin_anew(request)


async def _known(tx: Tx, request_id: str) -> Request | None:
    try:
        return await tx.request(request_id)
    except UnknownRequest:
        return None


async def _compared(engine: Engine, name: str, request: Request | None, since: datetime | None) -> Disagreement | None:
    # The list of what runs is a little late: each one is asked for by itself.
    state = await engine.state_of(name)
    runs, is_open = state == RUNS, request is not None and request.stage is not Stage.CLOSED
    if runs and is_open:
        moved = await engine.moved_at(name) if since is not None else None
        how = Apart.AHEAD if moved and since and moved > since else None
    elif runs:
        how = Apart.UNKNOWN if request is None else Apart.OVER
    elif is_open:
        how = Apart.ENDED if state == ENDED else Apart.MISSING
    else:
        how = None
    if how is None:
        return None
    controller, stage = (request.controller, request.stage) if request else (None, None)
    return Disagreement(request_id=name, how=how, controller=controller, stage=stage, engine=state or "none")
