"""Who decides over data that a controller only processes: found in the records themselves, as the policy says."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from functools import reduce
from typing import NamedTuple

from pydantic import Field

from activities.brief import categories_asked
from activities.deciding import load_ours, mailboxes
from activities.finding import load_graph
from activities.ledger import Tx
from activities.manifests import manifests_of
from activities.notice_letters import Theirs
from activities.pages import Collected, Pages, load_collected
from activities.parts import Parts
from activities.standing import Standing, Stands
from activities.vault import Vault
from habeas.connector import Record, RecordRef
from habeas.model import Frozen, Request, Subject
from habeas.particulars import Particulars
from habeas.policy import Category, Policy
from habeas.policy.sections import address_of

__all__ = ["MOST_CONTROLLERS", "Controllers", "addressed", "controllers_of"]

_SENT_ON = "forwarded/letters"

MOST_CONTROLLERS = 100
"""Letters by which one request is sent on; more than that is a wrong field in the policy."""


class Controllers(NamedTuple):
    """Those who are written to, and what nobody is written to about."""

    found: tuple[tuple[str, Theirs], ...]
    """Addresses, each as often as it gets a letter: one for records that it does not know to be the same person's."""
    unsent: Counter[str]
    """Category -> records: no address in the field, too many of them, nothing in it that who asks has typed, or the
    very address that who asks says is theirs, and has not shown to be."""


class _Row(NamedTuple):
    """One record of somebody's, without what stands in it."""

    system: str
    ref: RecordRef
    category: str
    stands: Stands
    parents: tuple[RecordRef, ...]

    @property
    def ties(self) -> Iterator[tuple[object, ...]]:
        """What other records have, too, where whoever has both knows that they are the same person's."""
        yield "record", self.system, self.ref
        yield from (("record", self.system, one) for one in self.parents)
        yield from (("identifier", one) for one in self.stands.identifiers)


async def controllers_of(parts: Parts, request: Request, policy: Policy) -> Controllers:
    """Who decides over what was collected for a request."""
    async with parts.ledger.begin() as tx:
        subject = await tx.subject(request.id)
        collected = await load_collected(tx, request.id)
        proven = await tx.proof(request.id) is not None
        wanted = await _wanted(tx, request, subject, proven=proven)
        manifests = manifests_of(policy, parts)
        ours = await load_ours(tx, request, policy, manifests)
        doubtful = (await mailboxes(tx, request, policy, manifests)).claimed
    rows: dict[str, list[_Row]] = {}
    unsent: Counter[str] = Counter()
    asked = categories_asked(policy, Particulars.of(subject))
    async for system, category, record in _controlled(parts, request, policy, asked, collected):
        ref = RecordRef(collection=record.collection, key=record.key)
        if ours.has(system, (record.collection, record.key)):
            continue
        address = _address_of(category, record)
        stands = wanted.look(record, address)
        # Unproven, only one that itself holds what was typed: another tells what else is known.
        if address is None or address in doubtful or not (proven or stands.found):
            unsent[category.id] += 1
        else:
            rows.setdefault(address, []).append(_Row(system, ref, category.id, stands, record.parents))
    groups = [(address, group) for address, theirs in sorted(rows.items()) for group in _connected(theirs)]
    unsent.update(one.category for _, group in groups[MOST_CONTROLLERS:] for one in group)
    found = tuple((address, _theirs(group, proven=proven)) for address, group in groups[:MOST_CONTROLLERS])
    return Controllers(found, unsent)


class Addressed(NamedTuple):
    """One letter by which a request is sent on."""

    recipient: str
    """A keyed hash: of the address, and of one of the records where several letters go there."""
    address: str
    theirs: Theirs
    apart: bool
    """As `PlannedNotice.apart`."""


class _Letter(Frozen):
    """What one letter was about."""

    to: str
    """A keyed hash of the address."""
    records: tuple[tuple[str, RecordRef], ...] = Field(repr=False)


class _SentOn(Frozen):
    """The letters by which a request was sent on before."""

    letters: dict[str, _Letter] = Field(default_factory=dict, repr=False)
    """By recipient."""


