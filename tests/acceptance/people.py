"""People of a test: rows in every personal table of all three stores, and what an erasure must do to each."""

import json
import secrets
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg

DELETE, ANONYMISE, RETAIN = "delete", "anonymise", "retain"
STORES = ("crm", "billing", "support")
LONG_AGO = datetime(2014, 3, 4, 5, 6, tzinfo=UTC)
Words = Callable[[str], str]
"""From a column's name to a text for it."""


@dataclass(frozen=True)
class Kept:
    """One row as it was planted."""

    store: str
    table: str
    treatment: str
    md5: str


@dataclass
class Planted:
    """Somebody with rows everywhere. ``email`` is on record in the CRM, ``second`` in the help desk."""

    name: str
    email: str
    second: str
    phone: str
    customer_no: str
    rows: list[Kept] = field(default_factory=list)
    ids: dict[str, Any] = field(default_factory=dict)

    def of(self, store: str, *treatments: str) -> dict[str, Counter[str]]:
        """The digests of the rows with these treatments (all if none is named), by table."""
        found: dict[str, Counter[str]] = {}
        for row in self.rows:
            if row.store == store and row.treatment in (treatments or (DELETE, ANONYMISE, RETAIN)):
                found.setdefault(row.table, Counter())[row.md5] += 1
        return found

    def fates(self, store: str) -> dict[str, int]:
        """What the ledger must say of a store once the person is erased."""
        names = {DELETE: "erased", ANONYMISE: "anonymised", RETAIN: "retained"}
        return dict(Counter(names[row.treatment] for row in self.rows if row.store == store))


def somebody(stem: str | None = None) -> Planted:
    """A new person, not planted yet."""
    stem = stem or "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(10))
    return Planted(
        name=f"{stem.title()} Ørsted{stem}",
        email=f"{stem}.first@example.com",
        second=f"{stem}.second@example.org",
        phone=f"+99{secrets.randbelow(10**11):011}",
        customer_no=f"K-{stem}",
    )


class _Store:
    def __init__(self, name: str, sql: asyncpg.Connection, person: Planted) -> None:
        self.name, self.sql, self.person = name, sql, person

    async def put(self, table: str, treatment: str, **values: Any) -> Any:
        """Insert one row; its first column."""
        columns, marks = ", ".join(values), ", ".join(f"${n}" for n in range(1, len(values) + 1))
        place = f"billing.{table}" if self.name == "billing" else table
        statement = f"insert into {place} as t ({columns}) values ({marks}) returning *, md5(t::text) as md5"  # noqa: S608  our own names
        row = await self.sql.fetchrow(statement, *values.values())
        self.person.rows.append(Kept(self.name, place, treatment, row["md5"]))
        return row[0]


async def plant(person: Planted, dsn: Callable[[str], str], words: Words | None = None, **sizes: int) -> Planted:
    """Give the person rows in every store.

    ``words`` writes what people write; ``sizes``: how many addresses and activities, how many bytes of attachment.
    """
    say = words or (lambda column: f"{column} of {person.customer_no}")
    for name, write in (("crm", _crm), ("billing", _billing), ("support", _support)):
        sql = await asyncpg.connect(dsn(name), server_settings={"application_name": "test"})
        try:
            await write(_Store(name, sql, person), say, sizes)
        finally:
            await sql.close()
    return person


async def _crm(store: _Store, say: Words, sizes: dict[str, int]) -> None:
    person, now = store.person, datetime.now(UTC).replace(microsecond=0)
    company = await store.sql.fetchval("select min(id) from companies")
    given, _, family = person.name.partition(" ")
    contact = await store.put(
        "contacts", ANONYMISE, public_id=uuid.uuid4(), salutation=say("salutation"), first_name=given,
        last_name=family, nickname=say("nickname"), email=person.email.title(), phone=person.phone,
        customer_no=person.customer_no, birthday=date(1980, 2, 29), language="en", tags=[say("tags")],
        custom=json.dumps({say("custom_key"): say("custom")}), source=say("source"), created_at=LONG_AGO,
        updated_at=LONG_AGO,
    )  # fmt: skip
    person.ids["contact"] = contact
    link = {"contact_id": contact}
    await store.put("contact_emails", DELETE, **link, email=person.second, created_at=LONG_AGO)
    await store.put("contact_phones", DELETE, **link, phone=person.phone)
    for number in range(sizes.get("addresses", 1)):
        await store.put(
            "postal_addresses", DELETE, **link, street=f"{say('street')} {number}", city=say("city"),
            postal_code=say("postal_code"), country="DK",
        )  # fmt: skip
    await store.put("contact_companies", DELETE, **link, company_id=company, title=say("title"))
    await store.put("notes", DELETE, **link, body=say("note_body"), created_at=LONG_AGO)
    for number in range(sizes.get("activities", 1)):
        await store.put(
            "activities", DELETE, **link, kind="call", subject=f"{say('subject')} {number}",
            details=json.dumps({"said": say("details")}), duration=timedelta(minutes=3), occurred_at=LONG_AGO,
        )  # fmt: skip
    for treatment, used in ((DELETE, LONG_AGO), (RETAIN, now - timedelta(days=30))):
        await store.put(
            "consents", treatment, id=uuid.uuid4(), **link, purpose="newsletter", address=person.email,
            wording=say("wording"), given_at=LONG_AGO, last_used_on=used.date(),
            proof=json.dumps({"ip": say("proof")}),
        )  # fmt: skip


