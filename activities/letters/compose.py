"""From facts to the blocks of a letter. The words come from the catalogue, the order from here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import assert_never

from activities.letters.answers import Answer, answer
from activities.letters.blocks import Block, Draft, Element
from activities.letters.facts import (
    Acknowledgement,
    CodeLetter,
    CodeReminder,
    CompletionAccess,
    CompletionErasure,
    Extension,
    KeptEnded,
    NothingFound,
    Refusal,
    Unverified,
    VisitCodeLetter,
    Withdrawal,
)
from activities.letters.outward import Outward, outward
from activities.letters.parts import Kind, LetterFacts
from activities.letters.said import Said
from activities.letters.sealed import (
    CategoriesLetter,
    CompletionChange,
    DelayLetter,
    FeeLetter,
    Forwarded,
    ForwardLetter,
    NotARight,
    PartialRefusalLetter,
    ProcessorNotice,
    QuestionLetter,
    RecipientNotice,
    RemedyDecisionLetter,
    RestrictionLifting,
)
from activities.letters.wording import TOPIC, Words, lookup
from habeas.model import Right

__all__ = ["Told", "compose"]

Told = (
    Acknowledgement
    | CodeLetter
    | VisitCodeLetter
    | Extension
    | CompletionAccess
    | CompletionErasure
    | KeptEnded
    | NothingFound
    | Refusal
    | Withdrawal
    | Unverified
    | Answer
    | Outward
)
"""Facts of letters to the person, to recipients, to those who control the data and to processors."""

# The catalogue names categories of data under the kind's own name.
_TOPICS = {Kind.CATEGORIES: "categories_answer"}
# Before identity is proven the name is only claimed, and must not be repeated to the owner of the address.
_UNPROVEN = frozenset(
    {
        Kind.ACKNOWLEDGEMENT,
        Kind.CODE,
        Kind.CODE_REMINDER,
        Kind.VISIT_CODE,
        Kind.UNVERIFIED,
        Kind.WITHDRAWAL,
        Kind.QUESTION,
        Kind.FEE,
        Kind.DELAY,
        Kind.NOT_A_RIGHT,
    }
)
# These end on whom to ask already.
_EXPLAINED = frozenset({Kind.REFUSAL, Kind.PARTIAL_REFUSAL, Kind.NOT_A_RIGHT})
# A name that mail programs would turn into a link, or that is no name at all, is not repeated: whoever fills in the
# form could otherwise send text of theirs under the controller's name.
_DOT_IN_WORD = re.compile(r"\.(?!\s|$)")


def compose(facts: Told, words: Words) -> Draft:
    """The letter's blocks, in order, in the language of the words."""
    return Draft(
        subject=words.of(
            f"{_TOPICS.get(facts.kind, facts.kind.value)}.{_subject(facts)}", facts.right.value, id=facts.quoted
        ),
        greeting=_greeting(facts, words),
        blocks=(*_body(facts, words), *_closing(facts, words)),
    )


def _subject(facts: Told) -> str:
    if isinstance(facts, RestrictionLifting) and (facts.erased_then or facts.erasure_open):
        return "erased_subject"
    if isinstance(facts, PartialRefusalLetter) and facts.nothing_goes:
        return "nothing_goes_subject"
    if isinstance(facts, Forwarded) and not facts.who:
        return "unsent_subject"
    return "late_subject" if isinstance(facts, DelayLetter) and not facts.promised else "subject"


def _body(facts: Told, words: Words) -> Iterable[Block]:
    say = Said(facts, words)
    match facts:
        case Acknowledgement():
            return _acknowledgement(facts, say)
        case CodeLetter():
            return _code(facts, say)
        case VisitCodeLetter():
            return _visit_code(facts, say)
        case Extension():
            return _extension(facts, say)
        case CompletionAccess():
            return _completion_access(facts, say)
        case CompletionErasure():
            return _completion_erasure(facts, say)
        case KeptEnded():
            return _kept_ended(facts, say)
        case NothingFound():
            return _nothing_found(facts, say)
        case Refusal():
            return _refusal(facts, say)
        case Withdrawal():
            return _withdrawal(facts, say)
        case Unverified():
            return _unverified(facts, say)
        case RecipientNotice() | ForwardLetter() | ProcessorNotice():
            return outward(facts, say)
        case (
            QuestionLetter()
            | FeeLetter()
            | DelayLetter()
            | PartialRefusalLetter()
            | NotARight()
            | CategoriesLetter()
            | CompletionChange()
            | RestrictionLifting()
            | Forwarded()
            | RemedyDecisionLetter()
        ):
            return answer(facts, say)
        case _:
            assert_never(facts)


