"""The person at their own page: a code lets them in for a while; what they see, and what they do there."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from pydantic import Field, JsonValue

from activities.ledger import CodeResult, NewVisit, Tx, new_code
from activities.letters import Kind, QuestionFacts
from activities.messages import VisitCode, visit_code_name
from activities.model import LetterOrder
from habeas.acts import ActKind, stages
from habeas.errors import EngineUnavailable, KeyDestroyed, NotAllowed, UnknownRequest, WrongCode, WrongStage
from habeas.evidence import Tag
from habeas.model import Frozen, Outcome, Right, Stage
from workers.office.handover import Handed, Handover
from workers.office.messages import Messages
from workers.office.room import SUBJECT
from workers.office.story import is_asked

log = structlog.get_logger(__name__)

CODE_NOT_SENT = "visit_code_not_sent"
LASTS = timedelta(minutes=30)
"""How long a visit lasts, and how long its code waits."""
_APART = timedelta(minutes=2)
_CODES_A_DAY = 5
_LINKS_APART = timedelta(hours=1)


class Entered(Frozen):
    """What a right code opens."""

    session: str = Field(repr=False)
    """The visit's secret, which is nowhere kept."""
    proves: bool
    """Whether it was the code that proves who they are, and the request now goes on."""


class Asked(Frozen):
    """Something that the person was asked, and that nobody has said to be answered."""

    text: str = Field(repr=False)
    reply_by: date | None


class Mine(Frozen):
    """What the person sees of their own request."""

    reference: str
    controller: str
    right: Right
    language: str
    received_on: date
    stage: Stage
    outcome: Outcome | None
    due_on: date | None
    """By when the answer comes; the extended day where the term was extended."""
    extended: bool
    overdue: bool
    paused: bool
    """The time for the answer stands still."""
    questions: tuple[Asked, ...] = Field(repr=False)
    sent: int
    """How many messages of theirs there are."""
    package: bool
    """Whether there is a package to fetch."""
    downloads: int
    """How often it was fetched, by link or here."""
    proven: bool
    """Whether a code from the address on record has proven who they are."""
    may_withdraw: bool
    may_write: bool


