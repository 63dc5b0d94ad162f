"""What several letters say alike: paragraphs and lists, grounds, groups of data, recipients, remedies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from activities.letters.blocks import Block, Element
from activities.letters.checklist import given, remedies, required
from activities.letters.kept import Kept
from activities.letters.own import NewValue
from activities.letters.parts import (
    Authority,
    ErasedGroup,
    Ground,
    KeptGroup,
    Kind,
    LetterFacts,
    MissingSystem,
    PassedOn,
    WithheldGroup,
)
from activities.letters.stays import RefusedPart
from activities.letters.wording import Words
from habeas import law
from habeas.model import COPIES, Right
from habeas.particulars import Scope

__all__ = ["Said"]

_NOT_WORD = re.compile(r"[\W_]+")
_ALIASES = {
    "e_mail": "email",
    "mail": "email",
    "tel": "phone",
    "mobile": "phone",
    "telephone": "phone",
    "phone_number": "phone",
    "birthdate": "birth_date",
    "birthday": "birth_date",
    "date_of_birth": "birth_date",
}


def _known(word: str, words: Words) -> bool:
    return f"identifiers.{_ALIASES.get(word, word)}" in words


_UNDECIDED = frozenset({Kind.EXTENSION, Kind.FEE})
"""Letters that decide nothing yet: no appeal against them is told, unless the law names one (Korea's PIPA 38(5))."""


class Said:
    """The blocks of one letter that others have too, in its language."""

    def __init__(self, facts: LetterFacts, words: Words) -> None:
        self._facts = facts
        self.words = words

    def paragraph(self, key: str, *elements: Element, **values: object) -> Block:
        """One sentence or more of the catalogue."""
        return self.plain(self.words.text(key, **values), *elements)

    def plain(self, text: str, *elements: Element, url: str | None = None) -> Block:
        """Text as it is."""
        return Block(kind="paragraph", text=self.words.typeset(text), url=url, elements=frozenset(elements))

    def field(self, what: str) -> str:
        """A field as a person reads it: by its name in the language where it has one."""
        word = _NOT_WORD.sub("_", what.casefold()).strip("_")
        name = self.words.named("identifiers", _ALIASES.get(word, word)) if _known(word, self.words) else what
        name = name.replace("_", " ")
        return name[:1].upper() + name[1:]

    def value(self, one: NewValue) -> str:
        """A correction: the new value, and the one before where there was one."""
        key = "recipient_notice.value_old" if one.old else "recipient_notice.value"
        return self.words.text(key, what=self.field(one.what), new=one.new, old=one.old or "")

    def section(self, key: str, items: Iterable[str], *elements: Element) -> Iterable[Block]:
        """A heading with a list; nothing where the list is empty."""
        listed = tuple(map(self.words.typeset, items))
        if listed:
            yield Block(kind="heading", text=self.words.text(key))
            yield Block(kind="bullets", items=listed, elements=frozenset(elements))

    def asked(self) -> Block:
        """What was asked, and when it came."""
        right = self._facts.right.value
        received = self.words.of("common.received", right, date=self.words.date(self._facts.received_on))
        by_category = self._facts.right is Right.ACCESS and self._facts.scope is Scope.CATEGORIES
        what = "categories" if by_category else right
        only = self._facts.only
        said = [self.words.text(f"asked.{what}")]
        said += [self.words.text("common.only", list=self.words.listing(only))] if only else []
        return self.plain(" ".join([*said, received]), Element.RECEIPT)

    @property
    def copies(self) -> bool:
        """Whether the law wants the person to get a copy of what was changed, or an attestation of what was deleted."""
        facts = self._facts
        asked = required(facts.kind, facts.regime, facts.jurisdiction, facts.right)
        return Element.COPY_OR_ATTESTATION in asked

    def help(self) -> Block:
        """Whom to ask about the letter."""
        facts = self._facts
        return self.paragraph("refusal.help", Element.HELP, contact=facts.controller.contact, id=facts.request_id)

    def clock(self, kind: str, *, waits: bool, over: bool) -> Block:
        """Whether the term runs while something is awaited, or is over already."""
        if over:
            return self.paragraph("common.term_over", Element.CLOCK, Element.CLOCK_RUNS)
        if waits:
            return self.paragraph(f"{kind}.clock_waits", Element.CLOCK)
        return self.paragraph(f"{kind}.clock_runs", Element.CLOCK, Element.CLOCK_RUNS)

    def ground(self, ground: Ground, group: str) -> str:
        """A ground as a person reads it, and what staff say of it on a line of its own; empty if there are no words."""
        ground = self._told(ground) if group == "refusal_grounds" else ground
        key, own = f"{group}.{ground.code}", ground.explanation
        if key not in self.words:
            return self.words.reasoned(own, ground.provision) if own else ""
        lines = [self.words.reasoned(self.words.text(key), ground.provision)]
        if ground.controller:
            lines.append(self.words.text("common.controlled_by", who=ground.controller))
        if own:
            lines.append(self.words.text("common.added", words=own))
        return "\n".join(lines)

    def _told(self, ground: Ground) -> Ground:
        """The ground as the law of the request has it; of one that may not be told, what is read in its place."""
        if not ground.code:
            return ground
        told = law.told(self._facts.regime, self._facts.jurisdiction, self._facts.right, ground.code)
        if told.explained:
            return ground.model_copy(update={"code": told.words})
        return Ground(code=told.words, provision=told.provision)

    def grounds(self, grounds: Iterable[Ground], group: str) -> Iterable[Block]:
        """Why, as a list."""
        told = [ground for ground in grounds if self.ground(ground, group)]
        elements = {Element.REASONS} | ({Element.PROVISION} if any(one.provision for one in told) else set())
        return self.section("common.why", (self.ground(one, group) for one in told), *elements)

    def refused(self, parts: Iterable[RefusedPart], kept: Mapping[str, int] | None = None) -> Iterable[Block]:
        """The refused parts, each with its ground, and with how many records stay for it where that is known."""
        listed, counts = tuple(parts), kept or {}
        elements = {Element.REASONS} | ({Element.PROVISION} if any(part.provision for part in listed) else set())
        items = (self._refused(part, counts.get(part.what, 0)) for part in listed)
        return self.section("partial_refusal.refused", items, *elements)

    def _refused(self, part: RefusedPart, kept: int) -> str:
        ground = Ground(
            code=part.ground, explanation=part.explanation, provision=part.provision, controller=part.controller
        )
        reason = self.ground(ground, "refusal_grounds")
        what = self.words.named("categories", part.what)
        what = self.words.counted("common.kept_part", kept, what=what) if kept else what
        return self.words.text("common.item_reason", item=what, reason=reason) if reason else what

    def group(self, group: ErasedGroup) -> str:
        """So many records of a category in a system."""
        category = self.words.named("categories", group.category)
        return self.words.counted("common.group", group.count, category=category, system=group.system)

    def kept(self, groups: Iterable[KeptGroup]) -> Iterable[Block]:
        """What stays, by why it does: a law with its term, a refusal, a pending matter, a restriction."""
        return Kept(self.words, self._facts.record_kept_until).blocks(groups)

    def withheld(self, key: str, groups: Iterable[WithheldGroup], *elements: Element) -> Iterable[Block]:
        """Things left out, each with its reason."""
        items = (self.words.text("common.item_reason", item=one.what, reason=one.reason) for one in groups)
        return self.section(key, items, *elements)

    def missing(self, missing: Iterable[MissingSystem]) -> Iterable[Block]:
        """What is not finished yet."""
        listed = tuple(self.system(one) for one in missing)
        yield from self.section("common.missing", listed)
        if listed:
            yield self.paragraph("common.missing_then", contact=self._facts.controller.contact)

    def system(self, one: MissingSystem) -> str:
        """A system, with the reason where there is one."""
        return self.words.text("common.item_reason", item=one.title, reason=one.reason) if one.reason else one.title

    def recipients(self, passed: PassedOn) -> Iterable[Block]:
        """Who else is told of it, and who is not and why; nothing where nothing is known of it."""
        told, sources, before = passed.recipients_told, passed.sources_told, passed.recipients_before
        if told is None:
            return
        listing, at = self.words.listing, "completion_erasure"
        if told or sources or before or not passed.recipients_not_told:
            yield Block(kind="heading", text=self.words.text(f"{at}.told"))
        if told:
            yield self.paragraph(f"{at}.recipients", Element.RECIPIENTS, names=listing(told))
        if sources:
            yield self.paragraph(f"{at}.sources", Element.RECIPIENTS, names=listing(sources))
        if before and passed.recipients_since:
            date = self.words.date(passed.recipients_since)
            yield self.paragraph(f"{at}.recipients_before", Element.RECIPIENTS, names=listing(before), date=date)
        if not (told or sources or before or passed.recipients_not_told):
            yield self.paragraph(f"{at}.no_recipients", Element.RECIPIENTS)
        yield from self.withheld(f"{at}.not_told", passed.recipients_not_told, Element.RECIPIENTS)

    def denial(self) -> Iterable[Block]:
        """What the law wants said with a denial: what may still be done with what stays."""
        facts = self._facts
        rule = law.denial(facts.regime, facts.jurisdiction, facts.right) if facts.denies else None
        for code in rule.says if rule and facts.withholds and not facts.kept_by_law_only else ():
            yield self.paragraph(f"denied.{code}", Element.DENIAL)
        yield from self._kept_for_review()

    def _kept_for_review(self) -> Iterable[Block]:
        """That what was refused stays as long as the refusal may be reviewed; not whether anything is held."""
        facts = self._facts
        rule = law.hold_after_refusal(facts.regime, facts.jurisdiction)
        until = law.kept_after_refusal(facts.regime, facts.jurisdiction, facts.right, facts.today)
        if facts.denies and facts.right in COPIES and rule and until:
            values = {"date": self.words.date(until), "provision": self.words.cited(rule.cite)}
            yield self.paragraph("denied.kept_for_review", Element.DENIAL, **values)

    def offers(self) -> Iterable[Block]:
        """What else the person is asked about with a denial."""
        facts = self._facts
        offers = facts.offers if facts.denies else ()
        if offers:
            yield Block(kind="heading", text=self.words.text("denied.title"))
        values = {"contact": facts.controller.contact, "id": facts.request_id}
        for right in offers:
            yield self.paragraph(f"denied.{right.value}", Element.OFFER, **values)

    def record(self) -> Block:
        """That a record is kept, and until when: in small, after everything else."""
        until = self._facts.record_kept_until
        text = self.words.text("common.record")
        if until is not None:
            text = self.words.text("common.record_until", date=self.words.date(until))
        return Block(kind="small", text=text, elements=frozenset({Element.RECORD_KEPT}))

    def remedies(self, *, extension: bool = False) -> Iterable[Block]:
        """Where to turn if the person does not agree; every letter that decides something ends on it."""
        facts, blocks = self._facts, list[Block]()
        told = remedies(facts.regime, facts.jurisdiction, facts.right)
        if Element.CONTROLLER_COMPLAINT in told:
            clock = law.regime(facts.regime, facts.jurisdiction).clock(Right.COMPLAINT)
            # Only where its law has a complaint acknowledged is that promised (DPA 2018 s.164A).
            key = "remedies.controller" if clock and clock.acknowledge else "remedies.controller_first"
            blocks.append(self.paragraph(key, Element.CONTROLLER_COMPLAINT, contact=facts.controller.contact))
        if facts.kind not in _UNDECIDED or Element.APPEAL in required(
            facts.kind, facts.regime, facts.jurisdiction, facts.right
        ):
            blocks += self._appeal(or_none=Element.APPEAL_OR_NONE in told)
        open_to = given(facts.regime, facts.jurisdiction, facts.right)
        blocks += self._authorities(facts.authorities, open_to.name if facts.refuses else None)
        if extension and facts.authorities:
            blocks.append(self.paragraph("extension.about", Element.ABOUT_EXTENSION))
        if facts.complain_within and (facts.refuses or (extension and not open_to.counted_from)):
            blocks.append(self._within(facts.complain_within, open_to.counted_from))
        if Element.COURT in told:
            key = "remedies.court_after_" + open_to.court_after if open_to.court_after else "remedies.court"
            blocks.append(self.paragraph(key, Element.COURT))
        blocks += self._beside(in_court=Element.COURT in told and open_to.court_after is None)
        if open_to.procedure and (facts.refuses or extension):
            blocks.append(self.paragraph(f"remedies.{open_to.procedure}", Element.PROCEDURE))
        if blocks:
            yield Block(kind="heading", text=self.words.text("remedies.title"))
            yield from blocks

    def _authorities(self, those: Iterable[Authority], name: str | None) -> Iterable[Block]:
        """Whom to turn to, and for what: a complaint, or what the law calls it."""
        first, elements = "remedies.authority", {Element.AUTHORITY}
        if name:
            first, elements = f"remedies.{name}", elements | {Element.REMEDY_NAME}
        for n, one in enumerate(those):
            yield self._office("remedies.authority_also" if n else first, one, *elements)

    def _office(self, key: str, one: Authority, *elements: Element) -> Block:
        text = self.words.text(key, authority=one.name)
        return self.plain(f"{text} ({one.contact})" if one.contact else text, *elements, url=one.url)

    def _beside(self, *, in_court: bool) -> Iterable[Block]:
        """Whom to turn to by another law that binds too: with its own time limit, and its own way to court."""
        facts = self._facts
        beside = facts.law_beside
        if beside is None:
            return
        open_to = given(beside.regime, beside.place, facts.right)
        for one in beside.authorities:
            yield self._office("remedies.authority_also", one, Element.AUTHORITY)
        if open_to.time_limit and facts.refuses:
            yield self._within(open_to.time_limit, open_to.counted_from)
        if Element.COURT in remedies(beside.regime, beside.place, facts.right) and not in_court:
            yield self.paragraph("remedies.court", Element.COURT)

    def _within(self, limit: str, start: str | None) -> Block:
        """By when, and counted from when."""
        time = self.words.named("times", limit)
        if start is None:
            return self.paragraph("remedies.within", Element.TIME_LIMIT, time=time)
        return self.paragraph(f"remedies.within_{start}", Element.TIME_LIMIT, Element.TIME_START, time=time)

    def _appeal(self, *, or_none: bool) -> Iterable[Block]:
        facts = self._facts
        if not facts.appeal:
            if or_none:
                yield self.paragraph("remedies.no_appeal", Element.APPEAL_OR_NONE)
        else:
            text = self.words.text("remedies.appeal", how=facts.appeal)
            if facts.appeal_within_days:
                text = f"{text.rstrip('.')}. {self.words.counted('remedies.decided', facts.appeal_within_days)}"
            yield self.plain(text, Element.APPEAL, Element.APPEAL_OR_NONE)
