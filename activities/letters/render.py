"""Letters, ready to send: one set of words laid out as HTML and as plain text."""

from __future__ import annotations

import textwrap
from functools import lru_cache
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape
from pydantic import Field

from activities.letters.blocks import Draft, Element
from activities.letters.checklist import refusing, required
from activities.letters.compose import Told, compose
from activities.letters.facts import CompletionErasure, StaffFacts
from activities.letters.parts import Controller, Kind, LetterFacts
from activities.letters.sealed import CompletionChange, RemedyDecisionLetter
from activities.letters.staff import StaffLetter, compose_staff
from activities.letters.wording import TOPIC, Words, lookup
from habeas import law
from habeas.errors import HabeasError
from habeas.model import REFERENCE, Frozen

__all__ = ["IncompleteLetter", "RenderedLetter", "drafted", "render"]

_WIDTH = 76
_REFERENCE = {"common": "common.reference", "staff": "staff.request", "outward": "outward.reference"}


class IncompleteLetter(HabeasError):
    """A letter lacks something that the law asks of it, so it is not sent."""

    code = "incomplete_letter"
    remedy = "Give what is missing ({missing}): most often the authority or the reasons, from the controller's policy."


class RenderedLetter(Frozen):
    """A letter as it is sent."""

    language: str
    """BCP 47; the one it was written in, which is English where the asked one is not there."""
    subject: str = Field(repr=False)
    text: str = Field(repr=False)
    html: str = Field(repr=False)
    elements: frozenset[Element] = frozenset()
    """What of the law's checklist it holds."""


def render(kind: Kind, language: str, facts: LetterFacts, own: Path | None = None) -> RenderedLetter:
    """Write a letter.

    Args:
        kind: which letter; must be the kind of the facts.
        language: BCP 47 tag of the person's language. Letters to staff are in English.
        facts: the kind's own facts.
        own: folder of the controller's own words and templates; checked by `activities.letters.overrides`.

    Raises:
        ValueError: the facts are of another kind, or a link is not http(s).
        IncompleteLetter: something that the request's law asks of this notice is missing; names what.
    """
    if facts.kind is not kind:
        raise ValueError(f"facts of {facts.kind} given for {kind}")
    words = lookup(TOPIC, "en" if kind.to_staff else language, own)
    draft = drafted(facts, words)
    _check(draft, facts)
    reader = facts.kind.reader
    voice = {"subject": "common", "staff": "staff"}.get(reader, "outward")
    reference = words.of(_REFERENCE[voice], facts.right.value, id=facts.quoted)
    automatic = words.text(f"{voice}.automatic")
    regards = None if reader == "staff" else words.text("common.regards")
    return laid_out(draft, facts.controller, words, reference, automatic, own, regards=regards)


def laid_out(
    draft: Draft,
    controller: Controller,
    words: Words,
    reference: str,
    automatic: str,
    own: Path | None = None,
    *,
    regards: str | None = None,
) -> RenderedLetter:
    """A letter as HTML and text. All that a template gets is text, in lists and tables, and leads nowhere else."""
    values = {
        "language": words.language,
        "subject": draft.subject,
        "greeting": draft.greeting,
        "blocks": [block.model_dump(exclude={"elements"}) for block in draft.blocks],
        "controller": controller.model_dump(),
        "regards": regards,
        "reference": reference,
        "automatic": automatic,
    }
    environment = _environment(own)
    return RenderedLetter(
        language=words.language,
        subject=draft.subject,
        text=environment.get_template("letter.txt").render(values).strip() + "\n",
        html=environment.get_template("letter.html").render(values),
        elements=draft.elements,
    )


def filled(template: str, values: dict[str, object]) -> str:
    """One of our own templates, with text only: escaped where it is HTML."""
    return _environment(None).get_template(template).render(values)


def drafted(facts: LetterFacts, words: Words) -> Draft:
    """The letter before it is laid out."""
    # Both compose functions fail loudly on a kind that they do not know.
    if isinstance(facts, StaffFacts):
        return compose_staff(cast("StaffLetter", facts), words)
    return compose(cast("Told", facts), words)


def _check(draft: Draft, facts: LetterFacts) -> None:
    asked = required(facts.kind, facts.regime, facts.jurisdiction, facts.right)
    if isinstance(facts, RemedyDecisionLetter) and (facts.in_part or not facts.granted):
        asked |= {Element.AUTHORITY, Element.REASONS}
    if isinstance(facts, CompletionErasure | CompletionChange) and not facts.did:
        asked -= {Element.COPY_OR_ATTESTATION}
    asked |= _denying(facts)
    if facts.refuses:
        asked |= refusing(facts.regime, facts.jurisdiction, facts.right)
    if missing := asked - draft.elements:
        names = ", ".join(sorted(missing))
        raise IncompleteLetter(f"{facts.kind} under {facts.regime} lacks: {names}.", missing=names)
    for url in (block.url for block in draft.blocks if block.url):
        if urlsplit(url).scheme not in {"http", "https"}:
            raise ValueError("a link in a letter must be http or https")


def _denying(facts: LetterFacts) -> frozenset[Element]:
    """What the law wants said with a denial, and what else is offered then."""
    rule = law.denial(facts.regime, facts.jurisdiction, facts.right) if facts.denies else None
    if rule is None:
        return frozenset()
    said = {Element.DENIAL} if rule.says and facts.withholds and not facts.kept_by_law_only else set()
    return frozenset(said | ({Element.OFFER} if facts.offers else set()))


def _wrap(text: str, indent: str = "", first: str | None = None) -> str:
    """Paragraphs kept, lines at most as wide as mail readers like; links and addresses never broken."""
    return "\n".join(
        textwrap.fill(
            line,
            _WIDTH,
            initial_indent=first if first is not None and n == 0 else indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for n, line in enumerate(text.splitlines())
    )


def _whole(text: str) -> Markup:
    """The text, escaped, with the request's number kept on one line."""
    escaped = str(escape(text))
    return Markup(REFERENCE.sub(r'<span style="white-space:nowrap;">\g<0></span>', escaped))  # noqa: S704 - just escaped


@lru_cache(maxsize=64)
def _environment(own: Path | None) -> ImmutableSandboxedEnvironment:
    ours = PackageLoader("activities.letters")
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(own), ours]) if own else ours,
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        # What was checked at the start is what is used.
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # Nothing that a template gets is markup: all of it is escaped.
    environment.filters.pop("safe")
    environment.filters["wrap"] = _wrap
    environment.filters["whole"] = _whole
    return environment