async def addressed(
    tx: Tx, vault: Vault, request_id: str, found: Iterable[tuple[str, Theirs]]
) -> tuple[Addressed, ...]:
    """The letters for all that was found. One of a record that an earlier one was about is that one, not sent again."""
    listed = tuple(found)
    sent = (await tx.unseal(request_id, _SENT_ON, _SentOn) or _SentOn()).letters
    rows = {row.recipient for row in await tx.notices(request_id)}
    several, letters = Counter(address for address, _ in listed), list[Addressed]()
    for address, theirs in listed:
        plain = _hashed(vault, address)
        before = {name: one for name, one in sent.items() if one.to == plain}
        told = (name for name, one in before.items() if not {*one.records}.isdisjoint(theirs.records))
        if plain in rows and plain not in before:
            # From when all that one decides over went there in one letter, whatever it was.
            recipient = plain
        elif before or several[address] > 1:
            recipient = next(told, _hashed(vault, f"{address}\n{min(map(_place, theirs.records))}"))
        else:
            recipient = plain
        letters.append(Addressed(recipient, address, theirs, apart=recipient != plain))
    new = {one.recipient: _Letter(to=_hashed(vault, one.address), records=one.theirs.records) for one in letters}
    await tx.seal(request_id, _SENT_ON, _SentOn(letters=new | sent))
    return tuple(letters)


def _hashed(vault: Vault, text: str) -> str:
    return vault.fingerprint("controller-of-data", text)[:32]


def _place(one: tuple[str, RecordRef]) -> str:
    system, ref = one
    return f"{system}/{ref.collection}/{ref.key}"


def _connected(rows: Iterable[_Row]) -> list[list[_Row]]:
    """Records that are known to be one person's by what stands in them, together; the others each alone.

    One letter about two of them would say so of records of which whoever has them does not know it.
    """
    listed = [*rows]
    group_of = list(range(len(listed)))
    """The row that stands for a row's group; of itself, where it is that one."""

    def first(n: int) -> int:
        while group_of[n] != n:
            group_of[n] = n = group_of[group_of[n]]
        return n

    known: dict[tuple[object, ...], int] = {}
    for n, row in enumerate(listed):
        for tie in row.ties:
            one, other = sorted((first(n), first(known.setdefault(tie, n))))
            group_of[other] = one
    groups: dict[int, list[_Row]] = {}
    for n, row in enumerate(listed):
        groups.setdefault(first(n), []).append(row)
    return [*groups.values()]


def _theirs(group: list[_Row], *, proven: bool) -> Theirs:
    return Theirs(
        standing=reduce(Stands.and_in, (one.stands for one in group)),
        categories=frozenset(one.category for one in group),
        records=tuple((one.system, one.ref) for one in group),
        proven=proven,
    )


async def _wanted(tx: Tx, request: Request, subject: Subject, *, proven: bool) -> Standing:
    """What may be told of the person, as far as it stands in a record: unproven, only what was typed."""
    if not proven:
        return Standing(subject.identifiers, subject.name)
    known = (await load_graph(tx, request.id)).own()
    return Standing(known, subject.name, Particulars.of(subject).corrections)


async def _controlled(
    parts: Parts, request: Request, policy: Policy, asked: tuple[Category, ...], collected: dict[str, Collected]
) -> AsyncIterator[tuple[str, Category, Record]]:
    """Each record that was collected and that somebody else decides over."""
    theirs = {one.id: one for one in asked if one.controlled_by}
    pages = Pages(parts.ledger, parts.storage, request.id)
    for system in policy.systems:
        for one in parts.connector(system).manifest.collections if system in collected else ():
            span, category = collected[system].collections.get(one.name), theirs.get(one.category)
            if span is None or category is None:
                continue
            async for record in pages.read(system, range(span.first, span.last + 1), one.name):
                yield system, category, record


def _address_of(category: Category, record: Record) -> str | None:
    return address_of(category.controlled_by.named(record.data)) if category.controlled_by else None
