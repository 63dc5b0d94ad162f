"""What becomes of each object (wiped, anonymised, left), and how it is now: for `activities.connectors.api.erasure`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Container, Sequence

from activities.connectors.api.erasure import State
from activities.connectors.rt import stored
from activities.connectors.rt.dumps import Dumps
from activities.connectors.rt.locate import locate
from activities.connectors.rt.munge import MARK, Munge
from activities.connectors.rt.rest import Rest, Row, is_
from activities.connectors.rt.settings import CONTRIBUTIONS, COPIED, MENTIONS, MESSAGES, TICKETS, USERS
from activities.connectors.rt.walk import MENTION_FIELDS, Walk, mention_fingerprint, number_of
from activities.connectors.rt.web import Web
from activities.connectors.rt.words import Words
from habeas.connector import Located, PlannedObject, Record, RecordRef, SystemPlan, Treatment
from habeas.errors import Quarantine, Terminal
from habeas.model import Identifier
from habeas.outcomes import Fate, ObjectOutcome

__all__ = ["RtObjects"]

_KINDS = {USERS: "User", TICKETS: "Ticket", MESSAGES: "Transaction", CONTRIBUTIONS: "Transaction"}
_READING_ALONG = ("Requestor", "Cc", "AdminCc")


class RtObjects:
    """The objects of one plan."""

    # A ticket takes its messages along; a user goes last, as their fields say which words to look for.
    order: Sequence[str] = (TICKETS, MESSAGES, CONTRIBUTIONS, MENTIONS, COPIED, USERS)
    tells_whose: Container[str] = ()

    def __init__(
        self,
        system: str,
        rest: Rest,
        web: Web,
        dumps: Dumps,
        munge: Munge | None,
        *,
        mentions_by_hand: bool,
        region: str | None = None,
    ) -> None:
        self._system = system
        self._rest = rest
        self._web = web
        self._dumps = dumps
        self._munge = munge
        self._mentions_by_hand = mentions_by_hand
        self._region = region
        self._walk = Walk(system, rest, web)
        self._words = Words(())
        self._names: set[str] = set()

    async def about(self, plan: SystemPlan) -> None:
        """Learn by which words and names RT knows the person now. Call it before anything else."""
        known = {one.key for one in plan.roots} | {one.key for one in plan.objects if one.collection == USERS}
        found = [await stored.user(self._rest, number_of(key)) for key in sorted(known)]
        rows = [one.at.row for one in found if one is not None]
        self._words = Words.of(rows, plan.identifiers)
        self._names = {str(row["Name"]) for row in rows}

    async def walk(self, roots: tuple[RecordRef, ...]) -> AsyncIterator[Record]:
        """Where everything of theirs is; what it holds is not read again."""
        for place in await self._walk.places(roots):
            yield Record(collection=place.collection, key=place.key, data={}, fingerprint="")

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """As `Connector.locate`."""
        return await locate(self._system, self._rest, identifiers, self._region)

    async def look(self, planned: PlannedObject) -> State:
        """How one object is now."""
        number = number_of(planned.key)
        match planned.collection:
            case "users":
                return await self._look_at_user(planned, number)
            case "tickets":
                return await self._look_at_ticket(planned, number)
            case "messages" | "contributions":
                found = await stored.message(self._rest, number)
                return State.GONE if found is None else self._text(planned, found.fingerprint, found.whole)
            case "copied_tickets":
                return await self._look_at_copy(planned, number)
            case "mentions":
                row = await self._attachment(number)
                return State.GONE if row is None else self._text(planned, mention_fingerprint(row), _all_of(row))
        raise Quarantine(f"{self._system} has no {planned.collection}.", system=self._system)

    async def treat(self, planned: PlannedObject) -> ObjectOutcome | None:
        """Wipe or anonymise one object. None if it is done; else what stood in the way."""
        number = number_of(planned.key)
        if planned.collection == USERS and await self._is_staff(number):
            return planned.became(Fate.BLOCKED, "staff")
        now = await self.look(planned)
        if now is State.GONE:  # with its ticket
            return None if planned.treatment is Treatment.DELETE else planned.became(Fate.NOT_FOUND)
        if now is State.ANONYMISED:  # with another part of its message
            return None
        if now is State.CHANGED:
            return planned.became(Fate.BLOCKED, "drifted")
        if planned.treatment is Treatment.DELETE:
            await self._wipe(f"{_KINDS[planned.collection]}-{number}")
            return None if await self.look(planned) is State.GONE else planned.became(Fate.BLOCKED, "still_there")
        reason = await self._anonymise(planned.collection, number)
        if reason is None and await self.look(planned) is not State.ANONYMISED:
            reason = "not_anonymised"
        return planned.became(Fate.BLOCKED, reason) if reason else None

    async def _anonymise(self, collection: str, number: int) -> str | None:
        """What stood in the way, as far as it is known before looking again."""
        match collection:
            case "users":
                return await self._anonymise_user(number)
            case "tickets":
                return await self._anonymise_ticket(number)
            case "copied_tickets":
                return await self._leave(number)
        return await self._take_out_words(collection, number)

    async def _look_at_user(self, planned: PlannedObject, number: int) -> State:
        found = await stored.user(self._rest, number)
        if found is None:
            return State.GONE
        if planned.treatment is Treatment.ANONYMISE and found.anonymous:
            # Half of it: what they were called is still in their history.
            return State.UNCHANGED if found.history else State.ANONYMISED
        return _compared(planned, found.fingerprint)

    async def _look_at_ticket(self, planned: PlannedObject, number: int) -> State:
        found = await stored.ticket(self._rest, number)
        if found is None:
            return State.GONE
        if planned.treatment is Treatment.ANONYMISE and found.blank:
            return State.UNCHANGED if found.telling else State.ANONYMISED
        return _compared(planned, found.fingerprint(self._names))

    async def _look_at_copy(self, planned: PlannedObject, number: int) -> State:
        found = await stored.ticket(self._rest, number, history=False)
        if found is None:
            return State.GONE
        if planned.treatment is Treatment.RETAIN:
            return State.UNCHANGED  # it is somebody else's: whatever it says by now
        watching = {name for role in _READING_ALONG for name in found.watchers(role)}
        return State.UNCHANGED if watching & self._names else State.ANONYMISED

    def _text(self, planned: PlannedObject, fingerprint: str, whole: str) -> State:
        if planned.treatment is Treatment.ANONYMISE and not self._words.named_in(whole):
            return State.ANONYMISED
        return _compared(planned, fingerprint)

    async def _is_staff(self, number: int) -> bool:
        found = await stored.user(self._rest, number)
        return found is not None and found.staff

    async def _wipe(self, *objects: str) -> None:
        dump = await self._web.wipe(*objects)
        if dump is None:
            detail = f"{self._system} wiped nothing: its Shredder refused, or asked whether we meant it."
            raise Terminal(detail, system=self._system)
        await self._dumps.remove(dump)

    async def _anonymise_user(self, number: int) -> str | None:
        found = await stored.user(self._rest, number)
        if found is not None and found.custom:
            return "custom_fields"
        if found is not None and not found.anonymous:
            await self._web.anonymise(number)
            found = await stored.user(self._rest, number)
        if found is not None and found.anonymous and found.history:
            await self._wipe(*(f"Transaction-{one['id']}" for one in found.history))
        return None

    async def _anonymise_ticket(self, number: int) -> str | None:
        found = await stored.ticket(self._rest, number)
        if found is not None and found.custom:
            return "custom_fields"
        if found is not None and not found.blank:
            if not await self._rest.update("ticket", number, {"Subject": MARK}, found.at.etag):
                return "drifted"
            found = await stored.ticket(self._rest, number)
        if found is not None and found.blank and found.telling:
            await self._wipe(*(f"Transaction-{one['id']}" for one in found.telling))
        return None

    async def _leave(self, number: int) -> str | None:
        """Take the person from those who read along in somebody else's ticket."""
        found = await stored.ticket(self._rest, number, history=False)
        if found is None:
            return None
        roles = {role: found.watchers(role) for role in _READING_ALONG}
        values: Row = {
            role: [name for name in names if name not in self._names]
            for role, names in roles.items()
            if self._names & set(names)
        }
        left = not values or await self._rest.update("ticket", number, values, found.at.etag)
        return None if left else "drifted"

    async def _take_out_words(self, collection: str, number: int) -> str | None:
        """Left to a human as the settings say, or where a plain replacement would spoil others' words."""
        mention = collection == MENTIONS
        if self._munge is None or (mention and self._mentions_by_hand):
            return "by_hand"
        row = await self._attachment(number) if mention else None
        found = await stored.message(self._rest, int(row["TransactionId"]) if row else number)
        if found is None or self._words.within_others(found.whole):
            return "by_hand"
        await self._munge.replace(self._words.all, (found.number,))
        return None

    async def _attachment(self, number: int) -> Row | None:
        async for row in self._rest.search("attachments", [is_("id", number)], MENTION_FIELDS):
            return row
        return None


def _compared(planned: PlannedObject, fingerprint: str) -> State:
    return State.UNCHANGED if fingerprint == planned.fingerprint else State.CHANGED


def _all_of(row: Row) -> str:
    return "\n".join(str(row.get(field) or "") for field in ("Content", "Headers", "Subject", "Filename"))
