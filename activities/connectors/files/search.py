"""Finding a person's files: down through the folders of a pattern, and each name taken apart and compared exactly."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field

from activities.connectors.files.pattern import ANY_DEPTH, DATES, Pattern, Segment
from activities.connectors.files.store import Kind, Store, Stored
from habeas.errors import Quarantine, Terminal
from habeas.model import Identifier
from habeas.written import phone_in

__all__ = ["Hit", "Patterns", "Spelling", "Wanted"]

Identity = tuple[tuple[str, str], ...]
"""Each kind of identifier in a name, and its value in the form that is compared."""


@dataclass(frozen=True)
class Spelling:
    """How identifiers are written in names."""

    ignore_case: bool | None = None
    """None: as e-mail addresses are, and nothing else is."""
    region: str | None = None
    """The country of phone numbers that are written without its code."""

    def folds(self, kind: str) -> bool:
        """Whether capital letters count for nothing."""
        return kind == "email" if self.ignore_case is None else self.ignore_case

    def form(self, kind: str, text: str) -> str | None:
        """The form in which an identifier in a name, or a person's, is compared; None if it is none."""
        plain = unicodedata.normalize("NFC", text)
        if kind == "phone":
            try:
                return phone_in(plain, self.region)
            except ValueError:
                return None
        # Not casefold(): that makes one of two addresses that differ in ß and ss.
        return plain.lower() if self.folds(kind) else plain

    def only(self, kind: str, value: str) -> str | None:
        """The one way in which this value is written in names, if there is but one; else None."""
        return None if kind == "phone" or self.folds(kind) or not value.isascii() else value


@dataclass(frozen=True)
class Wanted:
    """What names are searched for: those in which each of these kinds says this."""

    values: Mapping[str, str] = field(repr=False)
    tag: object = field(default=None, repr=False)

    def allows(self, values: Mapping[str, str | None]) -> bool:
        """Whether identifiers in a part of a name are none but these."""
        return all(values[kind] == value for kind, value in self.values.items() if kind in values)


@dataclass(frozen=True)
class Hit:
    """A thing under a name that is about somebody who was wanted."""

    collection: str
    stored: Stored
    identity: Identity = field(repr=False)
    tags: tuple[object, ...] = field(repr=False)


class Patterns:
    """The patterns of one system, in their order: a name belongs to the first that fits it.

    Args:
        system: the system's name, for messages.
        patterns: by collection.
        spelling: how identifiers are written in names.
        most: so many names are looked through for one pattern.
    """

    def __init__(self, system: str, patterns: Mapping[str, Pattern], spelling: Spelling, most: int) -> None:
        self._system = system
        self._all = patterns
        self._spelling = spelling
        self._most = most

    def __getitem__(self, collection: str) -> Pattern:
        """A collection's pattern.

        Raises:
            Quarantine: there is no such collection.
        """
        if collection not in self._all:
            raise Quarantine(f"{self._system} has no {collection}.", system=self._system)
        return self._all[collection]

    def identities(self, collection: str, key: str) -> list[Identity]:
        """Whom a name may be about."""
        found = (self._identity(one.values) for one in self[collection].readings(key))
        return list(dict.fromkeys(one for one in found if one is not None))

    def wanted(self, identifiers: Iterable[Identifier]) -> list[Wanted]:
        """The search for names that bear one of these."""
        forms = [(one, self._spelling.form(one.kind, one.value)) for one in dict.fromkeys(identifiers)]
        return [Wanted({one.kind: form}, one) for one, form in forms if form is not None]

    async def find(self, store: Store, collection: str, wanted: Iterable[Wanted]) -> AsyncIterator[Hit]:
        """All that lies under names of a collection that are about one of these.

        Raises:
            Quarantine: a name can be read as theirs and as somebody else's.
            Terminal: there are too many names to look through.
        """
        pattern = self[collection]
        asked = [one for one in wanted if one.values.keys() <= pattern.kinds]
        walk = _Walk(store, pattern, self._spelling, self._most)
        async for stored, open_ in walk.below("", 0, asked):
            hit = self._hit(collection, stored, open_)
            if hit is not None:
                yield hit
        if walk.seen > self._most:
            detail = f"More than {self._most} names of {self._system} would have to be looked through for {collection}."
            raise Terminal(f"{detail} Let its pattern begin with more text, or raise `max_names`.", system=self._system)

    def _hit(self, collection: str, stored: Stored, wanted: list[Wanted]) -> Hit | None:
        first = next((name for name, one in self._all.items() if one.readings(stored.key)), None)
        if first != collection:
            return None
        identities = self.identities(collection, stored.key)
        meant = [one for one in wanted if any(one.values.items() <= dict(each).items() for each in identities)]
        if not meant:
            return None
        if len(identities) > 1:
            detail = f"{self._system}: a name in {collection} can be read in several ways, as this person's in one."
            raise Quarantine(f"{detail} Say in `shapes` what the identifiers look like.", system=self._system)
        return Hit(collection, stored, identities[0], tuple(one.tag for one in meant))

    def _identity(self, values: Mapping[str, str]) -> Identity | None:
        told = [(kind, self._spelling.form(kind, value)) for kind, value in values.items() if kind not in DATES]
        if any(form is None for _, form in told):
            return None
        return tuple(sorted((kind, form) for kind, form in told if form is not None))


