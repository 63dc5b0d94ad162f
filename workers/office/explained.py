"""The sentences that explain a date, in the reader's language.

The law's own arithmetic writes them in English, and evidence keeps them so for good. Here each is known by its English
shape (``explained`` in ``words``) and said in another language, with its days, lengths and articles; a sentence that
is known by none stays as it was written, and says so.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from importlib.resources import files
from string import Formatter

from babel.dates import format_date

from activities.letters.wording import Words, catalogue, lookup
from habeas.model import Frozen

__all__ = ["Explained", "at_field", "explained", "noted", "refused"]

TOPIC = "workers.office"
_SENTENCES, _ITEMS, _NOTES, _REFUSALS = "explained.", "explained_items.", "noted.", "unusable."
_AT_FIELD = re.compile(r"[a-z][a-z_-]*(?P<number> \d+)?(?:, [a-z]+)*: ")
"""What an error says first, of a field; a page says it at the field."""
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SPRING = ("January", "February", "March", "April", "May", "June")
_MONTHS = (*_SPRING, "July", "August", "September", "October", "November", "December")
_MONTH = "|".join(_MONTHS)
_DAY = rf"(?:{'|'.join(_WEEKDAYS)}) \d+ (?:{_MONTH}) \d{{4}}"
_SPAN = r"(?:[Oo]ne month|[Tt]wo months|[Tt]hree months|\d+ (?:working )?days?)"
_FIELDS = {"day": _DAY, "span": _SPAN, "month": f"(?:{_MONTH})", "n": r"\d+", "tz": r"[^,()]+?", "reason": r"\w+"}
_LISTED = re.compile(rf"(?P<day>{_DAY})|(?P<span>{_SPAN})|(?P<word>\b(?:weekends|or)\b)")


class Explained(Frozen):
    """One sentence and the language that it is in."""

    text: str
    language: str


def explained(lines: Iterable[str], language: str) -> tuple[Explained, ...]:
    """The sentences of `habeas.law.compute` and `activities.clockface.Dated`, as they are said in a language.

    Args:
        lines: in English, in their order.
        language: of staff: ``en`` or ``fr``.
    """
    if language == "en":
        return tuple(Explained(text=line, language="en") for line in lines)
    book = _Book(language)
    told = ((line, book.said(line, _SENTENCES)) for line in lines)
    return tuple(
        Explained(text=line, language="en") if said is None else Explained(text=said, language=language)
        for line, said in told
    )


def noted(note: str, language: str) -> Explained:
    """A note beside a request (`law_note`, `right_note`, `language_note`), as it is said in a language."""
    return _in(note, language, _NOTES)


def refused(text: str, language: str) -> Explained:
    """An error's text for staff, as it is said in a language at the field that is wrong.

    Args:
        text: `HabeasError.detail`, in English.
        language: of staff: ``en`` or ``fr``.
    """
    whole = _in(text, language, _REFUSALS)
    at = _AT_FIELD.match(text)
    if at is None or whole.language == language:
        return whole
    said = _in(text[at.end() :], language, _REFUSALS)
    if said.language != language:
        return whole
    which = f"{at['number'].strip()} : " if at["number"] else ""
    return said.model_copy(update={"text": which + said.text})


def at_field(text: str) -> str:
    """An error's text as it stands at its field: without the name that programs have for that."""
    found = _AT_FIELD.match(text)
    bare = text if found is None or found["number"] else text[found.end() :]
    return bare[:1].upper() + bare[1:]


def _in(line: str, language: str, group: str) -> Explained:
    said = line if language == "en" else _Book(language).said(line, group)
    return Explained(text=line, language="en") if said is None else Explained(text=said, language=language)


