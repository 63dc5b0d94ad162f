"""What staff and the person may do: one Update per act, each with a validator that leaves nothing behind.

A handler changes the state before its first await, so that a validator's look and the change it allows cannot be torn
apart; where the ledger then refuses the act, the change is taken back. The story goes on only once the act is written
in the ledger (`RequestState.settled`).
"""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.model import ProofCheck
    from activities.record import RecordActivities
    from habeas.acts import WITHOUT_COPY, ActAnswer, ActCall, ActKind
    from habeas.errors import PlanOutlived
    from habeas.model import Outcome, Right, Stage
    from workflows import calls
    from workflows.asking import Asking
    from workflows.systems import COPY, OURS, STORAGE


_IN_PARTS = frozenset({Right.ACCESS, Right.PORTABILITY, Right.ERASURE})
"""Rights that may be refused for some categories of data and granted for the rest."""


_KEPT_IN = {
    STORAGE: "The package cannot be left out; make room for it.",
    COPY: "A copy is no system: approve the plan without it, with the reason.",
}


class Acts(Asking):
    """The acts on identity, search, decision and systems; those on the clock are in `ClockActs` and `Asking`."""

    # Identity

    @workflow.update(name=ActKind.PROVE.value)
    async def prove(self, call: ActCall) -> ActAnswer:
        """The person gave the code; the act's id is the proof's id in the ledger."""
        with self._writing():
            order = ProofCheck(request_id=self.id, at=workflow.now(), proof_id=call.act_id)
            try:
                held = await calls.try_to_record(RecordActivities.check_proof, order, "check the proof of identity")
            except ActivityError:
                held = False
            if held:
                self.prove_by("code")
        if not held:
            raise ApplicationError("The ledger holds no such proof of identity.", type="not_allowed")
        return self._answer(call, "proven")

    @prove.validator
    def _may_prove(self, call: ActCall) -> None:
        self._check(ActKind.PROVE)

    @workflow.update(name=ActKind.ATTEST.value)
    async def attest(self, call: ActCall) -> ActAnswer:
        """Staff know the person otherwise, and say how."""
        answer = await self._accept(ActKind.ATTEST, call, "attested")
        self.prove_by("attested")
        return answer

    @attest.validator
    def _may_attest(self, call: ActCall) -> None:
        self._check(ActKind.ATTEST)
        if self.brief and not self.brief.identity.attestation:
            raise ApplicationError("The controller's policy takes no attestation.", type="not_allowed")

    @workflow.update(name=ActKind.RESEND_CODE.value)
    async def resend_code(self, call: ActCall) -> ActAnswer:
        """Another code; the older one no longer works."""
        self.code_wanted += 1
        try:
            return await self._accept(ActKind.RESEND_CODE, call, "code_sent")
        except ApplicationError:
            self.code_wanted -= 1
            raise

    @resend_code.validator
    def _may_resend_code(self, call: ActCall) -> None:
        self._check(ActKind.RESEND_CODE)
        if self.code_given():
            raise ApplicationError("The code was given; what is missing is staff's word: attest.", type="not_allowed")
        if not self.codes_left():
            raise ApplicationError("No more codes can be sent for this request; attest or refuse.", type="not_allowed")

    def codes_left(self) -> bool:
        """Whether policy allows one more code for this request."""
        identity = self.brief.identity if self.brief else None
        return identity is not None and identity.code and self.code_wanted + 1 < identity.codes_max

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
        earlier = self.approvals.get(call.actor)
        self.approvals[call.actor] = call.act_id
        needed = self.brief.approvals if self.brief else 1
        note = f"approved_{len(self.approvals)}_of_{needed}"
        if call.ground == WITHOUT_COPY:
            self.without_copy.add(call.actor)
            note = f"approved_without_copy_{len(self.without_copy)}_of_{needed}"
        try:
            answer = await self._accept(ActKind.APPROVE, call, note)
        except ApplicationError as error:
            self._take_back(call, earlier)
            if error.type == PlanOutlived.code and self.stage is Stage.REVIEWING:
                self.plan_outdated = True
            raise
        self.approved.add(call.act_id)
        # Another copy, or another plan, came about while this was being written down.
        void = self.approvals.get(call.actor) != call.act_id
        return self._answer(call, "void") if void else answer

    def _take_back(self, call: ActCall, earlier: str | None) -> None:
        self.approvals.pop(call.actor, None)
        self.without_copy.discard(call.actor)
        if earlier is not None:
            self.approvals[call.actor] = earlier

    @approve.validator
    def _may_approve(self, call: ActCall) -> None:
        without = call.ground == WITHOUT_COPY
        if self.stage is Stage.REVIEWING or not (without and COPY in self.systems.waiting):
            self._check(ActKind.APPROVE)
        if call.actor in (self.without_copy if without else self.approvals):
            raise ApplicationError("You have approved this already; another person must.", type="not_allowed")
        if self.redacting:
            raise ApplicationError("The copy is being changed; look at it again in a moment.", type="wrong_stage")
        if self.plan_outdated or self.drafting:
            raise ApplicationError("The plan is being drafted anew; look again in a moment.", type="wrong_stage")
        if self.plan is not None and call.plan != self.plan:
            raise ApplicationError("This is not the plan that is under review; look at it again.", type="wrong_stage")

    @workflow.update(name=ActKind.EXEMPT.value)
    async def exempt(self, call: ActCall) -> ActAnswer:
        """Refuse one category of data on a ground of the regime's closed list, with reasons; the rest goes on."""
        category = str(call.category)
        self.exempted.add(category)
        self.plan_outdated = True
        try:
            answer = await self._accept(ActKind.EXEMPT, call, "exempted")
        except ApplicationError:
            self.exempted.discard(category)
            raise
        # Whatever was drafted before this was written does not know of it.
        self.plan_outdated = True
        return answer

    @exempt.validator
    def _may_exempt(self, call: ActCall) -> None:
        self._check(ActKind.EXEMPT)
        if self.right not in _IN_PARTS:
            raise ApplicationError("This right is not refused by category; refuse the request.", type="not_allowed")
        if not call.ground or not call.category:
            raise ApplicationError("A refusal in part needs its category and its ground.", type="bad_input")
        if call.category in self.exempted:
            raise ApplicationError("This category is refused already.", type="wrong_stage")

    @workflow.update(name=ActKind.REFUSE.value)
    async def refuse(self, call: ActCall) -> ActAnswer:
        """Refuse on a ground of the regime's closed list, with reasons."""
        return await self._end(ActKind.REFUSE, call, Outcome.REFUSED)

    @refuse.validator
    def _may_refuse(self, call: ActCall) -> None:
        self._check(ActKind.REFUSE)
        if not call.ground:
            raise ApplicationError("A refusal needs its ground.", type="bad_input")

    @workflow.update(name=ActKind.WITHDRAW.value)
    async def withdraw(self, call: ActCall) -> ActAnswer:
        """The person does not want it any more."""
        return await self._end(ActKind.WITHDRAW, call, Outcome.WITHDRAWN)

    @withdraw.validator
    def _may_withdraw(self, call: ActCall) -> None:
        self._check(ActKind.WITHDRAW)

    async def _end(self, kind: ActKind, call: ActCall, outcome: Outcome) -> ActAnswer:
        self.ending = (outcome, call.act_id, call.ground)
        try:
            return await self._accept(kind, call, outcome.value)
        except ApplicationError:
            self.ending = None
            raise

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
        if call.system not in self.systems.waiting:
            # It answered while the act was being written: nothing is left out.
            return self._answer(call, "answered_meanwhile")
        self.systems.skip(call.system)
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

    def _check_waiting(self, kind: ActKind, call: ActCall) -> None:
        self._check(kind)
        if call.system not in self.systems.waiting:
            waiting = ", ".join(sorted(self.systems.waiting)) or "none"
            raise ApplicationError(
                f"The request does not wait for that system; it does for: {waiting}.", type="bad_input"
            )
        if kind is ActKind.SKIP_SYSTEM and call.system in OURS:
            raise ApplicationError(_KEPT_IN[call.system], type="not_allowed")

    @workflow.signal(name="system_called_back")
    def system_called_back(self, system: str, handle: str) -> None:
        """A connected system finished what it had begun."""
        self.systems.call_back(system, handle)
