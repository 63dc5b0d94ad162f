"""Patterns of names, such as ``invoices/{year}/{email}-*.pdf``: which names they fit, and whom a name is about. Pure.

A value of a person is never put into a pattern: a name is taken apart by it, and its parts are compared. So no value
can stand for anything but itself, whatever is in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

__all__ = ["ANY_DEPTH", "DATES", "Hole", "Pattern", "Reading", "Segment", "segments_of"]

DATES: Mapping[str, str] = {
    "year": "[0-9]{4}",
    "month": "0?[1-9]|1[0-2]",
    "day": "0?[1-9]|[12][0-9]|3[01]",
    "date": "[0-9]{4}-?[0-9]{2}-?[0-9]{2}",
}
"""Placeholders that are no identifiers, and what they fit."""
SHAPES: Mapping[str, str] = {
    # A last part without digits and dashes: what follows an address after a dash is none of it.
    "email": r"[^@\s<>\"(),:;\\/]+@[^@\s<>\"(),:;\\/]+\.(?:[^\W\d_]{2,63}|xn--[A-Za-z0-9-]{1,59})",
    "phone": r"\+?[0-9][0-9 ().-]{3,30}[0-9]",
}
"""What placeholders of these kinds fit, unless the settings say otherwise. All others: any part of a segment."""
ANY_DEPTH = "**"
_TOKEN = re.compile(r"\{([a-z][a-z0-9_]{0,40})\}|(\*)|([^{}*]+)")
_LONGEST = 1024
_MOST_HOLES = 3


@dataclass(frozen=True)
class Hole:
    """A placeholder, or a ``*``, whose name is empty then."""

    name: str = ""
    shape: re.Pattern[str] | None = None

    def fits(self, text: str) -> bool:
        """Whether it can stand for this text."""
        return not self.name or (bool(text) and (self.shape is None or self.shape.fullmatch(text) is not None))


@dataclass(frozen=True)
class Reading:
    """One way of reading a name: what each placeholder stands for, as it is written there."""

    values: Mapping[str, str] = field(repr=False)

    @property
    def day(self) -> date | None:
        """The date in the name; of a month or a year its last day, as it ends no term too early."""
        try:
            if "date" in self.values:
                return date.fromisoformat(self.values["date"].replace("-", ""))
            year, month = int(self.values["year"]), int(self.values.get("month", 12))
            if "day" in self.values:
                return date(year, month, int(self.values["day"]))
            return date.fromordinal(date(year + month // 12, month % 12 + 1, 1).toordinal() - 1)
        except (KeyError, ValueError):
            return None


@dataclass(frozen=True)
class Segment:
    """What stands between two slashes of a pattern."""

    tokens: tuple[str | Hole, ...]

    @property
    def literal(self) -> str | None:
        """Its text, if it has no placeholder."""
        return "".join(map(str, self.tokens)) if not any(isinstance(one, Hole) for one in self.tokens) else None

    @property
    def start(self) -> str:
        """The text that every name has to begin with."""
        return self.tokens[0] if isinstance(self.tokens[0], str) else ""

    @property
    def names(self) -> frozenset[str]:
        """Its placeholders."""
        return frozenset(one.name for one in self.tokens if isinstance(one, Hole) and one.name)

    def readings(self, text: str) -> list[dict[str, str]]:
        """Every way of reading it that gives the placeholders other values. However accents are written (NFC, NFD)."""
        found = self._read(unicodedata.normalize("NFC", text), 0, {})
        return list({tuple(sorted(values.items())): values for values in found}.values())

    def _read(self, text: str, at: int, values: dict[str, str]) -> Iterator[dict[str, str]]:
        if at == len(self.tokens):
            if not text:
                yield values
            return
        token = self.tokens[at]
        if isinstance(token, str):
            if text.startswith(token):
                yield from self._read(text[len(token) :], at + 1, values)
            return
        for end in self._ends(text, at):
            part = text[:end]
            if token.fits(part) and values.get(token.name, part) == part:
                more = values | {token.name: part} if token.name else values
                yield from self._read(text[end:], at + 1, more)

    def _ends(self, text: str, at: int) -> Iterator[int]:
        """Where a placeholder may end: before the text that follows it in the pattern, or with the name."""
        following = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        if not isinstance(following, str):
            yield len(text)
            return
        end = text.find(following)
        while end >= 0:
            yield end
            end = text.find(following, end + 1)


class Pattern:
    """A pattern of names.

    Args:
        text: segments between slashes. ``{kind}`` is an identifier of the person, or one of `DATES`; ``*`` anything
            within a segment; ``**``, as a whole segment and once at most, any number of segments.
        shapes: by kind, a regular expression of what its placeholder fits.

    Raises:
        ValueError: it is no such pattern; says why.
    """

    def __init__(self, text: str, shapes: Mapping[str, re.Pattern[str]]) -> None:
        self.text = text
        parts = text.split("/")
        if not text or len(text) > _LONGEST or any(part in ("", ".", "..") for part in parts):
            raise ValueError("segments are not empty, and neither '.' nor '..'; it begins and ends without a slash")
        if parts.count(ANY_DEPTH) > 1:
            raise ValueError("'**' may stand in it once")
        self.segments = tuple(Segment((ANY_DEPTH,)) if one == ANY_DEPTH else _segment(one, shapes) for one in parts)
        self.deep = parts.index(ANY_DEPTH) if ANY_DEPTH in parts else None
        self.kinds = frozenset(one for segment in self.segments for one in segment.names) - DATES.keys()
        if not self.kinds:
            raise ValueError("it has no identifier of a person as a placeholder")

    @property
    def dated(self) -> bool:
        """Whether a date can be read from its names."""
        names = {one for segment in self.segments for one in segment.names}
        return bool(names & {"date", "year"})

    @property
    def static(self) -> str:
        """What all its names begin with, up to the first placeholder's segment: ``invoices/``."""
        fixed = []
        for segment in self.segments:
            if segment.literal in (None, ANY_DEPTH):
                break
            fixed.append(f"{segment.literal}/")
        return "".join(fixed)

    @property
    def bearing(self) -> int:
        """The number of segments until one has an identifier: folders from there on bear it, or lie in one."""
        return next(at for at, one in enumerate(self.segments, 1) if one.names & self.kinds)

    def bearing_in(self, key: str) -> int:
        """The same number in a name of this pattern's, where any number of segments may come before."""
        if self.deep is None or self.bearing <= self.deep:
            return self.bearing
        return len(segments_of(key) or ()) - len(self.segments) + self.bearing

    def readings(self, key: str) -> list[Reading]:
        """Every way of reading a name as one of this pattern's that differs in what its identifiers are.

        A name that ends in a slash is a folder's: it fits where a name below it would, once all identifiers are told.
        """
        parts = segments_of(key)
        if parts is None:
            return []
        found: dict[tuple[tuple[str, str], ...], Reading] = {}
        for way in self._ways(len(parts), folder=key.endswith("/")):
            for values in _combined(list(zip(way, parts, strict=True)), {}):
                if values.keys() >= self.kinds:
                    told = tuple(sorted((name, value) for name, value in values.items() if name in self.kinds))
                    found.setdefault(told, Reading(values))
        return list(found.values())

    def _ways(self, count: int, *, folder: bool) -> Iterator[tuple[Segment | None, ...]]:
        """Which segment each part of a name would be; None for one below ``**``."""
        before = self.segments[: self.deep]
        if folder:
            if count < len(self.segments) or self.deep is not None:
                yield (*before[:count], *[None] * (count - len(before)))
        elif self.deep is None:
            if count == len(before):
                yield before
        else:
            after = self.segments[self.deep + 1 :]
            between = count - len(before) - len(after)
            if between > 0 or (between == 0 and after):
                yield (*before, *[None] * between, *after)


