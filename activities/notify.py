"""Letters: written once from the ledger, queued in the transaction that they tell of, sent until the server took them.

A letter sent again after a crash carries the same Message-ID, by which mail servers recognise it as the same letter.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue
from temporalio import activity

from activities.facts import FactsOf
from activities.finding import looked_up, on_record
from activities.ledger import Challenge, Letter, LetterState, Link, Tx, new_token
from activities.letter_case import LetterCase
from activities.letters import Kind, LetterFacts, RenderedLetter, render
from activities.mail import MailSender
from activities.model import LetterOrder, LetterReport
from activities.parts import Parts
from habeas.errors import BadInput, Terminal
from habeas.evidence import Tag
from habeas.model import Frozen, Request, Subject
from habeas.policy import Policy

_TELLING = frozenset({Kind.COMPLETION_ACCESS, Kind.COMPLETION_ERASURE, Kind.NOTHING_FOUND})
"""Letters that say what is held."""


class LetterActivities:
    """Writing and sending letters."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn(name="send_letter")
    async def send(self, order: LetterOrder) -> LetterReport:
        """Write the letter unless it is written, then send it. The same order again is the same letter."""
        kind = Kind(order.kind)
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            written = [row for row in await tx.letters(order.request_id) if row.dedupe == order.dedupe]
            if not written:
                await self._write(tx, request, kind, order)
        return await self.deliver(order.request_id, order.dedupe, order.at)

    async def _write(self, tx: Tx, request: Request, kind: Kind, order: LetterOrder) -> None:
        subject = await tx.subject(request.id)
        case = LetterCase(
            tx=tx,
            request=request,
            subject=subject,
            policy=self._parts.policy(request.controller),
            order=order,
            connectors=self._parts.connectors,
            public_url=self._parts.public_url,
        )
        link = await self._link(tx, case) if order.artifact_id else None
        facts = await FactsOf(case, link).make(kind)
        await self._queue(tx, case.policy, request, subject, facts, order.dedupe, order.at)

    async def _link(self, tx: Tx, case: LetterCase) -> Link:
        """A one-time link to the package; it exists only in the letter."""
        order = case.order
        link = Link(
            id=_uuid(order.request_id, f"link/{order.dedupe}"),
            request_id=order.request_id,
            artifact_id=str(order.artifact_id),
            token=new_token(),
            expires_at=case.link_ends(),
            created_at=order.at,
        )
        await tx.new_link(link)
        await tx.revoke_links(order.request_id, order.at, keep=link.id)
        facts: dict[str, JsonValue] = {"artifact": link.artifact_id, "expires_at": link.expires_at.isoformat()}
        await tx.record(
            order.request_id, Tag.EXPORT_RELEASED, at=order.at, facts=facts, dedupe=f"released/{order.dedupe}"
        )
        return link

    async def queue_code(
        self, tx: Tx, request: Request, subject: Subject, challenge: Challenge, closes_at: datetime | None
    ) -> Letter | None:
        """Write the letter with a code; None if this code's letter was written before, with another code in it."""
        dedupe = f"code/{challenge.number}"
        if any(row.dedupe == dedupe for row in await tx.letters(request.id)):
            return None
        order = LetterOrder(request_id=request.id, at=challenge.created_at, kind=Kind.CODE.value, dedupe=dedupe)
        policy = self._parts.policy(request.controller)
        case = LetterCase(
            tx=tx,
            request=request,
            subject=subject,
            policy=policy,
            order=order,
            connectors=self._parts.connectors,
            public_url=self._parts.public_url,
        )
        facts = FactsOf(case, None).code(challenge.code, challenge.expires_at, closes_at)
        to = challenge.address
        return await self._queue(tx, policy, request, subject, facts, dedupe, challenge.created_at, to=to)

    async def _queue(
        self,
        tx: Tx,
        policy: Policy,
        request: Request,
        subject: Subject,
        facts: LetterFacts,
        dedupe: str,
        at: datetime,
        *,
        to: str | None = None,
    ) -> Letter:
        rendered = render(facts.kind, request.language, facts)
        recipient = (
            _To(address=to, role="subject") if to else await _recipient(tx, policy, request, subject, facts.kind)
        )
        letter = Letter(
            id=_uuid(request.id, f"letter/{dedupe}"),
            request_id=request.id,
            kind=facts.kind.value,
            language=rendered.language,
            dedupe=dedupe,
            recipient_role=recipient.role,
            queued_at=at,
            to=recipient.address,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
        )
        queued = await tx.queue_letter(letter)
        told: dict[str, JsonValue] = {"letter": letter.kind, "language": letter.language, "to": letter.recipient_role}
        await tx.record(request.id, Tag.LETTER_QUEUED, at=at, facts=told, dedupe=f"letter/{dedupe}")
        return queued

    async def deliver(self, request_id: str, dedupe: str, at: datetime) -> LetterReport:
        """Send a queued letter, unless it was sent.

        Raises:
            Transient: the mail server is busy or away; nothing was lost, and it is tried again.
        """
        async with self._parts.ledger.begin() as tx:
            letter = await tx.letter(_uuid(request_id, f"letter/{dedupe}"))
            request = await tx.request(request_id)
        if letter.state is not LetterState.QUEUED:
            return LetterReport(state=letter.state.value)
        controller = self._parts.policy(request.controller).controller
        message_id = f"<{letter.id}@{controller.email.rpartition('@')[2]}>"
        state = LetterState.SENT
        try:
            await self._parts.mailer.send(
                letter.to,
                RenderedLetter(
                    language=letter.language, subject=letter.subject, text=letter.text, html=letter.html or ""
                ),
                message_id,
                MailSender(name=controller.name, address=controller.email),
                at,
            )
        except (Terminal, BadInput):
            state = LetterState.FAILED
        await self._mark(letter, state, message_id, at)
        return LetterReport(state=state.value)

    async def _mark(self, letter: Letter, state: LetterState, message_id: str, at: datetime) -> None:
        async with self._parts.ledger.begin() as tx:
            await tx.mark_letter(letter.id, state, at=at, message_id=message_id)
            tag = Tag.LETTER_SENT if state is LetterState.SENT else Tag.LETTER_FAILED
            await tx.record(
                letter.request_id,
                tag,
                at=at,
                facts={"letter": letter.kind, "to": letter.recipient_role},
                dedupe=f"{state.value}/{letter.dedupe}",
            )


class _To(Frozen):
    """Where a letter goes, and who reads it there."""

    address: str = Field(repr=False)
    role: Literal["subject", "staff"]


async def _recipient(tx: Tx, policy: Policy, request: Request, subject: Subject, kind: Kind) -> _To:
    """Staff letters to the officer; letters to the person to the proven address, before that to the claimed one.

    Until identity is proven only letters that say nothing of the person go out; see `activities.facts`. Where staff
    attested the person, no address is proven: what is held is told only to a claimed address that is on record, and
    otherwise to the officer, who hands it over to the person that was attested.
    """
    officer = _To(address=policy.controller.privacy_officer, role="staff")
    if kind.to_staff:
        return officer
    proof = await tx.proof(request.id)
    challenge = await tx.challenge(request.id)
    if challenge is not None and (proof is None or proof.method == "code"):
        return _To(address=challenge.address, role="subject")
    claimed = [one.value for one in subject.identifiers if one.kind == "email"]
    if proof is not None and kind in _TELLING:
        held = on_record(await looked_up(tx, request.id), policy.identity.sources)
        claimed = [address for address in claimed if address in held]
    return _To(address=claimed[0], role="subject") if claimed else officer


def _uuid(request_id: str, name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{request_id}/{name}"))
