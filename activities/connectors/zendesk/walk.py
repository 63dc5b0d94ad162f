"""Everything of a person as records, in one order, from any place in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from activities.connectors.zendesk import stored
from activities.connectors.zendesk.files import file_of
from activities.connectors.zendesk.keys import ids_of, key_of
from activities.connectors.zendesk.kinds import Kind
from activities.connectors.zendesk.rest import Rest, Row, number, rows, text
from activities.connectors.zendesk.settings import ZendeskSettings
from activities.connectors.zendesk.shared import Others
from activities.connectors.zendesk.tickets import copied
from habeas.connector import File, Page, Record, RecordRef, Treatment

__all__ = ["Walk"]

Position = tuple[int, int, int, int]
"""Stage, the id of a user, ticket or suspended ticket, and within it a kind and an id."""
_START: Position = (-1, 0, 0, 0)
_AT_ONCE = 25
_LARGE = 1_000_000


@dataclass(frozen=True)
class _Item:
    position: Position
    record: Record
    attachments: tuple[Row, ...] = ()


@dataclass
class _Held:
    """What the person's accounts lead to."""

    users: list[tuple[Row, list[Row]]] = field(default_factory=list)
    requested: dict[int, Row] = field(default_factory=dict)
    copied: dict[int, tuple[Row, list[int]]] = field(default_factory=dict)

    @property
    def ids(self) -> set[int]:
        return {number(user) for user, _ in self.users}


