"""Whether two names can be one person's. Names alone never match; they only contradict."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

Name = tuple[str, ...]
"""The parts of a name that are compared; none of a missing one."""


def consistent(one: str | None, other: str | None) -> bool:
    """Whether two names can be one person's.

    Case, accents, punctuation, titles and the order of the parts do not count. The shorter name must be contained in
    the longer; an initial stands for any part that begins with it. A missing name contradicts nothing.
    """
    return agree(folded(one), folded(other))


_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"})
_DIGRAPHS = re.compile(r"(?<=[aou])e|(?<=a)a")
_TITLES = frozenset(
    ("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "ing", "herr", "frau", "hr", "fru", "frk", "mme", "mlle")
)


def folded(name: str | None) -> Name:
    """The parts of a name that are compared; none for a missing one."""
    plain = unicodedata.normalize("NFKD", (name or "").casefold()).translate(_LETTERS)
    bare = "".join(char for char in plain if not unicodedata.combining(char) and char not in "'’`´ʼ")
    parts = "".join(char if unicodedata.category(char)[0] in "LNM" else " " for char in bare).split()
    parts = [_DIGRAPHS.sub("", part) for part in parts]
    return tuple(part for part in parts if part not in _TITLES) or tuple(parts)


def agree(one: Name, other: Name) -> bool:
    """`consistent`, of names taken apart already."""
    if not one or not other or "".join(one) == "".join(other):
        return True
    return _contained(one, other) or _contained(other, one)


def is_full(name: Name) -> bool:
    """Whether a name says enough to tell people apart: two whole words, or one where none are written apart."""
    return sum(len(part) > 1 for part in name) > 1 or _is_unspaced(name)


def agree_fully(one: Name, other: Name) -> bool:
    """Whether two names are so much alike that they say of whom: two whole words of one are in the other.

    A first name alone, a family's, or an initial is many people's.
    """
    if not agree(one, other):
        return False
    shared = Counter(part for part in one if len(part) > 1) & Counter(other)
    alike = "".join(one) == "".join(other)
    return shared.total() > 1 or (alike and (is_full(one) or is_full(other)))


def _is_unspaced(name: Name) -> bool:
    """Of a script without capitals, which mostly writes the whole of a name as one word."""
    return len(name) == 1 and len(name[0]) > 1 and all(unicodedata.category(char) == "Lo" for char in name[0])


def _contained(small: Name, large: Name) -> bool:
    """Whether each part of one name has its own part in the other: the same one, or one that an initial stands for.

    Equal words pair off first, which never costs a pair: an initial that gives way takes the other's partner. Equal
    initials must not: ``Anna A.`` and ``A. Arne`` pair crosswise.
    """
    same = Counter(part for part in small if len(part) > 1) & Counter(large)
    left, right = Counter(small) - same, Counter(large) - same
    for letter in {part[0] for part in left}:
        words, initials = _by_letter(left, letter)
        their_words, their_initials = _by_letter(right, letter)
        if words > their_initials or words + initials > their_words + their_initials:
            return False
    return True


def _by_letter(parts: Counter[str], letter: str) -> tuple[int, int]:
    words = sum(count for part, count in parts.items() if part[0] == letter and len(part) > 1)
    return words, parts[letter]
