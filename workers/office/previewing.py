"""What an act would do, shown before it is done: dates, the letter, how many people it takes. Nothing is kept of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from pydantic import BaseModel

from activities.finding import DECISIONS
from activities.ledger import Act, RequestRow, Tx
from activities.letters import Kind
from activities.letters.own import ContestedFact
from activities.stated import STATED
from activities.trial import TRIED, try_act
from habeas.access import scope_of
from habeas.acts import ActKind
from habeas.errors import WrongStage
from habeas.model import CHANGING, COPIES, REMEDIES, Frozen, Right, Stage
from workers.office.approving import Approvals
from workers.office.asked import Approval, Contest, spelled
from workers.office.effects import Effect, Effects
from workers.office.recipients import Recipients, Told
from workers.office.samples import SampleWriter

__all__ = ["Preview", "PreviewedLetter", "Previewing"]

_LETTERS: Mapping[ActKind, Kind] = MappingProxyType(
    {ActKind.RESEND_CODE: Kind.CODE, ActKind.RELEASE: Kind.COMPLETION_ACCESS}
)
"""What is sent on acts that cannot be tried; shown with made-up facts."""


class PreviewedLetter(Frozen):
    """The letter that would be sent. It names nobody."""

    kind: str
    language: str
    subject: str
    text: str
    by_hand: bool = False
    """It would go to the officer, who hands it over or posts it."""
    made_up: bool = False
    """Figures, links and names are made up: what stands in it is known once the act is done."""


class Preview(Frozen):
    """What an act would do."""

    kind: ActKind
    due_on: date | None
    """The day that counts now."""
    due_then: date | None
    """The day that would count."""
    stands_still: bool = False
    """The law's clock would wait for as long as it takes."""
    confirm_by: date | None = None
    """Until when the person would have to confirm."""
    approvals: Approvals | None = None
    """Of an approval: how it stands before this one."""
    letter: PreviewedLetter | None = None
    told: tuple[Told, ...] = ()
    """Of an approval: who else hears of it, and of what (`Recipients.recipients`)."""
    effects: tuple[Effect, ...] = ()
    """What else it would mean, where it is more than a date and a letter."""


class _TakenBack(Exception):
    """Rolls the trial back."""

    def __init__(self, preview: Preview) -> None:
        super().__init__()
        self.preview = preview


class Previewing(Recipients, Effects):
    """Methods that show what would be."""

    async def preview(self, kind: ActKind, request_id: str, said: Frozen, *, by: str) -> Preview:
        """What the act would do, said in the fields that `effects.PREVIEWED` names for it. Nothing is changed.

        Raises:
            WrongStage, NotAllowed, BadInput: it would be refused.
            UnknownRequest, KeyDestroyed: there is no such request (any more).
        """
        if isinstance(said, Approval) and said.plan is not None:
            said = said.model_copy(update={"plan": await self.plan_digest(request_id, said.plan)})
        async with self._ledger.begin() as tx:
            row = await tx.request_row(request_id)
            self.demand(scope_of(kind), row.controller)
            await self._possible(tx, kind, row)
        effects = await self._effects(request_id, said, by)
        try:
            async with self._ledger.begin() as tx:
                row = await tx.request_row(request_id)
                remedy = row.right in REMEDIES and kind is ActKind.APPROVE
                shown = await (self._tried if kind in TRIED or remedy else self._sampled)(tx, kind, row, said, by)
                raise _TakenBack(shown)
        except _TakenBack as back:
            told = await self.recipients(request_id) if kind is ActKind.APPROVE else ()
            return back.preview.model_copy(update={"effects": effects, "told": told})

    async def _possible(self, tx: Tx, kind: ActKind, row: RequestRow) -> None:
        # Who may take something out of a copy may put it back.
        offered = ActKind.REDACT if kind is ActKind.UNREDACT else kind
        if all(one.kind != offered for one in (await self._story(tx, row)).possible):
            raise WrongStage(f"The request is at {row.stage.value} now.")

    async def _tried(self, tx: Tx, kind: ActKind, row: RequestRow, said: Frozen, by: str) -> Preview:
        proposal, sealed = await self._proposed(tx, kind, row, said, by)
        tried = await try_act(tx, self._ledger, self._storage, self._policies, proposal, sealed)
        letter = tried.letter
        return Preview(
            kind=kind,
            due_on=row.extended_due_on or row.due_on,
            due_then=tried.due_on,
            stands_still=tried.stands_still,
            confirm_by=tried.confirm_by,
            approvals=await self._approvals(tx, row) if kind is ActKind.APPROVE else None,
            letter=PreviewedLetter(
                kind=letter.kind,
                language=letter.language,
                subject=letter.subject,
                text=letter.text,
                by_hand=letter.by_hand,
            )
            if letter
            else None,
        )

    async def _proposed(
        self, tx: Tx, kind: ActKind, row: RequestRow, said: Frozen, by: str
    ) -> tuple[Act, dict[str, BaseModel]]:
        reason, sealed, facts, stated = spelled(said)
        proposal, call = self._proposal(kind, row.id, by, reason, str(uuid.uuid4()), facts)
        await self._check_said(tx, kind, row, call, sealed, stated)
        beside = {f"{DECISIONS}{call.act_id}": sealed, f"{STATED}{call.act_id}": stated}
        return proposal, {name: one for name, one in beside.items() if one is not None}

    async def _sampled(self, tx: Tx, kind: ActKind, row: RequestRow, said: Frozen, by: str) -> Preview:
        due_on = row.extended_due_on or row.due_on
        return Preview(
            kind=kind,
            due_on=due_on,
            due_then=due_on,
            approvals=await self._approvals(tx, row) if kind is ActKind.APPROVE else None,
            letter=self._sample(kind, row, said),
        )

    def _sample(self, kind: ActKind, row: RequestRow, said: Frozen) -> PreviewedLetter | None:
        letter = _ending(row.right) if kind in {ActKind.APPROVE, ActKind.CONTEST} else _LETTERS.get(kind)
        if letter is None or (kind is ActKind.RELEASE and row.stage is not Stage.CLOSED):
            return None
        policy = self.policy(row.controller)
        writer = SampleWriter.of(policy, row.regime, row.jurisdiction, row.right)
        if writer.why_not(letter) is not None:
            return None
        # What is not corrected is made up; why, the person will read as it is typed.
        why = {"contested": (ContestedFact(what="…", why=said.reason),)} if isinstance(said, Contest) else {}
        written = writer.write(letter, row.language, **why)
        return PreviewedLetter(
            kind=letter.value, language=written.language, subject=written.subject, text=written.text, made_up=True
        )


def _ending(right: Right) -> Kind | None:
    if right in COPIES:
        return Kind.COMPLETION_ACCESS
    if right is Right.ERASURE:
        return Kind.COMPLETION_ERASURE
    return Kind.COMPLETION_CHANGE if right in CHANGING else None
