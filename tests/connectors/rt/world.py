"""The conformance suite's view of Request Tracker: Ann is the person, Carl somebody else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from activities.connectors.rt import RtConnector
from habeas.connector import Connector, FieldChange, Rectify
from habeas.model import Identifier
from habeas.testing import HttpFaults
from tests.connectors.remade import Remade
from tests.connectors.rt.people import ANN, ANN_OLD, ANNS, CARL, CARLS, number_of, settings
from tests.connectors.rt.server import RtServer
from tests.connectors.store import ids

_USER = "SELECT id, Name, EmailAddress, RealName, HomePhone, City FROM Users WHERE"
_TICKETS = "SELECT id, Subject, Status, Queue, Owner FROM Tickets WHERE"
_MESSAGES = """
    SELECT t.id, t.ObjectId, t.Creator, t.Type, a.id, a.Subject, a.Headers, a.Content
    FROM Attachments a JOIN Transactions t ON t.id = a.TransactionId WHERE t.ObjectType = 'RT::Ticket' ORDER BY a.id
"""
_TO = re.compile(r"^(?:To|CC|Bcc): *(.*)$", re.IGNORECASE | re.MULTILINE)
_WORDS = re.compile(rf"(?<!\w){re.escape(ANN)}|Ann Arla|\[erased\]|\s+", re.IGNORECASE)


class RtWorld(Remade[RtConnector]):
    """Ann, with an order, a word in Bob's ticket, and named in Carl's."""

    person: tuple[Identifier, ...] = (*ids(email=ANN), *ids(email=ANN_OLD))
    other = ids(email=CARL)
    nobody = tuple(
        one
        for address in ("ann@example.or", "nn@example.org", "%@example.org", "a_n@example.org")
        for one in ids(email=address)
    )
    personal = (ANN, ANN_OLD, "Arla", "12345678", "12 34 56 78")
    collected = frozenset({"users", "tickets", "messages", "copied_tickets", "contributions", "mentions"})
    # Mail that RT sent to them and what others wrote of them hangs on no user.
    stands_alone = frozenset({"contributions", "mentions"})
    stamps = frozenset({"LastUpdated", "history"})

    def __init__(self, rt: RtServer, faults: HttpFaults, *, anonymise: bool) -> None:
        self.rt = rt
        self.faults = faults
        self._anonymise = anonymise
        self._ann = number_of(rt, ANN)
        in_carls = [row[4] for row in rt.rows(_MESSAGES) if row[1] == CARLS]
        self.shared = frozenset(("mentions", f"[{number}]") for number in in_carls)
        to = {row[0]: _TO.findall(str(row[6])) for row in rt.rows(_MESSAGES) if _TO.search(str(row[6]))}
        self._sent_to_her = {number for number, all_ in to.items() if [one.lower() for one in all_] == [ANN]}
        self.connector = self.made()
        city = FieldChange(collection="users", key=f"[{self._ann}]", field="City", old="Aarhus", new="Odense")
        self.changes = (Rectify(fields=(city,)),)

    def connected(self, **more: Any) -> RtConnector:
        assert self.faults is not None
        return RtConnector.from_settings("rt", settings(self.rt, self.faults.url, anonymise=self._anonymise, **more))

    async def others(self) -> object:
        """All but Ann's; where others name her, all but her address."""
        return {
            "users": self.rt.rows(f"{_USER} id <> ? ORDER BY id", self._ann),
            "tickets": self.rt.rows(f"{_TICKETS} id <> ? ORDER BY id", ANNS),
            "messages": [tuple(_without_her(one) for one in row) for row in self._messages(hers=False)],
        }

    async def theirs(self) -> object:
        watched = "SELECT GroupId FROM GroupMembers WHERE MemberId = ? ORDER BY id"
        return {
            "user": self.rt.rows(f"{_USER} id = ?", self._ann),
            "history": self.rt.rows("SELECT id, OldValue FROM Transactions WHERE ObjectId = ?", self._ann),
            "tickets": self.rt.rows(f"{_TICKETS} id = ?", ANNS),
            "messages": self._messages(hers=True),
            "watched": self.rt.rows(watched, self._ann),
        }

    def _messages(self, *, hers: bool) -> list[tuple[object, ...]]:
        """What she wrote or was sent, and all in her ticket; or everything else."""
        rows = self.rt.rows(_MESSAGES)
        return [row for row in rows if (row[1] == ANNS or row[2] == self._ann or row[0] in self._sent_to_her) is hers]

    async def alter(self) -> None:
        self.rt.call("PUT", f"ticket/{ANNS}", {"Subject": "My other order"})

    async def add(self) -> bool:
        self.rt.mail(f"Ann Arla <{ANN}>", "One more", f"One more of {ANN}")
        return True

    async def move(self) -> bool:
        self.rt.call("PUT", f"ticket/{ANNS}", {"Requestor": CARL})
        return True

    async def employ(self) -> bool:
        self.rt.call("PUT", f"user/{self._ann}", {"Privileged": 1})
        return True

    async def double(self) -> bool:
        """RT makes no second user with an address: "Email address in use"."""
        return False

    async def come_back(self) -> None:
        self.rt.call("POST", "user", {"Name": "ann-again", "EmailAddress": ANN})

    @asynccontextmanager
    async def without_access(self) -> AsyncIterator[Connector]:
        locked_out = self.made(token="1-14-0000")
        yield locked_out
        await locked_out.aclose()


def _without_her(value: object) -> object:
    return _WORDS.sub("", value) if isinstance(value, str) else value
