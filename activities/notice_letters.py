"""What letters to recipients, and to those who decide over data, say of their own."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from activities.ledger import NoticeKind
from activities.letters import DID, ForwardFacts, NewValue, RecipientFacts, Shown
from activities.naming import Naming
from activities.parts import Parts
from activities.reach import duty_of
from habeas.model import Identifier, Request, Subject
from habeas.particulars import Particulars
from habeas.policy import Policy


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
    source: bool = False
    """The data came from it, and it got none."""
    by_law: bool = True
    """The law obliges us to tell it."""
    in_time: bool = True
    """False: it got the data before the time that the law looks back to, and is not told."""

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
    purposes: frozenset[str] = frozenset()
    """What has stopped."""


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
        duty = duty_of(request, policy) if one.by_law else None
        return RecipientFacts(
            **common,
            recipient=one.name,
            did="lifted" if one.lifted else DID[request.right],
            source=one.source,
            purposes=tuple(policy.text(each.title) for each in policy.purposes if each.id in case.purposes),
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
