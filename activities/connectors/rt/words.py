"""The words by which RT's texts name a person, found exactly: never as a part of somebody else's address."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from activities.connectors.rt.rest import Row
from habeas.model import Identifier, normalise

__all__ = ["Words", "addresses"]

_PHONES = ("HomePhone", "WorkPhone", "MobilePhone", "PagerPhone")
_NUMBER = re.compile(r"[\d\s()+./-]+")
_FEWEST_DIGITS = 6
# What may stand beside an address without being part of it. A dot ends a sentence, unless more follows.
_BEFORE, _AFTER = r"(?<![\w.+%'-])", r"(?![\w+%-])(?!\.\w)(?!@)"


@dataclass(frozen=True)
class Words:
    """Addresses, and what else names the person: their full name, their numbers."""

    addresses: tuple[str, ...]
    others: tuple[str, ...] = ()

    @classmethod
    def of(cls, users: Iterable[Row], identifiers: Iterable[Identifier] = ()) -> Words:
        """Those of these users, as far as they still have them, and of these identifiers."""
        rows = list(users)
        found = {one for row in rows for one in addresses(row)}
        found |= {one.value for one in identifiers if one.kind == "email"}
        names = {_in_one_line(row.get("RealName")) for row in rows}
        phones = {_in_one_line(row.get(field)) for row in rows for field in _PHONES}
        # A single word is too often part of another; two of them are a name.
        others = {one for one in names if " " in one} | {one for one in phones if _is_number(one)}
        return cls(_longest_first(found), _longest_first(others - found))

    @property
    def all(self) -> tuple[str, ...]:
        """Every word, longest first: none is cut by a shorter one."""
        return (*self.addresses, *self.others)

    def addressed_in(self, text: str) -> bool:
        """Whether one of the addresses is there, as an address of its own."""
        return any(_exactly(word).search(text) for word in self.addresses)

    def named_in(self, text: str) -> bool:
        """Whether any of the words is there."""
        return any(_exactly(word).search(text) for word in self.all)

    def within_others(self, text: str) -> bool:
        """Whether a word is there as a part of another: a plain replacement would spoil that one."""
        return any(
            len(re.findall(re.escape(word), text, re.IGNORECASE)) != len(_exactly(word).findall(text))
            for word in self.all
        )


def _in_one_line(value: object) -> str:
    """Without line breaks: what takes words out of texts is given one a line, and each line is a word."""
    return " ".join(str(value or "").split())


def _is_number(text: str) -> bool:
    """Whether a phone's field has a number, and not what somebody noted there: other texts have such words, too."""
    return _NUMBER.fullmatch(text) is not None and sum(map(str.isdecimal, text)) >= _FEWEST_DIGITS


def addresses(user: Row) -> list[str]:
    """A user's addresses, normalised: that of their mail, and their name where that is one, as RT makes it."""
    found = []
    for field in ("EmailAddress", "Name"):
        try:
            found.append(normalise("email", str(user.get(field) or "")))
        except ValueError:
            continue
    return list(dict.fromkeys(found))


def _exactly(word: str) -> re.Pattern[str]:
    return re.compile(_BEFORE + re.escape(word) + _AFTER, re.IGNORECASE)


def _longest_first(words: set[str]) -> tuple[str, ...]:
    return tuple(sorted(words, key=lambda word: (-len(word), word)))
