"""Letters to others than the person: recipients of the data, those who control data that we only process, processors.

They name the person as far as the reader must know whom it is about, and nothing beyond; those to processors do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from activities.letters.blocks import Block, Element
from activities.letters.own import NewValue, Shown
from activities.letters.said import Said
from activities.letters.sealed import (
    ForwardLetter,
    ForwardReminder,
    ProcessorNotice,
    ProcessorReminder,
    RecipientNotice,
    RecipientReminder,
)
from habeas.model import COPIES

__all__ = ["Outward", "outward"]

Outward = RecipientNotice | ForwardLetter | ProcessorNotice


def outward(facts: Outward, say: Said) -> Iterable[Block]:
    """The blocks between greeting and closing."""
    if isinstance(facts, RecipientReminder | ForwardReminder):
        yield say.paragraph("outward.waiting")
    match facts:
        case RecipientNotice():
            yield from _recipient(facts, say)
        case ForwardLetter():
            yield from _forward(facts, say)
        case ProcessorNotice():
            yield from _processor(facts, say)
            return
        case _:
            assert_never(facts)
    yield Block(kind="button", text=say.words.text("outward.button"), url=facts.acknowledge_url)
    yield Block(kind="small", text=say.words.text("outward.keep"))


def _recipient(facts: RecipientNotice, say: Said) -> Iterable[Block]:
    came = "_source" if facts.source and f"recipient_notice.{facts.did}_source" in say.words else ""
    yield say.paragraph(f"recipient_notice.{facts.did}{came}", Element.ACTION_TAKEN)
    yield from _who(facts.subject_name, facts.identifiers, say)
    yield from say.section("recipient_notice.which", facts.categories)
    yield from say.section("recipient_notice.values", (_value(one, say) for one in facts.corrections))
    yield from say.section("forward_notice.purposes", facts.purposes)
    if facts.provision:
        yield say.paragraph("recipient_notice.provision", provision=say.words.cited(facts.provision))
    yield say.paragraph("outward.confirm", date=say.words.date(facts.by), contact=facts.controller.contact)


def _forward(facts: ForwardLetter, say: Said) -> Iterable[Block]:
    words = say.words
    yield say.paragraph("forward_notice.lead", Element.ACTION_TAKEN)
    yield say.paragraph("forward_notice.right", right=words.named("rights", facts.right.value))
    yield say.paragraph("forward_notice.received", date=words.date(facts.received_on))
    if not facts.proven:
        yield say.paragraph("forward_notice.unproven")
    yield from _who(facts.subject_name, facts.identifiers, say)
    yield from say.section("forward_notice.records", (_named(one, say) for one in facts.records))
    said = (one for one in (facts.asked, facts.situation, *facts.evidence) if one)
    yield from say.section("forward_notice.asked", dict.fromkeys(said))
    yield from say.section("recipient_notice.values", (_value(one, say) for one in facts.corrections))
    yield from say.section("forward_notice.purposes", facts.purposes)
    if facts.more:
        yield say.paragraph("forward_notice.more", contact=facts.controller.contact)
    if facts.systems:
        yield say.paragraph("forward_notice.where", systems=words.listing(facts.systems))
    yield say.paragraph("forward_notice.confirm", date=words.date(facts.by), contact=facts.controller.contact)


def _processor(facts: ProcessorNotice, say: Said) -> Iterable[Block]:
    words = say.words
    if isinstance(facts, ProcessorReminder):
        yield say.paragraph("processor_reminder.waiting")
    asked = "find_copy" if facts.phase == "find" and facts.right in COPIES else facts.phase
    yield say.paragraph(f"processor_notice.{asked}", Element.ACTION_TAKEN)
    if facts.provision:
        yield say.paragraph("processor_notice.provision", provision=words.cited(facts.provision))
    yield say.paragraph("processor_notice.by", date=words.date(facts.by))
    yield say.paragraph("processor_notice.link", date=words.date(facts.link_until))
    yield Block(kind="button", text=words.text("processor_notice.button"), url=facts.answer_url)
    yield Block(kind="small", text=words.text("processor_notice.keep"))


def _who(name: str | None, identifiers: Iterable[Shown], say: Said) -> Iterable[Block]:
    words = say.words
    known = [words.text("outward.identifier", kind=_kind("name", say), value=name)] if name else []
    known += [words.text("outward.identifier", kind=_kind(one.kind, say), value=one.value) for one in identifiers]
    yield from say.section("outward.who", known)


def _named(one: Shown, say: Said) -> str:
    return say.words.text("outward.identifier", kind=one.kind, value=one.value)


def _kind(kind: str, say: Said) -> str:
    named = say.words.named("identifiers", kind)
    return named[:1].upper() + named[1:]


def _value(one: NewValue, say: Said) -> str:
    what = _kind(one.what, say)
    if one.old is None:
        return say.words.text("recipient_notice.value", what=what, new=one.new)
    return say.words.text("recipient_notice.value_old", what=what, new=one.new, old=one.old)