class Walk:
    """One account's objects of a person."""

    def __init__(self, rest: Rest, settings: ZendeskSettings) -> None:
        self._rest = rest
        self._settings = settings

    async def records(self, roots: Iterable[RecordRef]) -> AsyncIterator[Record]:
        """All of it, without the bytes of files."""
        async for item in self._items(tuple(roots), _START):
            yield item.record

    async def pages(self, roots: Iterable[RecordRef], cursor: str | None) -> AsyncIterator[Page]:
        """All of it, from a cursor on: the place of the last record that was given."""
        after = _position(cursor)
        page: list[Record] = []
        async for item in self._items(tuple(roots), after):
            if len(page) >= _AT_ONCE or sum(map(_size, page)) >= _LARGE:
                yield Page(records=tuple(page), cursor=key_of(*after))
                page = []
            page.append(await self._with_files(item))
            after = item.position
        yield Page(records=tuple(page), cursor=None)

    async def comments(self, ticket_id: int) -> list[Row]:
        """A ticket's comments; none if it is deleted (``ListTicketComments``)."""
        found = [one async for one in self._rest.pages(f"tickets/{ticket_id}/comments", "comments")]
        return sorted(found, key=number)

    async def _items(self, roots: tuple[RecordRef, ...], after: Position) -> AsyncIterator[_Item]:
        held = await self._find(roots)
        others = Others(self._rest, held.ids)
        for user, identities in held.users:
            item = self._user(user, identities)
            if item.position > after:
                yield item
        for ticket_id, ticket in sorted(held.requested.items()):
            if (1, ticket_id) >= after[:2]:
                async for item in self._requested(held, others, ticket):
                    if item.position > after:
                        yield item
        for ticket_id, (ticket, user_ids) in sorted(held.copied.items()):
            if (2, ticket_id) >= after[:2]:
                comments = await self.comments(ticket_id)
                async for item in self._part(held, ticket, user_ids, comments, stage=2):
                    if item.position > after:
                        yield item
        async for item in self._suspended(roots):
            if item.position > after:
                yield item

    async def _find(self, roots: tuple[RecordRef, ...]) -> _Held:
        held = _Held()
        for user_id in sorted({ids_of(one.key, 1)[0] for one in roots if one.collection == Kind.USERS}):
            whole = await stored.user_with_identities(self._rest, user_id)
            if whole is None:
                deleted = await stored.deleted_softly(self._rest, user_id)
                if deleted is None:
                    continue
                whole = deleted, []
            held.users.append(whole)
            async for ticket in self._rest.pages(f"users/{user_id}/tickets/requested", "tickets"):
                held.requested[number(ticket)] = ticket
            async for ticket in self._rest.pages(f"users/{user_id}/tickets/ccd", "tickets"):
                held.copied.setdefault(number(ticket), (ticket, []))[1].append(user_id)
        for ticket_id in held.requested:
            held.copied.pop(ticket_id, None)
        return held

    def _user(self, user: Row, identities: list[Row]) -> _Item:
        print_ = stored.user_print(self._settings, user, identities)
        told = stored.told_user(user, identities)
        record = _record(Kind.USERS, (number(user),), told, print_, user)
        texts = tuple(key for key, value in told.items() if key.startswith("user_fields.") and isinstance(value, str))
        photo = user.get("photo")
        files = (photo,) if isinstance(photo, dict) else ()
        return _Item((0, number(user), 0, 0), record.model_copy(update={"free_text": texts}), files)

    async def _requested(self, held: _Held, others: Others, ticket: Row) -> AsyncIterator[_Item]:
        comments = await self.comments(number(ticket))
        if not await others.share(ticket, comments):
            async for item in self._ticket(held, ticket, comments):
                yield item
            return
        user_ids = sorted(held.ids & {number(ticket, "requester_id"), *copied(ticket)})
        async for item in self._part(held, ticket, user_ids, comments, stage=1):
            yield item
        async for item in self._rated(held, ticket, kind=2):
            yield item

    async def _ticket(self, held: _Held, ticket: Row, comments: list[Row]) -> AsyncIterator[_Item]:
        """One that is theirs alone."""
        ticket_id, requester = number(ticket), number(ticket, "requester_id")
        told = {key: value for key, value in ticket.items() if key not in ("url", "satisfaction_rating", "description")}
        record = _record(Kind.TICKETS, (ticket_id,), told, stored.ticket_print(ticket), ticket, anchor="updated_at")
        # Without what was said in it a ticket is not what it was: its description is the first comment.
        said = (RecordRef(collection=Kind.COMMENTS, key=key_of(ticket_id, number(one))) for one in comments)
        parents = ((_user(requester),) if requester in held.ids else ()) + tuple(said)
        more = {
            "parents": parents,
            "free_text": (*stored.written(ticket), *stored.addressed(ticket)),
            **_following(self._settings.subjects == "keep"),
        }
        yield _Item((1, ticket_id, 0, 0), record.model_copy(update=more))
        async for item in self._rated(held, ticket, kind=1):
            yield item
        parent = (RecordRef(collection=Kind.TICKETS, key=key_of(ticket_id)),)
        for comment in comments:
            own = number(comment, "author_id") in held.ids
            record = _comment(Kind.COMMENTS, ticket_id, comment, own=own).model_copy(update={"parents": parent})
            yield _Item((1, ticket_id, 2, number(comment)), record, tuple(rows(comment, "attachments")))

    async def _rated(self, held: _Held, ticket: Row, *, kind: int) -> AsyncIterator[_Item]:
        """A ticket's rating (``ShowSatisfactionRating``), for administrators only; there is no list by requester."""
        told = ticket.get("satisfaction_rating")
        if not isinstance(told, dict) or not number(told):
            return
        rating = await self._rest.get(f"satisfaction_ratings/{number(told)}", "satisfaction_rating")
        if rating is None or number(rating, "requester_id") not in held.ids:
            return
        # It stays where its ticket goes.
        record = _record(Kind.RATINGS, (number(rating),), _told(rating), stored.rating_print(rating), rating)
        theirs = {"parents": (_user(number(rating, "requester_id")),), "lets_go": True, **_following(True)}
        yield _Item((1, number(ticket), kind, 0), record.model_copy(update=theirs))

    async def _part(
        self, held: _Held, ticket: Row, user_ids: list[int], comments: list[Row], *, stage: int
    ) -> AsyncIterator[_Item]:
        """What is theirs in a ticket that is others' too: that they are in it, and what they wrote there."""
        ticket_id = number(ticket)
        for user_id in user_ids:
            requested = stored.requested(ticket, user_id)
            told: Row = {"ticket": ticket_id, "subject": ticket.get("subject"), "created_at": ticket.get("created_at")}
            told["theirs_as"] = "requester" if requested else "copy"
            record = _record(Kind.COPIED, (ticket_id, user_id), told, stored.copied_print(ticket, user_id), ticket)
            changeless = requested or ticket.get("status") == stored.CLOSED
            theirs = {"parents": (_user(user_id),), "lets_go": True, **_following(changeless)}
            yield _Item((stage, ticket_id, 0, user_id), record.model_copy(update=theirs))
        for comment in comments:
            author = number(comment, "author_id")
            if author in held.ids:
                record = _comment(Kind.CONTRIBUTIONS, ticket_id, comment, own=True)
                record = record.model_copy(update={"parents": (_user(author),), "lets_go": True})
                yield _Item((stage, ticket_id, 1, number(comment)), record, tuple(rows(comment, "attachments")))

    async def _suspended(self, roots: tuple[RecordRef, ...]) -> AsyncIterator[_Item]:
        """Those that are the person's. An address in them is no proof, as anybody can write one: whose is ruled."""
        known = {ids_of(one.key, 1)[0] for one in roots if one.collection == Kind.SUSPENDED}
        if not known:
            return
        found = [one async for one in self._rest.pages("suspended_tickets", "suspended_tickets")]
        for one in sorted(found, key=number):
            if number(one) in known:
                record = _record(Kind.SUSPENDED, (number(one),), _told(one), stored.suspended_print(one), one)
                record = record.model_copy(update={"free_text": stored.addressed(one)})
                yield _Item((3, number(one), 0, 0), record, tuple(rows(one, "attachments")))

    async def _with_files(self, item: _Item) -> Record:
        found = [(one, await file_of(self._rest, one)) for one in item.attachments]
        files: tuple[File, ...] = tuple(one for _, one in found if one is not None)
        missing = [text(told, "file_name") for told, one in found if one is None]
        data = item.record.data | ({"files_not_held_any_more": [*missing]} if missing else {})
        return item.record.model_copy(update={"files": files, "data": data})


