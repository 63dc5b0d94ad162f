"""The person's letters with facts of their own: questions, fees, delays, parts refused, changes, decisions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from activities.letters.blocks import Block, Element
from activities.letters.own import ChangedGroup, HeldCategory
from activities.letters.parts import ErasedGroup
from activities.letters.said import Said
from activities.letters.sealed import (
    CategoriesLetter,
    CompletionChange,
    DelayLetter,
    FeeLetter,
    Forwarded,
    NotARight,
    PartialRefusalLetter,
    QuestionLetter,
    RemedyDecisionLetter,
    RestrictionLifting,
)
from habeas.model import Right

__all__ = ["Answer", "answer"]

Answer = (
    QuestionLetter
    | FeeLetter
    | DelayLetter
    | PartialRefusalLetter
    | NotARight
    | CategoriesLetter
    | CompletionChange
    | RestrictionLifting
    | Forwarded
    | RemedyDecisionLetter
)
_OPTING_OUT = frozenset({Right.OPT_OUT_SALE, Right.LIMIT_SENSITIVE})


def answer(facts: Answer, say: Said) -> Iterable[Block]:
    """The blocks between greeting and closing."""
    yield say.asked()
    match facts:
        case QuestionLetter():
            yield from _question(facts, say)
        case FeeLetter():
            yield from _fee(facts, say)
        case DelayLetter():
            yield from _delay(facts, say)
        case PartialRefusalLetter():
            yield from _partial_refusal(facts, say)
        case NotARight():
            yield from _not_a_right(facts, say)
        case CategoriesLetter():
            yield from _categories(facts, say)
        case CompletionChange():
            yield from _completion_change(facts, say)
        case RestrictionLifting():
            yield from _restriction_lifting(facts, say)
        case Forwarded():
            yield from _forwarded(facts, say)
        case RemedyDecisionLetter():
            yield from _remedy_decision(facts, say)
        case _:
            assert_never(facts)


def _forwarded(facts: Forwarded, say: Said) -> Iterable[Block]:
    if facts.who:
        yield say.paragraph("forwarded.lead", Element.ACTION_TAKEN, names=say.words.listing(facts.who))
        yield say.paragraph("forwarded.then")
        if facts.in_part:
            yield say.paragraph("forwarded.in_part", contact=facts.controller.contact)
    else:
        yield say.paragraph("forwarded.unsent", Element.ACTION_TAKEN, contact=facts.controller.contact)


def _question(facts: QuestionLetter, say: Said) -> Iterable[Block]:
    yield say.paragraph("question.lead")
    yield say.plain(facts.text, Element.WHAT_IS_NEEDED)
    values: dict[str, object] = {"contact": facts.controller.contact, "id": facts.request_id}
    if facts.reply_by:
        yield say.paragraph("question.reply_by", date=say.words.date(facts.reply_by), **values)
    else:
        yield say.paragraph("question.reply", **values)
    yield say.clock("question", waits=facts.clock_waits, over=facts.term_over)


def _fee(facts: FeeLetter, say: Said) -> Iterable[Block]:
    yield say.paragraph("fee.lead", Element.WHAT_IS_NEEDED, amount=facts.amount)
    yield from say.section("common.why", (facts.why,), Element.REASONS)
    if facts.provision:
        yield say.paragraph("fee.provision", Element.PROVISION, provision=say.words.cited(facts.provision))
    if facts.how_to_pay:
        yield say.paragraph("fee.pay", how=facts.how_to_pay)
    else:
        yield say.paragraph("fee.pay_ask", contact=facts.controller.contact)
    yield say.paragraph("fee.choice", Element.HELP)
    yield from _confirming(facts, say)
    yield from say.remedies()


def _confirming(facts: FeeLetter, say: Said) -> Iterable[Block]:
    """Until when to confirm, what silence means, and how the term runs: told as the law of the request has it."""
    found = facts.confirming
    if found:
        by, contact = say.words.date(found.by), facts.controller.contact
        yield say.paragraph("fee.confirm", Element.CONFIRM_BY, days=found.days, date=by, contact=contact)
    if found and found.starts_on and found.due_on:
        start, due = say.words.date(found.starts_on), say.words.date(found.due_on)
        yield say.paragraph("fee.confirm_then", Element.CLOCK, days=found.days, start=start, due=due)
    else:
        yield say.clock("fee", waits=facts.clock_waits, over=facts.term_over)


def _delay(facts: DelayLetter, say: Said) -> Iterable[Block]:
    lead = "lead" if facts.why else "known_lead"
    yield say.paragraph(f"delay.{'again_lead' if facts.again else lead}")
    why = facts.why or say.words.text(f"delay.known.{facts.known}", systems=say.words.listing(facts.systems))
    yield say.paragraph("delay.why", Element.REASONS, why=why)
    yield say.paragraph(f"delay.{facts.day}", Element.NEW_DATE, date=say.words.date(facts.expected_on))
    yield say.paragraph("delay.law")


def _partial_refusal(facts: PartialRefusalLetter, say: Said) -> Iterable[Block]:
    lead = "nothing_goes" if facts.nothing_goes else "lead"
    yield say.paragraph(f"partial_refusal.{lead}", Element.ACTION_TAKEN)
    if facts.right is Right.ERASURE and not facts.nothing_goes:
        yield say.paragraph("partial_refusal.erasing", Element.DONE)
    yield from say.refused(facts.refused, facts.kept_refused)
    yield from say.kept(facts.kept_besides)
    yield from say.denial()
    yield from say.withheld("completion_erasure.controlled", facts.controlled, Element.REASONS)
    yield from say.offers()
    yield from say.remedies()
    yield say.help()


def _not_a_right(facts: NotARight, say: Said) -> Iterable[Block]:
    yield say.paragraph("not_a_right.why", Element.REASONS, Element.ACTION_TAKEN)
    yield from say.section("not_a_right.offered", (say.words.text(f"asking.{one.value}") for one in facts.offered))
    yield from say.remedies()
    yield say.help()


def _categories(facts: CategoriesLetter, say: Said) -> Iterable[Block]:
    nothing = "nothing_asked" if facts.only else "nothing"
    yield say.paragraph(f"categories_answer.{'lead' if facts.held else nothing}", Element.ACTION_TAKEN)
    if facts.held and facts.look_back_months:
        yield say.plain(say.words.counted("categories_answer.look_back", facts.look_back_months))
    if facts.held:
        yield say.paragraph("categories_answer.copy")
    for held in facts.held:
        yield Block(kind="heading", text=held.title)
        yield Block(kind="bullets", items=tuple(_held(held, say)))
    yield from say.remedies()
    yield say.record()


def _held(held: HeldCategory, say: Said) -> Iterable[str]:
    words = say.words
    if held.statutory:
        yield words.text("categories_answer.statutory", name=held.statutory)
    if held.sources:
        yield words.text("categories_answer.sources", list=words.listing(held.sources))
    if held.purposes:
        yield words.text("categories_answer.purposes", list=words.clauses(held.purposes))
    disclosed = {
        "disclosed": held.disclosed_to,
        "disclosed_others": held.disclosed_others,
        "disclosed_authorities": held.disclosed_authorities,
    }
    for key, names in disclosed.items():
        if names:
            yield words.text(f"categories_answer.{key}", list=words.listing(names))
    passed_on = "sold" if held.sold else "shared" if held.shared else "not_sold"
    if not any(disclosed.values()) and passed_on == "not_sold":
        yield words.text("categories_answer.disclosed_none")
    to = "_to" if held.sold_to and passed_on != "not_sold" else ""
    yield words.text(f"categories_answer.{passed_on}{to}", list=words.listing(held.sold_to))


def _completion_change(facts: CompletionChange, say: Said) -> Iterable[Block]:
    whole = facts.did and not facts.missing
    if whole:
        status = {Element.OPT_OUT_STATUS} if facts.right in _OPTING_OUT else set()
        # Nobody looks again where a human says that it is done.
        by_hand = "_by_hand" if facts.right is Right.RECTIFICATION and facts.by_hand else ""
        yield say.paragraph(f"completion_change.{facts.right.value}{by_hand}", Element.ACTION_TAKEN, *status)
    elif facts.did and facts.right is Right.RESTRICTION:
        yield say.paragraph("completion_change.restriction_part", Element.ACTION_TAKEN)
    if facts.undone:
        opted = facts.right in _OPTING_OUT and not whole
        status = {Element.OPT_OUT_STATUS} if opted else set()
        lead = "unclear" if facts.unsure else "part" if facts.did else "none"
        yield say.paragraph(f"completion_change.{lead}", Element.ACTION_TAKEN, *status)
    yield from say.section("completion_change.corrected", (say.value(one) for one in facts.corrected))
    if facts.did and say.copies:
        yield _copy(facts, say)
    yield from say.section("completion_change.done", (_changed(one, say) for one in facts.done))
    yield from say.section("completion_change.purposes", facts.purposes)
    yield from say.section("completion_change.weighing", facts.weighing)
    if facts.weighing:
        yield say.paragraph("completion_change.weighing_then")
    yield from say.section("completion_change.by_hand", (say.system(one) for one in facts.by_hand))
    if facts.despite_restriction:
        how = "corrected" if facts.right is Right.RECTIFICATION else "marked"
        yield say.paragraph(f"completion_change.restricted_{how}", provision=say.words.cited(facts.restriction or ""))
    yield from _not_changed(facts, say)
    yield from say.missing(facts.missing)
    yield from say.recipients(facts)
    yield from say.offers()
    yield from say.remedies()
    yield say.record()


def _copy(facts: CompletionChange, say: Said) -> Block:
    """The free copy of what was changed: in the letter, or where it does not show it for the asking."""
    key = "completion_change.copy" if facts.corrected else "completion_change.copy_ask"
    return say.paragraph(key, Element.COPY_OR_ATTESTATION, contact=facts.controller.contact)


def _changed(group: ChangedGroup, say: Said) -> str:
    told = say.group(ErasedGroup(system=group.system, category=group.category, count=group.count))
    if group.what is None:
        return told
    return say.words.text("completion_change.field", what=say.field(group.what), group=told)


def _not_changed(facts: CompletionChange, say: Said) -> Iterable[Block]:
    words = say.words
    contested = [
        words.text("common.item_reason", item=say.field(one.what), reason=one.why) if one.why else say.field(one.what)
        for one in facts.contested
    ]
    left = (words.text("common.item_reason", item=one.what, reason=one.reason) for one in facts.left)
    yield from say.section("completion_change.contested", (*contested, *left), Element.REASONS)
    if facts.contested:
        yield say.paragraph("completion_change.contested_then")
    yield from say.denial()
    yield from say.section("completion_change.restricted", facts.restricted, Element.REASONS)
    if facts.restricted:
        yield say.paragraph("completion_change.restricted_then", provision=say.words.cited(facts.restriction or ""))
    asked = (say.value(one) for one in facts.not_found) if facts.not_found else facts.unmatched
    yield from say.section("completion_change.unmatched", asked)
    if facts.unmatched:
        yield say.paragraph("completion_change.unmatched_then", Element.HELP)


def _restriction_lifting(facts: RestrictionLifting, say: Said) -> Iterable[Block]:
    lead = "erased_lead" if facts.erased_then else "open_lead" if facts.erasure_open else "lead"
    yield say.paragraph(f"restriction_lifting.{lead}", Element.NEW_DATE, date=say.words.date(facts.lifts_on))
    yield from say.section("common.why", (facts.why,) if facts.why else (), Element.REASONS)
    yield say.paragraph("restriction_lifting.object", Element.HELP, contact=facts.controller.contact)
    yield from say.remedies()


def _remedy_decision(facts: RemedyDecisionLetter, say: Said) -> Iterable[Block]:
    if facts.other_person:
        yield say.paragraph("remedy_decision.looked", Element.ACTION_TAKEN)
        yield say.paragraph("remedy_decision.other_person", Element.REASONS)
        yield from say.remedies()
        return
    if facts.about:
        yield say.paragraph("remedy_decision.about", about=facts.about)
    decided = "in_part" if facts.in_part else "granted" if facts.granted else "denied"
    yield say.paragraph(f"remedy_decision.{decided}", Element.ACTION_TAKEN)
    yield from say.section("common.why", (facts.why,) if facts.why else (), Element.REASONS)
    if facts.new_request:
        yield say.paragraph("remedy_decision.next", next=facts.new_request)
    yield from say.remedies()
