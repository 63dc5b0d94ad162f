"""Proving who asks: a one-time code to the address on record, never to one that is merely claimed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta

from pydantic import Field
from temporalio import activity

from activities.finding import bears_proven, looked_up, on_record
from activities.ledger import Challenge, new_code
from activities.model import CodeOrder, CodeReport
from activities.notify import LetterActivities
from activities.parts import Parts
from habeas.connector import Match
from habeas.evidence import Tag
from habeas.model import Frozen, Subject


class Addressee(Frozen):
    """Where a code goes, and what makes that address trustworthy."""

    address: str = Field(repr=False)
    standing: str
    """``on_record`` or ``claimed``."""


def addressee(subject: Subject, records: Mapping[str, tuple[Match, ...]], sources: tuple[str, ...]) -> Addressee | None:
    """Choose the address that a code is sent to.

    An address counts as on record when a record that bears something the person claimed also bears it; the claimed
    address itself is preferred among those. When two records disagree (a claimed number that belongs to one person, a
    claimed address to another), each claimed address that is on record speaks for itself, and a number alone never
    sends a code to an address that was not claimed while a claimed one is on record.

    If no system knows anything that was claimed, there is nothing to disclose: the claimed address is used, so that
    an answer "we hold nothing" goes to whoever reads it. So it is where what was claimed stands on records only as
    something that nobody has proven: of these nothing is disclosed before a human has looked.

    Returns:
        None when records were found but none has an address, or only staff accounts were: staff must attest.
    """
    claimed = [one.value for one in subject.identifiers if one.kind == "email"]
    held = on_record(records, sources)
    for address in claimed:
        if address in held:
            return Addressee(address=address, standing="on_record")
    if held:
        return Addressee(address=held[0], standing="on_record")
    firm = [match for source in sources for match in records.get(source, ()) if match.staff or bears_proven(match)]
    if firm or not claimed:
        return None
    return Addressee(address=claimed[0], standing="claimed")


class IdentityActivities:
    """Sending codes. Trying one is the ledger's: `Tx.try_code`."""

    def __init__(self, parts: Parts, letters: LetterActivities) -> None:
        self._parts = parts
        self._letters = letters

    @activity.defn
    async def send_code(self, order: CodeOrder) -> CodeReport:
        """Make the n-th code, keep only its hash, and send it. The same order again sends the same letter."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            identity = self._parts.policy(request.controller).identity
            subject = await tx.subject(order.request_id)
            to = addressee(subject, await looked_up(tx, order.request_id), identity.sources)
            if to is None:
                return CodeReport(sent_to="nowhere")
            expires_at = order.at + timedelta(minutes=identity.code_minutes)
            code = new_code()
            challenge = Challenge(
                id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{order.request_id}/code/{order.number}")),
                request_id=order.request_id,
                number=order.number,
                code=code,
                address=to.address,
                created_at=order.at,
                expires_at=expires_at,
                tries_left=identity.code_tries,
            )
            letter = await self._letters.queue_code(tx, request, subject, challenge, order.closes_at)
            if letter is not None:
                await tx.new_challenge(challenge)
                await tx.record(
                    order.request_id,
                    Tag.IDENTITY_CODE_SENT,
                    at=order.at,
                    facts={"number": order.number, "to": to.standing, "expires_at": expires_at.isoformat()},
                    dedupe=f"code/{order.number}",
                )
        await self._letters.deliver(order.request_id, f"code/{order.number}", order.at)
        return CodeReport(sent_to=to.standing, expires_at=expires_at)
