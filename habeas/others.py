"""Who else may be named in a text: e-mail addresses, phone numbers and names that are not the person's. Pure.

These are hints for whoever reviews a copy, and no more. What they do not see: names in small letters or all in
capitals, names of one word without a greeting, a title or a role before or after them, names in scripts without
capitals (Arabic, Chinese, Hebrew, Japanese, …), nicknames, descriptions ("my neighbour"), and anything in attachments.
What they mark may be nobody: a street, a product, a heading.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from habeas.model import Frozen

__all__ = ["Known", "Mark", "MarkKind", "marks"]

MOST = 500
"""Marks in one text; whoever is told so many reads the text anyway."""
_LONGEST = 200_000
"""Characters that are looked at."""

_EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_PHONE = re.compile(r"(?<![\w/.-])(?:\+|00)?\(?\d(?:[ ()./-]{0,2}\d){6,14}(?![\w/-])")
_DAY = re.compile(r"\b(?:\d{4}([-./])\d{1,2}\1\d{1,2}|\d{1,2}([-./])\d{1,2}\2\d{4})\b")
_WORD = re.compile(r"[^\W\d_][\w'’]*(?:-[^\W\d_][\w'’]*)*", re.UNICODE)


def _vocabulary(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PARTICLES = _vocabulary(
    "af al av bin da das de del della den der des di do dos du el ibn la las le los of ten ter van von y zu zum zur"
)
_GREETINGS = _vocabulary(
    "dear hi hello hej hei kære hallo liebe lieber cher chère bonjour salut regards greetings hilsen gruß "
    "grüße cordialement sincerely thanks tak takk danke merci from fra von to til an re cc med mvh"
)
"""Before a name of one word, in the languages of the letters."""
_TITLES = _vocabulary(
    "mr mrs ms miss dr prof hr fr fru frau herr frk mme mlle m monsieur madame colleague kollega kollege "
    "collègue manager agent brother sister bror søster bruder schwester frère sœur husband wife mand kone mann "
    "frau mari femme mother father mor far mutter vater mère père son daughter søn datter sohn tochter fils "
    "fille"
)
_NOT_NAMES = _vocabulary(
    "i monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
    "august september october november december"
)


class MarkKind(StrEnum):
    """What a mark may be."""

    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"


class Mark(Frozen):
    """A passage that may be about somebody else: characters ``start`` to ``end`` (without it), from 0."""

    start: int
    end: int
    kind: MarkKind


@dataclass(frozen=True)
class Known:
    """By what the person is known, in the form in which texts are compared with it."""

    emails: frozenset[str]
    digits: frozenset[str]
    names: frozenset[str]
    """The words of their names."""

    @classmethod
    def of(cls, emails: Iterable[str], phones: Iterable[str], names: Iterable[str | None]) -> Known:
        """What is the person's own."""
        return cls(
            emails=frozenset(_folded(one) for one in emails),
            digits=frozenset(one for one in map(_digits, phones) if one),
            names=frozenset(_folded(word) for name in names if name for word in _WORD.findall(name)),
        )


def marks(text: str, known: Known) -> tuple[Mark, ...]:
    """What in a text may be about somebody else than who is known; in order, none over another."""
    looked = text[:_LONGEST]
    found: list[Mark] = []
    for mark in (*_emails(looked, known), *_phones(looked, known), *_names(looked, known)):
        if all(mark.end <= one.start or one.end <= mark.start for one in found):
            found.append(mark)
            if len(found) == MOST:
                break
    return tuple(sorted(found, key=lambda one: one.start))


def _emails(text: str, known: Known) -> Iterator[Mark]:
    for match in _EMAIL.finditer(text):
        if _folded(match.group().rstrip(".")) not in known.emails:
            yield Mark(start=match.start(), end=match.end(), kind=MarkKind.EMAIL)


def _phones(text: str, known: Known) -> Iterator[Mark]:
    for match in _PHONE.finditer(_DAY.sub(lambda day: "x" * len(day.group()), text)):
        digits = _digits(match.group())
        # With or without the country's number: the last eight digits decide.
        if any(one.endswith(digits[-8:]) for one in known.digits):
            continue
        yield Mark(start=match.start(), end=match.end(), kind=MarkKind.PHONE)


def _names(text: str, known: Known) -> Iterator[Mark]:
    run: list[re.Match[str]] = []
    before: str | None = None
    for match in _WORD.finditer(text):
        if run and not _adjoins(text, run[-1], match):
            yield from _told(run, before, known)
            run, before = [], None
        if _is_capital(match.group()) and not (not run and _folded(match.group()) in _GREETINGS | _TITLES):
            run.append(match)
            continue
        if run and _folded(match.group()) in _PARTICLES:
            run.append(match)
            continue
        yield from _told(run, before, known)
        run, before = [], _folded(match.group())
    yield from _told(run, before, known)


def _told(run: list[re.Match[str]], before: str | None, known: Known) -> Iterator[Mark]:
    while run and not _is_capital(run[-1].group()):
        run = run[:-1]
    words = [_folded(one.group()) for one in run]
    own = [word in known.names for word in words]
    # Theirs where every word is; a sister of the same family name is somebody else.
    if not run or all(one or word in _PARTICLES for one, word in zip(own, words, strict=True)):
        return
    led = before is not None and before in _GREETINGS | _TITLES
    if (len(run) > 1 or led) and not set(words) <= _NOT_NAMES:
        yield Mark(start=run[0].start(), end=run[-1].end(), kind=MarkKind.NAME)


def _adjoins(text: str, left: re.Match[str], right: re.Match[str]) -> bool:
    between = text[left.end() : right.start()]
    # An initial has a full stop: "Ada M. Lovelace".
    return between in {" ", "\u00a0"} or (between == ". " and len(left.group()) == 1)


def _is_capital(word: str) -> bool:
    return word[0].isupper() and not (len(word) > 1 and word.isupper())


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdecimal())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
