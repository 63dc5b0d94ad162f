"""Correcting a contact, marking them as restricted, ending their newsletters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import assert_never

from activities.connectors.api import Refused
from activities.connectors.hubspot.hub import Hub
from activities.connectors.hubspot.kinds import CONTACTS
from activities.connectors.hubspot.records import Records, emails, values
from activities.connectors.hubspot.settings import ALL, HubSpotSettings
from activities.connectors.hubspot.walk import place_of
from habeas.connector import Change, FieldChange, RecordRef, Rectify, Restrict, Stop
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, Done, Drifted, Fate, ObjectOutcome

__all__ = ["Changer"]

_INVALID, _NOT_THERE, _TAKEN = 400, 404, 409


class Changer:
    """One change."""

    def __init__(self, hub: Hub, settings: HubSpotSettings) -> None:
        self._hub = hub
        self._settings = settings
        self._records = Records(hub, settings)

    async def change(self, asked: Change) -> ChangeAnswer:
        """See `habeas.connector.Changing.change`."""
        match asked:
            case Rectify():
                return await self._rectify(asked)
            case Restrict():
                return Done(result=tuple([await self._mark(one, asked.on) for one in asked.objects]))
            case Stop():
                return Done(result=tuple([await self._stop(one, asked) for one in asked.roots]))
            case _:
                assert_never(asked)

    async def confirm(self, asked: Change) -> ConfirmAnswer:
        """See `habeas.connector.Changing.confirm_change`."""
        match asked:
            case Rectify():
                fields = [await self._rectified(one, Fate.FAILED, "not_rectified") for one in asked.fields]
                return Done(result=tuple(fields))
            case Restrict():
                return Done(result=tuple([await self._marked(one, asked.on, Fate.FAILED) for one in asked.objects]))
            case Stop():
                return Done(result=tuple([await self._stopped(one, asked, Fate.FAILED) for one in asked.roots]))
            case _:
                assert_never(asked)

    async def _rectify(self, asked: Rectify) -> ChangeAnswer:
        """Nothing is written if one value is neither the old nor the new one. HubSpot has no way to hold it so."""
        held = [await self._held(one) for one in asked.fields]
        pairs = list(zip(asked.fields, held, strict=True))
        drifted = sum(now is not None and not (_is(one, one.old, now) or _is(one, one.new, now)) for one, now in pairs)
        if drifted:
            return Drifted(changed=drifted, appeared=0)
        for one, now in pairs:
            if now is not None and not _is(one, one.new, now):
                await self._write(one.ref, one.field, _text(one.new))
        return Done(
            result=tuple([await self._rectified(one, Fate.BLOCKED, "refused_by_system") for one in asked.fields])
        )

    async def _held(self, one: FieldChange) -> str | None:
        """What the property holds; None where there is nothing to write to."""
        if one.collection != CONTACTS or one.field not in self._settings.rectifiable:
            return None
        row = await self._records.one(CONTACTS, place_of(CONTACTS, one.key).id)
        return None if row is None else values(row).get(one.field, "")

    async def _rectified(self, one: FieldChange, otherwise: Fate, reason: str) -> ObjectOutcome:
        if one.collection != CONTACTS or one.field not in self._settings.rectifiable:
            return _of(one.ref, Fate.BLOCKED, "not_rectifiable", one.field)
        now = await self._held(one)
        if now is None:
            return _of(one.ref, Fate.NOT_FOUND, None, one.field)
        if _is(one, one.new, now):
            return _of(one.ref, Fate.RECTIFIED, None, one.field)
        return _of(one.ref, otherwise, reason, one.field)

    async def _write(self, ref: RecordRef, name: str, value: str) -> None:
        """A value that HubSpot does not take is seen when it is read back."""
        try:
            await self._hub.update(CONTACTS, place_of(CONTACTS, ref.key).id, {name: value})
        except Refused as error:
            if error.status not in (_INVALID, _NOT_THERE, _TAKEN):
                raise

    async def _mark(self, ref: RecordRef, on: bool) -> ObjectOutcome:
        name = self._settings.restriction
        if ref.collection != CONTACTS or name is None:
            return _of(ref, Fate.BLOCKED, "not_restrictable")
        before = await self._marked(ref, on, Fate.BLOCKED)
        if before.fate is not Fate.BLOCKED:
            return before
        await self._write(ref, name, "true" if on else "false")
        return await self._marked(ref, on, Fate.BLOCKED)

    async def _marked(self, ref: RecordRef, on: bool, otherwise: Fate) -> ObjectOutcome:
        name = self._settings.restriction
        if ref.collection != CONTACTS or name is None:
            return _of(ref, Fate.BLOCKED, "not_restrictable")
        row = await self._records.one(CONTACTS, place_of(CONTACTS, ref.key).id)
        if row is None:
            return _of(ref, Fate.NOT_FOUND)
        if (values(row).get(name) == "true") is not on:
            return _of(ref, otherwise, "not_restricted" if on else "still_restricted")
        return _of(ref, Fate.RESTRICTED if on else Fate.LIFTED)

    async def _stop(self, ref: RecordRef, asked: Stop) -> ObjectOutcome:
        addresses = await self._addresses(ref)
        for address in addresses or ():
            for what in self._ends(asked):
                await (self._hub.unsubscribe_all(address) if what == ALL else self._hub.unsubscribe(address, int(what)))
        return await self._stopped(ref, asked, Fate.BLOCKED)

    async def _stopped(self, ref: RecordRef, asked: Stop, otherwise: Fate) -> ObjectOutcome:
        addresses, ends = await self._addresses(ref), self._ends(asked)
        if addresses is None:
            return _of(ref, Fate.NOT_FOUND)
        if not ends:
            return _of(ref, otherwise, "no_such_purpose")
        if not addresses:
            return _of(ref, otherwise, "no_address")
        ended = [await self._has_ended(address, what) for address in addresses for what in ends]
        return _of(ref, Fate.STOPPED) if all(ended) else _of(ref, otherwise, "not_stopped")

    async def _has_ended(self, address: str, what: int | str) -> bool:
        if what == ALL:
            return await self._hub.gets_nothing(address)
        states = {str(one["subscriptionId"]): one["status"] for one in await self._hub.choices(address)}
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


def _is(one: FieldChange, value: object, now: str) -> bool:
    wanted = _text(value)
    # HubSpot keeps addresses in lower case.
    return wanted.strip().casefold() == now.casefold() if one.field == "email" else wanted == now


def _text(value: object) -> str:
    """As HubSpot writes every value."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _of(ref: RecordRef, fate: Fate, reason: str | None = None, field: str | None = None) -> ObjectOutcome:
    return ObjectOutcome(collection=ref.collection, key=ref.key, field=field, fate=fate, reason=reason)
