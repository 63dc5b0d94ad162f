"""Words in a person's language: catalogues of sentences, dates, numbers and lists as that language writes them.

A catalogue is one TOML file per language and topic. Sentences hold ``{names}`` that are filled in here as plain text
(escaping is the template's). `lookup` is the one place that chooses a catalogue: the door for a controller's own words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, get_date_format, get_time_format
from babel.lists import format_list
from babel.numbers import format_decimal

from habeas import law
from habeas.glossary import humanise

__all__ = ["LANGUAGES", "TOPIC", "Words", "base_language", "catalogue", "lookup", "missing_words", "overlay"]

TOPIC = "activities.letters"
"""The topic of letters; see `lookup`."""

LANGUAGES = ("en", "fr", "da", "nb", "de")
"""The languages that letters and packages speak; anything else is answered in the first."""

_ALIASES = {"no": "nb", "nn": "nb"}
# Day before month, the order every reader of English outside one country expects; en-US asks for its own.
_LOCALES = {"en": "en_GB"}
_CODE = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
_FIXED = "\N{NO-BREAK SPACE}"
_FRENCH = re.compile(r" (?=[:;?!»](?:\s|$|[).]))|(?<=«) ")
_UNIT = re.compile(
    r"(§|n°|\b(?:[Aa]rt|Abs|Buchst|[Nn]r|stk|par|al|let|ss?|r|para|reg)\."
    r"|\b(?:Article|artik+el|litra|bokstav|point|punkt|clause)) (?=[\w(])"
)
"""What stands before a number, or a letter, in a citation."""
_AT = {"en": "{1}, {0}", "fr": "{1} 'à' {0}", "da": "{1} 'kl.' {0}", "nb": "{1} 'kl.' {0}", "de": "{1} 'um' {0} 'Uhr'"}
"""A time of day ({0}) after its date ({1}), as a sentence has them."""
_DAY = re.compile(r"\bd\b")
_UNITS = ("B", "kB", "MB", "GB", "TB")


def base_language(tag: str) -> str:
    """The language of ours that serves this BCP 47 tag (``fr-CA`` → ``fr``); English where we have none."""
    primary = _primary(tag)
    return primary if primary in LANGUAGES else LANGUAGES[0]


def _primary(tag: str) -> str:
    primary = tag.replace("_", "-").split("-")[0].lower()
    return _ALIASES.get(primary, primary)


def lookup(topic: str, tag: str, own: Path | None = None) -> Words:
    """The words of a topic in a language.

    Args:
        topic: the package whose ``words`` folder holds the catalogues, ``activities.letters`` for one.
        tag: BCP 47 tag of the person's language.
        own: a controller's folder: the sentences of its ``words/<language>.toml`` replace ours.
    """
    language = base_language(tag)
    sentences = catalogue(topic, language)
    return Words(language, _locale(tag, language), sentences | overlay(own, language) if own else sentences)


def missing_words(languages: Iterable[str]) -> tuple[str, ...]:
    """Those of the languages (BCP 47) that letters do not speak: their readers would be answered in English."""
    return tuple(tag for tag in languages if base_language(tag) != _primary(tag))


class Words:
    """One topic's sentences in one language. Asking for a sentence that is missing raises ``KeyError``."""

    def __init__(self, language: str, locale: Locale, sentences: Mapping[str, str]) -> None:
        self.language = language
        self.locale = locale
        self._sentences = sentences

    def __contains__(self, key: str) -> bool:
        return key in self._sentences

    def text(self, key: str, **values: object) -> str:
        """The sentence as plain text, with spaces that may not break where the language has them."""
        return self.typeset(self._sentences[key].format(**values))

    def of(self, key: str, variant: str, **values: object) -> str:
        """The sentence's variant (``key_variant``), where there is one; else the sentence."""
        own = f"{key}_{variant}"
        return self.text(own if own in self else key, **values)

    def counted(self, key: str, count: int, **values: object) -> str:
        """The sentence for this many: the catalogue has ``key.one`` and ``key.other``; ``{n}`` is the number."""
        form = "one" if self.locale.plural_form(count) == "one" else "other"
        return self.text(f"{key}.{form}", n=self.number(count), **values)

    def named(self, group: str, code: str) -> str:
        """The name of a code in a group (a category, a right); the code made readable where it has no name.

        What is no code but already a title stays as it is.
        """
        key = f"{group}.{code}"
        return self._sentences[key] if key in self._sentences else humanise(code) if _CODE.fullmatch(code) else code

    def date(self, day: date) -> str:
        """A date, written out."""
        return format_date(day, _long(day, self.locale), locale=self.locale)

    def moment(self, at: datetime, timezone: str = "UTC") -> str:
        """A date and time of day in a time zone, which is named."""
        local = at.astimezone(ZoneInfo(timezone))
        clock = get_time_format("short", locale=self.locale).pattern
        pattern = _AT[self.language].format(clock, _long(local, self.locale))
        return f"{format_datetime(local, pattern, locale=self.locale)} ({local.tzname() or timezone})"

    def cited(self, provision: str) -> str:
        """A citation of the law in the form that is usual in the language; no number begins a line without its unit."""
        return _UNIT.sub(rf"\1{_FIXED}", self.typeset(law.cited(provision, self.language)))

    def reasoned(self, reason: str, provision: str | None) -> str:
        """A reason with its article in brackets, before the full stop if it has one."""
        if not provision:
            return reason
        stop = "." if reason.endswith(".") else ""
        return f"{reason.removesuffix('.')} ({self.cited(provision)}){stop}"

    def typeset(self, text: str) -> str:
        """French has a space before its double marks and inside its quotation marks, and it never ends a line."""
        return _FRENCH.sub(_FIXED, text) if self.language == "fr" else text

    def number(self, value: int) -> str:
        """A count with the language's grouping."""
        return format_decimal(value, locale=self.locale)

    def size(self, octets: int) -> str:
        """A file's size, rounded to what a person wants to know."""
        value, unit = float(octets), 0
        while value >= 1000 and unit < len(_UNITS) - 1:
            value, unit = value / 1000, unit + 1
        return f"{format_decimal(value, format='0' if unit == 0 else '0.#', locale=self.locale)} {_UNITS[unit]}"

    def clauses(self, items: Iterable[str]) -> str:
        """Items that are more than words, one after the other: ``to deliver what you order; to answer you``."""
        return self.typeset((" ; " if self.language == "fr" else "; ").join(items))

    def listing(self, items: Iterable[str]) -> str:
        """Items joined as in running text: ``a, b and c``."""
        return format_list(list(items), locale=self.locale)


