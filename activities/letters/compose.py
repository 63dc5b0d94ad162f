"""From facts to the blocks of a letter to the person. The words come from the catalogue, the order from here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import assert_never

from activities.letters.blocks import Block, Draft, Element
from activities.letters.checklist import remedies
from activities.letters.facts import (
    Acknowledgement,
    CodeLetter,
    CodeReminder,
    CompletionAccess,
    CompletionErasure,
    Extension,
    NothingFound,
    Refusal,
    Unverified,
    Withdrawal,
)
from activities.letters.parts import ErasedGroup, Ground, KeptGroup, Kind, LetterFacts, MissingSystem
from activities.letters.wording import Words
from habeas.model import Right

__all__ = ["PersonFacts", "compose"]

PersonFacts = (
    Acknowledgement
    | CodeLetter
    | Extension
    | CompletionAccess
    | CompletionErasure
    | NothingFound
    | Refusal
    | Withdrawal
    | Unverified
)

# Before identity is proven the name is only claimed, and must not be repeated to the owner of the address.
_UNPROVEN = frozenset({Kind.ACKNOWLEDGEMENT, Kind.CODE, Kind.CODE_REMINDER, Kind.UNVERIFIED, Kind.WITHDRAWAL})
# A name that mail programs would turn into a link, or that is no name at all, is not repeated: whoever fills in the
# form could otherwise send text of theirs under the controller's name.
_DOT_IN_WORD = re.compile(r"\.(?!\s|$)")


def compose(facts: PersonFacts, words: Words) -> Draft:
    """The letter's blocks, in order, in the language of the words."""
    return Draft(
        subject=words.text(f"{facts.kind.value}.subject", id=facts.request_id),
        greeting=_greeting(facts, words),
        blocks=(*_body(facts, words), *_closing(facts, words)),
    )


def _body(facts: PersonFacts, words: Words) -> Iterable[Block]:
    match facts:
        case Acknowledgement():
            return _acknowledgement(facts, words)
        case CodeLetter():
            return _code(facts, words)
        case Extension():
            return _extension(facts, words)
        case CompletionAccess():
            return _completion_access(facts, words)
        case CompletionErasure():
            return _completion_erasure(facts, words)
        case NothingFound():
            return _nothing_found(facts, words)
        case Refusal():
            return _refusal(facts, words)
        case Withdrawal():
            return _withdrawal(facts, words)
        case Unverified():
            return _unverified(facts, words)
        case _:
            assert_never(facts)


def _greeting(facts: LetterFacts, words: Words) -> str:
    if facts.person_name and facts.kind not in _UNPROVEN and _is_name(facts.person_name):
        return words.text("common.greeting_named", name=facts.person_name)
    return words.text("common.greeting")


def _is_name(text: str) -> bool:
    marks = " '’-."
    letters = all(c in marks or unicodedata.category(c)[0] in "LM" for c in text)
    return letters and len(text) <= 60 and not _DOT_IN_WORD.search(text)


def _closing(facts: LetterFacts, words: Words) -> Iterable[Block]:
    if facts.status_url:
        yield Block(kind="link", text=words.text("common.follow"), url=facts.status_url)
    yield _paragraph(words.text("common.questions", contact=facts.controller.contact, id=facts.request_id))


def _paragraph(text: str, *elements: Element, url: str | None = None) -> Block:
    return Block(kind="paragraph", text=text, url=url, elements=frozenset(elements))


def _section(title: str, items: Iterable[str], *elements: Element) -> Iterable[Block]:
    yield Block(kind="heading", text=title)
    yield Block(kind="bullets", items=tuple(items), elements=frozenset(elements))


def _asked(facts: LetterFacts, words: Words) -> Block:
    received = words.text("common.received", date=words.date(facts.received_on))
    return _paragraph(f"{words.text(f'asked.{facts.right.value}')} {received}", Element.RECEIPT)


def _acknowledgement(facts: Acknowledgement, words: Words) -> Iterable[Block]:
    yield _asked(facts, words)
    if facts.right is Right.COMPLAINT:
        yield _paragraph(words.text("acknowledgement.investigated"), Element.INVESTIGATED)
    if facts.due_on:
        date = words.date(facts.due_on)
        yield _paragraph(words.text("acknowledgement.due", date=date), Element.EXPECTED_DATE)
    else:
        yield _paragraph(words.text("acknowledgement.no_date"))
    yield _paragraph(words.text(f"acknowledgement.identity_{facts.identity}"), Element.VERIFICATION)


