"""Everything of a person as records, in one order, from any place in it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import ClassVar

from activities.connectors.api.erasure import fingerprint
from activities.connectors.rt import holdings, stored
from activities.connectors.rt.rest import Rest, Row, is_
from activities.connectors.rt.settings import CONTRIBUTIONS, COPIED, MENTIONS, MESSAGES, TICKETS, USERS
from activities.connectors.rt.web import Web
from habeas.connector import Page, Record, RecordRef
from habeas.errors import Quarantine

__all__ = ["MENTION_FIELDS", "Walk", "key_of", "mention_fingerprint", "number_of"]

_ORDER = (USERS, TICKETS, MESSAGES, COPIED, CONTRIBUTIONS, MENTIONS)
_AT_ONCE = 25
_LARGE = 1_000_000
MENTION_FIELDS = ("id", "TransactionId", "Created", "ContentType", "Filename", "Subject", "Headers", "Content")


class Walk:
    """One RT's objects of a person."""

    def __init__(self, system: str, rest: Rest, web: Web) -> None:
        self._system = system
        self._rest = rest
        self._web = web

    async def places(self, roots: Iterable[RecordRef]) -> list[RecordRef]:
        """Where everything of theirs is."""
        held = await self._find(roots)
        return [RecordRef(collection=name, key=key_of(one)) for name in _ORDER for one in _ids(held, name)]

    async def pages(self, roots: Iterable[RecordRef], cursor: str | None) -> AsyncIterator[Page]:
        """All of it, from a cursor on: the place of the last record that was given."""
        held = await self._find(roots)
        all_places = [(stage, one) for stage, name in enumerate(_ORDER) for one in _ids(held, name)]
        after = _position(self._system, cursor)
        rest = [place for place in all_places if after is None or place > after]
        page: list[Record] = []
        for number, (stage, one) in enumerate(rest):
            record = await self._readers[_ORDER[stage]](self, held, one)
            if record is not None:
                page.append(record)
            full = len(page) >= _AT_ONCE or sum(map(_size, page)) >= _LARGE
            if full and number + 1 < len(rest):
                yield Page(records=tuple(page), cursor=json.dumps([stage, one]))
                page = []
        yield Page(records=tuple(page), cursor=None)

    async def _find(self, roots: Iterable[RecordRef]) -> holdings.Holdings:
        users = [number_of(one.key) for one in roots if one.collection == USERS]
        return await holdings.find(self._rest, self._web, users)

    async def _user(self, held: holdings.Holdings, number: int) -> Record:
        found = held.users[number]
        return _record(USERS, number, _said(found.at.row, found.history), found.fingerprint, found.at.row)

    async def _ticket(self, held: holdings.Holdings, number: int) -> Record | None:
        found = await stored.ticket(self._rest, number)
        if found is None:
            return None
        names = found.watchers("Requestor")
        parents = [one for one, account in held.users.items() if account.at.row["Name"] in names]
        return _record(
            *(TICKETS, number, _said(found.at.row, found.history), found.fingerprint(held.names), found.at.row),
            anchor="Resolved",
            parents=[RecordRef(collection=USERS, key=key_of(one)) for one in parents],
        )

    async def _message(self, held: holdings.Holdings, number: int) -> Record | None:
        parent = RecordRef(collection=TICKETS, key=key_of(held.messages[number]))
        return await self._written(MESSAGES, number, [parent])

    async def _contribution(self, held: holdings.Holdings, number: int) -> Record | None:
        found = await self._written(CONTRIBUTIONS, number, [])
        return found and _theirs_elsewhere(found, held.written.get(number, ()))

    async def _written(self, collection: str, number: int, parents: list[RecordRef]) -> Record | None:
        found = await stored.message(self._rest, number)
        limits, fields = [is_("id", number)], ("id", "Type", "Created", "ObjectId")
        rows = [row async for row in self._rest.search("transactions", limits, fields)]
        if found is None or not rows:
            return None
        data = {
            **{field: rows[0].get(field) for field in ("Type", "Created")},
            "Ticket": rows[0].get("ObjectId"),
            "Subject": found.subject,
            "Headers": [str(one["Headers"]) for one in found.parts if one.get("Headers")],
            "texts": list(found.texts.values()),
        }
        files = await found.files(self._rest)
        made = _record(collection, number, data, found.fingerprint, rows[0], parents=parents)
        return made.model_copy(update={"files": files})

    async def _copied(self, held: holdings.Holdings, number: int) -> Record | None:
        found = await stored.ticket(self._rest, number, history=False)
        if found is None:
            return None
        row = found.at.row
        roles = [role for role in ("Requestor", "Cc", "AdminCc") if held.names & set(found.watchers(role))]
        data: Row = {"id": number, "Subject": row.get("Subject"), "Created": row.get("Created"), "theirs as": roles}
        # Not over what is others' in it: their ticket goes on while ours waits.
        told: Row = {"id": number, "roles": roles}
        reading = {name for role in roles for name in found.watchers(role)}
        users = [one for one, account in held.users.items() if account.at.row["Name"] in reading]
        return _theirs_elsewhere(_record(COPIED, number, data, fingerprint(told), row), users)

    async def _mention(self, held: holdings.Holdings, number: int) -> Record | None:
        async for row in self._rest.search("attachments", [is_("id", number)], MENTION_FIELDS):
            text = row.get("Content") if str(row.get("ContentType")).startswith("text/") else None
            data = {field: row.get(field) for field in MENTION_FIELDS if field != "Content"} | {"text": text}
            return _record(MENTIONS, number, data, mention_fingerprint(row), row)
        return None

    _readers: ClassVar[Mapping[str, Callable[[Walk, holdings.Holdings, int], Awaitable[Record | None]]]] = {
        USERS: _user,
        TICKETS: _ticket,
        MESSAGES: _message,
        COPIED: _copied,
        CONTRIBUTIONS: _contribution,
        MENTIONS: _mention,
    }