class _Walk:
    """One way down through the folders of a pattern; stops once it saw more than it may."""

    def __init__(self, store: Store, pattern: Pattern, spelling: Spelling, most: int) -> None:
        self._store = store
        self._pattern = pattern
        self._spelling = spelling
        self._most = most
        self._bearing = pattern.bearing
        self.seen = 0

    async def below(self, folder: str, at: int, wanted: list[Wanted]) -> AsyncIterator[tuple[Stored, list[Wanted]]]:
        """What lies below a folder that is as deep as so many segments, for whom it may still be about."""
        if not wanted:
            return
        segment = self._pattern.segments[at]
        last = at + 1 == len(self._pattern.segments)
        if segment.literal not in (None, ANY_DEPTH) and segment.start.isascii() and not last and at < self._bearing:
            async for found in self.below(f"{folder}{segment.literal}/", at + 1, wanted):
                yield found
            return
        deep = segment.literal == ANY_DEPTH
        for start, sought in self._starts(segment, wanted) if at < self._bearing else [("", wanted)]:
            async for held in self._store.listed(folder, start, deep=deep):
                self.seen += 1
                if self.seen > self._most:
                    return
                meant = sought if deep or held.key == folder else self._may_be(segment, held.key, sought)
                for stored in held.things if meant else ():
                    self._no_link(stored, segment, at)
                    yield stored, meant
                if meant and not held.things and not last and not deep:
                    async for found in self.below(held.key, at + 1, meant):
                        yield found

    def _no_link(self, stored: Stored, segment: Segment, at: int) -> None:
        """Where only this person's files lie behind a name, or everybody's, a link must not hide them."""
        on_the_way = at + 1 < len(self._pattern.segments) and segment.literal != ANY_DEPTH
        if stored.kind is Kind.LINK and on_the_way and (segment.literal or at + 1 >= self._bearing):
            raise Quarantine("A link stands where a folder with a person's files should be. It is not followed.")

    def _starts(self, segment: Segment, wanted: list[Wanted]) -> list[tuple[str, list[Wanted]]]:
        """What to list, and for whom: where a name begins with an identifier, only names that do."""
        text = segment.start
        if segment.literal is not None or not text.isascii():
            return [("" if text == ANY_DEPTH else _plain(text), wanted)]
        hole = segment.tokens[1 if text else 0]
        kind = "" if isinstance(hole, str) else hole.name
        starts: dict[str, list[Wanted]] = {}
        for one in wanted:
            spelled = self._spelling.only(kind, one.values[kind]) if kind in one.values else None
            if spelled is None:
                return [(text, wanted)]
            starts.setdefault(text + spelled, []).append(one)
        return list(starts.items())

    def _may_be(self, segment: Segment, key: str, wanted: list[Wanted]) -> list[Wanted]:
        name = key.rstrip("/").rsplit("/", 1)[-1]
        readings = [
            {kind: self._spelling.form(kind, value) for kind, value in one.items()} for one in segment.readings(name)
        ]
        return [one for one in wanted if any(one.allows(each) for each in readings)]


def _plain(text: str) -> str:
    """Its beginning, as far as there is one way of writing it."""
    return text if text.isascii() else text[: next(at for at, one in enumerate(text) if not one.isascii())]