def _long(day: date, locale: Locale) -> str:
    """The pattern of a date written out. The first of a month is an ordinal in French: ``1er avril``."""
    pattern: str = get_date_format("long", locale=locale).pattern
    return _DAY.sub("d'er'", pattern, count=1) if locale.language == "fr" and day.day == 1 else pattern


@lru_cache(maxsize=64)
def _locale(tag: str, language: str) -> Locale:
    parts = tag.replace("_", "-").split("-")
    region = next((p.upper() for p in parts[1:] if len(p) == 2 and p.isalpha()), None)
    if region:
        try:
            return Locale.parse(f"{language}_{region}")
        except UnknownLocaleError:
            return Locale.parse(language)
    return Locale.parse(_LOCALES.get(language, language))


@lru_cache(maxsize=64)
def catalogue(topic: str, language: str) -> dict[str, str]:
    """Our own sentences, by their dotted keys."""
    source = files(topic).joinpath("words", f"{language}.toml")
    return dict(_flat(tomllib.loads(source.read_text(encoding="utf-8"))))


@lru_cache(maxsize=64)
def overlay(own: Path, language: str) -> dict[str, str]:
    """A controller's own sentences, by their dotted keys; none where it has no file for the language."""
    source = own / "words" / f"{language}.toml"
    return dict(_flat(tomllib.loads(source.read_text(encoding="utf-8")))) if source.is_file() else {}


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)
