"""Citations in the form that is usual in a language: ``GDPR 17(3)(b)`` as ``Art. 17 Abs. 3 Buchst. b DSGVO``.

The law's files, plans, the ledger and the evidence hold a citation in its one short form; it is written out only on its
way to a reader. What is not of that form (a matter, a law of a controller's own) stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal

from pydantic import Field

from habeas.law import files
from habeas.model import Frozen

__all__ = ["cited", "is_citation", "laws_in"]

_TOGETHER = "; "
_NOTE = re.compile(r" \([^()]*[a-z]{4,}[^()]*\)$")
"""``(in force 1 May 2027)``, ``(appeal)``: for those who keep the files."""
_SUB = r"\((?:\d+[A-Z]?(?:\.\d+)?|[a-z]{1,4}(?:\.\d+)?)\)"
_NUMBER = r"\d+[A-Z]?(?:-\d+)?"
_ARTICLE = re.compile(
    rf"(?:art\.? ?|Art\. ?|Articles? )?(?P<n>{_NUMBER})(?P<subs>(?:{_SUB})*)(?:-(?P<to>{_SUB}))?(?: (?P<item>\d+))?"
    r"(?P<tail>(?: § \d+)?(?: [IVX]+)?)"
)
_PLACE = re.compile(
    rf"(?:(?:ss?\. ?|§§? ?|cl\. |para |reg |r\.|IPP |Sch\.? \d+ (?:cl\.|para) |Fifth Schedule(?: para )?)?"
    rf"(?:\d[\w.]*(?:{_SUB})*|(?:{_SUB})+)?(?:-(?:\d[\w.]*)?(?:{_SUB})*)?)"
)
_UNITS = (
    (re.compile(r"\bss\. ?|§§ ?"), "ss"),
    (re.compile(r"\bs\. ?|(?<!§)§ ?"), "s"),
    (re.compile(r"\bcl\. "), "cl"),
    (re.compile(r"\bSch\.? "), "sch"),
    (re.compile(r"\bFifth Schedule"), "fifth"),
    (re.compile(r"\bpara "), "para"),
    (re.compile(r"\breg "), "reg"),
    (re.compile(r"\br\.(?=\d)"), "rule"),
    (re.compile(r"\bIPP "), "principle"),
)
_RECITAL = re.compile(r"Recital (\d+)")


class _Law(Frozen):
    """How one law counts, and what it is called beside a place in it, by language."""

    unit: Literal["article", "section", "code"]
    en: str
    fr: str
    da: str
    nb: str
    de: str
    paragraph: Mapping[str, str] = Field(default_factory=dict)
    """Its own words for a paragraph, where they are not the usual ones of a language."""
    letter: Mapping[str, str] = Field(default_factory=dict)

    def called(self, language: str) -> str:
        """Its name in one of the languages."""
        name: str = getattr(self, language)
        return name


class _Tables(Frozen):
    comments: frozenset[str]
    at_home: tuple[str, ...]
    words: Mapping[str, Mapping[str, Any]]
    laws: Mapping[str, _Law]

    def law_of(self, part: str) -> str | None:
        """The longest name of a law that a part begins with."""
        names = (name for name in (*self.laws, *self.at_home) if part == name or part.startswith(f"{name} "))
        return max(names, key=len, default=None)


@cache
def _tables() -> _Tables:
    return _Tables.model_validate(files.toml("citations.toml"))


def is_citation(text: str) -> bool:
    """Whether all of it is of the form that can be written out in any language."""
    return _parts(text, "en") is not None


def laws_in(text: str) -> frozenset[str]:
    """The known laws that a text names together with a place in them: ``GDPR`` in ``proof (GDPR art. 7(1))``."""
    return frozenset(_named().findall(text))


@cache
def _named() -> re.Pattern[str]:
    tables = _tables()
    names = sorted((*tables.laws, *tables.at_home), key=len, reverse=True)
    place = r"(?:[Aa]rt\.?|[Aa]rticles?|ss?\.|§+|Sch\.?|cl\.|reg|r\.|IPP|Recital|para)? ?\d"
    return re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, names))})(?= {place})")


def cited(text: str, language: str) -> str:
    """The citation as this language writes it; as it is where it is none, or where the language is not known here.

    Args:
        text: one citation, or several that stand together: ``GDPR 12(5)(b); Recital 63``.
        language: one that the tables have: ``en``, ``fr``, ``da``, ``nb``, ``de``.
    """
    if language not in _tables().words:
        return text
    whole = _parts(text, language)
    if whole is not None:
        return _together(whole, language)
    # A matter or a law of the controller's own beside citations: each by itself.
    single = (_parts(part, language) for part in text.split(_TOGETHER))
    parts = zip(single, text.split(_TOGETHER), strict=True)
    return _together((_together(said, language) if said else part for said, part in parts), language)


def _together(parts: Iterable[str], language: str) -> str:
    return ("\N{NO-BREAK SPACE}; " if language == "fr" else _TOGETHER).join(parts)


def _parts(text: str, language: str) -> list[str] | None:
    """Each part written out; None where one of them is no citation."""
    tables, law, said = _tables(), None, list[str]()
    for raw in text.split(_TOGETHER):
        if raw in tables.comments:
            continue
        part = _NOTE.sub("", raw)
        law = tables.law_of(part) or law
        if law is None:
            return None
        written = _written(law, part.removeprefix(law).strip(), language)
        if written is None:
            return None
        said.append(written)
    return said or None


def _written(name: str, places: str, language: str) -> str | None:
    tables = _tables()
    if name in tables.at_home:
        return f"{name} {_until(places)}".strip()
    law, words = tables.laws[name], tables.words[language]
    called = law.called(language)
    if not places:
        return called
    where = _where(law, places.split(", "), language)
    if where is None:
        return None
    if law.unit == "code" or not words["after"]:
        return f"{called} {where}"
    # A French list of places is closed by a comma before whose they are.
    joint = "," if "," in where and language == "fr" else ""
    return f"{where}{joint} {called}"


def _where(law: _Law, places: list[str], language: str) -> str | None:
    words = _tables().words[language]
    if law.unit == "code":
        return _until(", ".join(places))
    if all(_RECITAL.fullmatch(place) for place in places):
        return _RECITAL.sub(lambda found: f"{words['recital']}{found[1]}", ", ".join(places))
    if law.unit == "article":
        said = [_article(law, place, language) for place in places]
    else:
        said = [_section(place, language, first=n == 0) for n, place in enumerate(places)]
    known = [one for one in said if one is not None]
    if len(known) < len(said):
        return None
    return _listed(known, words["and"]) if law.unit == "article" else ", ".join(known)


def _listed(items: Iterable[str], word: str) -> str:
    *most, last = items
    if not most:
        return last
    comma = "," if any("," in one for one in most) else ""
    return f"{', '.join(most)}{comma} {word} {last}"


def _article(law: _Law, place: str, language: str) -> str | None:
    found = _ARTICLE.fullmatch(place)
    if found is None:
        return None
    words = _tables().words[language]
    said = [words["article"].format(n=_range(found["n"]))]
    for sub in re.findall(r"\(([^()]+)\)", found["subs"]):
        kind = "paragraph" if sub[0].isdigit() else "letter"
        own = (law.paragraph if kind == "paragraph" else law.letter).get(language, words[kind])
        said.append(own.format(n=sub))
    if found["to"]:
        end = found["to"] if language == "en" else found["to"][1:-1]
        said.append(f"–{end}")
    if found["item"]:
        said.append(words["item"].format(n=found["item"]))
    return "".join([*said, found["tail"]])


def _range(number: str) -> str:
    """Articles 44 to 50, but Article 35-2: an inserted one comes right before a lower number."""
    start, _, end = number.partition("-")
    return f"{start}–{end}" if end and int(end) > int(start) else number


def _section(place: str, language: str, *, first: bool) -> str | None:
    if not _PLACE.fullmatch(place):
        return None
    words, said = _tables().words[language], place
    if first and said[:1].isdigit():
        said = f"s.{said}"
    for pattern, unit in _UNITS:
        said = pattern.sub(f"\N{NULL}{unit}\N{NULL}", said)
    return re.sub(r"\x00(\w+)\x00", lambda found: words[found[1]], said).replace(")-(", ")–(")


def _until(places: str) -> str:
    return places.replace(" to -", "–")
