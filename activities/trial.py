"""An act tried: its own steps in a transaction that is never committed, to show beforehand what it does.

What is shown is what happens, for the same code makes both. Nobody is named in it: the person's name is left out of the
letter, and its reader's address is not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from pydantic import BaseModel

from activities.asking import AskingActivities
from activities.clockface import dated, local_day, pause_spans
from activities.ledger import Act, Ledger, Letter, Tx
from activities.letters import Kind
from activities.mail import Mailer, SmtpServer
from activities.model import AcceptAct, AskOrder, ExtendOrder, LetterOrder, PauseOrder, RemedyOrder
from activities.notify import LetterActivities
from activities.parts import Parts
from activities.record import RecordActivities
from activities.remedies import RemedyActivities
from activities.storage import Storage
from habeas.acts import ActCall, ActKind
from habeas.model import REMEDIES, PauseReason
from habeas.policy import Policy

__all__ = ["TRIED", "Tried", "try_act"]

TRIED = frozenset(
    {
        ActKind.EXTEND,
        ActKind.PAUSE,
        ActKind.RESUME,
        ActKind.ASK,
        ActKind.CHARGE,
        ActKind.ANNOUNCE_DELAY,
        ActKind.REFUSE,
        ActKind.EXEMPT,
        ActKind.WITHDRAW,
    }
)
"""Acts whose whole effect is in our own ledger. What another one leads to, connected systems say once it is done; of an
appeal, a complaint or a grievance an approval is tried, too."""


class Tried(NamedTuple):
    """What an act would do."""

    due_on: date | None
    """The day that counts afterwards."""
    confirm_by: date | None
    """Until when the person would have to confirm."""
    stands_still: bool
    """The law's clock would wait for as long as it takes."""
    letter: Letter | None


async def try_act(
    tx: Tx, ledger: Ledger, storage: Storage, policies: Mapping[str, Policy], act: Act, sealed: Mapping[str, BaseModel]
) -> Tried:
    """Do what the act does to the ledger, in a transaction that the caller takes back.

    Args:
        tx: that transaction.
        ledger: whose it is.
        storage: where packages lie.
        policies: of the controllers, by their ids.
        act: what is tried.
        sealed: what lies sealed beside it, by its names.

    Raises:
        BadInput, NotAllowed, WrongStage: it would be refused; as `RecordActivities.accept_act`.
    """
    parts = Parts(
        ledger=ledger.within(tx),
        storage=storage,
        mailer=Mailer(SmtpServer(host="localhost", port=25)),  # nothing is delivered: letters are only written
        policies=policies,
        connectors={},
        public_url="",
        task_queue="",
    )
    return await _Trial(tx, parts, act).run(sealed)


class _Trial:
    def __init__(self, tx: Tx, parts: Parts, act: Act) -> None:
        self._tx = tx
        self._parts = parts
        self._act = act
        self._at: datetime = act.proposed_at
        self._id = act.request_id
        self._kind = ActKind(act.kind)
        self._call = ActCall.model_validate({"act_id": act.id, "actor": act.actor, **act.facts})
        self._records = RecordActivities(parts)

    async def run(self, sealed: Mapping[str, BaseModel]) -> Tried:
        tx = self._tx
        subject = await tx.subject(self._id)
        await tx.save_subject(self._id, subject.model_copy(update={"name": None}))
        await tx.propose_act(self._act)
        for name, one in sealed.items():
            await tx.seal(self._id, name, one)
        await self._records.accept_act(AcceptAct(request_id=self._id, at=self._at, kind=self._kind, call=self._call))
        letter = await self._effect()
        row = await tx.request_row(self._id)
        request = await tx.request(self._id)
        times = dated(request, self._parts.policy(row.controller), await pause_spans(tx, self._id), self._at)
        return Tried(
            due_on=row.extended_due_on or row.due_on,
            confirm_by=times.confirm_by,
            stands_still=row.paused and times.confirm_by is None,
            letter=letter,
        )

    async def _effect(self) -> Letter | None:
        """As the workflow does it: see `workflows.clock_acts`, `workflows.asking` and `RequestWorkflow`."""
        call, tx = self._call, self._tx
        match self._kind:
            case ActKind.EXTEND:
                order = ExtendOrder(request_id=self._id, at=self._at, ground=str(call.ground), act_id=call.act_id)
                await self._records.extend(order)
                return await self._letter(Kind.EXTENSION, ground=call.ground)
            case ActKind.PAUSE:
                await self._pause(call.pause_reason)
            case ActKind.RESUME:
                if (await tx.request_row(self._id)).paused:
                    await self._records.resume(PauseOrder(request_id=self._id, at=self._at, act_id=call.act_id))
            case ActKind.ASK:
                return await self._asked(Kind.QUESTION, call.pause_reason)
            case ActKind.CHARGE:
                return await self._asked(Kind.FEE, PauseReason.FEE)
            case ActKind.ANNOUNCE_DELAY:
                told = AskOrder(request_id=self._id, at=self._at, act_id=call.act_id, expected_on=call.expected_on)
                await AskingActivities(self._parts).delay(told)
                return await self._letter(Kind.DELAY, sealed=f"letter/delay/{call.act_id}")
            case ActKind.WITHDRAW:
                return await self._letter(Kind.WITHDRAWAL)
            case ActKind.REFUSE | ActKind.APPROVE if (await tx.request(self._id)).right in REMEDIES:
                granted = self._kind is ActKind.APPROVE
                decision = RemedyOrder(
                    request_id=self._id, at=self._at, act_id=call.act_id, granted=granted, ground=call.ground
                )
                decided = await RemedyActivities(self._parts).decide(decision)
                return await self._letter(Kind.REMEDY_DECISION, ground=call.ground, sealed=decided.sealed)
            case ActKind.REFUSE:
                return await self._letter(Kind.REFUSAL, ground=call.ground)
            case _:
                pass
        return None

    async def _asked(self, kind: Kind, reason: PauseReason | None) -> Letter:
        call, tx = self._call, self._tx
        request = await tx.request(self._id)
        policy = self._parts.policy(request.controller)
        received_on = local_day(policy, request.received_at)
        allowed = policy.pauses(request.regime, request.jurisdiction, request.right, received_on)
        if reason in allowed and not (await tx.request_row(self._id)).paused:
            await self._pause(reason)
        paused = (await tx.request_row(self._id)).paused
        waits = paused and dated(request, policy, await pause_spans(tx, self._id), self._at).confirm_by is None
        order = AskOrder(
            request_id=self._id,
            at=self._at,
            act_id=call.act_id,
            reply_by=call.expected_on,
            clock_waits=waits,
            ground=call.ground,
        )
        asking = AskingActivities(self._parts)
        await (asking.charge(order) if kind is Kind.FEE else asking.ask(order))
        return await self._letter(kind, sealed=f"letter/{kind.value}/{call.act_id}")

    async def _pause(self, reason: PauseReason | None) -> None:
        order = PauseOrder(request_id=self._id, at=self._at, act_id=self._call.act_id, reason=reason)
        await self._records.pause(order)

    async def _letter(self, kind: Kind, **facts: str | None) -> Letter:
        dedupe = f"trial/{self._call.act_id}"
        order = LetterOrder.model_validate(
            {
                "request_id": self._id,
                "at": self._at,
                "kind": kind.value,
                "dedupe": dedupe,
                "act_id": self._call.act_id,
                **facts,
            }
        )
        request = await self._tx.request(self._id)
        return await LetterActivities(self._parts).write(self._tx, request, kind, order)