async def _billing(store: _Store, say: Words, sizes: dict[str, int]) -> None:
    person, recent = store.person, datetime.now(UTC).date() - timedelta(days=40)
    await store.sql.execute("set search_path = billing")
    sku, currency = await store.sql.fetchval("select min(sku) from products"), "DKK"
    customer = await store.put(
        "customers", ANONYMISE, customer_no=person.customer_no, kind="person", contact_name=person.name,
        email=person.email.replace("@", "+bills@"), phone=person.phone, street=say("bill_street"),
        postal_code=say("bill_code"), city=say("bill_city"), country="DK", vat_no=say("vat_no"), currency=currency,
        language="en", metadata=json.dumps({"about": say("metadata")}), created_at=LONG_AGO,
    )  # fmt: skip
    person.ids["customer"] = customer
    link = {"customer_id": customer}
    cards = [
        await store.put(
            "cards", treatment, id=uuid.uuid4(), **link, brand="visa", last4="4242", holder=say("holder"),
            psp_token=say(f"psp_token {treatment}"), added_at=LONG_AGO,
        )
        for treatment in (ANONYMISE, DELETE)
    ]  # fmt: skip
    await store.put("subscriptions", DELETE, **link, sku=sku, started_on=LONG_AGO.date(), cancel_reason=say("cancel"))
    for treatment, day, card in ((DELETE, LONG_AGO.date(), None), (RETAIN, recent, cards[0])):
        invoice = await store.put(
            "invoices", treatment, invoice_no=f"{day.year}-{person.customer_no}", **link, status="paid", issued_on=day,
            due_on=day, currency=currency, net=Decimal(100), vat=Decimal(25), total=Decimal(125),
            bill_to_name=person.name, bill_to_email=person.email, po_number=say("po_number"), memo=say("memo"),
            bill_to_address=json.dumps({"street": say("bill_to_address")}),
        )  # fmt: skip
        for number in (1, 2):
            await store.put(
                "invoice_lines", treatment, invoice_id=invoice, line_no=number, sku=sku,
                description=say("description"), quantity=Decimal(1), unit_price=Decimal(100), vat_rate=Decimal("0.25"),
                amount=Decimal(100), posted_on=day,
            )  # fmt: skip
        await store.put(
            "payments", treatment, id=uuid.uuid4(), invoice_id=invoice, card_id=card, method="card", status="settled",
            amount=Decimal(125), currency=currency, payer_text=say("payer_text"), received_on=day,
        )  # fmt: skip


async def _support(store: _Store, say: Words, sizes: dict[str, int]) -> None:
    person = store.person
    user = await store.put(
        "users", DELETE, external_id=uuid.uuid4(), name=person.name, email=person.second, phone=person.phone,
        locale="en", time_zone=say("time_zone"), signature=say("signature"), tags=[say("user_tags")],
        fields=json.dumps({"about": say("fields")}), password_hash=say("password_hash"), created_at=LONG_AGO,
    )  # fmt: skip
    person.ids["user"] = user
    await store.put("logins", DELETE, user_id=user, at=LONG_AGO, user_agent=say("user_agent"), succeeded=True)
    # Of yesterday: the daily sweep lets chats go after thirty days.
    yesterday = datetime.now(UTC) - timedelta(days=1)
    await store.put(
        "chats", DELETE, user_id=user, agent_id=1, transcript=say("transcript"), started_at=yesterday,
        ended_at=yesterday,
    )  # fmt: skip
    ticket = await store.put(
        "tickets", DELETE, requester_id=user, subject=say("ticket_subject"), status="solved", channel=say("channel"),
        tags=[say("ticket_tags")], fields=json.dumps({"product": say("ticket_fields")}), created_at=LONG_AGO,
    )  # fmt: skip
    person.ids["ticket"] = ticket
    other = await store.sql.fetchval("select min(id) from users")
    await store.put("ticket_collaborators", DELETE, ticket_id=ticket, user_id=other, added_at=LONG_AGO)
    comment = await store.put(
        "comments", DELETE, ticket_id=ticket, author_user_id=user, body=say("comment_body"),
        via=json.dumps({"client": say("via")}), created_at=LONG_AGO,
    )  # fmt: skip
    await store.put(
        "comments", DELETE, ticket_id=ticket, agent_id=1, in_reply_to=comment, body=say("answer_body"),
        is_public=False, created_at=LONG_AGO,
    )  # fmt: skip
    content = say("attachment").encode() + b"\n" + secrets.token_bytes(sizes.get("attachment", 100))
    await store.put(
        "attachments", DELETE, comment_id=comment, filename=f"{say('filename')}.txt", content_type="text/plain",
        size_bytes=len(content), content=content, uploaded_at=LONG_AGO,
    )  # fmt: skip
    await store.put(
        "ticket_events", DELETE, ticket_id=ticket, field="email", old_value=say("old_value"),
        new_value=say("new_value"), at=LONG_AGO,
    )  # fmt: skip
    await store.put("ratings", DELETE, ticket_id=ticket, score=5, comment=say("rating"), rated_at=LONG_AGO)