class Visiting(Messages, Handover):
    """Methods of the person's own page."""

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
            return Entered(session=await self._proven_visit(request_id, now), proves=True)
        async with self._ledger.begin() as tx:
            result, visit_id = await tx.try_visit(request_id, code[:100], now)
            session = await self._opened(tx, request_id, visit_id, now) if visit_id else None
        if session is not None:
            return Entered(session=session, proves=False)
        if result is CodeResult.WRONG:
            raise WrongCode(result=result.value)
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
                request = await tx.request(request_id)
                order = None if request.stage is Stage.VERIFYING else await self._visit_order(tx, request_id)
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

    async def mine(self, request_id: str) -> Mine:
        """What the person sees of their request.

        Raises:
            UnknownRequest, KeyDestroyed: there is none any more.
        """
        now = self._now()
        async with self._ledger.begin() as tx:
            row = await tx.request_row(request_id)
            await tx.key(request_id)
            zone = ZoneInfo(self.policy(row.controller).controller.clock_tz)
            proven = await self._proven(tx, request_id)
            events = await tx.events(request_id)
            shown = Mine(
                reference=row.id,
                controller=row.controller,
                right=row.right,
                language=row.language,
                received_on=row.received_at.astimezone(zone).date(),
                stage=row.stage,
                outcome=row.outcome,
                due_on=row.extended_due_on or row.due_on,
                extended=row.extended,
                overdue=row.overdue and row.closed_at is None,
                paused=row.paused,
                questions=await self._questions(tx, request_id),
                sent=sum(event.tag is Tag.PERSON_WROTE for event in events),
                # Only what was released to the person, and only to whoever proved to be them.
                package=proven and bool(await tx.links(request_id)),
                downloads=sum(
                    event.tag is Tag.EXPORT_DOWNLOADED and event.facts.get("by") in {"link", "page"} for event in events
                ),
                proven=proven,
                may_withdraw=row.stage in stages(ActKind.WITHDRAW, row.right) and row.outcome is None,
                may_write=row.closed_at is None,
            )
            await tx.record(
                request_id,
                Tag.PERSON_VISITED,
                at=now,
                actor=SUBJECT,
                facts={},
                dedupe=f"visited/{now:%Y-%m-%dT%H}",
            )
        return shown

    async def withdraw_mine(self, request_id: str) -> None:
        """The person takes their request back.

        Raises:
            WrongStage: it is too late, or over.
            EngineUnavailable: asking again is safe.
        """
        act_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{request_id}/withdrawn-by-the-person"))
        reason = "withdrawn by the person, on their page"
        await self.act(ActKind.WITHDRAW, request_id, by=SUBJECT, reason=reason, act_id=act_id)

    async def one_more_link(self, request_id: str) -> bool:
        """Send one more download link to the address on record, once an hour at most.

        Returns:
            Whether one goes out.

        Raises:
            EngineUnavailable: asking again is safe.
        """
        now = self._now()
        async with self._ledger.begin() as tx:
            row = await tx.request_row(request_id)
            links = await tx.links(request_id)
            if row.stage is not Stage.CLOSED or not links or links[-1].created_at > now - _LINKS_APART:
                return False
            number = len(links)
        act_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{request_id}/link-asked-for/{number}"))
        await self._send_new_link(request_id, SUBJECT, "asked for by the person", act_id)
        return True

    async def link_request(self, token: str) -> str | None:
        """Whose package a link once led to, whether it still works or not; None for one that is not ours."""
        async with self._ledger.begin() as tx:
            return await tx.link_request(token)

    @asynccontextmanager
    async def fetch_mine(self, request_id: str) -> AsyncIterator[Handed]:
        """The package that was released to the person, once more; counted when the block ends and it has `arrived`.

        Raises:
            WrongStage: there is none for them.
        """
        async with self._ledger.begin() as tx:
            request = await tx.request(request_id)
            links = await tx.links(request_id)
            ready = {one.id: one for one in await tx.artifacts(request_id) if one.verified_at}
            artifact = ready.get(links[-1].artifact_id) if links else None
            if artifact is None or not await self._proven(tx, request_id):
                raise WrongStage("There is no package to fetch.")
        key = await self._ledger.key(request_id)
        async with aclosing(self._decrypted(artifact, key)) as stream:
            handed = Handed(artifact, request.language, stream)
            try:
                yield handed
            finally:
                if handed.arrived:
                    # Also when the person's browser goes away and this task is cancelled.
                    await asyncio.shield(asyncio.ensure_future(self._count_fetched(request_id, artifact.sha256)))

    async def _count_fetched(self, request_id: str, sha256: str) -> None:
        facts: dict[str, JsonValue] = {"by": "page", "sha256": sha256}
        async with self._ledger.begin() as tx:
            await tx.record(
                request_id,
                Tag.EXPORT_DOWNLOADED,
                self._now(),
                SUBJECT,
                facts,
                dedupe=f"downloaded/page/{uuid.uuid4()}",
            )

    async def _proven_visit(self, request_id: str, now: datetime) -> str:
        visit = NewVisit(id=str(uuid.uuid4()), request_id=request_id, code=None, created_at=now, expires_at=now + LASTS)
        async with self._ledger.begin() as tx:
            await tx.new_visit(visit)
            return await self._opened(tx, request_id, visit.id, now)

    async def _opened(self, tx: Tx, request_id: str, visit_id: str, now: datetime) -> str:
        await tx.remove_sealed(request_id, visit_code_name(visit_id))
        return await tx.open_visit(visit_id, now + LASTS)

    async def _visit_order(self, tx: Tx, request_id: str) -> LetterOrder | None:
        """The letter with a new code; None where none may go out."""
        now = self._now()
        proofs = await tx.proofs(request_id)
        before = await tx.visit_codes_since(request_id, now - timedelta(days=1))
        if (proofs and "code" not in proofs) or len(before) >= _CODES_A_DAY or (before and before[-1] > now - _APART):
            # Where staff attested who somebody is, no address is proven: they write to us.
            return None
        code = new_code()
        visit = NewVisit(id=str(uuid.uuid4()), request_id=request_id, code=code, created_at=now, expires_at=now + LASTS)
        await tx.new_visit(visit)
        sealed = VisitCode(code=code.get_secret_value(), expires_at=visit.expires_at)
        await tx.seal(request_id, visit_code_name(visit.id), sealed)
        return LetterOrder(
            request_id=request_id,
            at=now,
            kind=Kind.CODE.value,
            dedupe=f"visit/{visit.id}",
            sealed=visit_code_name(visit.id),
        )

    async def _code_is_old(self, request_id: str) -> bool:
        async with self._ledger.begin() as tx:
            newest = await tx.challenge(request_id)
        return newest is None or newest.created_at <= self._now() - _APART

    async def _questions(self, tx: Tx, request_id: str) -> tuple[Asked, ...]:
        acts = await tx.acts(request_id)
        if not is_asked(acts):
            return ()
        resumed = max((a.accepted_at for a in acts if a.kind == ActKind.RESUME and a.accepted_at), default=None)
        found = []
        for act in acts:
            if act.kind == ActKind.ASK and act.accepted_at and (resumed is None or act.accepted_at > resumed):
                asked = await tx.unseal(request_id, f"letter/question/{act.id}", QuestionFacts)
                if asked is not None:
                    found.append(Asked(text=asked.text, reply_by=asked.reply_by))
        return tuple(found)

    async def _proven(self, tx: Tx, request_id: str) -> bool:
        return "code" in await tx.proofs(request_id)
