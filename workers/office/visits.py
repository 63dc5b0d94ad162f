"""The person comes back: a code, sent to where codes of the request go, lets them in to their page or their package."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import structlog
from pydantic import Field

from activities.ledger import CodeResult, NewVisit, Tx, at_link, new_code
from activities.letters import Kind
from activities.messages import VisitCode, visit_code_name
from activities.model import LetterOrder
from activities.proofs import proof_lacking
from habeas.acts import ActKind
from habeas.errors import EngineUnavailable, KeyDestroyed, NotAllowed, UnknownRequest, WrongCode, WrongStage
from habeas.model import Frozen, Stage
from habeas.policy.sections import Proof
from workers.office.handover import Handover
from workers.office.messages import Messages
from workers.office.room import SUBJECT

log = structlog.get_logger(__name__)

CODE_NOT_SENT = "visit_code_not_sent"
"""A code for the person's page could not be sent."""
LASTS = timedelta(minutes=30)
"""How long a visit lasts, and how long its code waits."""
_APART = timedelta(minutes=2)
_CODES_A_DAY = 5


class Entered(Frozen):
    """What a right code opens."""

    session: str = Field(repr=False)
    """The visit's secret, which is nowhere kept."""
    proves: bool
    """Whether it was the code that proves who they are."""
    second: bool = False
    """Whether staff must be sure of them, too, before the request goes on."""


class Visiting(Messages, Handover):
    """Methods of coming in."""

    async def enter(self, request_id: str, code: str) -> Entered | None:
        """Take a code, the one that proves identity or one for a visit.

        Returns:
            The visit that it opens. None for the code that proved who they are, given once more:
            it opens nothing.

        Raises:
            WrongCode, UnknownRequest, KeyDestroyed: it is not right; the person is told no more.
            WrongStage, NotAllowed, EngineUnavailable: as `Acting.submit_code`: the code was right.
        """
        now = self._now()
        async with self._ledger.begin() as tx:
            verifying = (await tx.request(request_id)).stage is Stage.VERIFYING
        if verifying:
            await self.submit_code(request_id, code)
            inside = await self._proven_visit(request_id, now)
            async with self._ledger.begin() as tx:
                return Entered(session=inside, proves=True, second=await self._lacks_word(tx, request_id))
        async with self._ledger.begin() as tx:
            result, visit_id = await tx.try_visit(request_id, code[:100], now)
            session = await self._opened(tx, request_id, visit_id, now) if visit_id else None
        if session is not None:
            return Entered(session=session, proves=False)
        if result is CodeResult.WRONG:
            raise WrongCode(result=result.value, field="code")
        await self.submit_code(request_id, code)
        return None

    async def visit(self, session: str) -> str | None:
        """At which request a session is; None if it is at none, or over."""
        async with self._ledger.begin() as tx:
            return await tx.visit(session, self._now())

    async def leave(self, session: str) -> None:
        """End a visit; harmless where it is over."""
        async with self._ledger.begin() as tx:
            await tx.end_visit(session, self._now())

    async def send_code(self, request_id: str) -> bool:
        """Have a new code sent, to where codes of this request go. Whoever asks is told nothing of what came of it.

        Returns:
            Whether one goes out: not where there is no such request, no proven address, or one went out just now.
        """
        try:
            async with self._ledger.begin() as tx:
                # Two who ask at once stand in a line here, or both would be the first.
                request = await tx.request(request_id, lock=True)
                if await tx.is_narrowed(request_id):
                    raise KeyDestroyed  # of its record: where codes of it went is not known any more
                proofs = await tx.proofs(request_id)
                # Where staff attested who somebody is, no address is proven: they write to us.
                barred = request.stage is Stage.VERIFYING or (proofs and "code" not in proofs)
                order = None if barred else await self._visit_order(tx, request_id)
            if order is not None:
                await self._engine.send(order)
                return True
            if request.stage is Stage.VERIFYING and await self._code_is_old(request_id):
                await self.act(ActKind.RESEND_CODE, request_id, by=SUBJECT, reason="asked for on the person's page")
                return True
        except (UnknownRequest, KeyDestroyed, WrongStage, NotAllowed):
            return False
        except EngineUnavailable as error:
            log.warning(CODE_NOT_SENT, request=request_id, error=error.code)
        return False

    async def send_link_code(self, token: str) -> bool:
        """Have the code sent that goes with a link to a package, to where codes of its request go.

        Where staff attested the person it goes where the link went: to them, or to the officer who hands it over.

        Returns:
            Whether one goes out: not where one went out just now, or too many did today.

        Raises:
            LinkRefused: the link gives nothing any more; ``facts["reason"]`` says why.
            KeyDestroyed: its request's data is gone.
            EngineUnavailable: asking again is safe.
        """
        async with self._ledger.begin() as tx:
            link = await tx.live_link(token, self._now())
            await tx.request(link.request_id, lock=True)
            order = await self._visit_order(tx, link.request_id, link.id)
        if order is not None:
            await self._engine.send(order)
        return order is not None

    async def link_request(self, token: str) -> str | None:
        """Whose package a link once led to, whether it still works or not; None for one that is not ours."""
        async with self._ledger.begin() as tx:
            return await tx.link_request(token)

    async def _lacks_word(self, tx: Tx, request_id: str) -> bool:
        request = await tx.request(request_id)
        return await proof_lacking(tx, request, self.policy(request.controller)) is Proof.ATTESTATION

    async def _proven_visit(self, request_id: str, now: datetime) -> str:
        visit = NewVisit(id=str(uuid.uuid4()), request_id=request_id, code=None, created_at=now, expires_at=now + LASTS)
        async with self._ledger.begin() as tx:
            await tx.new_visit(visit)
            return await self._opened(tx, request_id, visit.id, now)

    async def _opened(self, tx: Tx, request_id: str, visit_id: str, now: datetime) -> str:
        await tx.remove_sealed(request_id, visit_code_name(visit_id))
        return await tx.open_visit(visit_id, now + LASTS)

    async def _visit_order(self, tx: Tx, request_id: str, link_id: str | None = None) -> LetterOrder | None:
        """The letter with a new code for the reference's door or a link's; None where that was done enough."""
        now = self._now()
        before = await tx.visit_codes_since(request_id, now - timedelta(days=1), link_id=link_id)
        if len(before) >= _CODES_A_DAY or (before and before[-1] > now - _APART):
            return None
        code, visit_id = new_code(), at_link(link_id) if link_id else str(uuid.uuid4())
        visit = NewVisit(id=visit_id, request_id=request_id, code=code, created_at=now, expires_at=now + LASTS)
        await tx.new_visit(visit)
        sealed = VisitCode(code=code.get_secret_value(), expires_at=visit.expires_at)
        await tx.seal(request_id, visit_code_name(visit.id), sealed)
        return LetterOrder(
            request_id=request_id,
            at=now,
            kind=Kind.VISIT_CODE.value,
            dedupe=f"visit/{visit.id}",
            sealed=visit_code_name(visit.id),
        )

    async def _code_is_old(self, request_id: str) -> bool:
        async with self._ledger.begin() as tx:
            newest = await tx.challenge(request_id)
            # Before the first one is sent, the systems are looked at: it is on its way.
            since = newest.created_at if newest else (await tx.request_row(request_id)).opened_at
        return since <= self._now() - _APART