class _Book:
    """What is said how in one language."""

    def __init__(self, language: str) -> None:
        self._words: Words = lookup(TOPIC, language)
        self._ours = catalogue(TOPIC, language)
        self._texts = _texts(language)

    def said(self, line: str, group: str) -> str | None:
        """The line, if it is known by a shape of this group."""
        for key, shape in _shapes(group):
            found = shape.fullmatch(line)
            if found is None:
                continue
            values = {name: self._value(name, value) for name, value in found.groupdict().items()}
            whole = {name: value for name, value in values.items() if value is not None}
            if len(whole) == len(values) and key in self._ours:
                told = self._ours[key].format_map(whole)
                first = told if group == _ITEMS else told[:1].upper() + told[1:]
                return self._words.typeset(first)
        return None

    def _value(self, name: str, value: str) -> str | None:
        match name.rstrip("123"):
            case "day":
                return self._day(value)
            case "span":
                return self._span(value)
            case "month":
                return format_date(date(2000, _MONTHS.index(value) + 1, 1), "MMMM", locale=self._words.locale)
            case "tz":
                town = value.removesuffix(" time")
                return town if town == value else self._words.text("explained_words.tz", town=town)
            case "reason" | "right":
                return self._named(value)
            case "cite":
                return self._words.cited(value)
            case "text":
                return self._texts.get(value)
            case "named":
                return _LISTED.sub(self._listed, value)
            case "items":
                return self._items(value)
            case _:
                return value

    def _day(self, value: str) -> str:
        _, day, month, year = value.split()
        on = date(int(year), _MONTHS.index(month) + 1, int(day))
        return format_date(on, self._words.text("explained_words.day"), locale=self._words.locale)

    def _span(self, value: str) -> str:
        count, _, unit = value.lower().partition(" ")
        kind = {"month": "month", "months": "month", "day": "one_day", "days": "days"}.get(unit, "working_day")
        return self._words.text(f"explained_words.{kind}", n=self._named(count))

    def _named(self, word: str) -> str:
        for key in (f"explained_words.{word}", f"values.{word}"):
            if key in self._words:
                return self._words.text(key)
        return word.replace("_", " ")

    def _listed(self, found: re.Match[str]) -> str:
        if day := found["day"]:
            return self._day(day)
        return self._span(found["span"]) if found["span"] else self._named(found["word"])

    def _items(self, value: str) -> str | None:
        """What is open, one after the other; a semicolon may also stand within one of them."""
        told, open_ = [], ""
        for part in _parts(value):
            open_ = f"{open_}; {part}" if open_ else part
            if (said := self.said(open_, _ITEMS)) is not None:
                told.append(said)
                open_ = ""
        return None if open_ else self._words.text("explained_words.between").join(told)


def _parts(value: str) -> Iterator[str]:
    """Between semicolons that stand in no brackets."""
    depth, begin = 0, 0
    for at, sign in enumerate(value):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and value.startswith("; ", at):
            yield value[begin:at]
            begin = at + 2
    yield value[begin:]


@lru_cache(maxsize=8)
def _texts(language: str) -> Mapping[str, str]:
    """What the files of the law say themselves, with and without the full stop."""
    source = files(TOPIC).joinpath(f"explained.{language}.toml")
    known = tomllib.loads(source.read_text(encoding="utf-8")) if source.is_file() else {}
    return known | {text.rstrip("."): said.rstrip(".") for text, said in known.items()}


@lru_cache(maxsize=2)
def _shapes(group: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The English shapes, as patterns; those that say the most first."""
    shapes = {key: shape for key, shape in catalogue(TOPIC, "en").items() if key.startswith(group)}
    ordered = sorted(shapes.items(), key=lambda one: -sum(len(text) for text, *_ in Formatter().parse(one[1])))
    return tuple((key, re.compile(_pattern(shape), re.DOTALL)) for key, shape in ordered)


def _pattern(shape: str) -> str:
    parts = []
    for text, name, _, _ in Formatter().parse(shape):
        parts.append(re.escape(text))
        if name:
            kind = name.rstrip("123")
            parts.append(f"(?P<{name}>{_any_text() if kind == 'text' else _FIELDS.get(kind, '.+')})")
    return "".join(parts)


@lru_cache(maxsize=1)
def _any_text() -> str:
    known = sorted((text for text in _texts("fr")), key=len, reverse=True)
    return "|".join(map(re.escape, known))