def _code(facts: CodeLetter, words: Words) -> Iterable[Block]:
    if isinstance(facts, CodeReminder):
        yield _paragraph(words.text("code_reminder.waiting"))
    yield _paragraph(
        words.text("code.why", controller=facts.controller.name, date=words.date(facts.received_on)), Element.WHY_DOUBT
    )
    yield Block(kind="code", text=facts.code.get_secret_value())
    how = "code.enter" if facts.confirm_url else "code.tell"
    until = words.moment(facts.expires_at, facts.timezone)
    yield _paragraph(words.text(how, until=until), Element.WHAT_IS_NEEDED)
    if facts.confirm_url:
        yield Block(kind="button", text=words.text("code.button"), url=facts.confirm_url)
    if isinstance(facts, CodeReminder):
        yield _paragraph(words.text("code_reminder.closes", date=words.date(facts.closes_on)))
    yield _paragraph(words.text("code.clock_waits" if facts.clock_waits else "code.clock_runs"), Element.CLOCK)
    yield _paragraph(words.text("code.not_you", contact=facts.controller.contact))
    yield Block(kind="small", text=words.text("code.keep_secret"))


def _grounds(facts: LetterFacts, grounds: Iterable[Ground], group: str, words: Words) -> Iterable[Block]:
    items, elements = [], {Element.REASONS}
    for ground in grounds:
        known = ground.code is not None and f"{group}.{ground.code}" in words
        parts = [words.text(f"{group}.{ground.code}")] if known else []
        parts += [ground.explanation] if ground.explanation else []
        parts += [f"({ground.provision})"] if ground.provision else []
        elements |= {Element.PROVISION} if ground.provision else set()
        if known or ground.explanation:
            items.append(" ".join(parts))
    if items:
        yield from _section(words.text("common.why"), items, *elements)


def _extension(facts: Extension, words: Words) -> Iterable[Block]:
    yield _asked(facts, words)
    dates = {"due": words.date(facts.due_on), "new_due": words.date(facts.new_due_on)}
    yield _paragraph(words.text("extension.dates", **dates), Element.NEW_DATE)
    yield from _grounds(facts, facts.grounds, "extension_grounds", words)
    if facts.provision:
        yield _paragraph(words.text("extension.provision", provision=facts.provision), Element.PROVISION)
    yield from _remedies(facts, words)


def _completion_access(facts: CompletionAccess, words: Words) -> Iterable[Block]:
    yield _asked(facts, words)
    found = words.counted("completion_access.found", facts.records, systems=words.listing(facts.systems))
    yield _paragraph(found, Element.ACTION_TAKEN)
    yield Block(kind="button", text=words.text("completion_access.button"), url=facts.link_url)
    until = words.moment(facts.link_expires_at, facts.timezone)
    yield _paragraph(words.text("completion_access.link", until=until))
    yield _paragraph(words.text("completion_access.inside"))
    if facts.withheld:
        left_out = (words.text("common.item_reason", item=w.what, reason=w.reason) for w in facts.withheld)
        yield from _section(words.text("completion_access.withheld"), left_out, Element.REASONS)
    yield from _missing(facts.missing, words)
    yield Block(kind="small", text=words.text("completion_access.keep_safe"))
    yield from _remedies(facts, words)


def _completion_erasure(facts: CompletionErasure, words: Words) -> Iterable[Block]:
    yield _asked(facts, words)
    whole = not facts.kept and not facts.missing
    lead = "all" if whole else "part" if facts.erased or facts.anonymised else "none"
    yield _paragraph(words.text(f"completion_erasure.{lead}"), Element.ACTION_TAKEN)
    if facts.erased:
        yield from _section(words.text("completion_erasure.erased"), _groups(facts.erased, words))
    if facts.anonymised:
        yield from _section(words.text("completion_erasure.anonymised"), _groups(facts.anonymised, words))
        yield _paragraph(words.text("completion_erasure.anonymised_means"))
    if facts.kept:
        yield from _section(
            words.text("completion_erasure.kept"), (_kept(g, words) for g in facts.kept), Element.REASONS
        )
        yield _paragraph(words.text("completion_erasure.kept_then"))
    yield from _missing(facts.missing, words)
    if facts.recipients_told is not None:
        names = words.listing(facts.recipients_told)
        key = "completion_erasure.recipients" if facts.recipients_told else "completion_erasure.no_recipients"
        yield _paragraph(words.text(key, names=names), Element.RECIPIENTS)
    until = facts.record_kept_until
    kept = words.text("common.record_until", date=words.date(until)) if until else words.text("common.record")
    yield _paragraph(kept, Element.RECORD_KEPT)
    yield from _remedies(facts, words)


