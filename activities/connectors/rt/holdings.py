"""What RT holds of a person: which objects, by id. Reading them is another room's job.

Searches give candidates only. Each is looked at: whether it bears the address exactly, and whose ticket it is in.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from email.utils import getaddresses

from activities.connectors.rt import stored
from activities.connectors.rt.rest import Rest, Row, is_, like, one_of
from activities.connectors.rt.web import Web
from activities.connectors.rt.words import Words
from habeas.errors import Quarantine

__all__ = ["Holdings", "find", "mentions"]

_IN = ("Content", "Headers", "Subject", "Filename")
_SENT = frozenset({"EmailRecord", "CommentEmailRecord"})
_AT_ONCE = 10
_MOST = 5000
"""More texts than this name them: that is no person, or a human must look first."""


@dataclass
class Holdings:
    """Ids of everything of accounts that are still there: transactions for messages, attachments for mentions."""

    users: dict[int, stored.User] = field(default_factory=dict)
    tickets: list[int] = field(default_factory=list)
    messages: dict[int, int] = field(default_factory=dict)
    """Message -> ticket."""
    copied_tickets: list[int] = field(default_factory=list)
    contributions: list[int] = field(default_factory=list)
    written: dict[int, list[int]] = field(default_factory=dict)
    """Transaction -> the accounts that made it; of mail that RT sent to them, none."""
    mentions: list[int] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        """The accounts' logins, by which RT's tickets refer to them."""
        return {str(one.at.row["Name"]) for one in self.users.values()}


async def find(rest: Rest, web: Web, users: Iterable[int]) -> Holdings:
    """Everything of these users.

    Raises:
        Quarantine: too many texts name them.
    """
    held = Holdings()
    for number in sorted(set(users)):
        account = await stored.user(rest, number)
        if account:
            held.users[number] = account
    if not held.users:
        return held
    others = _Others(rest, held.users)
    await _tickets(rest, web, held, others)
    await _messages(rest, held, others)
    theirs = set(held.messages)
    for number in held.users:
        limits = [is_("Creator", number), is_("ObjectType", "RT::Ticket")]
        async for row in rest.search("transactions", limits, ("id",)):
            held.written.setdefault(int(row["id"]), []).append(number)
    written = held.written.keys() - theirs
    written = set(await stored.messages_of(rest, written))
    words = Words.of(one.at.row for one in held.users.values())
    sent, held.mentions = await mentions(rest, words, theirs | written)
    held.contributions = sorted(written | sent)
    return held


async def mentions(rest: Rest, words: Words, but: set[int]) -> tuple[set[int], list[int]]:
    """Where tickets name one of these addresses: mail that RT sent to nobody else (transactions); other attachments.

    Args:
        rest: RT.
        words: what is looked for.
        but: transactions that are known already.
    """
    candidates: dict[int, int] = {}
    for address in words.addresses:
        for place in _IN:
            async for row in rest.search("attachments", [like(place, address)], ("id", "TransactionId")):
                if int(row["TransactionId"]) not in but:
                    candidates[int(row["id"])] = int(row["TransactionId"])
            if len(candidates) > _MOST:
                raise Quarantine(f"More than {_MOST} texts of Request Tracker name one person.")
    types = await _types(rest, candidates.values())
    named = [
        int(row["id"])
        async for row in _read(rest, sorted(one for one, of in candidates.items() if of in types))
        if words.addressed_in("\n".join(str(row.get(place) or "") for place in _IN))
    ]
    mail = {candidates[one] for one in named if types[candidates[one]] in _SENT}
    sent = {one for one in mail if await _to_nobody_else(rest, one, words)}
    return sent, [one for one in named if candidates[one] not in sent]


async def _tickets(rest: Rest, web: Web, held: Holdings, others: _Others) -> None:
    for number in held.users:
        async for row in rest.tickets(f"Watcher.id = {number}", ("id", "Requestor.id", "Cc.id")):
            mine = await _is_theirs_alone(row, others)
            (held.tickets if mine else held.copied_tickets).append(int(row["id"]))
        for deleted in await web.deleted_tickets(number):
            found = await stored.ticket(rest, deleted, history=False)
            if found:
                beside = {*found.watchers("Requestor"), *found.watchers("Cc")} - held.names
                mine = not beside and bool(found.watchers("Requestor"))
                (held.tickets if mine else held.copied_tickets).append(deleted)


async def _messages(rest: Rest, held: Holdings, others: _Others) -> None:
    """What is in tickets that are theirs alone: in none in which another end user wrote, whom RT makes no watcher."""
    asked, held.tickets = sorted(set(held.tickets)), []
    for number in asked:
        attachments = f"ticket/{number}/attachments"
        rows = [row async for row in rest.search(attachments, [], ("id", "TransactionId", "Creator.id"))]
        if await others.are_among(int(row["Creator"]["id"]) for row in rows):
            held.copied_tickets.append(number)
        else:
            held.tickets.append(number)
            held.messages |= {int(row["TransactionId"]): number for row in rows}
    held.copied_tickets = sorted(set(held.copied_tickets))


async def _is_theirs_alone(row: Row, others: _Others) -> bool:
    """They asked for it, nobody else did, and nobody but staff reads along."""
    requestors = {int(one["id"]) for one in row["Requestor"]}
    if not requestors or requestors - others.own:
        return False
    return not await others.are_among(int(one["id"]) for one in row["Cc"] if one["type"] == "user")


class _Others:
    """End users who are not the person; each is asked for once.

    Args:
        rest: RT.
        own: ids of the person's accounts.
    """

    def __init__(self, rest: Rest, own: Iterable[int]) -> None:
        self._rest = rest
        self.own = frozenset(own)
        self._are: dict[int, bool] = {}

    async def are_among(self, users: Iterable[int]) -> bool:
        """Whether one of these is one of them: staff answer tickets, and are nobody's part in one."""
        for one in sorted(set(users) - self.own):
            if one not in self._are:
                found = await stored.user(self._rest, one)
                self._are[one] = found is not None and not found.staff
            if self._are[one]:
                return True
        return False


async def _types(rest: Rest, transactions: Iterable[int]) -> dict[int, str]:
    """Of those that are about tickets: what kind each is."""
    wanted = sorted(set(transactions))
    found: dict[int, str] = {}
    for start in range(0, len(wanted), 100):
        limits = [one_of("id", wanted[start : start + 100]), is_("ObjectType", "RT::Ticket")]
        async for row in rest.search("transactions", limits, ("id", "Type")):
            found[int(row["id"])] = str(row["Type"])
    return found


async def _read(rest: Rest, attachments: list[int]) -> AsyncIterator[Row]:
    for start in range(0, len(attachments), _AT_ONCE):
        limit = one_of("id", attachments[start : start + _AT_ONCE])
        async for row in rest.search("attachments", [limit], ("id", *_IN)):
            yield row


async def _to_nobody_else(rest: Rest, transaction: int, words: Words) -> bool:
    """Whether all that a mail was sent to are theirs."""
    found: list[str] = []
    async for row in rest.search("attachments", [is_("TransactionId", transaction)], ("id", "Headers")):
        unfolded = str(row.get("Headers") or "").replace("\n ", " ").replace("\n\t", " ")
        lines = [line.partition(":") for line in unfolded.splitlines()]
        found += [value for name, _, value in lines if name.strip().lower() in {"to", "cc", "bcc"}]
    to = [address.lower() for _, address in getaddresses(found) if address]
    return bool(to) and all(address in words.addresses for address in to)
