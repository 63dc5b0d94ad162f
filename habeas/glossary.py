"""Phrases that a data map, a connector or a policy writes in one language, and what they are in others.

The phrase as written is the canonical one: plans, the ledger and the evidence hold it. It is translated only on its way
to the person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import StringConstraints

from habeas.languages import Language, nearest
from habeas.model import Frozen

__all__ = ["Glossary", "Phrase", "humanise"]

Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]
_TOGETHER = "; "
"""Between laws that keep one object together (`habeas.staying`)."""


class Glossary(Frozen):
    """Phrases in other languages than the one they are written in."""

    language: Language = "en"
    """The one they are written in."""
    words: Mapping[Language, Mapping[Phrase, Phrase]] = {}
    """By language: the phrase as written -> the phrase there."""

    def say(self, phrase: str, wanted: str | None) -> str:
        """The phrase in the nearest language there is; as written where there is no better."""
        return self._words(wanted).get(phrase, phrase)

    def say_laws(self, laws: str, wanted: str | None) -> str:
        """As `say`, of one law or of several that stand together; the longest known run of them counts as one."""
        known, parts, said = self._words(wanted), laws.split(_TOGETHER), list[str]()
        while parts:
            runs = (_TOGETHER.join(parts[:count]) for count in range(len(parts), 0, -1))
            run = next((each for each in runs if each in known), parts[0])
            said.append(known.get(run, run))
            parts = parts[run.count(_TOGETHER) + 1 :]
        return _TOGETHER.join(said)

    def lacking(self, phrases: Iterable[str], wanted: str) -> tuple[str, ...]:
        """Those of these phrases that somebody who reads this language would be told in another one; each once."""
        serving = self._serving(wanted)
        if _base(wanted) == _base(self.language):
            return ()
        known = self.words.get(serving, {}) if _base(serving) == _base(wanted) else {}
        return tuple(phrase for phrase in dict.fromkeys(phrases) if phrase not in known)

    def _serving(self, wanted: str | None) -> str:
        return nearest(wanted, (self.language, *self.words))

    def _words(self, wanted: str | None) -> Mapping[str, str]:
        return self.words.get(self._serving(wanted), {})


def humanise(name: str) -> str:
    """A column's or table's name as a person would write it: ``first_name`` -> ``First name``."""
    text = " ".join(name.replace("_", " ").replace("-", " ").split())
    return text[:1].upper() + text[1:] if text else name


def _base(language: str) -> str:
    return language.split("-")[0]
