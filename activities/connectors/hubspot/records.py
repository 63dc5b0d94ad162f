"""Whole objects of an account: all their properties, and what of them makes the fingerprint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from activities.connectors.api.erasure import fingerprint
from activities.connectors.hubspot.hub import Hub, Property, Row
from activities.connectors.hubspot.kinds import CONTACTS, STRUCTURE
from activities.connectors.hubspot.settings import HubSpotSettings
from habeas.errors import Terminal
from habeas.model import normalise

__all__ = ["Records", "day", "emails", "values"]


class Records:
    """For one act: what an account defines is asked for once."""

    def __init__(self, hub: Hub, settings: HubSpotSettings) -> None:
        self._hub = hub
        self._settings = settings
        self._defined: dict[str, Mapping[str, Property]] = {}

    async def defined(self, kind: str) -> Mapping[str, Property]:
        """Every property that a kind of object has, by name."""
        if kind not in self._defined:
            levels = ("non_sensitive", *(self._settings.sensitive if kind == CONTACTS else ()))
            found = [one for level in levels for one in await self._hub.properties(kind, level)]
            if not found:
                raise Terminal(f"{self._hub.system} shows no properties of {kind}.", system=self._hub.system)
            self._defined[kind] = {one.name: one for one in found}
        return self._defined[kind]

    async def read(
        self, kind: str, ids: Iterable[str], *, archived: bool = False, history: bool = False
    ) -> dict[str, Row]:
        """Objects by the id that they have now, with all their properties; those that are not there are left out."""
        wanted = set(ids)
        if not wanted:
            return {}
        rows = await self._hub.read(kind, wanted, await self.defined(kind), archived=archived, history=history)
        return {str(row["id"]): row for row in rows}

    async def one(self, kind: str, one: str, *, archived: bool = False) -> Row | None:
        """The object that an id leads to: after a merge it has another id."""
        return next(iter((await self.read(kind, [one], archived=archived)).values()), None)

    async def fingerprint(self, kind: str, row: Row) -> str:
        """Over all that somebody may write: HubSpot changes the rest by itself. Our own mark is left out."""
        defined, mark = await self.defined(kind), self._settings.restriction
        written = {name for name, one in defined.items() if one.writable and (kind != CONTACTS or name != mark)}
        return fingerprint({name: value for name, value in values(row).items() if name in written})

    async def writing(self, kind: str, row: Row) -> tuple[str, ...]:
        """The properties that hold what somebody wrote, and can be emptied."""
        defined = await self.defined(kind)
        return tuple(
            name
            for name in values(row)
            if name not in STRUCTURE and name in defined and defined[name].writable and defined[name].text
        )

    async def texts(self, kind: str, row: Row) -> tuple[str, ...]:
        """The account's own properties in which anything may be written, but for identifiers."""
        defined, known = await self.defined(kind), self._settings.identifiers.values()
        own = (one for name, one in defined.items() if name in values(row) and (kind != CONTACTS or name not in known))
        return tuple(one.name for one in own if one.custom and one.text)


def values(row: Row) -> dict[str, str]:
    """The properties that have a value."""
    return {name: str(value) for name, value in row["properties"].items() if value not in (None, "")}


def emails(row: Row) -> tuple[str, ...]:
    """A contact's addresses, the first one first, in their normal form."""
    held = values(row)
    found = []
    for one in (held.get("email", ""), *held.get("hs_additional_emails", "").split(";")):
        try:
            found.append(normalise("email", one))
        except ValueError:
            continue
    return tuple(dict.fromkeys(found))


def day(row: Row, anchor: str) -> date | None:
    """The day of a property that is a date or a moment; None without one."""
    try:
        return date.fromisoformat(values(row).get(anchor, "")[:10])
    except ValueError:
        return None
