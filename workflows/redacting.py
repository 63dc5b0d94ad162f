"""Taking something out of a copy before it is released. What, and why, lies sealed in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from habeas.acts import ActAnswer, ActCall, ActKind
    from habeas.model import COPIES
    from habeas.particulars import Scope
    from workflows.acts import Acts


class Redacting(Acts):
    """An approval is of exactly one copy: taking something out, or putting it back, makes those that there are void."""

    @workflow.update(name=ActKind.REDACT.value)
    async def redact(self, call: ActCall) -> ActAnswer:
        """Take something out, on a ground of the law."""
        with self._another_copy():
            answer = await self._accept(ActKind.REDACT, call, "redacted")
        self.redacted += 1
        return answer

    @redact.validator
    def _may_redact(self, call: ActCall) -> None:
        self._check_copy(ActKind.REDACT)
        if not call.ground:
            raise ApplicationError("What is taken out is taken out on a ground of the law.", type="bad_input")

    @workflow.update(name=ActKind.UNREDACT.value)
    async def unredact(self, call: ActCall) -> ActAnswer:
        """Put back what was taken out."""
        with self._another_copy():
            answer = await self._accept(ActKind.UNREDACT, call, "unredacted")
        self.redacted -= 1
        return answer

    @unredact.validator
    def _may_unredact(self, call: ActCall) -> None:
        self._check_copy(ActKind.UNREDACT)

    def _check_copy(self, kind: ActKind) -> None:
        self._check(kind)
        if self.right not in COPIES or (self.brief and self.brief.scope is Scope.CATEGORIES):
            raise ApplicationError("Nothing is handed over here that could be taken out.", type="not_allowed")

    @contextmanager
    def _another_copy(self) -> Iterator[None]:
        """The approvals are void from the moment the act is taken; if it cannot be written down, they stand again."""
        void = dict(self.approvals)
        self.approvals.clear()
        self.redacting += 1
        try:
            yield
        except ApplicationError:
            # Nothing can have been approved meanwhile: see `Acts._may_approve`.
            self.approvals |= {who: act for who, act in void.items() if act in self.approved}
            raise
        finally:
            self.redacting -= 1