def segments_of(key: str) -> list[str] | None:
    """The segments of a name; None where one is empty or leads elsewhere: no pattern fits such a name."""
    parts = (key[:-1] if key.endswith("/") else key).split("/")
    return None if any(part in ("", ".", "..") or "\0" in part for part in parts) else parts


def _segment(text: str, shapes: Mapping[str, re.Pattern[str]]) -> Segment:
    tokens: list[str | Hole] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or set(text) & set("\\?[]\0"):
            raise ValueError("there are {names} of lower-case letters, '*' and '**', and no other special characters")
        name, star, plain = found.groups()
        if plain:
            tokens.append(unicodedata.normalize("NFC", plain))
        elif tokens and isinstance(tokens[-1], Hole):
            raise ValueError("two placeholders need text between them: nobody could say where one ends")
        elif star:
            tokens.append(Hole())
        else:
            tokens.append(Hole(name, shapes.get(name) or _SHAPES.get(name)))
        at = found.end()
    if sum(isinstance(one, Hole) and one.name not in DATES for one in tokens) > _MOST_HOLES:
        raise ValueError(f"more than {_MOST_HOLES} placeholders in one segment")
    return Segment(tuple(tokens))


def _combined(pairs: list[tuple[Segment | None, str]], values: dict[str, str]) -> Iterator[dict[str, str]]:
    """Readings of all segments together, in which a placeholder that stands twice says the same twice."""
    if not pairs:
        yield values
        return
    (segment, part), rest = pairs[0], pairs[1:]
    for more in segment.readings(part) if segment is not None else [{}]:
        if all(values.get(name, value) == value for name, value in more.items()):
            yield from _combined(rest, values | more)


_SHAPES = {name: re.compile(shape) for name, shape in {**SHAPES, **DATES}.items()}
