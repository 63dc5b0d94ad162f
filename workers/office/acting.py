"""Acts: what staff and the person do to an open request, each an Update of its workflow."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Mapping
from typing import Any, assert_never

from pydantic import BaseModel, ValidationError

from activities.asking import FeeAsked
from activities.clockface import local_day, pause_spans
from activities.finding import DECISIONS, AddedIdentifier, DecidedMatches
from activities.ledger import Act, CodeResult, RequestRow, Tx
from activities.ledger.acts import OTHER_ACT
from activities.outside import AskedOutside
from activities.proofs import check_unknown
from activities.repeated import check_repeated
from activities.stated import STATED, STATING, Stated, check_stated
from habeas.access import Scope, scope_of
from habeas.acts import ActAnswer, ActCall, ActKind
from habeas.errors import BadInput, EngineUnavailable, NotAllowed, WrongCode, WrongStage
from habeas.evidence import Tag
from habeas.matching import Decision
from habeas.model import Identifier, Request, Stage
from workers.office.engine import RequestGone
from workers.office.grounds import check_amount, check_day, check_extension, check_words, fee
from workers.office.intake import words
from workers.office.room import SUBJECT, Room

ALREADY_DONE = "already_done"
"""The note of an answer that the ledger gives, because the workflow that did the act is over."""

_ON_GROUNDS = frozenset({ActKind.REFUSE, ActKind.EXEMPT, ActKind.CHARGE})
_FACTS = ("system", "ground", "pause_reason", "plan", "category", "expected_on", "task")


class Acting(Room):
    """Methods that act on a request."""

    async def act(
        self,
        kind: ActKind,
        request_id: str,
        *,
        by: str,
        reason: str,
        act_id: str | None = None,
        sealed: BaseModel | None = None,
        stated: Stated | None = None,
        **facts: str | None,
    ) -> ActAnswer:
        """Have one act carried out, once. With the same ``act_id`` it is the same act, however often it is asked for.

        Args:
            kind: what to do.
            request_id: to which request.
            by: who does it; kept only as a keyed hash.
            reason: why; sealed.
            act_id: a UUID; made when absent.
            sealed: what belongs to the act and is personal; kept sealed under the act's id.
            stated: what a ground asks to be stated of it; sealed.
            facts: of `ActCall`: system, ground, pause_reason, plan, category, expected_on, task.

        Raises:
            WrongStage, NotAllowed, BadInput: refused; nothing is left behind.
            UnknownRequest: there is no such request.
            EngineUnavailable: not known whether it was done; asking again with the same act id is safe.
        """
        proposal, call = self._proposal(kind, request_id, by, reason, act_id or str(uuid.uuid4()), facts)
        async with self._ledger.begin() as tx:
            request = await tx.request_row(request_id)
            self.demand(scope_of(kind), request.controller)
            await self._check_said(tx, kind, request, call, sealed, stated)
            # One of another request is refused where it is proposed.
            before = next((one for one in await tx.acts(request_id) if one.id == call.act_id), None)
            if before is not None:
                _refuse_other(before, proposal)
            await tx.propose_act(proposal)
            if sealed is not None and before is None:
                await tx.seal(request_id, f"{DECISIONS}{call.act_id}", sealed)
            if stated is not None and before is None:
                await tx.seal(request_id, f"{STATED}{call.act_id}", stated)
        try:
            return await self._send(request, kind, call)
        except (WrongStage, NotAllowed, BadInput):
            await self._forget(request_id, call.act_id)
            raise

    def _proposal(
        self, kind: ActKind, request_id: str, by: str, reason: str, act_id: str, facts: Mapping[str, str | None]
    ) -> tuple[Act, ActCall]:
        actor = self.actor(words("by", by, 200))
        call = _call(act_id, actor, facts)
        proposal = Act(
            id=call.act_id,
            request_id=request_id,
            kind=kind.value,
            actor=actor,
            facts=call.model_dump(mode="json", include=set(_FACTS), exclude_none=True),
            reason=words("reason", reason),
            proposed_at=self._now(),
        )
        return proposal, call

    async def _check_said(
        self,
        tx: Tx,
        kind: ActKind,
        request: RequestRow,
        call: ActCall,
        sealed: BaseModel | None,
        stated: Stated | None,
    ) -> None:
        """What must be right before the workflow is asked."""
        policy = self.policy(request.controller)
        check_words(kind, request, call, policy, self._now())
        if kind is ActKind.CHARGE:
            check_amount(_fee_of(sealed), request, policy)
        if kind is ActKind.ANNOUNCE_DELAY:
            check_day(call.expected_on, request, policy, await pause_spans(tx, request.id), self._now())
        if kind is ActKind.EXTEND and not request.extended:
            check_extension(call, request, policy, await pause_spans(tx, request.id), self._now())
        if kind in _ON_GROUNDS:
            await check_unknown(tx, request, policy, call.ground)
            await check_repeated(tx, request, policy, call.ground, _outside(sealed))
        if kind in STATING:
            check_stated(request, policy, call.ground, stated, local_day(policy, self._now()))
        elif stated is not None:
            raise BadInput("stated: nothing is to be stated of this.", field="stated")

    async def submit_code(self, request_id: str, code: str) -> ActAnswer:
        """The person gives the code from their letter.

        Raises:
            WrongCode: it is not the one; ``facts`` hold ``result`` and ``tries_left``.
            UnknownRequest: there is no such request (tell the person nothing but that the code is not right).
            EngineUnavailable: the code was right and is kept; giving it again is safe.
        """
        # The same guess is the same try: a page that is sent twice costs one.
        digest = self._ledger.vault.fingerprint("proof", f"{request_id}/{''.join(code.split())}")
        proof_id = str(uuid.UUID(hex=digest[:32]))
        now = self._now()
        left: int | None = None
        async with self._ledger.begin() as tx:
            request = await tx.request(request_id)
            self.demand(Scope.REQUESTS_WORK, request.controller)
            proven = await tx.proof(request_id, "code")
            if request.stage is not Stage.VERIFYING and (proven is None or proven.id != proof_id):
                # Nothing waits for a code: neither a try nor a proof is left behind.
                raise WrongCode(
                    _why(CodeResult.NONE, None), result=CodeResult.NONE.value, tries_left=None, field="code"
                )
            result = await tx.try_code(request_id, code[:100], now, proof_id)
            if result is CodeResult.WRONG:
                challenge = await tx.challenge(request_id)
                left = challenge.tries_left if challenge else 0
                await tx.record(
                    request_id,
                    Tag.IDENTITY_WRONG_CODE,
                    now,
                    SUBJECT,
                    {"tries_left": left},
                    dedupe=f"wrong_code/{challenge.number if challenge else 0}/{left}",
                )
        if result is not CodeResult.PROVEN:
            raise WrongCode(_why(result, left), result=result.value, tries_left=left, field="code")
        try:
            return await self._send(request, ActKind.PROVE, ActCall(act_id=proof_id, actor=self.actor(SUBJECT)))
        except EngineUnavailable:
            raise EngineUnavailable("The code is right and kept; give it again in a moment.") from None

    async def decide_match(
        self, request_id: str, *, by: str, reason: str, decisions: tuple[Decision, ...], act_id: str | None = None
    ) -> ActAnswer:
        """A human says which records are the person's.

        Raises:
            As `act`.
        """
        if not decisions:
            raise BadInput("Say of at least one record whether it is the person's.", field="decisions")
        sealed = DecidedMatches(decisions=decisions)
        return await self.act(ActKind.DECIDE_MATCH, request_id, by=by, reason=reason, act_id=act_id, sealed=sealed)

    async def add_identifier(
        self, request_id: str, *, by: str, reason: str, identifiers: tuple[Identifier, ...], act_id: str | None = None
    ) -> ActAnswer:
        """One more way to know the person: every system is asked again.

        Raises:
            As `act`.
        """
        if not identifiers:
            raise BadInput("Give at least one identifier.", field="identifier")
        sealed = AddedIdentifier(identifiers=identifiers)
        return await self.act(ActKind.ADD_IDENTIFIER, request_id, by=by, reason=reason, act_id=act_id, sealed=sealed)

    async def charge(
        self,
        request_id: str,
        *,
        by: str,
        reason: str,
        amount: str,
        ground: str | None = None,
        how_to_pay: str | None = None,
        outside: AskedOutside | None = None,
        act_id: str | None = None,
    ) -> ActAnswer:
        """Ask the person a fee, where the law allows one: ``EUR 12.50``, and how it is paid.

        Raises:
            NotAllowed: no fee may be asked for this right here; the message says by which article.
            BadInput: not an amount, more than the law takes, or no ground for one. Else as `act`.
        """
        sealed = fee(amount, how_to_pay, outside)
        return await self.act(
            ActKind.CHARGE, request_id, by=by, reason=reason, act_id=act_id, sealed=sealed, ground=ground
        )

    async def _send(self, request: Request, kind: ActKind, call: ActCall) -> ActAnswer:
        try:
            return await self._engine.act(request.id, kind, call)
        except RequestGone:
            return await self._without_workflow(request.id, kind, call)

    async def _without_workflow(self, request_id: str, kind: ActKind, call: ActCall) -> ActAnswer:
        """Nobody takes the act: it was done before the workflow ended, or the request is over, or not started yet."""
        async with self._ledger.begin() as tx:
            request = await tx.request_row(request_id)
            done = await tx.act(call.act_id)
        if done is not None and done.accepted_at is not None:
            return ActAnswer(act_id=call.act_id, stage=request.stage, note=ALREADY_DONE)
        if kind is ActKind.FINISH_TASK and request.stage is Stage.CLOSED:
            # What had to be kept may be kept no longer: such a task is opened after the request.
            with contextlib.suppress(RequestGone):
                return await self._engine.act(f"{request_id}/task/{call.task}", kind, call)
        if request.stage is Stage.CLOSED or request.outcome is not None:
            outcome = f" as {request.outcome.value}" if request.outcome else ""
            raise WrongStage(f"The request is closed{outcome}.")
        if request.started_at is None:
            raise EngineUnavailable("The request has not been started yet; it starts by itself.", act_id=call.act_id)
        raise EngineUnavailable("The request's workflow is not there.", act_id=call.act_id)

    async def _forget(self, request_id: str, act_id: str) -> None:
        async with self._ledger.begin() as tx:
            if await tx.drop_act(act_id):
                await tx.remove_sealed(request_id, f"{DECISIONS}{act_id}")
                await tx.remove_sealed(request_id, f"{STATED}{act_id}")


def _call(act_id: str, actor: str, facts: Mapping[str, str | None]) -> ActCall:
    try:
        canonical = str(uuid.UUID(act_id))
    except ValueError:
        raise BadInput("act-id: a UUID, as the first try printed it.", field="act_id") from None
    given: dict[str, Any] = {name: value for name, value in facts.items() if value is not None}
    try:
        return ActCall(act_id=canonical, actor=actor, **given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{field}: {first['msg']}.", field=field) from None


def _fee_of(sealed: BaseModel | None) -> FeeAsked:
    if not isinstance(sealed, FeeAsked):
        raise BadInput("amount: a fee needs its amount, as EUR 12.50.", field="amount")
    return sealed


def _outside(sealed: BaseModel | None) -> AskedOutside | None:
    if isinstance(sealed, FeeAsked):
        return sealed.outside
    return sealed if isinstance(sealed, AskedOutside) else None


def _refuse_other(before: Act, proposal: Act) -> None:
    same = ("request_id", "kind", "actor", "facts")
    # The reason is gone once the request's key is destroyed.
    other_words = before.reason and before.reason != proposal.reason
    if other_words or any(getattr(before, name) != getattr(proposal, name) for name in same):
        raise BadInput(OTHER_ACT, field="act_id")


def _why(result: CodeResult, left: int | None) -> str:
    match result:
        case CodeResult.WRONG:
            return f"Tries left: {left}."
        case CodeResult.EXPIRED:
            return "Its time is over; send a new one."
        case CodeResult.EXHAUSTED:
            return "There were too many wrong tries; send a new one."
        case CodeResult.NONE:
            return "No code is waited for."
        case CodeResult.PROVEN:
            return ""
        case _:
            assert_never(result)
