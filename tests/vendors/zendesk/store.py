"""The state of the help desk."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TypeVar

from tests.vendors.shared.clock import Clock
from tests.vendors.shared.index import LaggingIndex
from tests.vendors.zendesk.records import GONE, Attachment, Comment, Identity, Rating, Suspended, Ticket, User

T = TypeVar("T", User, Ticket, Rating, Suspended)
# https://support.zendesk.com/hc/en-us/articles/4408845703194 (deleted tickets are scrubbed after 30 days)
SCRUBBED_AFTER = timedelta(days=30)
Document = dict[str, str]


class Store:
    """Users, tickets, ratings and suspended tickets, and the index that searches read."""

    def __init__(self, clock: Clock, index_lag: timedelta) -> None:
        self.clock = clock
        self.index: LaggingIndex[tuple[str, int], Document] = LaggingIndex(clock, index_lag)
        self.users: dict[int, User] = {}
        self.tickets: dict[int, Ticket] = {}
        self.ratings: dict[int, Rating] = {}
        self.suspended: dict[int, Suspended] = {}
        # Areas of compliance, and when after the request each starts and completes its part of a permanent deletion.
        self.areas: dict[str, tuple[timedelta, timedelta]] = {
            "support": (timedelta(seconds=6), timedelta(minutes=2)),
            "chat": (timedelta(hours=4), timedelta(hours=5)),
        }
        self._last_id = 1000

    def new_id(self) -> int:
        """The next id."""
        self._last_id += 1
        return self._last_id

    def add_user(self, user: User) -> User:
        """Keep a new user."""
        user.id = user.id or self.new_id()
        self._name_files([user.photo] if user.photo else [])
        for place, email in enumerate(user.emails):
            user.identities.append(Identity("email", email, primary=place == 0, id=self.new_id()))
        if user.phone:
            user.identities.append(Identity("phone_number", user.phone, primary=True, id=self.new_id()))
        self.users[user.id] = user
        self.index_user(user, at_once=True)
        return user

    def add_ticket(self, ticket: Ticket) -> Ticket:
        """Keep a new ticket."""
        ticket.id = ticket.id or self.new_id()
        for comment in ticket.comments:
            self.number(comment)
        self.tickets[ticket.id] = ticket
        self.index_ticket(ticket, at_once=True)
        return ticket

    def number(self, comment: Comment) -> None:
        """Give a comment and its files ids."""
        comment.id = comment.id or self.new_id()
        comment.html_body = comment.html_body or f'<div class="zd-comment" dir="auto">{comment.body}</div>'
        self._name_files(comment.attachments)

    def _name_files(self, files: Iterable[Attachment]) -> None:
        for one in files:
            one.id = one.id or self.new_id()
            one.token = one.token or f"token{one.id}"

    def index_user(self, user: User, *, at_once: bool = False) -> None:
        """Let searches see, after a while, what the user is now."""
        document = {
            "name": user.name,
            "email": " ".join(one.value for one in user.identities if one.type == "email"),
            "role": user.role,
            "text": f"{user.notes} {user.details} {user.phone or ''} {user.external_id or ''}",
        }
        self.index.write(("user", user.id), None if user.deleted_at else document, at_once=at_once)

    def index_ticket(self, ticket: Ticket, *, at_once: bool = False) -> None:
        """Let searches see, after a while, what the ticket is now."""
        requester = self.users.get(ticket.requester_id)
        document = {
            "name": ticket.subject,
            "status": ticket.status,
            "requester": " ".join(one.value for one in requester.identities) if requester else "",
            "text": " ".join(comment.body for comment in ticket.comments),
        }
        self.index.write(("ticket", ticket.id), None if ticket.deleted_at else document, at_once=at_once)

    def find_email(self, email: str) -> User | None:
        """The live user who has the address."""
        for user in self.users.values():
            if not user.deleted_at and any(one.value.lower() == email.lower() for one in user.identities):
                return user
        return None

    def comment(self, comment_id: int) -> tuple[Ticket, Comment] | None:
        """A comment of a ticket that is not deleted."""
        for ticket in self.tickets.values():
            for comment in ticket.comments:
                if comment.id == comment_id and not ticket.deleted_at:
                    return ticket, comment
        return None

    def attachments(self) -> Iterable[Attachment]:
        """Every file of every ticket, of messages that were held back, and of users."""
        yield from (
            one for ticket in self.tickets.values() for comment in ticket.comments for one in comment.attachments
        )
        yield from (one for suspended in self.suspended.values() for one in suspended.attachments)
        yield from (user.photo for user in self.users.values() if user.photo)

    def add_suspended(self, suspended: Suspended) -> Suspended:
        """Keep a message that was held back."""
        suspended.id = suspended.id or self.new_id()
        self._name_files(suspended.attachments)
        self.suspended[suspended.id] = suspended
        return suspended

    def delete_ticket(self, ticket: Ticket, by: int) -> None:
        """Into the bin, for 30 days."""
        ticket.deleted_at, ticket.deleted_by = self.clock.now(), by
        self.index_ticket(ticket)

    def pass_time(self) -> None:
        """Scrub what has been deleted long enough, and the users whose permanent deletion has reached Support."""
        now = self.clock.now()
        for ticket in [each for each in self.tickets.values() if each.deleted_at]:
            if ticket.deleted_at and ticket.deleted_at + SCRUBBED_AFTER <= now:
                del self.tickets[ticket.id]
        for user in self.users.values():
            if user.purge_asked_at and user.purge_asked_at + self.areas["support"][1] <= now and user.name != GONE:
                user.name, user.phone, user.notes, user.details, user.external_id = GONE, None, "", "", None
                user.identities, user.tags, user.fields, user.photo = [], [], {}, None