def _greeting(facts: Told, words: Words) -> str:
    if isinstance(facts, RecipientNotice):
        return words.text("outward.greeting", name=facts.recipient)
    if isinstance(facts, ProcessorNotice):
        return words.text("outward.greeting", name=facts.processor)
    known = facts.kind.reader == "subject" and facts.kind not in _UNPROVEN
    if known and facts.person_name and _is_name(facts.person_name):
        return words.text("common.greeting_named", name=facts.person_name)
    return words.text("common.greeting")


def _is_name(text: str) -> bool:
    marks = " '’-."
    letters = all(c in marks or unicodedata.category(c)[0] in "LM" for c in text)
    return letters and len(text) <= 60 and not _DOT_IN_WORD.search(text)


def _closing(facts: LetterFacts, words: Words) -> Iterable[Block]:
    if facts.language_asked:
        yield _written_in(facts.language_asked, words)
    if facts.beside:
        listed = words.listing(facts.beside.about)
        yield Block(kind="paragraph", text=words.text("common.beside", id=facts.beside.request_id, list=listed))
    if facts.status_url and facts.kind.reader == "subject":
        yield Block(kind="link", text=words.of("common.follow", facts.right.value), url=facts.status_url)
    if facts.kind in _EXPLAINED:
        return
    questions = words.text("common.questions", contact=facts.controller.contact, id=facts.quoted)
    yield Block(kind="paragraph", text=questions)


def _acknowledgement(facts: Acknowledgement, say: Said) -> Iterable[Block]:
    yield say.asked()
    if facts.called is Right.OBJECTION:
        yield say.paragraph("acknowledgement.objection_as_withdrawal")
    if facts.law_of_establishment:
        yield say.paragraph("acknowledgement.law_of_establishment")
    if facts.right is Right.COMPLAINT:
        yield say.paragraph("acknowledgement.investigated", Element.INVESTIGATED)
    yield from _expected(facts, say)
    yield say.paragraph(f"acknowledgement.identity_{facts.identity}", Element.VERIFICATION)
    if facts.correction_consents:
        told = {"provision": say.words.cited(facts.correction_consents), "contact": facts.controller.contact}
        yield say.paragraph("acknowledgement.correction_consents", **told)


def _expected(facts: Acknowledgement, say: Said) -> Iterable[Block]:
    """By when there is an answer; a day that is over is owned to, not promised."""
    if facts.due_on is None:
        yield say.paragraph("acknowledgement.no_date")
        return
    missed = facts.due_on < facts.today
    due = {"hard": "promised", "efforts": "efforts", None: "due"}[facts.promise]
    if missed:
        due = "late_promised" if facts.promise else "late"
    yield say.paragraph(f"acknowledgement.{due}", Element.EXPECTED_DATE, date=say.words.date(facts.due_on))
    if facts.law_due_on and (missed or facts.promise == "efforts"):
        by_law = "late_law" if facts.law_due_on < facts.today else "efforts_law"
        yield say.paragraph(f"acknowledgement.{by_law}", law=say.words.date(facts.law_due_on))


def _written_in(asked: str, words: Words) -> Block:
    """In the language that was asked for: that it is another one that letters are in."""
    theirs = lookup(TOPIC, asked)
    name = theirs.locale.languages[words.language]
    return Block(kind="paragraph", text=theirs.text("common.written_in", language=name), language=theirs.language)


