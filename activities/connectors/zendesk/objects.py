"""What becomes of each object (deleted, redacted, left), and how it is now: for `activities.connectors.api.erasure`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Container, Sequence

from activities.connectors.api.erasure import State
from activities.connectors.zendesk import people, stored
from activities.connectors.zendesk.keys import ids_of
from activities.connectors.zendesk.kinds import Kind
from activities.connectors.zendesk.locate import locate
from activities.connectors.zendesk.redact import redact
from activities.connectors.zendesk.rest import GONE, INVALID, Rest, Row, number
from activities.connectors.zendesk.settings import ZendeskSettings
from activities.connectors.zendesk.tickets import blank, copied, leave
from activities.connectors.zendesk.walk import Walk
from habeas.connector import Located, PlannedObject, Record, RecordRef, Treatment
from habeas.errors import Quarantine
from habeas.model import Identifier
from habeas.outcomes import Fate, ObjectOutcome, Pending

__all__ = ["ZendeskObjects"]


class ZendeskObjects:
    """The objects of one plan.

    Args:
        rest: the account.
        settings: its settings.
        purged: whether the planned tickets were deleted for good. Before that one that is not there may be in the bin.
        leaving: users that the plan does not keep.
    """

    # The requester of tickets that are not closed cannot be deleted. Who is deleted is nobody's copy any more.
    order: Sequence[str] = (
        Kind.TICKETS,
        Kind.COMMENTS,
        Kind.CONTRIBUTIONS,
        Kind.SUSPENDED,
        Kind.USERS,
        Kind.COPIED,
        Kind.RATINGS,
    )
    tells_whose: Container[str] = (Kind.RATINGS,)
    """Only its ticket leads to one, which goes first."""

    def __init__(
        self, rest: Rest, settings: ZendeskSettings, *, purged: bool, leaving: frozenset[int] = frozenset()
    ) -> None:
        self._rest = rest
        self._settings = settings
        self._purged = purged
        self._leaving = leaving
        self._walk = Walk(rest, settings)
        self._comments: dict[int, list[Row]] = {}
        self.binned: list[int] = []
        """Tickets that are to be deleted for good now."""

    def walk(self, roots: tuple[RecordRef, ...]) -> AsyncIterator[Record]:
        """Everything of theirs; files are not read."""
        return self._walk.records(roots)

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """As `Connector.locate`."""
        return await locate(self._rest, identifiers, self._settings.external_id, self._settings.region)

    async def look(self, planned: PlannedObject) -> State:
        """How one object is now."""
        match planned.collection:
            case Kind.USERS:
                return await self._look_at_user(planned)
            case Kind.TICKETS:
                return await self._look_at_ticket(planned)
            case Kind.COMMENTS | Kind.CONTRIBUTIONS:
                return await self._look_at_comment(planned)
            case Kind.COPIED:
                return await self._look_at_copy(planned)
            case Kind.RATINGS:
                return await self._look_at_rating(planned)
            case Kind.SUSPENDED:
                return await self._look_at_suspended(planned)
        raise Quarantine(f"{self._rest.system} has no {planned.collection}.", system=self._rest.system)

    async def treat(self, planned: PlannedObject) -> ObjectOutcome | Pending | None:
        """Delete or redact one object. None if it is done; `Pending` while a job does it; else what was in the way."""
        match planned.collection:
            case Kind.USERS:
                reason = await people.delete_user(self._rest, ids_of(planned.key, 1)[0])
            case Kind.TICKETS:
                if planned.treatment is Treatment.DELETE:
                    return await self._bin(planned)
                reason = await self._anonymise_ticket(planned)
            case Kind.COMMENTS | Kind.CONTRIBUTIONS:
                reason = await self._anonymise_comment(planned)
            case Kind.COPIED:
                reason = await self._leave(planned)
            case Kind.SUSPENDED:
                await self._rest.delete(f"suspended_tickets/{ids_of(planned.key, 1)[0]}", also=(GONE,))
                reason = None
            case _:
                # Nobody can change a rating; without words it names nobody once its requester is gone.
                reason = None if await self.look(planned) in _DONE else "cannot_be_changed"
        return planned.became(Fate.BLOCKED, reason) if reason else None

    async def _look_at_user(self, planned: PlannedObject) -> State:
        (user_id,) = ids_of(planned.key, 1)
        whole = await stored.user_with_identities(self._rest, user_id)
        if whole is not None:
            return _compared(planned, stored.user_print(self._settings, *whole))
        if await people.is_soft_deleted(self._rest, user_id):
            # Half of it; as one that stays it is not as it was.
            return State.CHANGED if planned.treatment is Treatment.RETAIN else State.BEGUN
        # A permanent deletion leaves a husk that says nothing: it is either.
        return State.ANONYMISED if planned.treatment is Treatment.ANONYMISE else State.GONE

    async def _look_at_ticket(self, planned: PlannedObject) -> State:
        ticket = await self._rest.get(f"tickets/{ids_of(planned.key, 1)[0]}", "ticket")
        if ticket is None:
            unsure = planned.treatment is Treatment.DELETE and not self._purged
            return State.BEGUN if unsure else State.GONE
        if planned.treatment is Treatment.ANONYMISE and await self._is_anonymous(ticket):
            return State.ANONYMISED
        return _compared(planned, stored.ticket_print(ticket))

    async def _is_anonymous(self, ticket: Row) -> bool:
        if self._settings.subjects == "erase":
            return stored.is_anonymous_ticket(ticket)
        return await people.is_purged(self._rest, number(ticket, "requester_id"))

    async def _look_at_comment(self, planned: PlannedObject) -> State:
        comment = await self._comment(planned)
        if comment is None:
            return State.GONE
        if planned.treatment is Treatment.ANONYMISE and stored.is_redacted(comment):
            return State.ANONYMISED
        return _compared(planned, stored.comment_print(comment))

    async def _look_at_copy(self, planned: PlannedObject) -> State:
        ticket_id, user_id = ids_of(planned.key, 2)
        ticket = await self._rest.get(f"tickets/{ticket_id}", "ticket")
        if ticket is None:
            return State.GONE
        if planned.treatment is Treatment.RETAIN:
            return State.UNCHANGED  # it is somebody else's: whatever it says by now
        theirs = stored.requested(ticket, user_id) or user_id in copied(ticket)
        if not theirs or await people.is_purged(self._rest, user_id):
            return State.ANONYMISED
        return _compared(planned, stored.copied_print(ticket, user_id))

    async def _look_at_rating(self, planned: PlannedObject) -> State:
        rating = await self._rest.get(f"satisfaction_ratings/{ids_of(planned.key, 1)[0]}", "satisfaction_rating")
        if rating is None:
            return State.GONE
        silent = planned.treatment is Treatment.ANONYMISE and not rating.get("comment")
        if silent and await people.is_purged(self._rest, number(rating, "requester_id")):
            return State.ANONYMISED
        return _compared(planned, stored.rating_print(rating))

    async def _look_at_suspended(self, planned: PlannedObject) -> State:
        found = await self._rest.get(f"suspended_tickets/{ids_of(planned.key, 1)[0]}", "suspended_tickets")
        return State.GONE if found is None else _compared(planned, stored.suspended_print(found))

    async def _comment(self, planned: PlannedObject) -> Row | None:
        ticket_id, comment_id = ids_of(planned.key, 2)
        if ticket_id not in self._comments:
            self._comments[ticket_id] = await self._walk.comments(ticket_id)
        return next((one for one in self._comments[ticket_id] if number(one) == comment_id), None)

    async def _bin(self, planned: PlannedObject) -> ObjectOutcome | Pending:
        """``DeleteTicket``: softly. The permanent deletion of all of them is asked for together."""
        (ticket_id,) = ids_of(planned.key, 1)
        answer = await self._rest.delete(f"tickets/{ticket_id}", also=(GONE, INVALID))
        if answer.status == INVALID:
            return planned.became(Fate.BLOCKED, "refused_by_system")
        self.binned.append(ticket_id)
        return Pending(handle="tickets", poll_after=1)

    async def _anonymise_ticket(self, planned: PlannedObject) -> str | None:
        if self._settings.subjects == "keep":
            # It names nobody once its requester is gone.
            ticket = await self._rest.get(f"tickets/{ids_of(planned.key, 1)[0]}", "ticket")
            stays = ticket is not None and number(ticket, "requester_id") not in self._leaving
            return "requester_stays" if stays and await self.look(planned) not in _DONE else None
        reason = await blank(self._rest, ids_of(planned.key, 1)[0])
        return reason or (None if await self.look(planned) in _DONE else "not_anonymised")

    async def _anonymise_comment(self, planned: PlannedObject) -> str | None:
        ticket_id, _ = ids_of(planned.key, 2)
        self._comments.pop(ticket_id, None)
        comment = await self._comment(planned)
        if comment is None:
            return None
        if planned.treatment is Treatment.DELETE:
            return "ticket_stays"
        if not await redact(self._rest, ticket_id, comment):
            return "refused_by_system"
        self._comments.pop(ticket_id, None)
        return None if await self.look(planned) in _DONE else "not_redacted"

    async def _leave(self, planned: PlannedObject) -> str | None:
        if await self.look(planned) in _DONE:
            return None
        reason = await leave(self._rest, *ids_of(planned.key, 2))
        return reason or (None if await self.look(planned) in _DONE else "still_there")


_DONE = (State.GONE, State.ANONYMISED)


def _compared(planned: PlannedObject, print_: str) -> State:
    return State.UNCHANGED if print_ == planned.fingerprint else State.CHANGED
