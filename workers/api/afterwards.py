"""What comes back after an erasure: erased again after a restore; asked about before somebody is taken up again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from activities.replay_model import ReplayReport
from habeas.access import Scope
from habeas.model import Frozen, Identifier
from workers.api.acts import Approves
from workers.api.callers import Caller, may
from workers.api.requests import Once
from workers.office.afterwards import MOST_ASKED, Suppressed
from workers.office.asked import Because

router = APIRouter(tags=["afterwards"])

Asks = Annotated[Caller, may(Scope.SUPPRESSION_ASK)]


class Restored(Because):
    """Which state a connected system was restored to."""

    since: str = Field(max_length=40, description="The moment of the backup: 2026-11-30T04:00+01:00.")
    system: str | None = Field(default=None, max_length=80, description="Only this system.")
    controller: str | None = Field(default=None, max_length=80, description="Only this one's; else all of yours.")


class RestoredSeen(Restored):
    """What was seen to be back, to be erased once more."""

    plan: str = Field(min_length=12, max_length=64, description="`plan` of the look.")


class Question(Frozen):
    """Whom a system is about to take up."""

    identifiers: tuple[Identifier, ...] = Field(min_length=1, max_length=MOST_ASKED, repr=False)
    controller: str | None = Field(default=None, max_length=80, description="May be left out where there is one.")


class Answers(Frozen):
    """One for each identifier, in their order."""

    items: tuple[Suppressed, ...]


@router.post("/erasures/replay/look")
async def look_back(who: Approves, said: Restored) -> ReplayReport:
    """What of the erasures since then is there again; what nobody can know. Nothing is changed."""
    return await who.office.look_back(
        said.since, system=said.system, controller=said.controller, by=who.account, reason=said.reason
    )


@router.post("/erasures/replay")
async def erase_again(who: Approves, once: Once, said: RestoredSeen) -> ReplayReport:
    """Erase once more exactly what was seen; nothing, if it is something else by now."""

    async def do(_: str) -> ReplayReport:
        return await who.office.erase_again(
            said.since,
            plan=said.plan,
            system=said.system,
            controller=said.controller,
            by=who.account,
            reason=said.reason,
        )

    return await once.kept(who, ReplayReport, do, said)


@router.post("/suppressions/ask")
async def ask(who: Asks, asked: Question) -> Answers:
    """Were these erased? Ask before an import, a sync or a restore takes somebody up again."""
    found = await who.office.suppressed(asked.identifiers, controller=asked.controller, by=who.account)
    return Answers(items=found)
