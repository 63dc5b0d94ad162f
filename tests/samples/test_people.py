"""The people asked for by role have what their role promises, whatever the seed; and nobody gets into their rows."""

from collections.abc import Mapping

import asyncpg
import pytest

from habeas.model import Identifier
from tests.samples.conftest import STORES, databases
from workers.postgres import EmbeddedPostgres
from workers.samples import (
    ACCESS,
    ERASURE,
    SAMPLES,
    SHARED_MAILBOX,
    TWO_ADDRESSES,
    UNKNOWN_TO_CRM,
    SamplePerson,
    seed,
)

Rows = list[asyncpg.Record]
CONTACT = "SELECT * FROM contacts WHERE lower(email) = $1"
CUSTOMER = "SELECT * FROM billing.customers WHERE customer_no = $1"
USER = "SELECT * FROM users WHERE lower(email) = ANY($1)"


class Stores:
    """All three stores of one seed."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self.urls = urls

    async def fetch(self, store: str, sql: str, *arguments: object) -> Rows:
        connection = await asyncpg.connect(self.urls[store])
        try:
            return list(await connection.fetch(sql, *arguments))
        finally:
            await connection.close()

    async def count(self, store: str, sql: str, *arguments: object) -> int:
        return int((await self.fetch(store, sql, *arguments))[0][0])


@pytest.fixture(scope="module", params=[(20, 1), (20, 2), (300, 20260101)], ids=str)
async def small(request: pytest.FixtureRequest, postgres_server: EmbeddedPostgres) -> object:
    people, number = request.param
    async with databases(postgres_server, *STORES) as urls:
        await seed(urls, people=people, seed=number)
        yield Stores(urls)


@pytest.mark.parametrize("person", SAMPLES, ids=lambda person: person.role)
def test_identifiers_are_well_formed(person: SamplePerson) -> None:
    assert Identifier(kind="email", value=person.email).value == person.email
    assert Identifier(kind="phone", value=person.phone)
    assert person.name == f"{person.given} {person.family}"


def test_no_two_share_anything() -> None:
    for wanted in ("email", "second_email", "billing_email", "phone", "customer_no", "name"):
        values = [getattr(person, wanted) for person in SAMPLES if getattr(person, wanted)]
        assert len(values) == len(set(values)), wanted
    addresses = [{person.email, person.second_email} - {None} for person in SAMPLES]
    assert sum(map(len, addresses)) == len(set().union(*addresses))


async def test_access(small: Stores) -> None:
    [contact] = await small.fetch("crm", CONTACT, ACCESS.email)
    assert contact["email"] != ACCESS.email
    assert contact["customer_no"] == ACCESS.customer_no
    seconds = await small.fetch("crm", "SELECT email FROM contact_emails WHERE contact_id = $1", contact["id"])
    assert ACCESS.second_email in {row["email"] for row in seconds}
    [customer] = await small.fetch("billing", CUSTOMER, ACCESS.customer_no)
    assert customer["email"] == ACCESS.billing_email
    assert "+" in customer["email"]
    assert not await small.fetch("support", USER, [ACCESS.email])
    [user] = await small.fetch("support", USER, [ACCESS.second_email])
    files = await small.fetch(
        "support",
        "SELECT content_type, content FROM attachments a JOIN comments c ON c.id = a.comment_id"
        " WHERE author_user_id = $1",
        user["id"],
    )
    assert {row["content_type"] for row in files} >= {"image/png", "application/pdf", "text/plain"}
    assert all(row["content"] for row in files)


async def test_erasure(small: Stores) -> None:
    [contact] = await small.fetch("crm", CONTACT, ERASURE.email)
    [customer] = await small.fetch("billing", CUSTOMER, ERASURE.customer_no)
    [user] = await small.fetch("support", USER, [ERASURE.email])
    invoices = await small.fetch("billing", "SELECT * FROM billing.invoices WHERE customer_id = $1", customer["id"])
    assert sum(row["issued_on"].year <= 2020 for row in invoices) == 3
    assert sum(row["issued_on"].year >= 2024 for row in invoices) == 3
    unpaid = await small.count(
        "billing",
        "SELECT count(*) FROM billing.invoices i LEFT JOIN billing.payments p ON p.invoice_id = i.id"
        " WHERE i.customer_id = $1"
        " AND (p.id IS NULL OR extract(year FROM issued_on) <> extract(year FROM received_on))",
        customer["id"],
    )
    assert unpaid == 0
    consents = await small.fetch("crm", "SELECT * FROM consents WHERE contact_id = $1", contact["id"])
    recent = [row for row in consents if row["last_used_on"].year >= 2025]
    assert recent
    assert len(recent) < len(consents)
    assert await small.count("support", "SELECT count(*) FROM tickets WHERE requester_id = $1", user["id"]) == 3


async def test_shared_mailbox(small: Stores) -> None:
    contacts = await small.fetch("crm", CONTACT, SHARED_MAILBOX.email)
    assert {f"{row['first_name']} {row['last_name']}" for row in contacts} == {SHARED_MAILBOX.name, SHARED_MAILBOX.also}
    assert [row["customer_no"] for row in contacts if row["customer_no"]] == [SHARED_MAILBOX.customer_no]
    assert len({row["phone"] for row in contacts}) == 2


async def test_unknown_to_crm(small: Stores) -> None:
    assert not await small.fetch("crm", CONTACT, UNKNOWN_TO_CRM.email)
    assert not await small.fetch("crm", "SELECT 1 FROM contact_emails WHERE email = $1", UNKNOWN_TO_CRM.email)
    assert not await small.fetch("crm", "SELECT 1 FROM contacts WHERE customer_no = $1", UNKNOWN_TO_CRM.customer_no)
    assert not await small.fetch("support", USER, [UNKNOWN_TO_CRM.email])
    [customer] = await small.fetch("billing", CUSTOMER, UNKNOWN_TO_CRM.customer_no)
    assert customer["email"] == UNKNOWN_TO_CRM.email
    sql = "SELECT count(*) FROM billing.invoices WHERE customer_id = $1"
    assert await small.count("billing", sql, customer["id"]) > 0


async def test_two_addresses(small: Stores) -> None:
    [contact] = await small.fetch("crm", CONTACT, TWO_ADDRESSES.email)
    seconds = await small.fetch("crm", "SELECT email FROM contact_emails WHERE contact_id = $1", contact["id"])
    assert TWO_ADDRESSES.second_email in {row["email"] for row in seconds}
    users = await small.fetch("support", USER, [TWO_ADDRESSES.email, TWO_ADDRESSES.second_email])
    assert {row["name"] for row in users} == {TWO_ADDRESSES.name}
    assert len(users) == 2
    [customer] = await small.fetch("billing", CUSTOMER, TWO_ADDRESSES.customer_no)
    assert customer["email"] == TWO_ADDRESSES.second_email


async def test_nobody_else_has_their_addresses_numbers_or_phones(small: Stores) -> None:
    mails = [a for p in SAMPLES for a in (p.email, p.second_email, p.billing_email) if a]
    phones = ["".join(c for c in p.phone if c.isdigit()) for p in SAMPLES]
    names = [p.name for p in SAMPLES] + [p.also for p in SAMPLES if p.also]
    contact = "concat_ws(' ', first_name, last_name)"
    for store, table, name in (
        ("crm", "contacts", contact), ("billing", "billing.customers", "contact_name"), ("support", "users", "name"),
    ):  # fmt: skip
        others = await small.fetch(
            store,
            f"SELECT {name} FROM {table} WHERE {name} <> ALL($1) AND (lower(btrim(email)) = ANY($2)"  # noqa: S608  ours
            " OR regexp_replace(phone, '[^0-9]', '', 'g') = ANY($3))",
            names, mails, phones,
        )  # fmt: skip
        assert others == []


async def test_nobody_is_in_their_tickets_and_they_are_in_nobody_elses(small: Stores) -> None:
    mails = [a for p in SAMPLES for a in (p.email, p.second_email) if a]
    ids = [row["id"] for row in await small.fetch("support", USER, mails)]
    assert len(ids) == 5
    for table, column in (("comments", "author_user_id"), ("ticket_collaborators", "user_id")):
        strangers = await small.count(
            "support",
            f"SELECT count(*) FROM {table} x JOIN tickets t ON t.id = x.ticket_id WHERE {column} <> requester_id"  # noqa: S608  ours
            f" AND (requester_id = ANY($1) OR {column} = ANY($1))",
            ids,
        )
        assert strangers == 0


async def test_their_names_are_in_nobody_elses_rows(small: Stores) -> None:
    in_tickets = (
        "SELECT count(*) FROM comments c JOIN tickets t ON t.id = c.ticket_id JOIN users u ON u.id = t.requester_id"
        " WHERE position($1 IN body) > 0 AND u.name <> $1"
    )
    in_notes = (
        "SELECT count(*) FROM notes n LEFT JOIN contacts c ON c.id = n.contact_id"
        " WHERE position($1 IN body) > 0 AND concat_ws(' ', first_name, last_name) IS DISTINCT FROM $1"
    )
    for name in filter(None, (name for person in SAMPLES for name in (person.name, person.also))):
        assert await small.count("support", in_tickets, name) == 0
        assert await small.count("crm", in_notes, name) == 0
