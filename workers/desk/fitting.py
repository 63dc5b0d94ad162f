"""What other programs pass on, made to fit: a request is a request, whatever is wrong with the form of its words.

Whoever sent it is a program, and nobody there reads that it was refused; the term has begun all the same.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from activities.task_model import FoundFile
from workers.office.intake import MOST_NAME, MOST_NOTE, MOST_REASON
from workers.office.messages import MOST_TEXT
from workers.office.particulars import MOST_SITUATION

__all__ = ["Fitted", "fitted", "mended"]

_MOST: Mapping[str, int] = {
    "name": MOST_NAME,
    "note": MOST_NOTE,
    "reason": MOST_REASON,
    "situation": MOST_SITUATION,
    "text": MOST_TEXT,
}
"""Characters of a field of words. What is longer is cut there, and all of it is a file."""
_CUT = " …"
_LOST = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Fitted:
    """Values by field, and what was done to make them so."""

    values: Mapping[str, tuple[str, ...]] = field(repr=False)
    files: tuple[FoundFile, ...] = field(default=(), repr=False)
    """All of what was cut, each as `FIELD.txt`."""
    notes: tuple[tuple[str, str], ...] = ()
    """Field, and what was done: for whoever keeps the program."""


def mended(text: str) -> str:
    """Text that can be written down: a mark in the place of NUL, of half a character, and of control characters."""
    whole = text.replace("\r\n", "\n")
    return "".join(
        char if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"} else _LOST for char in whole
    )


def fitted(values: Mapping[str, tuple[str, ...]]) -> Fitted:
    """These values, each as far as it can be taken."""
    whole = {name: tuple(map(mended, found)) for name, found in values.items()}
    long = {name: found[0] for name, found in whole.items() if name in _MOST and len(found[0]) > _MOST[name]}
    cut = {name: (text[: _MOST[name] - len(_CUT)] + _CUT,) for name, text in long.items()}
    files = tuple(
        FoundFile(name=f"{name}.txt", media_type="text/plain", content=text.encode()) for name, text in long.items()
    )
    return Fitted(whole | cut, files, tuple(_said(values, whole, long)))


def _said(
    values: Mapping[str, tuple[str, ...]], whole: Mapping[str, tuple[str, ...]], long: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for name, found in values.items():
        if any(one.replace("\r\n", "\n") != taken for one, taken in zip(found, whole[name], strict=True)):
            yield name, f"{name}: characters that cannot be kept were replaced by {_LOST}."
        if name in long:
            yield name, f"{name}: longer than {_MOST[name]} characters; cut, and all of it kept as {name}.txt."
