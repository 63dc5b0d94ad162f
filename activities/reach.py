"""Who else hears of what became of a request: the law's duty, the policy's recipients, the data that it was about."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from activities.change_model import TOLD, Part
from activities.changing import load_changes
from activities.chosen import load_chosen
from activities.clockface import local_day
from activities.deciding import load_ours
from activities.finding import Graph, load_graph
from activities.ledger import Tx
from activities.letters import ChangeFacts
from activities.manifests import categories_of
from habeas import law
from habeas.connector import Manifest, Match
from habeas.law.duties import Duty
from habeas.model import Identifier, Request, Subject
from habeas.outcomes import Fate
from habeas.policy import Policy
from habeas.policy.told import Reached, gets, involved, reached, told_since
from habeas.written import same_words

__all__ = ["TELLING", "Known", "Reach", "duty_of", "reach_of", "stopped_purposes"]

TELLING = frozenset({Fate.ERASED, Fate.ANONYMISED, Fate.RECTIFIED, Fate.RESTRICTED})
"""What became of objects, where whoever got them is to do the same."""


class Known(NamedTuple):
    """By what somebody knows the person."""

    identifiers: tuple[Identifier, ...] = ()
    name: str | None = None


class Reach(NamedTuple):
    """Those who are concerned, and since when they must have had the data."""

    those: tuple[Reached, ...]
    since: date | None
    given_to_nobody: bool
    """Something was done, and the policy names nobody who got this person's data of its kind."""
    known: Mapping[str, Known]
    """Recipient -> by what it knows the person. A notice says no more than that."""


def duty_of(request: Request, policy: Policy) -> Duty | None:
    """The duty to tell others that the law has for this right."""
    place = policy.answered_in(request.regime, request.jurisdiction)
    return law.recipients_duty(request.regime, place, request.right)


async def reach_of(
    tx: Tx,
    request: Request,
    policy: Policy,
    manifests: Mapping[str, Manifest],
    categories: Some[str],
    today: date,
) -> Reach:
    """Who is concerned by what was done with these categories, and by what each knows the person.

    Args:
        tx: where the request's documents are.
        request: its facts.
        policy: its controller's.
        manifests: of the policy's systems.
        categories: something of which was corrected, erased or set aside, or a use of which has stopped.
        today: in the controller's zone.
    """
    duty, chosen = duty_of(request, policy), await load_chosen(tx, request.id)
    since = told_since(duty, local_day(policy, request.received_at), today)
    graph, subject = await load_graph(tx, request.id), await tx.subject(request.id)
    those, known = [], {}
    for one in reached(policy, request.right, duty, categories, since, chosen):
        known[one.recipient.id] = found = _known_by(graph, subject, manifests, one.categories)
        lost = bool(one.recipient.email) and one.in_time and not found.identifiers
        those.append(one._replace(unsure=one.unsure or lost))
    had = any(
        gets(one, each, chosen) is not False
        for one in policy.categories
        if one.id in categories
        for each in one.recipients
    )
    nobody = bool(categories) and not had and duty is not None
    return Reach(tuple(those), since, given_to_nobody=nobody, known=known)


def _known_by(graph: Graph, subject: Subject, manifests: Mapping[str, Manifest], categories: Some[str]) -> Known:
    """By what whoever has these categories knows the person.

    What stands in the records of these; where that is nothing, in those of the same systems that tell whose they are.
    """
    own, settled = {*graph.own()}, graph.settled().kept
    category = categories_of(manifests)
    where = {system for (system, _), one in category.items() if one in categories}
    matches = [
        (category.get((one.place.system, one.place.record.collection)), match)
        for one in settled
        if one.place.system in where
        for match in graph.matches.get(one.place.system, ())
        if (match.collection, match.key) == (one.place.record.collection, one.place.record.key)
    ]

    def borne(found: Iterable[Match]) -> Known:
        listed = tuple(found)
        bears = dict.fromkeys(each for match in listed for each in (*match.found_by, *match.yields) if each in own)
        names = {same_words(match.name or "") for match in listed}
        name = subject.name if subject.name and same_words(subject.name) in names else None
        return Known(tuple(bears), name)

    nearest = borne(match for of, match in matches if of in categories)
    return nearest if nearest.identifiers else borne(match for _, match in matches)


async def stopped_purposes(tx: Tx, request_id: str) -> frozenset[str]:
    """The uses that this request has stopped by now, as the person is told."""
    found = frozenset[str]()
    for part in Part:
        told = await tx.unseal(request_id, f"{TOLD}/{part.value}", ChangeFacts)
        kept = await load_changes(tx, request_id, part)
        if told and kept and (told.done or told.by_hand):
            found |= frozenset(kept[0].purposes)
    return found


async def stopped_categories(
    tx: Tx, request: Request, policy: Policy, manifests: Mapping[str, Manifest]
) -> frozenset[str]:
    """The categories that those uses were of."""
    ours = (await load_ours(tx, request, policy, manifests)).categories(manifests)
    return involved(policy, request.right, await stopped_purposes(tx, request.id), ours)
