"""The letter about short-lived data that does not end by itself: it belongs to no request, and names nobody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from activities.letters.blocks import Block, Draft
from activities.letters.parts import Controller
from activities.letters.render import RenderedLetter, laid_out
from activities.letters.wording import TOPIC, Words, lookup
from habeas.model import Frozen, SystemName


class NotEnding(Frozen):
    """One category."""

    title: str
    """In the letter's language."""
    count: int | None = None
    """How many objects are past their term; None: the system does not say."""
    since: date


class EndingFacts(Frozen):
    """What does not end in one system, or ends again."""

    controller: Controller
    system: SystemName
    title: str
    """The system's name for people."""
    code: str
    categories: tuple[NotEnding, ...]
    mended: bool = False
    again: bool = False
    """Staff were told of it before."""


def ending_letter(facts: EndingFacts, language: str, own: Path | None = None) -> RenderedLetter:
    """Write it, in the officer's language (BCP 47)."""
    words = lookup(TOPIC, language, own)
    draft = Draft(
        subject=words.text("ending.mended_subject" if facts.mended else "ending.subject", system=facts.system),
        greeting=words.text("common.greeting"),
        blocks=tuple(_body(facts, words)),
    )
    reference = words.text("ending.reference", system=facts.system)
    return laid_out(draft, facts.controller, words, reference, words.text("ending.automatic"), own)


def _body(facts: EndingFacts, words: Words) -> Iterable[Block]:
    where = {"title": facts.title, "system": facts.system}
    lead = words.text("ending.mended" if facts.mended else "ending.what", **where)
    before = [words.text("ending.again")] if facts.again and not facts.mended else []
    yield Block(kind="paragraph", text=" ".join([*before, lead]))
    yield Block(kind="bullets", items=tuple(_category(one, facts.mended, words) for one in facts.categories))
    if facts.mended:
        return
    if facts.code == "unlooked":
        yield Block(kind="paragraph", text=words.text("ending.unlooked"))
        yield Block(kind="paragraph", text=words.text("ending.todo_unlooked"))
        return
    key = "ending.left" if facts.code == "blocked" else "ending.failed"
    yield Block(kind="paragraph", text=words.text(key, code=facts.code))
    yield Block(kind="paragraph", text=words.text("ending.todo", **where))


def _category(one: NotEnding, mended: bool, words: Words) -> str:
    since = words.date(one.since)
    if mended:
        return words.text("ending.category_mended", category=one.title, date=since)
    if one.count is None:
        return words.text("ending.category_unknown", category=one.title, date=since)
    return words.counted("ending.category", one.count, category=one.title, date=since)
