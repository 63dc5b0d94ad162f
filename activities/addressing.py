"""Where a letter goes, and who reads it there."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from pydantic import Field

from activities.connectors.processor import processor_of
from activities.finding import looked_up, on_record
from activities.ledger import Tx
from activities.letters import (
    ForwardLetter,
    Kind,
    LetterFacts,
    ProcessorNotice,
    RecipientNotice,
    StaffEscalation,
    StaffTask,
)
from activities.letters.parts import Reader
from activities.same_person import earlier_request, is_same_person
from habeas.connector import Connector
from habeas.errors import ConfigurationError, KeyDestroyed
from habeas.model import Frozen, Request, Subject
from habeas.policy import Policy

__all__ = ["To", "language_of", "recipient"]

_TELLING = frozenset(
    {
        Kind.COMPLETION_ACCESS,
        Kind.COMPLETION_ERASURE,
        Kind.KEPT_ENDED,
        Kind.COMPLETION_CHANGE,
        Kind.PARTIAL_REFUSAL,
        Kind.CATEGORIES,
        Kind.FORWARDED,
        Kind.RESTRICTION_LIFTING,
        Kind.VISIT_CODE,
    }
)
"""Letters that say what is held, or open a way to it. That nothing was found discloses nothing."""


class To(Frozen):
    """An address, and who reads there."""

    address: str = Field(repr=False)
    role: Reader


def language_of(request: Request, policy: Policy, facts: LetterFacts) -> str:
    """The person's language; a processor's own; the controller's first for its other business partners."""
    if isinstance(facts, ProcessorNotice):
        return facts.language
    return request.language if facts.kind.reader == "subject" else policy.controller.languages[0]


async def recipient(
    tx: Tx,
    policy: Policy,
    request: Request,
    subject: Subject,
    facts: LetterFacts,
    named: str | None,
    connectors: Mapping[str, Connector],
) -> To:
    """Who gets this letter.

    Args:
        tx: the ledger.
        policy: the controller's.
        request: the letter's.
        subject: who asks.
        facts: what the letter says; may bring an address of its own.
        named: a recipient of the policy, whose address is taken where the letter brings none; or a processor's system.
        connectors: of the systems. A processor is written to where its settings say today.

    Raises:
        ConfigurationError: a letter to a recipient, a processor, or to whoever controls the data, has no address.
        BadInput: the policy has no such recipient.
    """
    own = facts.to if isinstance(facts, RecipientNotice | ForwardLetter | StaffTask | StaffEscalation) else None
    role = facts.kind.reader
    if role == "staff":
        return To(address=own or policy.controller.privacy_officer, role=role)
    if role == "subject":
        return await _person(tx, policy, request, subject, facts.kind)
    if isinstance(facts, ProcessorNotice):
        processor = processor_of(connectors[named]) if named and named in connectors else None
        address = processor.email if processor else None
    else:
        address = own or (policy.recipient(named).email if named else None)
    if address is None:
        raise ConfigurationError(f"There is no address for a letter of kind {facts.kind}.")
    return To(address=address, role=role)


async def _person(tx: Tx, policy: Policy, request: Request, subject: Subject, kind: Kind) -> To:
    """The proven address, before that the claimed one; of what is about an earlier request, that one's address.

    Until identity is proven only letters that say nothing of the person go out; see `activities.facts`. Where staff
    attested the person and no code was given, no address is proven: what is held is told only to a claimed address that
    is on record, and otherwise to the officer, who hands it over to the person that was attested.
    """
    first = await earlier_request(tx, request)
    if first is not None and await is_same_person(tx, request):
        # Who appeals may write from anywhere, and name any number: the answer goes to who was refused.
        with suppress(KeyDestroyed):
            return await _person(tx, policy, first, await tx.subject(first.id), kind)
    officer = To(address=policy.controller.privacy_officer, role="staff")
    proofs = await tx.proofs(request.id)
    challenge = await tx.challenge(request.id)
    if challenge is not None and (not proofs or "code" in proofs):
        return To(address=challenge.address, role="subject")
    claimed = [one.value for one in subject.identifiers if one.kind == "email"]
    if proofs and kind in _TELLING:
        held = on_record(await looked_up(tx, request.id), policy.identity.sources)
        claimed = [address for address in claimed if address in held]
    return To(address=claimed[0], role="subject") if claimed else officer
