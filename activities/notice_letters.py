"""What letters to recipients, and to those who decide over data, say of their own."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from activities.ledger import NoticeKind
from activities.letters import ForwardFacts, NewValue, RecipientFacts, Shown
from activities.naming import Naming
from activities.parts import Parts
from habeas import law
from habeas.model import Identifier, Request, Right, Subject
from habeas.particulars import Particulars
from habeas.policy import Policy

_DID: Mapping[Right, Literal["rectified", "erased", "restricted"]] = {
    Right.RECTIFICATION: "rectified",
    Right.ERASURE: "erased",
    Right.RESTRICTION: "restricted",
}


class PlannedNotice(NamedTuple):
    """One notice, before it is written."""

    kind: NoticeKind
    recipient: str
    """The policy's id, or a keyed hash of the address."""
    name: str
    address: str | None
    categories: tuple[str, ...]
    remind_after: tuple[int, ...]
    escalate_after: int
    occasion: str = ""
    """As `NoticeRow.occasion`."""
    lifted: bool = False
    """A restriction has ended."""

    def id(self, request_id: str) -> str:
        """The same for every try on the same occasion."""
        name = f"{request_id}/notice/{self.kind.value}/{self.recipient}"
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name}/{self.occasion}" if self.occasion else name))


class NoticeCase(NamedTuple):
    """What every letter of one request is written from."""

    request: Request
    subject: Subject
    policy: Policy
    known: tuple[Identifier, ...]
    changes: Mapping[str, tuple[NewValue, ...]]
    today: date


def notice_letter(
    case: NoticeCase, one: PlannedNotice, address: str, link: str, parts: Parts
) -> RecipientFacts | ForwardFacts:
    """What the letter says of its own."""
    request, policy = case.request, case.policy
    common: dict[str, Any] = {
        "to": address,
        "subject_name": case.subject.name,
        "identifiers": tuple(Shown(kind=each.kind, value=each.value) for each in case.known),
        "acknowledge_url": link,
        "by": case.today + timedelta(days=one.escalate_after),
    }
    if one.kind is NoticeKind.RECIPIENT:
        duty = law.recipients_duty(
            request.regime, policy.answered_in(request.regime, request.jurisdiction), request.right
        )
        return RecipientFacts(
            **common,
            recipient=one.name,
            did="lifted" if one.lifted else _DID[request.right],
            categories=_titles(policy, one.categories),
            corrections=tuple(value for each in one.categories for value in case.changes.get(each, ())),
            provision=duty.cite if duty else None,
        )
    called = Naming.of(policy, parts.connectors, policy.language(None))
    held_in = {
        called.system(system)
        for system in policy.systems
        if any(held.category in one.categories for held in parts.connector(system).manifest.collections)
    }
    asked = Particulars.of(case.subject)
    named = {purpose.id: policy.text(purpose.title) for purpose in policy.purposes}
    return ForwardFacts(
        **common,
        asked=case.subject.note,
        corrections=tuple(NewValue(what=each.what, old=each.old, new=each.new) for each in asked.corrections),
        evidence=tuple(each.evidence for each in asked.corrections if each.evidence),
        purposes=tuple(named[each] for each in asked.purposes if each in named),
        situation=asked.situation,
        systems=tuple(sorted(held_in)),
    )


def _titles(policy: Policy, categories: Iterable[str]) -> tuple[str, ...]:
    return tuple(policy.text(policy.category(one).title) for one in categories)
