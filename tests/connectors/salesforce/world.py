"""The conformance suite's view of Salesforce: Ann is the person, Bob somebody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from activities.connectors.salesforce import SalesforceConnector
from habeas.connector import Connector, FieldChange, RecordRef, Rectify, Restrict, Stop
from habeas.model import Identifier
from habeas.testing import HttpFaults
from tests.connectors.remade import Remade
from tests.connectors.salesforce.people import ANN, ANN_HOME, ANN_OLD, BOB, BOB_OLD, NAMES, People, seed, settings
from tests.connectors.store import ids
from tests.vendors.salesforce import Salesforce
from tests.vendors.salesforce.store import Row


class SalesforceWorld(Remade[SalesforceConnector]):
    """Ann as a contact, the lead that she was, and a person account; with one thing of each kind."""

    connector: SalesforceConnector
    person: tuple[Identifier, ...] = (
        *(one for address in (ANN, ANN_OLD, ANN_HOME) for one in ids(email=address)),
        *ids(customer="C-1001", phone="+4512345679"),
    )
    other = (*ids(email=BOB), *ids(email=BOB_OLD), *ids(customer="C-2002"))
    nobody = (
        *(one for address in ("nn@example.org", "ann@example.or", "_nn@example.org") for one in ids(email=address)),
        *ids(email="%@example.org"),
        *ids(customer="C-100"),
        *ids(customer="C-100%"),
        *ids(customer="x' OR Name != '"),
        *ids(customer="C-1001\\"),
    )
    personal = (ANN, ANN_OLD, ANN_HOME, "Arla", "C-1001", "12 34 56 79")
    collected = frozenset(NAMES)
    stamps = frozenset({"LastModifiedDate", "SystemModstamp", "History"})
    stands_alone = frozenset({"Individual"})  # others point at it
    binned_for = 17 * 86_400.0

    def __init__(self, org: Salesforce, faults: HttpFaults, **more: Any) -> None:
        self.org = org
        self.faults = faults
        self._more = more
        self.keeps_old_values = "collections" in more and more.get("history", "accept") == "accept"
        self.people: People = seed(org)
        self.shared = frozenset({("Referral__c", f'["{self.people.referral.id}"]')})
        self.connector = self.made()
        ann, home = (
            RecordRef(collection=one.object.name, key=f'["{one.id}"]') for one in (self.people.ann, self.people.home)
        )
        city = FieldChange(**ann.model_dump(), field="MailingCity", old="Aarhus", new="Odense")
        email = FieldChange(**home.model_dump(), field="PersonEmail", old=ANN_HOME, new="ann@new.example")
        self.changes = (
            Rectify(fields=(city, email)),
            Restrict(objects=(ann, home)),
            Stop(roots=(ann, home), purposes=("newsletter", "profiling")),
        )

    def connected(self, **more: Any) -> SalesforceConnector:
        assert self.faults is not None
        given = settings(self.faults.url, self.org, **{**self._more, **more})
        return SalesforceConnector.from_settings("crm", given)

    async def others(self) -> object:
        """All but Ann's; of the referral all but that she made it."""
        rows = [one for one in self.org.store.rows.values() if one.object.name != "UserPermissionAccess"]
        return [self._told(one) for one in rows if not self._is_hers(one)]

    async def theirs(self) -> object:
        self.org.store.let_expire()
        shared = self.people.referral.values["Referrer__c"]
        return [shared, *(self._told(one) for one in self.org.store.rows.values() if self._is_hers(one))]

    def _is_hers(self, row: Row) -> bool:
        parent = row.object.name.removesuffix("History")
        return row.id in self.people.hers or row.values.get(f"{parent}Id") in self.people.hers

    def _told(self, row: Row) -> tuple[str, dict[str, Any]]:
        left_out = (
            {"Referrer__c", "LastModifiedDate", "SystemModstamp"} if row is self.people.referral else {"SystemModstamp"}
        )
        return row.id, {name: value for name, value in row.values.items() if name not in left_out}

    async def alter(self) -> None:
        self.org.store.update(self.people.case, {"Subject": "Where is it now?"}, self.org.user_id)

    async def add(self) -> bool:
        self.people.own.append(self.org.add("Task", WhoId=self.people.ann.id, Subject="Call Ann again"))
        return True

    async def move(self) -> bool:
        store, ann = self.org.store, self.people.ann
        links = store.pointing_at(ann.id, "EmailMessageRelation", "RelationId")
        alone = next(one for one in links if store.rows[one.values["EmailMessageId"]].values["TextBody"] == "Dear Ann")
        alone.values["RelationId"] = self.people.bob.id
        return True

    async def employ(self) -> bool:
        self.colleague()
        return True

    def colleague(self, **more: Any) -> Row:
        """One of the staff, with Ann's address."""
        given = {"LastName": "Arla", "Username": ANN, "Email": "ANN@example.org", "IsActive": True, **more}
        return self.org.add("User", **given)

    async def stand_in_the_way(self) -> None:
        self.people.own.append(self.org.add("Case", ContactId=self.people.ann.id, Subject="And now?", Status="New"))

    async def come_back(self) -> None:
        self.people.own.append(self.org.add("Contact", LastName="Arla", Email=ANN))

    async def wait(self, seconds: float) -> None:
        self.org.clock.advance(timedelta(seconds=seconds))

    @asynccontextmanager
    async def without_access(self) -> AsyncIterator[Connector]:
        locked_out = self.made(client_secret="none of theirs")
        yield locked_out
        await locked_out.aclose()
