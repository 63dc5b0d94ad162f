"""Who decides over data that a controller only processes: found in the records themselves, as the policy says."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import NamedTuple

from activities.brief import categories_asked
from activities.deciding import load_ours, mailboxes, manifests_of
from activities.finding import load_graph
from activities.ledger import Tx
from activities.notice_letters import Theirs
from activities.pages import Collected, Pages, load_collected
from activities.parts import Parts
from activities.standing import Standing
from habeas.connector import Record
from habeas.model import Request, Subject
from habeas.particulars import Particulars
from habeas.policy import Category, Policy
from habeas.policy.sections import address_of

__all__ = ["MOST_CONTROLLERS", "Controllers", "controllers_of"]

MOST_CONTROLLERS = 100
"""Addresses that one request is sent on to; more than that is a wrong field in the policy."""


class Controllers(NamedTuple):
    """Those who are written to, and what nobody is written to about."""

    found: dict[str, Theirs]
    """By address."""
    unsent: Counter[str]
    """Category -> records: no address in the field, too many of them, nothing in it that who asks has typed, or the
    very address that who asks says is theirs, and has not shown to be."""


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
    found: dict[str, Theirs] = {}
    unsent: Counter[str] = Counter()
    asked = categories_asked(policy, Particulars.of(subject))
    async for system, category, record in _controlled(parts, request, policy, asked, collected):
        if ours.has(system, (record.collection, record.key)):
            continue
        address = _address_of(category, record)
        address = None if address in doubtful else address
        theirs = found.get(address or "") or Theirs(wanted.another(), set(), [], proven)
        if address and (address in found or len(found) < MOST_CONTROLLERS) and theirs.add(system, record, category.id):
            found[address] = theirs
        else:
            unsent[category.id] += 1
    return Controllers(found, unsent)


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
