"""The conformance suite's view of the help desk: Ann is the person, Bob somebody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from activities.connectors.zendesk import ZendeskConnector
from habeas.connector import Connector, FieldChange, RecordRef, Rectify, Restrict, Stop
from habeas.model import Identifier
from habeas.testing import HttpFaults
from tests.connectors.remade import Remade
from tests.connectors.store import ids
from tests.connectors.zendesk.people import ANN, ANN_OLD, BOB, Desk, settings
from tests.vendors.zendesk import Comment, Identity, Ticket, User


class ZendeskWorld(Remade[ZendeskConnector]):
    """Ann, with a ticket, a rating, a word in Bob's ticket, and a message that was taken for spam."""

    person: tuple[Identifier, ...] = (*ids(email=ANN), *ids(email=ANN_OLD), *ids(customer="C-17"))
    other = (*ids(email=BOB), *ids(customer="C-1"))
    nobody = (
        *(one for address in ("nn@example.org", "ann@example.or", "*@example.org") for one in ids(email=address)),
        *ids(customer="C-"),
        *ids(customer="17"),
    )
    personal = (ANN, ANN_OLD, "Arla", "12345678", "C-17")
    collected = frozenset(
        {"users", "tickets", "comments", "ratings", "copied_tickets", "contributions", "suspended_tickets"}
    )
    stamps = frozenset({"updated_at"})

    def __init__(self, desk: Desk, faults: HttpFaults, **more: Any) -> None:
        self.desk = desk
        self.faults = faults
        self._more = more
        self.connector = self.made()
        ann = RecordRef(collection="users", key=f"[{desk.ann.id}]")
        notes = FieldChange(**ann.model_dump(), field="notes", old="prefers mail", new="prefers calls")
        city = FieldChange(**ann.model_dump(), field="user_fields.city", old="Aarhus", new="Odense")
        self.changes = (
            Rectify(fields=(notes, city)),
            Restrict(objects=(ann,)),
            Restrict(objects=(ann,), on=False),
            Stop(roots=(ann,), purposes=("newsletter", "profiling")),
        )

    def connected(self, **more: Any) -> ZendeskConnector:
        assert self.faults is not None
        given = settings(self.faults.url, self.desk.zendesk.base_url, **{**self._more, **more})
        return ZendeskConnector.from_settings("zendesk", given)

    async def others(self) -> object:
        """All but Ann's; of tickets that she reads along at, all but that and her words."""
        store, ann = self.desk.zendesk.store, self.desk.ann
        return {
            "users": [asdict(one) for one in store.users.values() if not self._is_hers(one)],
            "tickets": [self._without_her(one) for one in store.tickets.values() if one.requester_id != ann.id],
            "ratings": [asdict(one) for one in store.ratings.values() if one.requester_id != ann.id],
            "suspended": [asdict(one) for one in store.suspended.values() if one.author_email.lower() != ANN],
        }

    async def theirs(self) -> object:
        store, ann = self.desk.zendesk.store, self.desk.ann
        tickets = store.tickets.values()
        return {
            # What a user was made from is no part of what is held of them.
            "users": [asdict(one) | {"emails": ()} for one in store.users.values() if self._is_hers(one)],
            "tickets": [asdict(one) for one in tickets if one.requester_id == ann.id],
            "words": [asdict(one) for ticket in tickets for one in ticket.comments if one.author_id == ann.id],
            "copied": [one.id for one in tickets if ann.id in one.cc_ids],
            "ratings": [asdict(one) for one in store.ratings.values() if one.requester_id == ann.id],
            "suspended": [asdict(one) for one in store.suspended.values() if one.author_email.lower() == ANN],
        }

    def _is_hers(self, user: User) -> bool:
        return user is self.desk.ann or any(one.value.lower() == ANN for one in user.identities)

    def _without_her(self, ticket: Ticket) -> dict[str, Any]:
        ann = self.desk.ann.id
        rest = [asdict(one) for one in ticket.comments if one.author_id != ann]
        return asdict(ticket) | {"comments": rest, "cc_ids": [one for one in ticket.cc_ids if one != ann]}

    async def alter(self) -> None:
        self.desk.hers.subject = "My other parcel"

    async def add(self) -> bool:
        self.ticket()
        return True

    async def move(self) -> bool:
        self.desk.hers.requester_id = self.desk.bob.id
        return True

    async def employ(self) -> bool:
        self.desk.ann.role = "agent"
        return True

    async def type_in(self) -> Identifier | None:
        (typed,) = ids(email="typed@example.org")
        self.desk.ann.identities.append(Identity("email", typed.value, verified=False, id=77))
        self.desk.zendesk.store.index_user(self.desk.ann, at_once=True)
        return typed

    async def stand_in_the_way(self) -> None:
        self.ticket(status="open")

    def ticket(self, **more: Any) -> Ticket:
        """One more of Ann's."""
        ann = self.desk.ann.id
        return self.desk.zendesk.add_ticket(Ticket(ann, "One more", [Comment(ann, "One more of Ann.")], **more))

    async def come_back(self) -> None:
        self.desk.zendesk.add_user(User("Ann Arla", (ANN,)))

    async def wait(self, seconds: float) -> None:
        self.desk.zendesk.clock.advance(timedelta(seconds=seconds))

    @asynccontextmanager
    async def without_access(self) -> AsyncIterator[Connector]:
        locked_out = self.made(token="none of theirs")
        yield locked_out
        await locked_out.aclose()
