"""Correcting users' fields, and marking users as restricted or as objecting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import assert_never

from pydantic import JsonValue

from activities.connectors.zendesk.keys import ids_of
from activities.connectors.zendesk.kinds import Kind
from activities.connectors.zendesk.rest import GONE, INVALID, Rest, Row
from activities.connectors.zendesk.settings import MarkSettings, ZendeskSettings, rectifiable
from activities.connectors.zendesk.stored import has_mark, is_staff, told_user
from habeas.connector import Change, FieldChange, RecordRef, Rectify, Restrict, Stop
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, Done, Drifted, Fate, ObjectOutcome

__all__ = ["Changes"]

_PREFIX = "user_fields."


class Changes:
    """What can be changed at one account's users (``UpdateUser``). What is not theirs to change, staff, is blocked."""

    def __init__(self, rest: Rest, settings: ZendeskSettings) -> None:
        self._rest = rest
        self._rectifiable = frozenset(rectifiable(settings))
        self._restrict = settings.restrict
        self._purposes = settings.purposes

    async def change(self, asked: Change) -> ChangeAnswer:
        """See `habeas.connector.Changing.change`."""
        match asked:
            case Rectify():
                return await self._rectify(asked.fields)
            case Restrict():
                for ref in asked.objects:
                    await self._mark(ref, [self._restrict] if self._restrict else [], asked.on)
            case Stop():
                for ref in asked.roots:
                    await self._mark(ref, self._marks(asked), on=True)
            case _:
                assert_never(asked)
        return Done(result=await self._marked(asked, Fate.BLOCKED))

    async def confirm_change(self, asked: Change) -> ConfirmAnswer:
        """See `habeas.connector.Changing.confirm_change`."""
        if isinstance(asked, Rectify):
            return Done(
                result=tuple([await self._rectified(one, Fate.FAILED, "not_rectified") for one in asked.fields])
            )
        return Done(result=await self._marked(asked, Fate.FAILED))

    async def _rectify(self, fields: tuple[FieldChange, ...]) -> ChangeAnswer:
        writable = [one for one in fields if self._is_writable(one)]
        users = {key: await self._user(key) for key in {one.key for one in writable}}
        to_write: dict[str, Row] = defaultdict(dict)
        drifted = 0
        for one in writable:
            user = users[one.key]
            if user is None or is_staff(user) or _is(one.new, one.field, user):
                continue
            drifted += not _is(one.old, one.field, user)
            to_write[one.key][one.field] = one.new
        if drifted:
            return Drifted(changed=drifted, appeared=0)
        for key, values in to_write.items():
            await self._write(key, _nested(values))
        outcomes = [await self._rectified(one, Fate.BLOCKED, "refused_by_system") for one in fields]
        return Done(result=tuple(outcomes))

    async def _rectified(self, one: FieldChange, otherwise: Fate, reason: str) -> ObjectOutcome:
        """Read back: Zendesk ignores what it does not know, and answers 200."""
        outcome = ObjectOutcome(collection=one.collection, key=one.key, field=one.field, fate=Fate.RECTIFIED)
        if not self._is_writable(one):
            return outcome.model_copy(update={"fate": Fate.BLOCKED, "reason": "not_rectifiable"})
        user = await self._user(one.key)
        if user is None:
            return outcome.model_copy(update={"fate": Fate.NOT_FOUND})
        if _is(one.new, one.field, user):
            return outcome
        return outcome.model_copy(update={"fate": otherwise, "reason": "staff" if is_staff(user) else reason})

    def _is_writable(self, one: FieldChange) -> bool:
        return one.collection == Kind.USERS and one.field in self._rectifiable and not isinstance(one.new, dict | list)

    def _marks(self, asked: Stop) -> list[MarkSettings]:
        return [self._purposes[one] for one in asked.purposes if one in self._purposes]

    async def _mark(self, ref: RecordRef, marks: Iterable[MarkSettings], on: bool) -> None:
        for mark in marks:
            user = await self._user(ref.key) if ref.collection == Kind.USERS else None
            if user is None or is_staff(user) or has_mark(user, mark) is on:
                continue
            if mark.user_field is not None:
                await self._write(ref.key, {"user_fields": {mark.user_field: on}})
                continue
            # Tags are written as a whole; those that a colleague adds in the same moment are lost.
            tags = user.get("tags")
            kept = [one for one in tags if one != mark.tag] if isinstance(tags, list) else []
            await self._write(ref.key, {"tags": [*kept, *([mark.tag] if on else [])]})

    async def _marked(self, asked: Restrict | Stop, otherwise: Fate) -> tuple[ObjectOutcome, ...]:
        if isinstance(asked, Restrict):
            fate = Fate.RESTRICTED if asked.on else Fate.LIFTED
            marks = [self._restrict] if self._restrict else []
            return tuple([await self._seen(ref, marks, fate, asked.on, otherwise) for ref in asked.objects])
        marks = self._marks(asked)
        bearing = [ref for ref in asked.roots if ref.collection == Kind.USERS]
        return tuple([await self._seen(ref, marks, Fate.STOPPED, True, otherwise) for ref in bearing])

    async def _seen(
        self, ref: RecordRef, marks: list[MarkSettings], fate: Fate, on: bool, otherwise: Fate
    ) -> ObjectOutcome:
        made = ObjectOutcome(collection=ref.collection, key=ref.key, fate=fate)
        if ref.collection != Kind.USERS or not marks:
            return made.model_copy(update={"fate": Fate.BLOCKED, "reason": "cannot_be_marked"})
        user = await self._user(ref.key)
        if user is None:
            return made.model_copy(update={"fate": Fate.NOT_FOUND})
        if all(has_mark(user, mark) is on for mark in marks):
            return made
        reason = "staff" if is_staff(user) else ("not_marked" if on else "still_marked")
        return made.model_copy(update={"fate": otherwise, "reason": reason})

    async def _user(self, key: str) -> Row | None:
        user = await self._rest.get(f"users/{ids_of(key, 1)[0]}", "user")
        return None if user is None or user.get("active") is False else user

    async def _write(self, key: str, values: Row) -> None:
        await self._rest.put(f"users/{ids_of(key, 1)[0]}", {"user": values}, also=(GONE, INVALID))


def _is(value: JsonValue, field: str, user: Row) -> bool:
    # An empty text and none are the same to Zendesk.
    return (told_user(user, ()).get(field) or None) == (value or None)


def _nested(values: Row) -> Row:
    own: Row = {field: value for field, value in values.items() if not field.startswith(_PREFIX)}
    custom: Row = {field.removeprefix(_PREFIX): value for field, value in values.items() if field.startswith(_PREFIX)}
    return own | ({"user_fields": custom} if custom else {})