def _code(facts: CodeLetter, say: Said) -> Iterable[Block]:
    if isinstance(facts, CodeReminder):
        yield say.paragraph("code_reminder.waiting")
    received = say.words.date(facts.received_on)
    yield say.paragraph("code.why", Element.WHY_DOUBT, controller=facts.controller.name, date=received)
    yield Block(kind="code", text=facts.code.get_secret_value())
    how = ("code.enter" if facts.confirm_url else "code.tell") + ("_both" if facts.second_proof else "")
    yield say.paragraph(how, Element.WHAT_IS_NEEDED, until=say.words.moment(facts.expires_at, facts.timezone))
    if facts.confirm_url:
        yield Block(kind="button", text=say.words.text("code.button"), url=facts.confirm_url)
    if isinstance(facts, CodeReminder):
        yield say.paragraph("code_reminder.closes", date=say.words.date(facts.closes_on))
    yield say.clock("code", waits=facts.clock_waits, over=facts.term_over)
    yield say.paragraph("code.not_you", contact=facts.controller.contact)
    yield Block(kind="small", text=say.words.text("code.keep_secret"))


def _visit_code(facts: VisitCodeLetter, say: Said) -> Iterable[Block]:
    yield say.paragraph("visit_code.why", controller=facts.controller.name)
    yield Block(kind="code", text=facts.code.get_secret_value())
    yield say.paragraph("visit_code.enter", until=say.words.moment(facts.expires_at, facts.timezone))
    yield say.paragraph("visit_code.not_you", contact=facts.controller.contact)
    yield Block(kind="small", text=say.words.text("code.keep_secret"))


def _extension(facts: Extension, say: Said) -> Iterable[Block]:
    yield say.asked()
    new_due = say.words.date(facts.new_due_on)
    if facts.new_due_on < facts.today:
        yield say.paragraph("extension.late", Element.NEW_DATE, new_due=new_due)
    elif facts.promised_on:
        kept = "promise_stands" if facts.promised_on >= facts.today else "promise_missed"
        promised = say.words.date(facts.promised_on)
        yield say.paragraph(f"extension.{kept}", Element.NEW_DATE, new_due=new_due, promised=promised)
    else:
        due = say.words.date(facts.due_on)
        yield say.paragraph("extension.dates", Element.NEW_DATE, due=due, new_due=new_due)
    yield from say.grounds(facts.grounds, "extension_grounds")
    if facts.provision:
        provision = say.words.cited(facts.provision)
        yield say.paragraph("extension.provision", Element.PROVISION, provision=provision)
    yield from say.remedies(extension=True)


def _completion_access(facts: CompletionAccess, say: Said) -> Iterable[Block]:
    words = say.words
    yield say.asked()
    if facts.records:
        found = words.counted("completion_access.found", facts.records, systems=words.listing(facts.systems))
        yield say.plain(found, Element.ACTION_TAKEN)
    else:
        yield say.paragraph("completion_access.nothing", Element.ACTION_TAKEN)
    if facts.link_url and facts.link_expires_at:
        yield Block(kind="button", text=words.text("completion_access.button"), url=facts.link_url)
        yield say.paragraph("completion_access.link", until=words.moment(facts.link_expires_at, facts.timezone))
        yield say.paragraph("completion_access.inside")
        yield Block(kind="small", text=words.text("completion_access.keep_safe"))
    elif facts.right is Right.ACCESS and facts.denies:
        yield say.paragraph("completion_access.about", contact=facts.controller.contact, id=facts.request_id)
    yield from say.refused(facts.refused)
    yield from say.withheld("completion_access.withheld", facts.withheld, Element.REASONS)
    yield from say.missing(facts.missing)
    yield from say.denial()
    yield from say.offers()
    yield from say.remedies()
    yield say.record()


