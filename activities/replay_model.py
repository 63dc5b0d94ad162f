"""What travels between the replaying of erasures and its steps. All of it PII-free."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from pydantic import AwareDatetime, Field

from activities.keeping import SweepOrder
from activities.model import SystemOrder
from habeas.model import Frozen, RequestId, Right, SystemName

__all__ = [
    "BACK",
    "Replay",
    "ReplayItem",
    "ReplayLine",
    "ReplayOrder",
    "ReplayPage",
    "ReplayReport",
    "ReplayStep",
    "ReplayWanted",
    "Replayed",
    "UndoneChange",
    "UndoneReport",
    "digest_of",
]

BACK = "back"


class ReplayWanted(Frozen):
    """Which erasures are carried out once more."""

    since: AwareDatetime
    """The moment whose state the system was restored to."""
    controllers: tuple[str, ...] = Field(min_length=1)
    system: SystemName | None = None
    """Only in this one."""


class ReplayOrder(SweepOrder):
    """A page of what was erased since."""

    wanted: ReplayWanted
    limit: int = Field(default=100, ge=1, le=1000)
    after: tuple[str, str] = ("", "")
    """The last request and system of the page before."""


class ReplayItem(Frozen):
    """What one request erased in one system since then."""

    request_id: RequestId
    system: SystemName
    objects: int
    unknowable: str | None = None
    """Why nothing can be found out: ``key_destroyed``, ``open``, ``no_system`` or ``by_hand``. None: it is looked."""
    task_queue: str = ""
    confirm_after: float = 0.0


class ReplayPage(Frozen):
    """Some of them, and where to go on; None after the last."""

    items: tuple[ReplayItem, ...]
    after: tuple[str, str] | None


class ReplayStep(SystemOrder):
    """Look at, or carry out once more, what one request erased in one system."""

    plan: str | None = None
    """The digest of what is back, as people saw it; None while it is only looked at."""
    actor: str = "engine"
    handle: str | None = None


class Replayed(Frozen):
    """How far it is."""

    state: str
    """Looked at: ``gone`` or ``back``. Carried out: ``done``, ``drifted`` or ``held``; looked at again: ``clean`` or
    ``remains``. And ``pending`` or ``awaiting``."""
    handle: str | None = None
    wait: float = 0.0
    back: int = 0
    """Objects that are not as they had become."""
    unplanned: int = 0
    """Objects of the person that no plan names: nobody may erase them unseen."""


class ReplayLine(Frozen):
    """What came of one request's erasure in one system, where it is not all as it was."""

    request_id: RequestId
    system: SystemName
    state: str
    """``back`` (looked at only), ``erased_again``, ``drifted``, ``held``, ``remains``; ``unplanned``: only what no plan
    names; or why it is not known: ``key_destroyed``, ``open``, ``no_system``, ``by_hand``, or the code of an error."""
    objects: int = 0
    """That are back; where it is not known: that were erased."""
    unplanned: int = 0


class UndoneChange(Frozen):
    """What else was done in a system since, which a restored backup undoes, and which nobody does anew by itself."""

    request_id: RequestId
    system: SystemName
    right: Right
    objects: int


class UndoneReport(Frozen):
    """All of them, up to a bound."""

    changes: tuple[UndoneChange, ...]


class ReplayReport(Frozen):
    """What was looked at, and what came of it."""

    plan: str = ""
    """The digest of what is back: with it, and not without, it is erased once more."""
    carried_out: bool = False
    looked: int = 0
    """Erasures of one request in one system that were looked at."""
    gone: int = 0
    """Of these, those where all is as it was."""
    lines: tuple[ReplayLine, ...] = ()
    changes: tuple[UndoneChange, ...] = ()
    more: bool = False
    """There is more than one answer can hold: once this is done, do it again."""


class Replay(Frozen):
    """One replaying, and where it stands when it is carried on."""

    wanted: ReplayWanted
    plan: str | None = None
    """The digest that people saw; None to look only."""
    actor: str = "engine"
    after: tuple[str, str] | None = ("", "")
    """Where the looking goes on; None once it is over."""
    next: int = 0
    """The line that is carried out next."""
    looked: int = 0
    gone: int = 0
    lines: tuple[tuple[ReplayLine, str, float], ...] = ()
    """Each with its system's task queue and the seconds before a second look."""
    more: bool = False


def digest_of(lines: Iterable[ReplayLine]) -> str:
    """A name for what is back, the same whoever looks: SHA-256 in hex over requests, systems and numbers of objects.

    Empty where nothing is back.
    """
    found = sorted((line.request_id, line.system, line.objects) for line in lines if line.state == BACK)
    return hashlib.sha256(json.dumps(found).encode()).hexdigest() if found else ""
