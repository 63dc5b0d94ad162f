"""What letters to recipients, and to those who decide over data, say of their own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from activities.ledger import NoticeKind
from activities.letters import DID, ForwardFacts, NewValue, RecipientFacts, Shown
from activities.naming import Naming
from activities.parts import Parts
from activities.reach import Known, duty_of
from activities.standing import Stands
from habeas.connector import RecordRef
from habeas.model import Identifier, Request, Subject
from habeas.particulars import Particulars
from habeas.policy import Policy
from habeas.policy.told import about

_NOTICE = "N"
MOST_RECORDS = 50
"""Records that a letter names one by one."""


class Theirs(NamedTuple):
    """What somebody decides over: all that one letter to them may be about."""

    standing: Stands
    """What of the person stands in it; unproven, of what was typed."""
    categories: frozenset[str]
    records: tuple[tuple[str, RecordRef], ...]
    """Systems and places. A letter names as many as `MOST_RECORDS`."""
    proven: bool
    """Who asks has shown that they are the person."""


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
    unsure: bool = False
    """Whether it has the data is not known, or not by what: a human finds out and tells it."""
    known: Known = Known()
    """By what a recipient knows the person."""
    theirs: Theirs | None = None
    """Of those who decide over data."""
    alone: bool = False
    """No other letter sends the request on: nobody else decides over anything that was found."""
    apart: bool = False
    """Other letters to the same address are about records that it does not know to be the same person's."""

    def id(self, request_id: str) -> str:
        """The same for every try on the same occasion."""
        name = f"{request_id}/notice/{self.kind.value}/{self.recipient}"
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name}/{self.occasion}" if self.occasion else name))


class NoticeCase(NamedTuple):
    """What every letter of one request is written from."""

    request: Request
    subject: Subject
    policy: Policy
    changes: Mapping[str, tuple[NewValue, ...]]
    today: date
    purposes: frozenset[str] = frozenset()
    """What has stopped."""


def notice_letter(
    case: NoticeCase, one: PlannedNotice, address: str, link: str, parts: Parts
) -> RecipientFacts | ForwardFacts:
    """What the letter says of its own."""
    if one.theirs is not None:
        return _forward(case, one, one.theirs, address, link, parts)
    request, policy = case.request, case.policy
    duty = duty_of(request, policy) if one.by_law else None
    return RecipientFacts(
        to=address,
        subject_name=one.known.name,
        identifiers=_shown(one.known.identifiers),
        acknowledge_url=link,
        by=case.today + timedelta(days=one.escalate_after),
        recipient=one.name,
        did="lifted" if one.lifted else DID[request.right],
        source=one.source,
        purposes=tuple(policy.text(each.title) for each in policy.purposes if each.id in case.purposes),
        categories=_titles(policy, one.categories),
        corrections=tuple(value for each in one.categories for value in case.changes.get(each, ())),
        provision=duty.cite if duty else None,
    )


def _forward(
    case: NoticeCase, one: PlannedNotice, theirs: Theirs, address: str, link: str, parts: Parts
) -> ForwardFacts:
    """Which right is asked, and of which of their own records. Whoever has those knows no more of the person by it.

    Free words are about whatever the person thought of: they go only where all that is asked is about this one's data.
    """
    policy, asked, standing = case.policy, Particulars.of(case.subject), theirs.standing
    called = Naming.of(policy, parts.connectors, policy.language(None))
    named = {each.id: each for each in policy.purposes if each.id in asked.purposes}
    purposes = {name: about(policy, case.request.right, each) for name, each in named.items()}
    meant = frozenset(asked.categories).union(*purposes.values())
    whole = theirs.proven and one.alone and bool(meant) and meant <= theirs.categories
    said = (case.subject.note, asked.situation, *asked.corrections)
    left = () if whole else (each for each in said if each and each not in standing.corrections)
    return ForwardFacts(
        to=address,
        reference=f"{_NOTICE}-{one.recipient[:12]}".upper() if one.apart else None,
        subject_name=standing.name,
        identifiers=_shown(standing.identifiers),
        records=tuple(_record(called, system, ref) for system, ref in theirs.records[:MOST_RECORDS]),
        proven=theirs.proven,
        more=theirs.proven and any(left),
        asked=case.subject.note if whole else None,
        corrections=tuple(NewValue(what=each.what, old=each.old, new=each.new) for each in standing.corrections),
        evidence=tuple(each.evidence for each in standing.corrections if each.evidence),
        purposes=tuple(
            policy.text(each.title) for name, each in named.items() if not purposes[name].isdisjoint(theirs.categories)
        ),
        situation=asked.situation if whole else None,
        systems=tuple(sorted({called.system(system) for system, _ in theirs.records})),
        acknowledge_url=link,
        by=case.today + timedelta(days=one.escalate_after),
    )


def _record(called: Naming, system: str, ref: RecordRef) -> Shown:
    key = json.loads(ref.key)
    said = ", ".join(map(str, key)) if isinstance(key, list) else str(key)
    return Shown(kind=called.collection(system, ref.collection), value=said)


def _shown(identifiers: Iterable[Identifier]) -> tuple[Shown, ...]:
    return tuple(Shown(kind=each.kind, value=each.value) for each in identifiers)


def _titles(policy: Policy, categories: Iterable[str]) -> tuple[str, ...]:
    return tuple(policy.text(policy.category(one).title) for one in categories)
