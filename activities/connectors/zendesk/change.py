"""Correcting users' fields, and marking users as restricted or as objecting."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from activities.connectors.api.changing import Held, Marked, wanted
from activities.connectors.zendesk.keys import ids_of
from activities.connectors.zendesk.kinds import Kind
from activities.connectors.zendesk.rest import GONE, INVALID, Rest, Row
from activities.connectors.zendesk.settings import MarkSettings, ZendeskSettings, rectifiable
from activities.connectors.zendesk.stored import has_mark, is_staff, told_user
from habeas.connector import FieldChange, RecordRef, Restrict, Stop

__all__ = ["ZendeskChanges"]

_PREFIX = "user_fields."


class ZendeskChanges:
    """What can be changed at one account's users (``UpdateUser``), for `activities.connectors.api.changing`.

    What is not theirs to change, staff, is blocked.
    """

    def __init__(self, rest: Rest, settings: ZendeskSettings) -> None:
        self._rest = rest
        self._rectifiable = frozenset(rectifiable(settings))
        self._restrict = settings.restrict
        self._purposes = settings.purposes

    async def held(self, one: FieldChange) -> Held:
        """What the field holds: Zendesk ignores what it does not know, and answers 200."""
        if one.collection != Kind.USERS or one.field not in self._rectifiable or isinstance(one.new, dict | list):
            return Held(why_not="not_rectifiable")
        user = await self._user(one.key)
        if user is None:
            return Held(there=False)
        return Held(told_user(user, ()).get(one.field), why_not="staff" if is_staff(user) else None)

    def same(self, one: FieldChange, value: JsonValue, held: JsonValue) -> bool:
        """An empty text and none are the same to Zendesk."""
        return (held or None) == (value or None)

    async def write(self, ref: RecordRef, values: Mapping[str, JsonValue]) -> None:
        """What Zendesk does not take is seen when it is read back."""
        own: Row = {field: value for field, value in values.items() if not field.startswith(_PREFIX)}
        custom: Row = {
            field.removeprefix(_PREFIX): value for field, value in values.items() if field.startswith(_PREFIX)
        }
        user = own | ({"user_fields": custom} if custom else {})
        await self._rest.put(f"users/{ids_of(ref.key, 1)[0]}", {"user": user}, also=(GONE, INVALID))

    async def mark(self, ref: RecordRef, asked: Restrict | Stop) -> None:
        """Set or lift the marks that are not so yet."""
        on = wanted(asked)
        for mark in self._marks(asked):
            user = await self._user(ref.key) if ref.collection == Kind.USERS else None
            if user is None or is_staff(user) or has_mark(user, mark) is on:
                continue
            if mark.user_field is not None:
                await self.write(ref, {f"{_PREFIX}{mark.user_field}": on})
                continue
            # Tags are written as a whole; those that a colleague adds in the same moment are lost.
            tags = user.get("tags")
            kept = [one for one in tags if one != mark.tag] if isinstance(tags, list) else []
            await self.write(ref, {"tags": [*kept, *([mark.tag] if on else [])]})

    async def marked(self, ref: RecordRef, asked: Restrict | Stop) -> Marked:
        """Whether every mark is as asked."""
        on, marks = wanted(asked), self._marks(asked)
        if ref.collection != Kind.USERS or not marks:
            return Marked("cannot_be_marked", possible=False)
        user = await self._user(ref.key)
        if user is None:
            return Marked(there=False)
        if all(has_mark(user, mark) is on for mark in marks):
            return Marked()
        return Marked("staff" if is_staff(user) else ("not_marked" if on else "still_marked"))

    def _marks(self, asked: Restrict | Stop) -> list[MarkSettings]:
        if isinstance(asked, Restrict):
            return [self._restrict] if self._restrict else []
        return [self._purposes[one] for one in asked.purposes if one in self._purposes]

    async def _user(self, key: str) -> Row | None:
        user = await self._rest.get(f"users/{ids_of(key, 1)[0]}", "user")
        return None if user is None or user.get("active") is False else user
