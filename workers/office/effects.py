"""What an act would mean that ends in no letter of its own: whose records join, what is left out, what comes next.

Counted from what the act itself would write, and taken from the same places; nothing is kept, and nobody is named.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from pydantic import Field

from activities.changing import contests, refuse_unasked
from activities.clockface import local_day
from activities.finding import decided, load_graph
from activities.ledger import TaskFilter, TaskState, Tx
from activities.redactions import redactions
from activities.stated import check_stated
from habeas.acts import ActKind
from habeas.errors import BadInput, WrongStage
from habeas.matching import Found
from habeas.model import Frozen
from habeas.outcomes import Fate
from habeas.particulars import Particulars
from habeas.redaction import Standing
from workers.office.approving import Approving
from workers.office.asked import ASKED, Because, Contest, Match
from workers.office.grounds import check_words
from workers.office.redacting import RedactionAsked, understood
from workers.office.review import Reviewing, refuse_twice
from workers.office.tasks import Said, Tasking, answered, said_again, task_brief

__all__ = ["PREVIEWED", "Effect", "EffectKind", "Effects", "Finish", "PutBack", "TakeOut"]


class EffectKind(StrEnum):
    """One thing that an act would mean."""

    JOINS = "joins"
    """Records of a system count as the person's from now on."""
    LEAVES = "leaves"
    """Records of a system are somebody else's: nothing of them is shown, changed or erased."""
    IN_DOUBT = "in_doubt"
    """Records on which a human has still to rule; the request waits."""
    SEARCHES = "searches"
    """Identifiers that are known only now: systems are asked by them."""
    GOES_ON = "goes_on"
    """Nothing is in doubt any more; the request goes on with what was found."""
    NOT_MADE = "not_made"
    """Corrections that would not be made; the last letter says why."""
    MADE = "made"
    """Corrections that are still to be made."""
    FOUND = "found"
    """Records that go into the copy, or the plan."""
    FILES = "files"
    """Files with them."""
    FOUND_NOTHING = "found_nothing"
    FILES_FOLLOW = "files_follow"
    """Files that come with the answer itself."""
    FATE = "fate"
    """What became of objects."""
    TASKS_LEFT = "tasks_left"
    """Other tasks of the request that somebody has still to do."""
    TASK_LAST = "task_last"
    """No other task of the request is open."""
    TAKEN_OUT = "taken_out"
    """A part leaves the copy; the person reads the ground."""
    PUT_BACK = "put_back"
    OCCURS_NOWHERE = "occurs_nowhere"
    """Nothing of what was collected bears it."""
    APPROVALS_END = "approvals_end"
    """Approvals that were given and would not count any more."""


class Effect(Frozen):
    """One thing that an act would mean. It names nobody."""

    what: EffectKind
    n: int = 0
    """How many."""
    system: str | None = None
    fate: Fate | None = None


class TakeOut(Because):
    """What is taken out of a copy, and on which ground."""

    ground: str = Field(max_length=60)
    asked: RedactionAsked = Field(repr=False)


class PutBack(Because):
    """Which redaction is taken back: its id, or the beginning of it."""

    redaction: str = Field(max_length=36)


class Finish(Because):
    """What came of a task."""

    task: str = Field(max_length=80)
    said: Said = Field(repr=False)
    files_follow: bool = False
    """Files come with the answer itself, and not before."""


PREVIEWED: Mapping[ActKind, type[Frozen]] = {
    **{kind: model for kind, model in ASKED.items() if kind is not ActKind.PROVE},
    ActKind.REDACT: TakeOut,
    ActKind.UNREDACT: PutBack,
    ActKind.FINISH_TASK: Finish,
}
"""Every act with what is said of it before it is done; a code is tried, not previewed."""


