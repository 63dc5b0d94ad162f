"""The letter of the watchdog: what has gone quiet, and what goes on again. It names nobody."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from activities.letters.blocks import Block, Draft
from activities.letters.parts import Controller
from activities.letters.render import RenderedLetter, laid_out
from activities.letters.wording import TOPIC, Words, lookup
from habeas.model import Frozen
from habeas.watch import Finding

__all__ = ["WatchFacts", "watch_letter"]


class WatchFacts(Frozen):
    """What one letter tells of."""

    controller: Controller
    found: tuple[Finding, ...] = ()
    over: tuple[Finding, ...] = ()
    again: bool = False
    """All that it tells was told before, and goes on."""
    runbooks: str
    """What a runbook's link begins with."""
    zone: str


def watch_letter(facts: WatchFacts, language: str, own: Path | None = None) -> RenderedLetter:
    """Write it (BCP 47)."""
    words = lookup(TOPIC, language, own)
    subject = "watch.subject" if facts.found else "watch.subject_over"
    draft = Draft(
        subject=words.counted(subject, len(facts.found or facts.over)),
        greeting=words.text("common.greeting"),
        blocks=tuple(_body(facts, words)),
    )
    return laid_out(draft, facts.controller, words, words.text("watch.reference"), words.text("watch.automatic"), own)


def _body(facts: WatchFacts, words: Words) -> Iterable[Block]:
    if facts.found:
        lead = words.text("watch.again" if facts.again else "watch.found")
        yield Block(kind="paragraph", text=lead)
        yield Block(kind="bullets", items=tuple(_line(one, facts, words) for one in facts.found))
        yield Block(kind="paragraph", text=words.text("watch.runbooks"))
        links = dict.fromkeys(f"{facts.runbooks}/{one.kind}.md" for one in facts.found)
        yield Block(kind="bullets", items=tuple(links))
    if facts.over:
        yield Block(kind="paragraph", text=words.text("watch.over"))
        yield Block(kind="bullets", items=tuple(_line(one, facts, words) for one in facts.over))


def _line(one: Finding, facts: WatchFacts, words: Words) -> str:
    what = words.text(f"watch.kinds.{one.kind}")
    code = f" ({one.code.replace('_', ' ')})" if one.code else ""
    told = {"what": what, "about": one.about, "code": code, "since": words.moment(one.since, facts.zone)}
    if one.count > 1:
        return words.text("watch.line_many", n=words.number(one.count), **told)
    return words.text("watch.line", **told)
