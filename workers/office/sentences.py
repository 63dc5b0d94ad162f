"""Evidence as sentences, in staff's languages. Events hold codes, counts and dates only, and so do these."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import Any

from activities.letters.wording import Words, catalogue, lookup
from habeas.evidence import Tag

TOPIC = "workers.office"
"""Where the sentences are, in every language of staff's."""

_HIDDEN = frozenset(
    {
        "act",
        "act_id",
        "artifact",
        "artifact_id",
        "citation",
        "digest",
        "explanation",
        "language",
        "letter_id",
        "outside",
        "link_id",
        "phase",
        "proof_id",
        "received_at",
        "seeds",
        "sha256",
        "view",
    }
)
"""Facts that a machine needs, or that stand elsewhere on the page."""


def sentence(tag: Tag | str, facts: Mapping[str, Any], language: str = "en") -> str:
    """One event, for people.

    Args:
        tag: what happened.
        facts: of the event.
        language: ``en`` or ``fr``.
    """
    words, ours = lookup(TOPIC, language), catalogue(TOPIC, language)
    told = {name: value for name, value in facts.items() if value not in (None, "", [], (), {})}
    place = str(tag).replace(":", ".")
    shape = ours.get(f"told.{place}", "")
    if told.get("kind") == "processor" or told.get("outside"):
        shape = ours.get(f"by_processor.{place}", shape)
    if told.pop("broken_off", False):
        shape = ours.get(f"broken_off.{place}", shape)
    named = {name for _, name, _, _ in Formatter().parse(shape) if name}
    if shape and named <= told.keys():
        said = shape.format_map({name: _shown(told[name], words) for name in named})
    else:
        said, named = ours.get(f"said.{place}", str(tag)), set()
    rest = [
        f"{_named('facts', name, words)} {_shown(value, words)}"
        for name, value in told.items()
        if name not in _HIDDEN | named and value is not False
    ]
    said = said[:1].upper() + said[1:]
    return words.typeset(f"{said} ({', '.join(rest)})." if rest else f"{said}.")


def word(code: str, language: str = "en") -> str:
    """A code of evidence, a step or a system's state, as staff say it."""
    return _named("values", code, lookup(TOPIC, language))


def _shown(value: Any, words: Words) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{_shown(inner, words)} {_named('facts', name, words)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return words.listing(_shown(inner, words) for inner in value)
    if isinstance(value, bool):
        return words.text("yes" if value else "no")
    text = str(value)
    if _DIGEST.fullmatch(text):
        return text[:12]
    if _MOMENT.fullmatch(text):
        return f"{text[:10]} {text[11:16]} UTC"
    return _named("values", text, words)


def _named(group: str, code: str, words: Words) -> str:
    """A code as the language says it, where it has a word for it."""
    return words.named(group, code) if f"{group}.{code}" in words else code.replace("_", " ")


_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*(\+00:00|Z)")
