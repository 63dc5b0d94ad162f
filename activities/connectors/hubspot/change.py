"""Correcting a contact, marking them as restricted, ending their newsletters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from activities.connectors.api import Refused
from activities.connectors.api.changing import Held, Marked, wanted
from activities.connectors.hubspot.hub import Hub
from activities.connectors.hubspot.kinds import CONTACTS
from activities.connectors.hubspot.newsletters import Newsletters
from activities.connectors.hubspot.records import Records, emails, values
from activities.connectors.hubspot.settings import ALL, HubSpotSettings
from activities.connectors.hubspot.walk import place_of
from habeas.connector import FieldChange, RecordRef, Restrict, Stop

__all__ = ["HubSpotChanges"]

_INVALID, _NOT_THERE, _TAKEN = 400, 404, 409


class HubSpotChanges:
    """What can be changed at one account's contacts, for `activities.connectors.api.changing`."""

    def __init__(self, hub: Hub, settings: HubSpotSettings) -> None:
        self._hub = hub
        self._settings = settings
        self._records = Records(hub, settings)
        self._newsletters = Newsletters(hub, settings)

    async def held(self, one: FieldChange) -> Held:
        """What the property holds."""
        if one.collection != CONTACTS or one.field not in self._settings.rectifiable:
            return Held(why_not="not_rectifiable")
        row = await self._records.one(CONTACTS, place_of(CONTACTS, one.key).id)
        return Held(there=False) if row is None else Held(values(row).get(one.field, ""))

    def same(self, one: FieldChange, value: JsonValue, held: JsonValue) -> bool:
        """HubSpot keeps addresses in lower case."""
        written = _text(value)
        return written.strip().casefold() == str(held).casefold() if one.field == "email" else written == held

    async def write(self, ref: RecordRef, values_: Mapping[str, JsonValue]) -> None:
        """A value that HubSpot does not take is seen when it is read back."""
        for name, value in values_.items():
            try:
                await self._hub.update(CONTACTS, place_of(CONTACTS, ref.key).id, {name: _text(value)})
            except Refused as error:
                if error.status not in (_INVALID, _NOT_THERE, _TAKEN):
                    raise

    async def mark(self, ref: RecordRef, asked: Restrict | Stop) -> None:
        """Set or lift the checkbox; or end newsletters, of all a contact's addresses."""
        if isinstance(asked, Stop):
            for address in await self._addresses(ref) or ():
                for what in self._ends(asked):
                    if what == ALL:
                        await self._newsletters.unsubscribe_all(address)
                    else:
                        await self._newsletters.unsubscribe(address, int(what))
            return
        name, found = self._settings.restriction, await self.marked(ref, asked)
        if name and found.wrong and found.possible:
            await self.write(ref, {name: wanted(asked)})

    async def marked(self, ref: RecordRef, asked: Restrict | Stop) -> Marked:
        """Whether the checkbox is as asked; or the newsletters have ended."""
        if isinstance(asked, Stop):
            return await self._stopped(ref, asked)
        name = self._settings.restriction
        if ref.collection != CONTACTS or name is None:
            return Marked("not_restrictable", possible=False)
        row = await self._records.one(CONTACTS, place_of(CONTACTS, ref.key).id)
        if row is None:
            return Marked(there=False)
        done = (values(row).get(name) == "true") is asked.on
        return Marked() if done else Marked("not_restricted" if asked.on else "still_restricted")

    async def _stopped(self, ref: RecordRef, asked: Stop) -> Marked:
        addresses, ends = await self._addresses(ref), self._ends(asked)
        if addresses is None:
            return Marked(there=False)
        if not ends or not addresses:
            return Marked("no_address" if ends else "no_such_purpose")
        ended = [await self._has_ended(address, what) for address in addresses for what in ends]
        return Marked() if all(ended) else Marked("not_stopped")

    async def _has_ended(self, address: str, what: int | str) -> bool:
        if what == ALL:
            return await self._newsletters.gets_nothing(address)
        states = {str(one["subscriptionId"]): one["status"] for one in await self._newsletters.choices(address)}
        return states.get(str(what)) == "UNSUBSCRIBED"

    def _ends(self, asked: Stop) -> Sequence[int | str]:
        purposes = self._settings.purposes
        return list(dict.fromkeys(purposes[one] for one in asked.purposes if one in purposes))

    async def _addresses(self, ref: RecordRef) -> tuple[str, ...] | None:
        """All of a contact's: a newsletter goes to the first one, which is another tomorrow."""
        if ref.collection != CONTACTS:
            return None
        row = await self._records.one(CONTACTS, place_of(CONTACTS, ref.key).id)
        return None if row is None else emails(row)


def _text(value: JsonValue) -> str:
    """As HubSpot writes every value."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
