"""What must not go quiet: the closed list of things that the watchdog finds and tells people of. Names nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from pydantic import AwareDatetime, Field

from habeas.model import Frozen, RequestId, Stage, SystemName

__all__ = ["FOR_HUMANS", "STAGE_TIMES", "Finding", "FindingKind", "finding_id", "is_down"]


class FindingKind(StrEnum):
    """What is wrong. Each has a runbook of this name in `docs/runbooks`."""

    REQUEST_QUIET = "request_quiet"
    """Nothing has happened to an open request for longer than its stage takes."""
    TIMER_LATE = "timer_late"
    """A term is over, and its alarm has not rung."""
    SYSTEM_DOWN = "system_down"
    """Requests have waited for a system for too long."""
    LETTER_STUCK = "letter_stuck"
    """Letters were written and not handed to the mail server."""
    WORKFLOW_FAILING = "workflow_failing"
    """The server says that a workflow's own code fails."""
    WORKFLOW_MISSING = "workflow_missing"
    """A request is open and nothing carries it."""
    SWEEP_QUIET = "sweep_quiet"
    """The daily sweep has not begun for two days."""
    NO_WORKER = "no_worker"
    """No worker has given a sign of life."""
    ENGINE_AWAY = "engine_away"
    """Temporal does not answer."""


STAGE_TIMES: Mapping[Stage, timedelta] = {
    Stage.RECEIVED: timedelta(hours=1),
    Stage.LOCATING: timedelta(days=1),
    Stage.CLARIFYING: timedelta(days=40),
    Stage.COLLECTING: timedelta(days=3),
    Stage.REVIEWING: timedelta(days=7),
    Stage.FULFILLING: timedelta(days=7),
    Stage.CONFIRMING: timedelta(days=40),
    Stage.NOTIFYING: timedelta(days=1),
}
"""How long a request may stand in a stage with nothing in its evidence, while it waits for no system and no task.

While an identity is proven it is as long as the policy waits for the proof. A system's own job is asked again once a
month at the longest, and a question to the person is reminded of before its time is over.
"""

FOR_HUMANS = frozenset({"task_open", "processor_asked", "job", "callback", "copy_first", "copy_missing"})
"""Why something is waited for that is not down: a human, its own time, a copy that comes first. So is a veto."""


def is_down(code: str) -> bool:
    """Whether a system that is waited for with this code does not serve, rather than a human or its own time."""
    return code.partition(":")[0] not in {*FOR_HUMANS, "vetoed"}


class Finding(Frozen):
    """One thing that is wrong, or was."""

    kind: FindingKind
    about: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./:-]{0,119}$")
    """The request, the system, the controller or the process; a code, never a person."""
    controller: str | None = None
    """Whose it is; None for the whole installation's."""
    system: SystemName | None = None
    request_id: RequestId | None = None
    code: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9_.:-]{0,79}$")
    """More of why: a stage, the class of an error."""
    count: int = Field(default=1, ge=0)
    since: AwareDatetime
    """Since when it is so, as far as can be told."""


def finding_id(kind: FindingKind, about: str, first_seen: AwareDatetime) -> str:
    """The same for the same finding as long as it goes on: 32 hexadecimal digits."""
    return hashlib.sha256(f"{kind}\0{about}\0{first_seen.isoformat()}".encode()).hexdigest()[:32]
