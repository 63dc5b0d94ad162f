"""The person's own page: what they see of their request, and what they do there."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field, JsonValue

from activities.ledger import LinkRow, Tx
from activities.letters import QuestionFacts
from habeas.acts import ActKind
from habeas.errors import LinkRefused, WrongCode, WrongStage
from habeas.evidence import Tag
from habeas.model import Frozen, Outcome, Right, Stage
from workers.office.handover import Handed
from workers.office.room import SUBJECT
from workers.office.standing import may_withdraw
from workers.office.story import is_asked
from workers.office.visits import Visiting

_LINKS_APART = timedelta(hours=1)


def _newest(links: Sequence[LinkRow]) -> LinkRow | None:
    """The one that counts; None where there is none, or it was taken back."""
    return links[-1] if links and links[-1].revoked_at is None else None


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
    """Whether a package was released to them."""
    package_over: bool
    """The time for fetching it is over: it takes one more link."""
    downloads: int
    """How often it was fetched, by link or here."""
    proven: bool
    """Whether a code from the address on record has proven who they are."""
    second_proof: bool
    """Their code was right, and staff must be sure of them, too."""
    may_withdraw: bool
    may_write: bool


class OwnPage(Visiting):
    """Methods of the person's own page."""

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
            events, link = await tx.events(request_id), _newest(await tx.links(request_id))
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
                package=proven and link is not None,
                package_over=link is not None and now >= link.expires_at,
                downloads=sum(
                    event.tag is Tag.EXPORT_DOWNLOADED and event.facts.get("by") in {"link", "page"} for event in events
                ),
                proven=proven,
                second_proof=row.stage is Stage.VERIFYING and await self._lacks_word(tx, request_id),
                may_withdraw=may_withdraw(row, await tx.systems(request_id)),
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

    @asynccontextmanager
    async def fetch_mine(self, request_id: str, session: str) -> AsyncIterator[Handed]:
        """The package that was released to the person, once more; counted when the block ends and it has `arrived`.

        The code that opened the visit fetches it once, and as long as the newest link lives.

        Raises:
            WrongStage: there is none for them.
            LinkRefused: the time for it is over; they ask for one more link.
            WrongCode: this visit has fetched it: it takes another code.
        """
        by_visit = f"downloaded/page/{hashlib.sha256(session.encode()).hexdigest()[:32]}"
        async with self._ledger.begin() as tx:
            request = await tx.request(request_id)
            link = _newest(await tx.links(request_id))
            ready = {one.id: one for one in await tx.artifacts(request_id) if one.verified_at}
            artifact = ready.get(link.artifact_id) if link else None
            if link is None or artifact is None or not await self._proven(tx, request_id):
                raise WrongStage("There is no package to fetch.")
            if self._now() >= link.expires_at:
                raise LinkRefused("The time for fetching it is over.", reason="expired")
            if await tx.numbers(request_id, by_visit):
                raise WrongCode("Another download takes another code.", field="code")
        key = await self._ledger.key(request_id)
        async with aclosing(self._decrypted(artifact, key)) as stream:
            handed = Handed(artifact, request.language, stream)
            try:
                yield handed
            finally:
                if handed.arrived:
                    # Also when the person's browser goes away and this task is cancelled.
                    await asyncio.shield(
                        asyncio.ensure_future(self._count_fetched(request_id, by_visit, artifact.sha256))
                    )

    async def _count_fetched(self, request_id: str, by_visit: str, sha256: str) -> None:
        facts: dict[str, JsonValue] = {"by": "page", "sha256": sha256}
        async with self._ledger.begin() as tx:
            await tx.record(
                request_id,
                Tag.EXPORT_DOWNLOADED,
                self._now(),
                SUBJECT,
                facts,
                dedupe=f"{by_visit}/{uuid.uuid4()}",  # two that ran at once were two
            )

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
