"""What staff and the person may do: one Update per act, each with a validator that leaves nothing behind.

A handler changes the state before its first await, so that a validator's look and the change it allows cannot be torn
apart; the story goes on only once the act is written in the ledger (`Acts.settled`).
"""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.model import AcceptAct, Brief, ExtendOrder, PauseOrder, ProofCheck
    from activities.record import RecordActivities
    from habeas.acts import ActAnswer, ActCall, ActKind, stages
    from habeas.model import Outcome, Right, Stage
    from workflows import calls
    from workflows.clock import Clock
    from workflows.model import RequestStart
    from workflows.systems import Systems


class Acts:
    """The request's state, and the acts that change it."""

    def __init__(self, start: RequestStart) -> None:
        self.id = start.request_id
        self.right = start.right
        self.stage = Stage.RECEIVED
        self.clock = Clock()
        self.systems = Systems(start.request_id, self.changed, self.ask_for_attention)
        self.brief: Brief | None = None
        self.proven = False
        self.code_wanted = 0
        self.decided = 0
        self.look_again = False
        self.plan: str | None = None
        self.approvals: dict[str, str] = {}
        self.ending: tuple[Outcome, str, str | None] | None = None
        """Outcome, the act that brought it, and its ground."""
        self._recording = 0
        self._extending = False

    def changed(self) -> None:
        """What operators see has changed."""
        raise NotImplementedError

    def ask_for_attention(self, system: str, code: str) -> None:
        """Tell staff that a system needs them."""
        raise NotImplementedError

    def send_soon(self, kind: str, dedupe: str, **facts: str | None) -> None:
        """Send a letter beside the story."""
        raise NotImplementedError

    def settled(self) -> bool:
        """Every accepted act is written down."""
        return self._recording == 0

    # Identity

    @workflow.update(name=ActKind.PROVE.value)
    async def prove(self, call: ActCall) -> ActAnswer:
        """The person gave the code; the act's id is the proof's id in the ledger."""
        self._recording += 1
        try:
            held = await calls.record(
                RecordActivities.check_proof,
                ProofCheck(request_id=self.id, at=workflow.now(), proof_id=call.act_id),
                "check the proof of identity",
            )
        finally:
            self._recording -= 1
        if not held:
            raise ApplicationError("The ledger holds no such proof of identity.", type="not_allowed")
        self.proven = True
        return self._answer(call, "proven")

    @prove.validator
    def _may_prove(self, call: ActCall) -> None:
        self._check(ActKind.PROVE)

    @workflow.update(name=ActKind.ATTEST.value)
    async def attest(self, call: ActCall) -> ActAnswer:
        """Staff know the person otherwise, and say how."""
        answer = await self._accept(ActKind.ATTEST, call, "attested")
        self.proven = True
        return answer

    @attest.validator
    def _may_attest(self, call: ActCall) -> None:
        self._check(ActKind.ATTEST)

    @workflow.update(name=ActKind.RESEND_CODE.value)
    async def resend_code(self, call: ActCall) -> ActAnswer:
        """Another code; the older one no longer works."""
        self.code_wanted += 1
        return await self._accept(ActKind.RESEND_CODE, call, "code_sent")

    @resend_code.validator
    def _may_resend_code(self, call: ActCall) -> None:
        self._check(ActKind.RESEND_CODE)
        if self.brief and self.code_wanted + 1 >= self.brief.identity.codes_max:
            raise ApplicationError("No more codes can be sent for this request; attest or refuse.", type="not_allowed")

    # Finding

    @workflow.update(name=ActKind.DECIDE_MATCH.value)
    async def decide_match(self, call: ActCall) -> ActAnswer:
        """A human says which records are the person's; the decision itself lies sealed in the ledger."""
        answer = await self._accept(ActKind.DECIDE_MATCH, call, "decided")
        self.decided += 1
        return answer

    @decide_match.validator
    def _may_decide_match(self, call: ActCall) -> None:
        self._check(ActKind.DECIDE_MATCH)

    @workflow.update(name=ActKind.ADD_IDENTIFIER.value)
    async def add_identifier(self, call: ActCall) -> ActAnswer:
        """One more way to know the person: every system is asked again."""
        answer = await self._accept(ActKind.ADD_IDENTIFIER, call, "added")
        self.look_again = True
        self.decided += 1
        return answer

    @add_identifier.validator
    def _may_add_identifier(self, call: ActCall) -> None:
        self._check(ActKind.ADD_IDENTIFIER)

    # Deciding

    @workflow.update(name=ActKind.APPROVE.value)
    async def approve(self, call: ActCall) -> ActAnswer:
        """One of the approvals that the policy asks for; of an erasure, of exactly this plan."""
        self.approvals[call.actor] = call.act_id
        needed = self.brief.approvals if self.brief else 1
        return await self._accept(ActKind.APPROVE, call, f"approved_{len(self.approvals)}_of_{needed}")

    @approve.validator
    def _may_approve(self, call: ActCall) -> None:
        self._check(ActKind.APPROVE)
        if call.actor in self.approvals:
            raise ApplicationError("You have approved this already; another person must.", type="not_allowed")
        if self.right is Right.ERASURE and call.plan != self.plan:
            raise ApplicationError("This is not the plan that is under review; look at it again.", type="wrong_stage")

    @workflow.update(name=ActKind.REFUSE.value)
    async def refuse(self, call: ActCall) -> ActAnswer:
        """Refuse on a ground of the regime's closed list, with reasons."""
        self.ending = (Outcome.REFUSED, call.act_id, call.ground)
        return await self._accept(ActKind.REFUSE, call, "refused")

    @refuse.validator
    def _may_refuse(self, call: ActCall) -> None:
        self._check(ActKind.REFUSE)
        if not call.ground:
            raise ApplicationError("A refusal needs its ground.", type="bad_input")

    @workflow.update(name=ActKind.WITHDRAW.value)
    async def withdraw(self, call: ActCall) -> ActAnswer:
        """The person does not want it any more."""
        self.ending = (Outcome.WITHDRAWN, call.act_id, None)
        return await self._accept(ActKind.WITHDRAW, call, "withdrawn")

    @withdraw.validator
    def _may_withdraw(self, call: ActCall) -> None:
        self._check(ActKind.WITHDRAW)

    # The clock

    @workflow.update(name=ActKind.EXTEND.value)
    async def extend(self, call: ActCall) -> ActAnswer:
        """Extend the term and tell the person why and until when."""
        self._extending = True
        self._recording += 1
        try:
            await self.extend_term(str(call.ground), call.act_id)
        finally:
            self._recording -= 1
            self._extending = False
        return await self._accept(ActKind.EXTEND, call, "extended")

    async def extend_term(self, ground: str, act_id: str | None) -> None:
        """Move the deadline by the law's extension and announce it."""
        face = await calls.record(
            RecordActivities.extend,
            ExtendOrder(request_id=self.id, at=workflow.now(), ground=ground, act_id=act_id),
            f"extend the term: {ground}",
        )
        self.clock.set(face)
        self.changed()
        self.send_soon("extension", "extension", ground=ground, act_id=act_id)

    @extend.validator
    def _may_extend(self, call: ActCall) -> None:
        self._check(ActKind.EXTEND)
        face = self.clock.face
        if call.ground not in face.extension_grounds:
            grounds = ", ".join(face.extension_grounds) or "none: this regime knows no extension"
            raise ApplicationError(f"Not a ground for an extension here; possible: {grounds}.", type="bad_input")
        if face.extended or self._extending:
            raise ApplicationError("The term is extended already; the law knows one extension.", type="wrong_stage")
        if self.clock.paused:
            raise ApplicationError("The clock is paused; resume it first.", type="wrong_stage")
        if face.notice_latest_at and workflow.now() > face.notice_latest_at:
            raise ApplicationError("The last day to announce an extension is over.", type="wrong_stage")

    @workflow.update(name=ActKind.PAUSE.value)
    async def pause(self, call: ActCall) -> ActAnswer:
        """Stop the clock while something is awaited from the person, where the regime allows it."""
        self.clock.pause()
        self._recording += 1
        try:
            await calls.record(
                RecordActivities.pause,
                PauseOrder(request_id=self.id, at=workflow.now(), act_id=call.act_id, reason=call.pause_reason),
                f"pause the clock: {call.pause_reason}",
            )
        finally:
            self._recording -= 1
        self.changed()
        return await self._accept(ActKind.PAUSE, call, "paused")

    @pause.validator
    def _may_pause(self, call: ActCall) -> None:
        self._check(ActKind.PAUSE)
        if self.clock.paused:
            raise ApplicationError("The clock is paused already.", type="wrong_stage")
        if call.pause_reason not in self.clock.face.pause_reasons:
            reasons = ", ".join(self.clock.face.pause_reasons) or "none"
            raise ApplicationError(
                f"This regime does not stop the clock for that; it does for: {reasons}.", type="bad_input"
            )

    @workflow.update(name=ActKind.RESUME.value)
    async def resume(self, call: ActCall) -> ActAnswer:
        """Let the clock run again; the days that count are added to the term."""
        await self.resume_clock(call.act_id)
        return await self._accept(ActKind.RESUME, call, "resumed")

    async def resume_clock(self, act_id: str) -> None:
        """End the open pause and compute the dates anew."""
        self._recording += 1
        try:
            face = await calls.record(
                RecordActivities.resume,
                PauseOrder(request_id=self.id, at=workflow.now(), act_id=act_id),
                "resume the clock",
            )
        finally:
            self._recording -= 1
        self.clock.resume(face)
        self.changed()

    @resume.validator
    def _may_resume(self, call: ActCall) -> None:
        self._check(ActKind.RESUME)
        if not self.clock.paused:
            raise ApplicationError("The clock is running.", type="wrong_stage")

    # Systems

    @workflow.update(name=ActKind.RETRY_SYSTEM.value)
    async def retry_system(self, call: ActCall) -> ActAnswer:
        """The cause is mended: try the system again now."""
        answer = await self._accept(ActKind.RETRY_SYSTEM, call, "retried")
        self.systems.retry(str(call.system))
        return answer

    @retry_system.validator
    def _may_retry_system(self, call: ActCall) -> None:
        self._check_waiting(ActKind.RETRY_SYSTEM, call)

    @workflow.update(name=ActKind.SKIP_SYSTEM.value)
    async def skip_system(self, call: ActCall) -> ActAnswer:
        """Go on without the system; the letter names it."""
        answer = await self._accept(ActKind.SKIP_SYSTEM, call, "skipped")
        self.systems.skip(str(call.system))
        return answer

    @skip_system.validator
    def _may_skip_system(self, call: ActCall) -> None:
        self._check_waiting(ActKind.SKIP_SYSTEM, call)

    @workflow.update(name=ActKind.RELEASE.value)
    async def release(self, call: ActCall) -> ActAnswer:
        """Release what is there, without the systems that are being waited for."""
        answer = await self._accept(ActKind.RELEASE, call, "going_on")
        self.systems.skip_waiting()
        return answer

    @release.validator
    def _may_release(self, call: ActCall) -> None:
        self._check(ActKind.RELEASE)
        if not self.systems.waiting:
            raise ApplicationError("No system is being waited for.", type="wrong_stage")

    @workflow.signal(name="system_called_back")
    def system_called_back(self, system: str, handle: str) -> None:
        """A connected system finished what it had begun."""
        self.systems.callbacks.add((system, handle))

    # Shared

    def _check(self, kind: ActKind) -> None:
        if self.brief is None or not self.clock.is_set:
            raise ApplicationError("The request has not begun yet; try again in a moment.", type="wrong_stage")
        if self.ending:
            raise ApplicationError(f"The request is ending as {self.ending[0].value}.", type="wrong_stage")
        allowed = stages(kind, self.right)
        if self.stage not in allowed:
            names = ", ".join(stage.value for stage in Stage if stage in allowed)
            raise ApplicationError(
                f"{kind.value} is not possible while {self.stage.value}; it is while: {names}.", type="wrong_stage"
            )

    def _check_waiting(self, kind: ActKind, call: ActCall) -> None:
        self._check(kind)
        if call.system not in self.systems.waiting:
            waiting = ", ".join(sorted(self.systems.waiting)) or "none"
            raise ApplicationError(
                f"The request does not wait for that system; it does for: {waiting}.", type="bad_input"
            )

    async def _accept(self, kind: ActKind, call: ActCall, note: str) -> ActAnswer:
        self._recording += 1
        try:
            await calls.record(
                RecordActivities.accept_act,
                AcceptAct(request_id=self.id, at=workflow.now(), kind=kind, call=call),
                f"{kind.value}",
            )
        finally:
            self._recording -= 1
        return self._answer(call, note)

    def _answer(self, call: ActCall, note: str) -> ActAnswer:
        return ActAnswer(act_id=call.act_id, stage=self.stage, note=note)