class Effects(Approving, Reviewing, Tasking):
    """Methods that say what an act would mean."""

    async def _effects(self, request_id: str, said: Frozen, by: str) -> tuple[Effect, ...]:
        """What the act would mean, beside its dates and its letter.

        Raises:
            BadInput, WrongStage, NotAllowed: it would be refused.
        """
        match said:
            case Match():
                return tuple(await self._of_match(request_id, said))
            case Contest():
                async with self._ledger.begin() as tx:
                    return tuple(await self._of_contest(tx, request_id, said))
            case TakeOut():
                return await self._of_redaction(request_id, said, by)
            case PutBack():
                async with self._ledger.begin() as tx:
                    await self._of_copy(tx, request_id)
                    await self._stands(tx, request_id, said.redaction)
                    return (Effect(what=EffectKind.PUT_BACK), *await self._ended(tx, request_id))
            case Finish():
                async with self._ledger.begin() as tx:
                    return tuple(await self._of_task(tx, request_id, said, by))
            case _:
                return ()

    async def _of_match(self, request_id: str, said: Match) -> Iterator[Effect]:
        rulings = await self._rulings(request_id, said.records)
        async with self._ledger.begin() as tx:
            graph = await load_graph(tx, request_id)
        then = decided(graph, rulings)
        before, after = graph.settled(), then.settled()
        return _matched(
            joins=_others(after.kept, before.kept),
            leaves=_others((*before.kept, *before.held), (*after.kept, *after.held)),
            in_doubt=len(after.held) if after.contradictions else 0,
            searches=len({*then.leads()} - {*graph.leads()}),
        )

    async def _of_contest(self, tx: Tx, request_id: str, said: Contest) -> Iterable[Effect]:
        asked = Particulars.of(await tx.subject(request_id)).corrections
        indexes = {number - 1 for number in said.corrections}
        refuse_unasked(indexes, len(asked))
        left = {*await contests(tx, request_id), *indexes}
        return (
            Effect(what=EffectKind.NOT_MADE, n=len(indexes)),
            Effect(what=EffectKind.MADE, n=len(asked) - len(left)),
            *await self._ended(tx, request_id),
        )

    async def _of_redaction(self, request_id: str, said: TakeOut, by: str) -> tuple[Effect, ...]:
        async with self._ledger.begin() as tx:
            await self._of_copy(tx, request_id)
            _, call = self._proposal(
                ActKind.REDACT, request_id, by, said.reason, str(uuid.uuid4()), {"ground": said.ground}
            )
            row = await tx.request_row(request_id)
            policy, now = self.policy(row.controller), self._now()
            check_words(ActKind.REDACT, row, call, policy, now)
            check_stated(row, policy, said.ground, said.asked.stated, local_day(policy, now))
            reader = await self._reader(tx, request_id)
            standing = await redactions(tx, request_id)
            ended = await self._ended(tx, request_id)
        redaction = await understood(reader, said.asked)
        refuse_twice(redaction, standing)
        trial = Standing(id=str(uuid.uuid4()), ground=said.ground, redaction=redaction)
        what = EffectKind.OCCURS_NOWHERE if await reader.unmet([trial]) else EffectKind.TAKEN_OUT
        return (Effect(what=what), *ended)

    async def _of_task(self, tx: Tx, request_id: str, said: Finish, by: str) -> Iterable[Effect]:
        row = await tx.task(said.task)
        self._demand_task(row, by)
        if row.request_id != request_id:
            raise BadInput("There is no such task; see `habeas task list`.", field="task")
        if row.state is not TaskState.OPEN:
            raise WrongStage(f"This task is {row.state.value} already.")
        came = await said_again(tx, row, said.said) if said.said.as_said else said.said
        found, outcomes = answered(came, row.id, await task_brief(tx, row), files_follow=said.files_follow)
        effects = []
        if found:
            effects.append(Effect(what=EffectKind.FOUND, n=len(found), system=row.system))
        if files := sum(len(one.files) for one in found):
            effects.append(Effect(what=EffectKind.FILES, n=files, system=row.system))
        if said.said.nothing:
            effects.append(Effect(what=EffectKind.FOUND_NOTHING, system=row.system))
        if said.files_follow and not said.said.nothing and not outcomes:
            effects.append(Effect(what=EffectKind.FILES_FOLLOW, system=row.system))
        for fate, n in Counter(one.fate for one in outcomes).items():
            effects.append(Effect(what=EffectKind.FATE, n=n, fate=fate, system=row.system))
        still = await tx.tasks(TaskFilter(request_id=request_id))
        others = [one for one in still if one.id != row.id]
        last = Effect(what=EffectKind.TASKS_LEFT, n=len(others)) if others else Effect(what=EffectKind.TASK_LAST)
        return (*effects, last)

    async def _ended(self, tx: Tx, request_id: str) -> tuple[Effect, ...]:
        """That approvals do not count any more, where there are any."""
        given = (await self._approvals(tx, await tx.request_row(request_id))).given
        return (Effect(what=EffectKind.APPROVALS_END, n=len(given)),) if given else ()


def _matched(*, joins: Counter[str], leaves: Counter[str], in_doubt: int, searches: int) -> Iterator[Effect]:
    for what, systems in ((EffectKind.JOINS, joins), (EffectKind.LEAVES, leaves)):
        for system, n in sorted(systems.items()):
            yield Effect(what=what, n=n, system=system)
    if in_doubt:
        yield Effect(what=EffectKind.IN_DOUBT, n=in_doubt)
    elif searches:
        yield Effect(what=EffectKind.SEARCHES, n=searches)
    else:
        yield Effect(what=EffectKind.GOES_ON)


def _others(records: Iterable[Found], than: Iterable[Found]) -> Counter[str]:
    """Those that are not among the others, counted by system."""
    known = {one.place for one in than}
    return Counter(one.system for one in records if one.place not in known)
