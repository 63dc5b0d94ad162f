"""The made-up words of previews in the other languages."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel

from activities.letters.parts import LetterFacts
from activities.letters.wording import LANGUAGES, base_language

__all__ = ["in_words_of"]


def in_words_of(facts: LetterFacts, language: str) -> LetterFacts:
    """The same facts with their made-up words in a language, where we speak it."""
    base = base_language(language)
    translated: LetterFacts = facts if base == LANGUAGES[0] else _translated(facts, _phrases(base))
    return translated


@cache
def _phrases(language: str) -> Mapping[str, str]:
    source = files("activities.letters").joinpath("samples.toml")
    phrases: Mapping[str, str] = tomllib.loads(source.read_text(encoding="utf-8"))[language]
    return phrases


def _translated(value: Any, phrases: Mapping[str, str]) -> Any:
    """The same facts with their made-up words in another language."""
    if isinstance(value, BaseModel):
        fields = {name: _translated(getattr(value, name), phrases) for name in type(value).model_fields}
        return value.model_copy(update=fields)
    if isinstance(value, tuple):
        return tuple(_translated(one, phrases) for one in value)
    return phrases.get(value, value) if type(value) is str else value