def _comment(collection: str, ticket_id: int, comment: Row, *, own: bool) -> Record:
    """A comment; where and by which program it was written, and from which address, is told to its author only."""
    told = ("author_id", "created_at", "public", "body", *(("via", "metadata") if own else ()))
    data: Row = {"ticket": ticket_id, **{key: comment.get(key) for key in told}}
    record = _record(collection, (ticket_id, number(comment)), data, stored.comment_print(comment), comment)
    return record.model_copy(update={"free_text": stored.addressed(comment)}) if own else record


def _user(user_id: int) -> RecordRef:
    return RecordRef(collection=Kind.USERS, key=key_of(user_id))


def _following(changeless: bool) -> dict[str, tuple[Treatment, ...]]:
    """What nobody changes names nobody once its user is gone, and not before."""
    return {"only_with_parents": (Treatment.ANONYMISE,) if changeless else ()}


def _told(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "url"}


def _record(
    collection: str, ids: tuple[int, ...], data: Row, print_: str, row: Row, *, anchor: str = "created_at"
) -> Record:
    return Record(
        collection=collection, key=key_of(*ids), data=data, fingerprint=print_, anchor=stored.day(row, anchor)
    )


def _position(cursor: str | None) -> Position:
    if cursor is None:
        return _START
    stage, first, kind, second = ids_of(cursor, 4)
    return stage, first, kind, second


def _size(record: Record) -> int:
    texts = sum(len(str(value)) for value in record.data.values())
    return texts + sum(len(one.content) for one in record.files)
