"""What a copy leaves out, and how the person is told: by the law, by who decides over the data, by a refusal."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from activities.deciding import Ours, load_ours
from activities.exemptions import Exemption, exempted
from activities.ledger import Tx
from activities.letters import RefusedPart, WithheldGroup
from activities.letters.wording import lookup
from activities.naming import Naming
from activities.package import WithheldField, WithheldItem
from activities.pages import Span, load_collected
from activities.redactions import redacted_parts
from activities.stated import controller_named
from habeas import law
from habeas.connector import Collection, Connector, Manifest
from habeas.coverage import Excerpt, LeftOut, Scope, Why, scope
from habeas.model import Frozen, Outcome, Request, SystemName
from habeas.particulars import Particulars
from habeas.policy import Category, Policy, Recipient
from habeas.policy.told import Chosen, gets
from habeas.reasons import Provision
from habeas.staying import Because

__all__ = ["Copied", "Coverage", "because", "copied", "coverage", "refused_parts", "sent_on"]

TOPIC = "activities.package"

_UNDENIED = frozenset({Why.NOT_ASKED, Why.CONTROLLED})


@dataclass(frozen=True)
class Coverage:
    """What one request's copy covers."""

    scope: Scope
    called: Naming
    provision: Provision
    """The article of the request's law for a reason."""
    ours: Ours = dataclasses.field(default_factory=Ours)
    """What is the controller's own of categories that somebody else decides over."""

    @property
    def policy(self) -> Policy:
        """The controller's."""
        return self.called.policy

    @property
    def language(self) -> str:
        """The person's."""
        return self.called.language

    def excerpt(self, system: SystemName, collection: Collection) -> Excerpt:
        """What of a system's collection is in it: of the records that the controller answers for, if there are any."""
        category = self.policy.category(collection.category)
        if self.ours.rows(system, collection.name):
            category = category.model_copy(update={"controlled_by": None})
        return self.scope.excerpt(category, collection)

    def shown(self, system: SystemName, collection: Collection, span: Span) -> Span | None:
        """The records of a collection that are in it; None where none is."""
        if not self.excerpt(system, collection).shown:
            return None
        rest = self.ours.rest(system, collection.name)
        return span.model_copy(update={"rows": self.ours.rows(system, collection.name)}) if rest else span

    def excerpts(self, system: SystemName, collection: Collection) -> tuple[Excerpt, ...]:
        """As `excerpt`; and what is said of the others' records, where only some are another's to decide over."""
        found = self.excerpt(system, collection)
        mixed = self.ours.rows(system, collection.name) and self.ours.rest(system, collection.name)
        rest = self.scope.excerpt(self.policy.category(collection.category), collection) if mixed else found
        return (found,) if rest == found else (found, rest)

    def fields(self, system: SystemName, collection: Collection, span: Span) -> tuple[WithheldField, ...]:
        """Fields of a collection that is in it which are not, and why; of those that laws keep back, what is held."""
        name = partial(self.called.field, system, collection.name)
        told = {
            field: WithheldField(
                field=field, label=name(field), reason=why, law=self.provision(ground) if ground else None
            )
            for field, why, ground in self.called.withheld(system, collection.name)
        }
        for field, one in self.excerpt(system, collection).fields.items():
            if field in told or span.holds(field):
                reason = why_left_out(one, self.policy, self.language)
                told[field] = WithheldField(field=field, label=name(field), reason=reason, law=one.provision)
        return tuple(told[field] for field in sorted(told))

    def without(self, held: Iterable[tuple[str, Collection]], *, missing: bool) -> Outcome | None:
        """How a request ends of which nothing is given; None where something is, or nothing is held.

        What the right does not reach, or staff refused, is denied. What was not asked for, or somebody else decides
        over, is not.

        Args:
            held: as `left_out` takes it.
            missing: whether it is answered without some system.
        """
        excerpts = [each for system, one in held for each in self.excerpts(system, one)]
        if not excerpts or any(one.shown for one in excerpts):
            return None
        if any(one.left_out and one.left_out.why not in _UNDENIED for one in excerpts):
            return Outcome.REFUSED
        return Outcome.PARTLY_FULFILLED if missing else Outcome.NOTHING_FOUND

    def left_out(self, held: Iterable[tuple[str, Collection]]) -> tuple[WithheldItem, ...]:
        """What is held and not in it, by category where that is all of the category; refusals are told apart.

        Args:
            held: every collection of which there is something, with the name of its system, in any order.
        """
        order = {one.id: place for place, one in enumerate(self.policy.categories)}
        listed = sorted(held, key=lambda one: order[one[1].category])
        excerpts = [(system, one, each) for system, one in listed for each in self.excerpts(system, one)]
        found: dict[WithheldItem, None] = {}
        for system, one, excerpt in excerpts:
            if excerpt.left_out is None or excerpt.left_out.why is Why.REFUSED:
                continue
            alike = (each for _, other, each in excerpts if other.category == one.category)
            what = self.policy.text(self.policy.category(one.category).title, self.language)
            if any(each.left_out != excerpt.left_out or each.only for each in alike):
                what = f"{what} ({self.called.system(system)}: {self.called.collection(system, one.name)})"
            if excerpt.only:
                words = lookup(TOPIC, self.language)
                names = words.listing(self.called.field(system, one.name, field) for field in sorted(excerpt.only))
                what = words.text("left_out.but", what=what, names=names)
            reason = why_left_out(excerpt.left_out, self.policy, self.language)
            found[WithheldItem(what=what, reason=reason, law=excerpt.left_out.provision)] = None
        return tuple(found)


