"""An approval is of exactly one copy, whatever comes while it or a redaction is being written down."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from habeas.acts import ActAnswer, ActCall, ActKind
from habeas.model import Right, Stage
from workflows.model import RequestStart
from workflows.redacting import Redacting


class Copy(Redacting):
    """An access request under review. The ledger answers when the test says so, and as it says."""

    def __init__(self) -> None:
        super().__init__(
            RequestStart(request_id="HB-7K2M-X4QT-90AB", controller="demo", right=Right.ACCESS, regime="EU-GDPR")
        )
        self.stage = Stage.REVIEWING
        self.answers: dict[str, asyncio.Future[None]] = {}

    def _check(self, kind: ActKind) -> None:
        return

    async def _accept(self, kind: ActKind, call: ActCall, note: str) -> ActAnswer:
        with self._writing():
            await self.answers.setdefault(call.act_id, asyncio.get_running_loop().create_future())
        return self._answer(call, note)

    async def begin(self, act: Any) -> asyncio.Task[ActAnswer]:
        """Let an act come as far as to the ledger."""
        task = asyncio.create_task(act)
        await asyncio.sleep(0)
        return task

    async def written(self, call: ActCall, task: asyncio.Task[ActAnswer]) -> ActAnswer:
        """The ledger has it."""
        self.answers[call.act_id].set_result(None)
        return await task

    async def refused(self, call: ActCall, task: asyncio.Task[ActAnswer]) -> None:
        """The ledger does not take it."""
        self.answers[call.act_id].set_exception(ApplicationError("no", type="bad_input"))
        with pytest.raises(ApplicationError):
            await task


def _call(by: str = "a") -> ActCall:
    return ActCall(act_id=str(uuid.uuid4()), actor=by * 16, ground="rights_of_others")


async def test_an_approval_that_a_redaction_overtakes_is_void() -> None:
    approval, redaction = _call(), _call("b")
    copy: Any = Copy()
    approving = await copy.begin(copy.approve(approval))
    redacting = await copy.begin(copy.redact(redaction))
    assert not copy.settled()
    await copy.written(redaction, redacting)
    assert (await copy.written(approval, approving)).note == "void"
    assert (copy.approvals, copy.redacted) == ({}, 1)


async def test_nobody_approves_while_something_is_being_taken_out_or_put_back() -> None:
    before, redaction, back = _call(), _call("b"), _call("b")
    copy: Any = Copy()
    await copy.written(before, await copy.begin(copy.approve(before)))
    for act, call, count in ((copy.redact, redaction, 1), (copy.unredact, back, 0)):
        task = await copy.begin(act(call))
        with pytest.raises(ApplicationError, match="being changed"):
            copy._may_approve(_call("c"))
        assert copy.approvals == {}
        await copy.written(call, task)
        copy._may_approve(_call("c"))
        assert copy.redacted == count


async def test_a_redaction_that_is_not_written_down_leaves_the_approvals_that_are() -> None:
    first, second, redaction = _call(), _call("b"), _call("c")
    copy: Any = Copy()
    await copy.written(first, await copy.begin(copy.approve(first)))
    approving = await copy.begin(copy.approve(second))
    redacting = await copy.begin(copy.redact(redaction))
    await copy.refused(second, approving)
    await copy.refused(redaction, redacting)
    assert (copy.approvals, copy.redacted, copy.redacting) == ({first.actor: first.act_id}, 0, 0)


async def test_what_is_taken_out_is_so_on_a_ground_and_of_a_copy() -> None:
    copy: Any = Copy()
    copy._may_redact(_call())
    with pytest.raises(ApplicationError, match="on a ground"):
        copy._may_redact(_call().model_copy(update={"ground": None}))
    copy.right = Right.ERASURE
    for check in (copy._may_redact, copy._may_unredact):
        with pytest.raises(ApplicationError, match="Nothing is handed over"):
            check(_call())
