"""Letters: written once from the ledger, queued in the transaction that they tell of, sent until the server took them.

A letter sent again after a crash carries the same Message-ID, by which mail servers recognise it as the same letter.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import datetime, timedelta

from prometheus_client import Counter
from pydantic import JsonValue
from temporalio import activity

from activities.addressing import To, language_of, recipient
from activities.commitment import Commitment
from activities.facts import FactsOf
from activities.ledger import Challenge, Letter, LetterRow, LetterState, Link, NoticeState, Tx, new_token
from activities.letter_case import LetterCase
from activities.letters import BounceFacts, Kind, LetterFacts, RenderedLetter, render
from activities.letters.cover import covered
from activities.mail import MailSender
from activities.model import AgainOrder, BounceOrder, LetterOrder, LetterReport
from activities.parts import Parts
from activities.stages import enter_with
from habeas.errors import BadInput, KeyDestroyed, Terminal
from habeas.evidence import Tag
from habeas.model import Request, Subject
from habeas.policy import Policy

LETTERS = Counter("habeas_letters_total", "Letters by what became of them", ["state"])
for _state in ("sent", "failed", "bounced"):
    LETTERS.labels(_state)  # From zero on: the first of them is an increase.


class LetterActivities:
    """Writing and sending letters."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn(name="send_letter")
    async def send(self, order: LetterOrder) -> LetterReport:
        """Write the letter unless it is written, then send it. The same order again is the same letter."""
        kind = Kind(order.kind)
        try:
            async with self._parts.ledger.begin() as tx:
                request = await tx.request(order.request_id, lock=True)
                there = any(row.dedupe == order.dedupe for row in await tx.letters(order.request_id))
                letter = None if there else await self.write(tx, request, kind, order)
                await enter_with(tx, order)
        except Exception:  # a letter that cannot be written yet keeps nobody from seeing how far the request is
            if order.entering is not None:
                async with self._parts.ledger.begin() as tx:
                    await enter_with(tx, order)
            raise
        if letter is not None:
            return await self._deliver(letter, request, order.at, after=tx)
        return await self.deliver(order.request_id, order.dedupe, order.at)

    @activity.defn(name="send_letter_again")
    async def send_again(self, order: AgainOrder) -> LetterReport:
        """Write and send the letter, unless one that tells the same was written a short while ago: then see to that."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            of = {"controller": request.controller} if order.anywhere else {"request_id": request.id}
            last = await tx.last_letter(order.dedupe, **of)
            if last is None or last.queued_at + timedelta(seconds=order.every) <= order.at:
                last = await self.write(
                    tx,
                    request,
                    Kind(order.kind),
                    order.model_copy(update={"dedupe": f"{order.dedupe}/{order.at.isoformat()}"}),
                )
        return await self.deliver(last.request_id, last.dedupe, order.at)

    async def write(self, tx: Tx, request: Request, kind: Kind, order: LetterOrder) -> Letter:
        """Write the letter into the ledger, from where `deliver` sends it."""
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
        to = await recipient(tx, case.policy, request, subject, facts, order.to, self._parts.connectors)
        return await self._queue(tx, case.policy, request, facts, order.dedupe, order.at, to)

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
        facts = await FactsOf(case, None).code(challenge.code, challenge.expires_at, closes_at)
        to = To(address=challenge.address, role="subject")
        return await self._queue(tx, policy, request, facts, dedupe, challenge.created_at, to)

    async def _queue(
        self,
        tx: Tx,
        policy: Policy,
        request: Request,
        facts: LetterFacts,
        dedupe: str,
        at: datetime,
        to: To,
    ) -> Letter:
        own = policy.letters.folder if policy.letters else None
        rendered = render(facts.kind, language_of(request, policy, facts), facts, own)
        letter_id = self._letter_id(request.id, dedupe)
        if facts.kind.reader == "subject" and to.role == "staff":
            rendered = covered(rendered, policy.controller.languages[0], request.id, letter_id)
        letter = Letter(
            id=letter_id,
            request_id=request.id,
            kind=facts.kind.value,
            language=rendered.language,
            dedupe=dedupe,
            recipient_role=to.role,
            queued_at=at,
            to=to.address,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
        )
        queued = await tx.queue_letter(letter)
        told: dict[str, JsonValue] = {
            "letter": letter.kind,
            "language": letter.language,
            "to": letter.recipient_role,
            "digest": Commitment.of(await tx.key(request.id), queued).digest,
        }
        await tx.record(request.id, Tag.LETTER_QUEUED, at=at, facts=told, dedupe=f"letter/{dedupe}")
        return queued

    def _letter_id(self, request_id: str, dedupe: str) -> str:
        """The same for every try, and known to nobody but who gets it: a report of its loss cannot be made up."""
        return str(
            uuid.UUID(hex=self._parts.ledger.vault.fingerprint("letter", f"{request_id}/{dedupe}")[:32], version=5)
        )

    async def deliver(self, request_id: str, dedupe: str, at: datetime) -> LetterReport:
        """Send a queued letter, unless it was sent.

        Raises:
            Transient: the mail server is busy or away; nothing was lost, and it is tried again.
        """
        async with self._parts.ledger.begin() as tx:
            letter = await tx.letter_of(request_id, dedupe)
            request = await tx.request(request_id)
        return await self._deliver(letter, request, at, after=tx)

    async def _deliver(self, letter: Letter, request: Request, at: datetime, *, after: Tx) -> LetterReport:
        state = letter.state
        if state is LetterState.QUEUED:
            state = await self._hand_over(letter, request, at, after)
        if state is LetterState.FAILED:
            refused = BounceFacts(letter=letter.kind, role=letter.recipient_role, refused=True)
            await self._tell_staff(letter, refused, at)
        return LetterReport(state=state.value)

    async def _hand_over(self, letter: Letter, request: Request, at: datetime, after: Tx) -> LetterState:
        """To the mail server; what it refuses for good is marked as failed."""
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
        await self._mark(letter, state, message_id, at, after)
        return state

    async def _mark(self, letter: Letter, state: LetterState, message_id: str, at: datetime, after: Tx) -> None:
        async with self._parts.ledger.begin(after=after) as tx:
            await tx.mark_letter(letter.id, state, at=at, message_id=message_id)
            tag = Tag.LETTER_SENT if state is LetterState.SENT else Tag.LETTER_FAILED
            await tx.record(
                letter.request_id,
                tag,
                at=at,
                facts={"letter": letter.kind, "to": letter.recipient_role},
                dedupe=f"{state.value}/{letter.dedupe}",
            )
        LETTERS.labels(state.value).inc()

    @activity.defn(name="letter_bounced")
    async def bounced(self, order: BounceOrder) -> LetterReport:
        """A letter came back: note it, and tell the officer once."""
        async with self._parts.ledger.begin() as tx:
            await tx.request(order.request_id, lock=True)
            letter = await tx.letter_row(order.letter_id)
            if letter is None or letter.request_id != order.request_id:
                raise BadInput("There is no such letter.", field="letter")
            await tx.mark_letter(letter.id, LetterState.BOUNCED, at=order.at)
            await self._untold(tx, letter, order.at)
            told: dict[str, JsonValue] = {"letter": letter.kind, "to": letter.recipient_role, "status": order.status}
            await tx.record(
                order.request_id, Tag.LETTER_BOUNCED, at=order.at, facts=told, dedupe=f"bounced/{letter.dedupe}"
            )
        if letter.state is not LetterState.BOUNCED:
            LETTERS.labels(LetterState.BOUNCED.value).inc()
        facts = BounceFacts(letter=letter.kind, role=letter.recipient_role, status=order.status)
        # Once the request's key is destroyed there is nobody left to reach, and nothing to read of it.
        with suppress(KeyDestroyed):
            await self._tell_staff(letter, facts, order.at)
        return LetterReport(state=LetterState.BOUNCED.value, **await self._waits_for(letter))

    async def _waits_for(self, letter: LetterRow) -> dict[str, str]:
        """The processor's notice that came back with this letter, and its task."""
        if letter.recipient_role != "processor":
            return {}
        async with self._parts.ledger.begin() as tx:
            rows = await tx.notices(letter.request_id)
        brought = (row for row in rows if row.id in letter.dedupe.split("/"))
        return next(({"notice": row.id, "task": row.occasion} for row in brought), {})

    async def _untold(self, tx: Tx, letter: LetterRow, at: datetime) -> None:
        """Whom a notice was for has not been told by it, and stands so in the list."""
        if letter.recipient_role in ("subject", "staff"):
            return
        for one in await tx.notices(letter.request_id):
            if letter.dedupe.startswith(f"notice/{one.id}") and one.state in (NoticeState.QUEUED, NoticeState.SENT):
                await tx.mark_notice(one.id, NoticeState.FAILED, at)

    async def _tell_staff(self, letter: LetterRow, facts: BounceFacts, at: datetime) -> None:
        """That a letter did not arrive; not of their own letters, which would go the same way."""
        if letter.recipient_role == "staff":
            return
        dedupe, name = f"bounce/{letter.id}", f"letter/bounce/{letter.id}"
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(letter.request_id, lock=True)
            if not any(row.dedupe == dedupe for row in await tx.letters(request.id)):
                await tx.seal(request.id, name, facts)
                kind = Kind.STAFF_BOUNCE
                order = LetterOrder(request_id=request.id, at=at, kind=kind.value, dedupe=dedupe, sealed=name)
                await self.write(tx, request, kind, order)
        await self.deliver(letter.request_id, dedupe, at)


def _uuid(request_id: str, name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{request_id}/{name}"))
