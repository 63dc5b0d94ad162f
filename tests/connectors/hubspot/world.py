"""The conformance suite's view of HubSpot: Ann is the person, Bob somebody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from activities.connectors.hubspot import HubSpotConnector
from habeas.connector import Connector, FieldChange, RecordRef, Rectify, Restrict, Stop
from habeas.model import Identifier
from habeas.testing import HttpFaults
from tests.connectors.hubspot.people import ANN, ANN_OLD, BOB, BOB_OLD, NAMES, NAMESAKE, People, seed, settings
from tests.connectors.remade import Remade
from tests.connectors.store import ids
from tests.vendors.hubspot import Contact, HubSpot, Thing
from tests.vendors.hubspot.crm import Record
from tests.vendors.hubspot.kinds import KINDS


class HubSpotWorld(Remade[HubSpotConnector]):
    """Ann, with one thing of each kind, and two that she shares with Bob."""

    connector: HubSpotConnector
    person: tuple[Identifier, ...] = (
        *ids(email=ANN),
        *ids(email=ANN_OLD),
        *ids(customer_number="C-1001", phone="+4512345678"),
    )
    other = (*ids(email=BOB), *ids(email=BOB_OLD), *ids(customer_number="C-2002"))
    nobody = (
        *(one for address in ("ann@example.or", "nn@example.org", "*@example.org") for one in ids(email=address)),
        *ids(email="example@ann.org"),
        *ids(email="old.ann@example.net"),
        *ids(customer_number="C-100"),
        *ids(customer_number="C-100*"),
    )
    personal = (ANN, ANN_OLD, "Arla", "C-1001", "12 34 56 78")
    collected = frozenset(NAMES)
    stamps = frozenset({"lastmodifieddate"})
    binned_for = 91 * 86_400.0

    def __init__(self, account: HubSpot, faults: HttpFaults, **more: Any) -> None:
        self.account = account
        self.faults = faults
        self._more = more
        self.keeps_old_values = more.get("history") == "accept"
        self.people: People = seed(account)
        self.connector = self.made()
        ann = RecordRef(collection="contacts", key=f'["{self.people.ann.id}"]')
        city = FieldChange(collection="contacts", key=ann.key, field="city", old="Aarhus", new="Odense")
        self.changes = (
            Rectify(fields=(city,)),
            Restrict(objects=(ann,)),
            Stop(roots=(ann,), purposes=("newsletter", "marketing")),
        )
        shared = self.people.shared.values()
        self.shared = frozenset(
            ("shared", f'["{one.kind.name}", "{one.id}", "{self.people.bob.id}"]') for one in shared
        )

    def connected(self, **more: Any) -> HubSpotConnector:
        assert self.faults is not None
        return HubSpotConnector.from_settings("crm", settings(self.faults.url, **{**self._more, **more}))

    async def others(self) -> object:
        """All but Ann's, staff and the block list."""
        bob = self.people.bob
        return {
            "records": [self._told(one) for one in self._all() if not self._is_hers(one)],
            "links": [(kind.name, link.to_id) for kind in KINDS for link in self.account.crm.links(bob, kind)],
            "staff": dict(self.account.staff),
            "blocked": set(self.account.crm.blocklist),
            "choices": [self.account.preferences.choice(BOB, number) for number in (1, 2)],
        }

    async def theirs(self) -> object:
        ann = self.people.ann
        return {
            "records": [self._told(one) for one in self._all() if self._is_hers(one)],
            "links": [(kind.name, link.to_id) for kind in KINDS for link in self.account.crm.links(ann, kind)],
            "choices": [self.account.preferences.choice(each, one).state for each in (ANN, ANN_OLD) for one in (1, 2)],
            "out": [self.account.preferences.opted_out(each) for each in (ANN, ANN_OLD)],
        }

    def _is_hers(self, record: Record) -> bool:
        return (record.kind.name, record.id) in self.people.hers

    def _all(self) -> list[Record]:
        crm = self.account.crm
        return [one for kind in KINDS for archived in (False, True) for one in crm.all(kind, archived=archived)]

    def _told(self, one: Record) -> tuple[Any, ...]:
        past = {name: [version.value for version in versions] for name, versions in one.history.items()}
        return one.kind.name, one.id, dict(one.properties), past, one.archived_at

    async def alter(self) -> None:
        self.account.crm.set(self.people.things["notes"], {"hs_note_body": "Ann called twice"})

    async def add(self) -> bool:
        self.account.add(Thing("notes", {"hs_note_body": "Ann called again"}), self.people.things["tickets"])
        return True

    async def move(self) -> bool:
        crm, note = self.account.crm, self.people.things["notes"]
        crm.unlink(note, self.people.ann)
        crm.link(note, self.people.bob)
        return True

    async def employ(self) -> bool:
        self.account.employ(NAMESAKE)
        return True

    async def double(self) -> bool:
        """An address is one contact's, be it the first or an additional one."""
        return False

    async def come_back(self) -> None:
        self.account.add(Contact("other@example.org", additional_emails=(ANN,)))

    async def wait(self, seconds: float) -> None:
        self.account.clock.advance(timedelta(seconds=seconds))

    @asynccontextmanager
    async def without_access(self) -> AsyncIterator[Connector]:
        locked_out = self.made(token="pat-none")
        yield locked_out
        await locked_out.aclose()
