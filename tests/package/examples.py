"""A package with everything that real data has: long text, emoji, right-to-left script, nulls, nesting, attachments."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from pydantic import JsonValue

from activities.package import (
    Authority,
    CategoryFacts,
    CollectionFacts,
    Controller,
    MissingSystem,
    PackageFacts,
    Sources,
    SystemFacts,
    WithheldField,
    WithheldItem,
)
from habeas.connector import File, Record
from habeas.model import Right

REQUEST = "HB-7K3M-9Q2X-4TDW"
NOW = datetime(2026, 3, 9, 12, 30, tzinfo=UTC)

CONTACTS: list[dict[str, JsonValue]] = [
    {
        "id": 17,
        "first_name": "Åse Bjørk",
        "last_name": "O’Neill-Łukasiewicz",
        "email": "ase+news@nordlys.example",
        "phone": "+45 12 34 56 78",
        "date_of_birth": "1984-02-29",
        "newsletter": True,
        "company": None,
        "created_at": "2019-11-03T08:15:00+00:00",
        "address": {
            "street": "Havnegade 1",
            "city": "Aarhus",
            "geo": {"lat": 56.15, "lon": 10.21},
            "tags": ["home", "post"],
        },
        "note": "Talks about 🐈‍⬛ and 👩🏽‍🚀 a lot. " * 40,
        "password_hash": "$argon2id$secret",
        "nickname": "",
    },
    {"id": 18, "first_name": "عائشة", "last_name": "بن يوسف", "email": "a@example.org", "newsletter": False},
]
INVOICES: list[dict[str, JsonValue]] = [
    {
        "number": f"2025-{n:04}",
        "issued_on": "2025-03-04",
        "total": "-1250.00" if n % 3 else "980.50",
        "paid": n % 2 == 0,
    }
    for n in range(60)
]
TICKETS: list[dict[str, JsonValue]] = [
    {
        "id": n,
        "subject": '=HYPERLINK("http://evil.example";"click")' if n == 1 else "<script>alert(1)</script> & more",
        "body": "Dear team,\n\nthe thing <b>broke</b> again.\n\t– indented\nקצת עברית באמצע\n" + "word " * (n * 120),
        "closed_at": None,
    }
    for n in (1, 2, 3)
]
FILES = {
    1: (File(name="../../etc/passwd", content=b"root"), File(name="photo \u202egpj.exe", content=b"MZ\x00")),
    2: (File(name="Kvittering æøå #1.pdf", media_type="application/pdf", content=b"%PDF" * 70_000),),
}


def records(collection: str, rows: Iterable[dict[str, JsonValue]]) -> list[Record]:
    return [
        Record(
            collection=collection,
            key=f"[{n}]",
            data=row,
            fingerprint="0" * 64,
            files=FILES.get(n, ()) if collection == "tickets" else (),
        )
        for n, row in enumerate(rows, 1)
    ]


def opening(items: Sequence[Record]) -> Callable[[], AsyncIterator[Record]]:
    async def run() -> AsyncIterator[Record]:
        for item in items:
            yield item

    return run


def sources() -> Sources:
    return {
        ("crm", "contacts"): opening(records("contacts", CONTACTS)),
        ("billing", "invoices"): opening(records("invoices", INVOICES)),
        ("support", "tickets"): opening(records("tickets", TICKETS)),
    }


def facts(language: str = "en", **changes: Any) -> PackageFacts:
    systems = (
        SystemFacts(
            name="crm",
            title="Customer relations",
            collections=(
                CollectionFacts(
                    name="contacts",
                    category="contact",
                    rows=2,
                    columns=tuple(CONTACTS[0]),
                    withheld=(WithheldField(field="password_hash", reason="security of the account (GDPR 32)"),),
                ),
                CollectionFacts(name="company_links", category="contact", rows=0),
                CollectionFacts(name="activities", category="behaviour", rows=0),
            ),
        ),
        SystemFacts(
            name="billing",
            title="Billing",
            collections=(
                CollectionFacts(name="invoices", category="transactions", rows=60, columns=tuple(INVOICES[0])),
            ),
        ),
        SystemFacts(
            name="support",
            title="Support",
            collections=(CollectionFacts(name="tickets", category="support", rows=3, columns=tuple(TICKETS[0])),),
        ),
        SystemFacts(name="shop", title="Web shop"),
    )
    values: dict[str, Any] = {
        "request_id": REQUEST,
        "language": language,
        "right": Right.ACCESS,
        "regime": "EU-GDPR",
        "controller": Controller(
            name="Nordlys ApS", contact="privacy@nordlys.example", address="Havnegade 1\n8000 Aarhus C"
        ),
        "received_on": date(2026, 3, 2),
        "timezone": "Europe/Copenhagen",
        "systems": systems,
        "categories": (
            CategoryFacts(
                category="contact",
                purposes=("To keep in touch with you", "To answer what you ask"),
                legal_bases=("Contract (GDPR 6(1)(b))",),
                recipients=("Post A/S, delivery", "Hosting B.V., data centre"),
                retention=("Two years after the last contact",),
                sources=("You", "Your employer"),
            ),
            CategoryFacts(
                category="transactions",
                purposes=("To charge what you ordered",),
                retention=("Five years after the end of the financial year",),
                transfers=("USA, standard contractual clauses",),
            ),
        ),
        "withheld": (
            WithheldItem(what="3 passages in comments", reason="they tell about other people", law="GDPR 15(4)"),
        ),
        "missing": (MissingSystem(title="Phone system", reason="it is being repaired"),),
        "authorities": (Authority(name="Datatilsynet", url="https://www.datatilsynet.dk/"),),
    }
    return PackageFacts(**(values | changes))