def key_of(number: int) -> str:
    """An id as a record's key."""
    return f"[{number}]"


def number_of(key: str) -> int:
    """And back.

    Raises:
        Quarantine: it is no key of RT's.
    """
    match _parsed(key):
        case [int(number)]:
            return number
    raise Quarantine("A key in the plan is none of Request Tracker's.")


def mention_fingerprint(row: Row) -> str:
    """Over all that an attachment holds."""
    return fingerprint({field: row.get(field) for field in MENTION_FIELDS})


def _ids(held: holdings.Holdings, name: str) -> list[int]:
    return sorted(getattr(held, name))


def _position(system: str, cursor: str | None) -> tuple[int, int] | None:
    if cursor is None:
        return None
    match _parsed(cursor):
        case [int(stage), int(number)]:
            return stage, number
    raise Quarantine(f"The place to go on from in {system} is none of its own.", system=system)


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _said(row: Row, history: Iterable[Row]) -> Row:
    data = {key: value for key, value in row.items() if key != "_hyperlinks"}
    told = ("Created", "Field", "OldValue", "NewValue")
    return data | {"history": [{key: one.get(key) for key in told} for one in history]}


def _record(
    collection: str,
    number: int,
    data: Row,
    digest: str,
    row: Row,
    *,
    anchor: str = "Created",
    parents: Iterable[RecordRef] = (),
) -> Record:
    return Record(
        collection=collection,
        key=key_of(number),
        data=data,
        fingerprint=digest,
        anchor=stored.own_day(row, anchor),
        parents=tuple(parents),
    )


def _theirs_elsewhere(record: Record, users: Iterable[int]) -> Record:
    """What they are in somebody else's ticket: taken out of there, it says nothing of their account."""
    parents = tuple(RecordRef(collection=USERS, key=key_of(one)) for one in users)
    return record.model_copy(update={"parents": parents, "lets_go": True})


def _size(record: Record) -> int:
    texts = sum(len(str(value)) for value in record.data.values())
    return texts + sum(len(one.content) for one in record.files)
