"""A request's state, and what every act on it needs: may it be done now, and is it written down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.model import AcceptAct, Brief
    from activities.record import RecordActivities
    from habeas.acts import NOT_BEGUN, ActAnswer, ActCall, ActKind, stages
    from habeas.model import Outcome, Stage
    from workflows import calls
    from workflows.clock import Clock
    from workflows.model import RequestStart
    from workflows.systems import Systems
    from workflows.tasks import Tasks

_ENDINGS = frozenset({ActKind.REFUSE, ActKind.WITHDRAW})


class RequestState:
    """Everything a request's workflow knows."""

    def __init__(self, start: RequestStart) -> None:
        self.id = start.request_id
        self.joined = start.steps > 1
        self.folded = start.steps > 2
        """A stage is written down with the first that is done in it."""
        self.begun_anew = start.anew
        self.right = start.right
        self.stage = Stage.RECEIVED
        self.clock = Clock()
        self.systems = Systems(start.request_id, self.changed, self.ask_for_attention, joined=self.joined)
        self.tasks = Tasks(start.request_id, self.systems, self.send_soon, self.log)
        self.brief: Brief | None = None
        self.proven = False
        self._proofs: set[str] = set()
        self.asks_both = False
        """Policy asks for the code and for staff's word, and each is asked for by itself."""
        self.code_wanted = 0
        self.decided = 0
        self.look_again = False
        self.plan: str | None = None
        self.plan_outdated = False
        """Something that staff decided since makes another plan: it is drafted anew and approved anew."""
        self.drafting = False
        """The plan that can be seen is the old one, and not what would be carried out."""
        self.outdated: tuple[str, ...] = ()
        """Systems of which what was collected is of no use any more: they are collected again before the review."""
        self.approvals: dict[str, str] = {}
        self.approved: set[str] = set()
        """The acts of approval that are written down, whether they still count or not."""
        self.without_copy: set[str] = set()
        """Who of them said to go on before a copy of the same person's is answered."""
        self.exempted: set[str] = set()
        """Categories of data that are refused."""
        self.redacted = 0
        """How many parts of the copy are taken out of it."""
        self.redacting = 0
        """How many such acts are being written down: until they are, nobody knows which copy they would approve."""
        self.asked: set[str] = set()
        """Questions and fees that the person has not answered: until then nothing is handed over or erased."""
        self.delay_told = False
        self.begun = False
        """An erasure, or a change, of which a part may be done already."""
        self.touching: set[str] = set()
        """Systems that an erasure was handed to, whether they have begun with it or not."""
        self.ending: tuple[Outcome, str, str | None] | None = None
        """Outcome, the act that brings it, and its ground; taken back if the act cannot be written down."""
        self._recording = 0

    def since(self, change: str) -> bool:
        """Whether the request was started with this change of its steps, or meets it now."""
        return self.joined or workflow.patched(change)

    # What the story does when told of a change

    def changed(self) -> None:
        """What operators see has changed."""
        raise NotImplementedError

    def log(self, line: str) -> None:
        """Something happened that operators may want to read."""
        raise NotImplementedError

    def ask_for_attention(self, system: str, code: str, dedupe: str) -> None:
        """Tell staff that a system needs them."""
        raise NotImplementedError

    def send_soon(self, kind: str, dedupe: str, **facts: str | None) -> None:
        """Send a letter beside the story."""
        raise NotImplementedError

    # What acts need

    def prove_by(self, method: str) -> None:
        """One proof of identity is there: ``code`` or ``attested``. Where policy asks for both, one is not enough."""
        self._proofs.add(method)
        both = self.brief is not None and self.brief.identity.both
        self.proven = not both or self._proofs >= {"code", "attested"}
        if not self.proven:
            self.log(f"one of two proofs is there: {method}")

    def code_given(self) -> bool:
        """The code is there, and staff's word is not: no more codes, staff are asked."""
        return self.asks_both and not self.proven and "code" in self._proofs

    def word_given(self) -> bool:
        """Staff's word is there, and the code is not."""
        return self.asks_both and not self.proven and "attested" in self._proofs

    def settled(self) -> bool:
        """Every accepted act is written down, or taken back."""
        return self._recording == 0

    def is_to_end(self) -> bool:
        """An act that is written down ends the request."""
        return self.ending is not None and self.settled()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._recording += 1
        try:
            yield
        finally:
            self._recording -= 1

    def _check(self, kind: ActKind) -> None:
        if self.brief is None or not self.clock.is_set:
            raise ApplicationError("The request has not begun yet; try again in a moment.", type=NOT_BEGUN)
        if self.ending:
            raise ApplicationError(f"The request is ending as {self.ending[0].value}.", type="wrong_stage")
        if (self.begun or self.touching) and kind in _ENDINGS:
            raise ApplicationError(
                "It has begun: it can be neither withdrawn nor refused; approve the plan of what remains.",
                type="wrong_stage",
            )
        allowed = stages(kind, self.right)
        if self.stage not in allowed:
            names = ", ".join(stage.value for stage in Stage if stage in allowed)
            raise ApplicationError(
                f"{kind.value} is not possible while {self.stage.value}; it is while: {names}.", type="wrong_stage"
            )

    async def _accept(self, kind: ActKind, call: ActCall, note: str) -> ActAnswer:
        """Write the act down.

        Raises:
            ApplicationError: the ledger knows no such act, or not with these words; the caller takes back what it
                had changed.
        """
        with self._writing():
            try:
                await calls.try_to_record(
                    RecordActivities.accept_act,
                    AcceptAct(request_id=self.id, at=workflow.now(), kind=kind, call=call),
                    kind.value,
                )
            except ActivityError as error:
                raise refusal(error) from None
        return self._answer(call, note)

    def _answer(self, call: ActCall, note: str) -> ActAnswer:
        return ActAnswer(act_id=call.act_id, stage=self.stage, note=note)


def refusal(error: ActivityError) -> ApplicationError:
    """The ledger's own words for it: they identify nobody."""
    cause = error.cause
    if isinstance(cause, ApplicationError):
        return ApplicationError(cause.message, type=cause.type)
    return ApplicationError("The act could not be written down.", type="unexpected")
