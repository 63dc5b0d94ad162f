"""Finding persons: one record for each whom names of a collection are about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from activities.connectors.files.pattern import Reading
from activities.connectors.files.search import Hit, Identity, Patterns
from activities.connectors.files.settings import FilesSettings
from activities.connectors.files.store import Store
from habeas.connector import Located, Match
from habeas.errors import Quarantine
from habeas.model import Identifier

__all__ = ["locate"]

_MOST = 50


async def locate(
    system: str, store: Store, patterns: Patterns, settings: FilesSettings, identifiers: tuple[Identifier, ...]
) -> Located:
    """The first name of each person in each collection stands for all of theirs.

    Raises:
        Quarantine: there are too many persons, or a name can be read in several ways.
    """
    wanted = patterns.wanted(identifiers)
    people: dict[tuple[str, Identity], _Person] = {}
    for collection in settings.collections if wanted else ():
        async for hit in patterns.find(store, collection, wanted):
            people.setdefault((collection, hit.identity), _Person(hit)).add(hit)
            if len(people) > _MOST:
                raise Quarantine(f"More than {_MOST} persons of {system} bear these identifiers.", system=system)
    found = [(one, settings.collections[collection].yields) for (collection, _), one in sorted(people.items(), key=_at)]
    return Located(
        matches=tuple(
            Match(
                collection=one.first.collection,
                key=one.first.stored.place,
                found_by=tuple(each for each in dict.fromkeys(identifiers) if each in one.tags),
                yields=tuple(_told(patterns[one.first.collection].readings(one.first.stored.key)[0], kinds)),
            )
            for one, kinds in found
        )
    )


class _Person:
    """Whom some names of a collection are about."""

    def __init__(self, hit: Hit) -> None:
        self.first = hit
        self.tags: set[object] = set()

    def add(self, hit: Hit) -> None:
        self.first = min(self.first, hit, key=lambda one: one.stored.place)
        self.tags.update(hit.tags)


def _at(one: tuple[tuple[str, Identity], _Person]) -> tuple[str, Identity]:
    return one[0]


def _told(reading: Reading, kinds: tuple[str, ...]) -> Iterator[Identifier]:
    """Identifiers as they are written in a name."""
    for kind in kinds:
        with suppress(ValueError):
            yield Identifier(kind=kind, value=reading.values[kind])