async def coverage(tx: Tx, request: Request, policy: Policy, manifests: Mapping[str, Manifest]) -> Coverage:
    """What a request's copy covers, of what was asked for, after what staff refused of it."""
    refused = frozenset(await exempted(tx, request.id))
    asked = frozenset(Particulars.of(await tx.subject(request.id)).categories)
    place = policy.answered_in(request.regime, request.jurisdiction)
    found = scope(request.right, request.regime, place, refused, asked)
    provision = partial(policy.provision, request.regime, request.jurisdiction, request.right)
    ours = await load_ours(tx, request, policy, manifests)
    return Coverage(scope=found, called=Naming(policy, manifests, request.language), provision=provision, ours=ours)


class Copied(Frozen):
    """What a copy holds: how many records of each system, and what was left out."""

    records: dict[SystemName, int]
    fields: dict[tuple[SystemName, str], tuple[WithheldField, ...]]
    """Of each system and collection that is in it, what of its fields is not."""
    left_out: tuple[WithheldGroup, ...]


async def copied(
    tx: Tx, request: Request, policy: Policy, connectors: Mapping[str, Connector], missing: Container[str]
) -> Copied:
    """What was collected, as far as the copy covers it; what it leaves out is told only where it is held."""
    covers = await coverage(tx, request, policy, {name: one.manifest for name, one in connectors.items()})
    records: Counter[str] = Counter()
    fields: dict[tuple[SystemName, str], tuple[WithheldField, ...]] = {}
    held: list[tuple[str, Collection]] = []
    for system, collected in (await load_collected(tx, request.id)).items():
        if system in missing or system not in connectors:
            continue
        manifest = connectors[system].manifest
        for one in manifest.collections:
            span = collected.collections.get(one.name)
            if span is None:
                continue
            held.append((system, one))
            if (shown := covers.shown(system, one, span)) is not None:
                records[system] += shown.rows
                fields[system, one.name] = covers.fields(system, one, shown)
    return Copied(records=dict(records), fields=fields, left_out=_grouped(covers.left_out(held), request.language))


def _grouped(items: Iterable[WithheldItem], language: str) -> tuple[WithheldGroup, ...]:
    """One line for each reason, with all that it holds for and its article."""
    groups: dict[str, list[str]] = {}
    for one in items:
        groups.setdefault(because(one, language), []).append(one.what)
    words = lookup(TOPIC, language)
    return tuple(WithheldGroup(what=words.listing(whats), reason=reason) for reason, whats in groups.items())


def because(one: WithheldField | WithheldItem, language: str) -> str:
    """Why something was left out, with its article as the language writes it."""
    return lookup(TOPIC, language).reasoned(one.reason, one.law)


async def refused_parts(tx: Tx, request: Request, policy: Policy, called: Naming) -> tuple[RefusedPart, ...]:
    """What was refused or taken out, as letters and packages tell it, each with the ground and its article.

    The words of staff go with a refused category, and not with what was taken out: why it was may be what it said.
    """
    grounds = law.refusal_grounds(
        request.regime, policy.answered_in(request.regime, request.jurisdiction), request.right
    )
    cites = {one.code: one.cite for one in grounds}
    categories = [
        _part(
            policy.text(policy.category(category).title, request.language),
            exemption,
            cites,
            await controller_named(tx, request, policy, exemption.ground, exemption.act_id),
        )
        for category, exemption in (await exempted(tx, request.id)).items()
    ]
    return (*categories, *await redacted_parts(tx, request, policy, called))


def _part(what: str, exemption: Exemption, cites: dict[str, str], controller: str | None) -> RefusedPart:
    return RefusedPart(
        what=what,
        ground=exemption.ground,
        provision=cites.get(exemption.ground),
        explanation=exemption.reason or None,
        controller=controller,
    )


def decider_of(reason: str | None, law: str | None, others: Mapping[str, str]) -> str | None:
    """Who of `sent_on` decides over what stays for this, whatever keeps it besides; None where we do."""
    named = (law or "").split("; ") if reason == Because.CONTROLLED else ()
    return law if law in others else next((who for who in named if who in others), None)


def why_left_out(one: LeftOut, policy: Policy, language: str) -> str:
    """Why the law, somebody else or the person's own wish keeps something out of a copy, as a sentence for them.

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
        case Why.UNDISCLOSED:
            return words.text("left_out.undisclosed", what=words.text(f"types.{one.holds}"))
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


def recipients_of(category: Category, policy: Policy, chosen: Chosen) -> list[Recipient]:
    """Who has this person's data of a category, or may have it: not those who get it by a choice that was not made."""
    return [policy.recipient(each) for each in category.recipients if gets(category, each, chosen) is not False]


def recipient_name(category: Category, recipient: Recipient, policy: Policy, language: str, chosen: Chosen) -> str:
    """A recipient as the person reads it; with the choice on which it depends, where no record says what it was."""
    name = policy.said(recipient.name, language)
    if gets(category, recipient.id, chosen) is not None:
        return name
    depends = next(one for one in policy.purposes if one.id == category.only_with[recipient.id])
    words = lookup(TOPIC, language)
    return words.text("recipients.only_with", name=name, purpose=policy.text(depends.title, language))
