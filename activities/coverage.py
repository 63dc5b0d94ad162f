"""What a copy leaves out, and how the person is told: by the law, by who decides over the data, by a refusal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping

from activities.exemptions import Exemption, exempted
from activities.ledger import Tx
from activities.letters import RefusedPart, WithheldGroup
from activities.letters.wording import lookup
from activities.pages import load_collected
from habeas import law
from habeas.connector import Connector
from habeas.coverage import LeftOut, Why, left_out
from habeas.model import Frozen, Request, SystemName
from habeas.particulars import Particulars
from habeas.policy import Policy

__all__ = ["Copied", "Coverage", "copied", "coverage", "refused_parts", "sent_on", "why_left_out"]

TOPIC = "activities.package"

Coverage = dict[str, LeftOut]


async def coverage(tx: Tx, request: Request, policy: Policy) -> Coverage:
    """The categories that a copy leaves out, by the policy's ids."""
    refused = await exempted(tx, request.id)
    asked = Particulars.of(await tx.subject(request.id)).categories
    found = left_out(request.right, request.regime, policy.categories, refused, asked)
    return {one.category: one for one in found}


class Copied(Frozen):
    """What a copy holds: how many records of each system, and what was left out by category."""

    records: dict[SystemName, int]
    covered: frozenset[tuple[SystemName, str]]
    """The system and the name of each collection that is in it."""
    left_out: tuple[WithheldGroup, ...]


async def copied(
    tx: Tx, request: Request, policy: Policy, connectors: Mapping[str, Connector], missing: Container[str]
) -> Copied:
    """What was collected, as far as the copy covers it; what it leaves out is told only where it is held."""
    hidden = await coverage(tx, request, policy)
    records: Counter[str] = Counter()
    covered: set[tuple[str, str]] = set()
    held: set[str] = set()
    for system, collected in (await load_collected(tx, request.id)).items():
        if system in missing or system not in connectors:
            continue
        for one in connectors[system].manifest.collections:
            span = collected.collections.get(one.name)
            if span is None:
                continue
            held.add(one.category)
            if one.category not in hidden:
                records[system] += span.rows
                covered.add((system, one.name))
    told = _told(hidden, held, policy, request.language)
    return Copied(records=dict(records), covered=frozenset(covered), left_out=told)


def _told(hidden: Coverage, held: Container[str], policy: Policy, language: str) -> tuple[WithheldGroup, ...]:
    """One line for each reason, with the categories it holds for and its article; refusals are told apart."""
    words = lookup(TOPIC, language)
    groups: dict[tuple[str, str | None], list[str]] = {}
    for one in hidden.values():
        if one.why is not Why.REFUSED and one.category in held:
            title = policy.text(policy.category(one.category).title, language)
            groups.setdefault((why_left_out(one, policy, language), one.provision), []).append(title)
    return tuple(
        WithheldGroup(what=words.listing(titles), reason=f"{why} ({provision})" if provision else why)
        for (why, provision), titles in groups.items()
    )


async def refused_parts(tx: Tx, request: Request, policy: Policy) -> tuple[RefusedPart, ...]:
    """What was refused, as letters and packages tell it: the category, the ground with its article, the reasons."""
    grounds = law.refusal_grounds(
        request.regime, policy.answered_in(request.regime, request.jurisdiction), request.right
    )
    cites = {one.code: one.cite for one in grounds}
    return tuple(
        _part(policy.text(policy.category(category).title, request.language), exemption, cites)
        for category, exemption in (await exempted(tx, request.id)).items()
    )


def _part(what: str, exemption: Exemption, cites: dict[str, str]) -> RefusedPart:
    return RefusedPart(
        what=what,
        ground=exemption.ground,
        provision=cites.get(exemption.ground),
        explanation=exemption.reason or None,
    )


def why_left_out(one: LeftOut, policy: Policy, language: str) -> str:
    """Why the law, somebody else or the person's own wish keeps a category out of a copy, as a sentence for them.

    Raises:
        ValueError: it was refused; a refusal has words of its own (`refused_parts`).
    """
    words = lookup(TOPIC, language)
    match one.why:
        case Why.CONTROLLED:
            controlled = policy.category(one.category).controlled_by
            who = policy.text(controlled.who, language) if controlled else ""
            return words.text("left_out.controlled", who=who)
        case Why.BASIS | Why.ORIGIN | Why.NOT_ASKED:
            return words.text(f"left_out.{one.why}")
        case Why.REFUSED:
            raise ValueError("a refusal has words of its own")


def sent_on(policy: Policy, language: str) -> dict[str, str]:
    """Who else decides, as the ledger names them for a reason -> the sentence that says so to the person."""
    return {
        policy.text(one.controlled_by.who, language): why_left_out(
            LeftOut(category=one.id, why=Why.CONTROLLED), policy, language
        )
        for one in policy.categories
        if one.controlled_by
    }