def _completion_erasure(facts: CompletionErasure, say: Said) -> Iterable[Block]:
    yield say.asked()
    whole = not (facts.kept or facts.controlled or facts.missing or facts.refused_still)
    lead = ("all" if facts.did or not facts.only else "nothing_asked") if whole else "part" if facts.did else "none"
    anonymous = "_anonymous" if facts.anonymised and not facts.erased else ""
    lead = "unclear" if facts.unsure else f"{lead}{anonymous}"
    yield say.paragraph(f"completion_erasure.{lead}", Element.ACTION_TAKEN)
    if facts.only:
        yield say.paragraph("completion_erasure.not_asked")
    if facts.did and say.copies:
        by = say.words.date(facts.today)
        yield say.paragraph("completion_erasure.attestation", Element.COPY_OR_ATTESTATION, date=by)
    yield from say.section("completion_erasure.erased", (say.group(one) for one in facts.erased))
    for one in facts.binned:
        key = "in_bin" if one.until else "in_bin_undated"
        until = say.words.date(one.until) if one.until else ""
        yield say.paragraph(f"completion_erasure.{key}", system=one.system, until=until)
    yield from say.section("completion_erasure.anonymised", (say.group(one) for one in facts.anonymised))
    if facts.anonymised:
        yield say.paragraph("completion_erasure.anonymised_means")
    yield from say.refused(facts.refused_still, facts.kept_refused)
    yield from say.kept(facts.kept_besides)
    yield from say.denial()
    yield from say.withheld("completion_erasure.controlled", facts.controlled, Element.REASONS)
    yield from say.missing(facts.missing)
    yield from say.recipients(facts)
    yield from say.offers()
    yield from say.remedies()
    yield say.record()


def _kept_ended(facts: KeptEnded, say: Said) -> Iterable[Block]:
    yield say.asked()
    yield say.paragraph("kept_ended.lead", Element.ACTION_TAKEN, date=say.words.date(facts.told_on))
    yield from say.section("completion_erasure.erased", (say.group(one) for one in facts.erased))
    yield from say.section("completion_erasure.anonymised", (say.group(one) for one in facts.anonymised))
    if facts.anonymised:
        yield say.paragraph("completion_erasure.anonymised_means")
    whole = not (facts.kept or facts.missing)
    yield say.paragraph(f"kept_ended.{'whole' if whole else 'part'}")
    yield from say.kept(facts.kept)
    yield from say.missing(facts.missing)
    yield from say.recipients(facts)
    yield say.record()


def _nothing_found(facts: NothingFound, say: Said) -> Iterable[Block]:
    words = say.words
    yield say.asked()
    key = "nothing_found.searched" if facts.systems else "nothing_found.nothing"
    yield say.paragraph(key, Element.ACTION_TAKEN, systems=words.listing(facts.systems))
    if facts.searched_by:
        kinds = words.listing(words.named("identifiers", kind) for kind in facts.searched_by)
        yield say.paragraph("nothing_found.searched_by", kinds=kinds)
    yield say.paragraph("nothing_found.other", Element.HELP)
    yield from say.missing(facts.missing)
    yield from say.remedies()
    yield say.record()


def _refusal(facts: Refusal, say: Said) -> Iterable[Block]:
    yield say.asked()
    yield say.paragraph("refusal.part" if facts.in_part else "refusal.whole", Element.ACTION_TAKEN)
    if facts.right is Right.ERASURE and not facts.done:
        yield say.paragraph("refusal.nothing_done", Element.DONE)
    yield from say.grounds(facts.grounds, "refusal_grounds")
    yield from say.denial()
    yield from say.section("refusal.purposes", facts.purposes)
    yield from say.section("refusal.stopped", facts.stopped)
    yield from say.section("refusal.done", (say.group(one) for one in facts.done), Element.DONE)
    yield from say.offers()
    yield from say.remedies()
    yield say.help()


def _withdrawal(facts: Withdrawal, say: Said) -> Iterable[Block]:
    yield say.asked()
    if facts.unconfirmed_by:
        date = say.words.date(facts.unconfirmed_by)
        yield say.paragraph("withdrawal.unconfirmed", Element.ACTION_TAKEN, date=date)
    else:
        yield say.paragraph("withdrawal.stopped", Element.ACTION_TAKEN)
    yield from say.section("withdrawal.done", (say.group(one) for one in facts.done), Element.DONE)
    yield say.paragraph("withdrawal.again")


def _unverified(facts: Unverified, say: Said) -> Iterable[Block]:
    why, again = ("why", "again") if facts.code_sent else ("unreached", "second_again")
    if facts.code_given:
        why, again = "second", "second_again"
    yield say.asked()
    yield say.paragraph(f"unverified.{why}", Element.REASONS, Element.ACTION_TAKEN)
    yield say.paragraph(f"unverified.{again}", Element.HELP)
    yield from say.offers()
    yield from say.remedies()
