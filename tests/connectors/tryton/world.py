"""The conformance suite's view of Tryton: Ann is the person, Carl somebody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from activities.connectors.tryton import TrytonConnector
from habeas.connector import Connector, FieldChange, RecordRef, Rectify, Restrict, Stop
from habeas.model import Identifier
from habeas.testing import HttpFaults
from tests.connectors.remade import Remade
from tests.connectors.store import ids
from tests.connectors.tryton.people import settings
from tests.connectors.tryton.preparing import ANN, ANNS_NUMBER, ANNS_PHONE, CARL, CARLS_PHONE
from tests.connectors.tryton.server import TrytonServer

_TABLES = {
    "party_party": "id IN (SELECT id FROM party_party WHERE id = :one OR replaced_by = :one)",
    "party_address": "party = :one",
    "party_identifier": "party = :one",
    "party_contact_mechanism": "party = :one",
    '"party_party-party_category"': "party = :one",
    "account_invoice": "party = :one",
    "account_invoice_line": "party = :one OR invoice IN (SELECT id FROM account_invoice WHERE party = :one)",
    '"account_invoice_alternative_payee"': "party = :one",
    "account_move_line": "party = :one",
    "ir_attachment": "",
    "ir_note": "",
    "ir_email": "",
}
_RESOURCES = """
    SELECT 'party.party,' || :one UNION SELECT 'account.invoice,' || id FROM account_invoice WHERE party = :one
"""


class TrytonWorld(Remade[TrytonConnector]):
    """Ann, who paid an invoice, has a draft and pays Bob's; and Carl with the same."""

    collected = frozenset(
        {
            *("parties", "addresses", "identifiers", "contact_mechanisms", "draft_invoices", "invoices"),
            *("open_lines", "payees", "move_lines", "attachments", "emails", "documents"),
        }
    )

    def __init__(self, tryton: TrytonServer, faults: HttpFaults, **how: Any) -> None:
        self.tryton = tryton
        self.faults = faults
        self._how = how
        self._ann = tryton.ids["Ann"]
        numbers = {"customer_number": str(self._ann), "cpr": ANNS_NUMBER}
        self.person: tuple[Identifier, ...] = ids(email=ANN, phone=ANNS_PHONE, **numbers)
        carls = {"customer_number": str(tryton.ids["Carl"]), "cpr": "010180-0008"}
        self.other = ids(email=CARL, phone=CARLS_PHONE, **carls)
        wrong = ("ann@example.or", "nn@example.org", "%@example.org", "a_n@example.org", "ann@examp%.org")
        self.nobody = (
            *(one for address in wrong for one in ids(email=address)),
            *ids(phone="+451234567"),
            *ids(customer_number="%"),
            *ids(cpr="211062-562"),
        )
        self.personal = (ANN, "Arla", "12345678", "12 34 56 78", "Long Street", ANNS_NUMBER)
        self.connector = self.made()
        rows = tryton.rows("SELECT id FROM party_address WHERE party = ?", self._ann)
        city = FieldChange(collection="addresses", key=f"[{rows[0][0]}]", field="city", old="Aarhus", new="Odense")
        ann = RecordRef(collection="parties", key=f"[{self._ann}]")
        self.changes = (
            Rectify(fields=(city,)),
            Restrict(objects=(ann,)),
            Stop(roots=(ann,), purposes=("direct_marketing",)),
        )

    def connected(self, **more: Any) -> TrytonConnector:
        assert self.faults is not None
        return TrytonConnector.from_settings("erp", settings(self.faults.url, **self._how, **more))

    async def others(self) -> object:
        return self._rows(mine=False)

    async def theirs(self) -> object:
        return self._rows(mine=True)

    def _rows(self, *, mine: bool) -> object:
        found = {}
        for table, condition in _TABLES.items():
            hers = (condition or f"resource IN ({_RESOURCES})").replace(":one", str(self._ann))
            found[table] = self.tryton.rows(f"SELECT * FROM {table} WHERE {'' if mine else 'NOT'} ({hers}) ORDER BY id")  # noqa: S608  constants
        return found

    async def alter(self) -> None:
        self.tryton.call("model.party.party.write", [self._ann], {"name": "Ann Arla-Berg"})

    async def add(self) -> bool:
        self.tryton.call(
            "model.party.contact_mechanism.create", [{"party": self._ann, "type": "mobile", "value": "+45 11 22 33 44"}]
        )
        return True

    async def move(self) -> bool:
        """What is on a card Tryton lets nobody move; what hangs on it, anybody."""
        rows = self.tryton.rows("SELECT id FROM ir_attachment WHERE resource = ?", f"party.party,{self._ann}")
        carl = f"party.party,{self.tryton.ids['Carl']}"
        self.tryton.call("model.ir.attachment.write", [rows[0][0]], {"resource": carl})
        return True

    async def employ(self) -> bool:
        self.tryton.call("model.company.employee.create", [{"party": self._ann, "company": 1}])
        return True

    async def double(self) -> bool:
        await self.come_back()
        return True

    async def come_back(self) -> None:
        mail = {"type": "email", "value": ANN}
        self.tryton.call("model.party.party.create", [{"name": "Ann", "contact_mechanisms": [["create", [mail]]]}])

    async def stand_in_the_way(self) -> None:
        rows = self.tryton.rows("SELECT id FROM account_invoice WHERE party = ? AND state = 'draft'", self._ann)
        self.tryton.call("model.account.invoice.post", [rows[0][0]])

    @asynccontextmanager
    async def without_access(self) -> AsyncIterator[Connector]:
        locked_out = self.made(password="no-such-Passphrase-9")
        yield locked_out
        await locked_out.aclose()