def _groups(groups: Iterable[ErasedGroup], words: Words) -> Iterable[str]:
    for group in groups:
        yield words.counted("common.group", group.count, category=_category(group, words), system=group.system)


def _kept(group: KeptGroup, words: Words) -> str:
    what = words.counted("common.group", group.count, category=_category(group, words), system=group.system)
    until = words.date(group.until) if group.until else None
    why = (
        words.text("common.kept_until", law=group.law, date=until)
        if until
        else words.text("common.kept", law=group.law)
    )
    return f"{what} {why}"


def _category(group: ErasedGroup | KeptGroup, words: Words) -> str:
    return words.named("categories", group.category)


def _missing(missing: Iterable[MissingSystem], words: Words) -> Iterable[Block]:
    items = [words.text("common.item_reason", item=m.title, reason=m.reason) if m.reason else m.title for m in missing]
    if items:
        yield from _section(words.text("common.missing"), items)
        yield _paragraph(words.text("common.missing_then"))


def _nothing_found(facts: NothingFound, words: Words) -> Iterable[Block]:
    yield _asked(facts, words)
    key = "nothing_found.searched" if facts.systems else "nothing_found.nothing"
    yield _paragraph(words.text(key, systems=words.listing(facts.systems)), Element.ACTION_TAKEN)
    if facts.searched_by:
        kinds = words.listing(words.named("identifiers", kind) for kind in facts.searched_by)
        yield _paragraph(words.text("nothing_found.searched_by", kinds=kinds))
    yield _paragraph(words.text("nothing_found.other"), Element.HELP)
    yield from _missing(facts.missing, words)
    yield from _remedies(facts, words)


def _refusal(facts: Refusal, words: Words) -> Iterable[Block]:
    yield _asked(facts, words)
    yield _paragraph(words.text("refusal.part" if facts.in_part else "refusal.whole"), Element.ACTION_TAKEN)
    yield from _grounds(facts, facts.grounds, "refusal_grounds", words)
    if facts.done:
        yield from _section(words.text("refusal.done"), _groups(facts.done, words), Element.DONE)
    elif facts.right is Right.ERASURE:
        yield _paragraph(words.text("refusal.nothing_done"), Element.DONE)
    yield from _remedies(facts, words)
    yield _paragraph(words.text("refusal.help", contact=facts.controller.contact), Element.HELP)


def _withdrawal(facts: Withdrawal, words: Words) -> Iterable[Block]:
    yield _asked(facts, words)
    yield _paragraph(words.text("withdrawal.stopped"), Element.ACTION_TAKEN)
    if facts.done:
        yield from _section(words.text("withdrawal.done"), _groups(facts.done, words), Element.DONE)
    yield _paragraph(words.text("withdrawal.again"))


def _unverified(facts: Unverified, words: Words) -> Iterable[Block]:
    yield _asked(facts, words)
    yield _paragraph(words.text("unverified.why"), Element.REASONS, Element.ACTION_TAKEN)
    yield _paragraph(words.text("unverified.again"), Element.HELP)
    yield from _remedies(facts, words)


def _remedies(facts: LetterFacts, words: Words) -> Iterable[Block]:
    """Where to turn if the person does not agree; every such letter ends on it."""
    blocks, told = [], remedies(facts.regime, facts.jurisdiction)
    if Element.CONTROLLER_COMPLAINT in told:
        text = words.text("remedies.controller", contact=facts.controller.contact)
        blocks.append(_paragraph(text, Element.CONTROLLER_COMPLAINT))
    if facts.appeal:
        blocks.append(_paragraph(words.text("remedies.appeal", how=facts.appeal), Element.APPEAL))
    if facts.authority:
        text = words.text("remedies.authority", authority=facts.authority.name)
        contact = facts.authority.contact
        text = f"{text} ({contact})" if contact else text
        blocks.append(_paragraph(text, Element.AUTHORITY, url=facts.authority.url))
    if facts.complain_within:
        blocks.append(_paragraph(words.text("remedies.within", time=facts.complain_within), Element.TIME_LIMIT))
    if Element.COURT in told:
        blocks.append(_paragraph(words.text("remedies.court"), Element.COURT))
    if blocks:
        yield Block(kind="heading", text=words.text("remedies.title"))
        yield from blocks
