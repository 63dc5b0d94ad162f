"""The stores are as messy as real ones: every kind of mess is there, and the size is as promised."""

import pytest

from tests.samples.conftest import PEOPLE, Ask

KINDS = [
    ("mixed case", "crm", "SELECT count(*) FROM contacts WHERE email <> lower(email) AND email <> upper(email)", 50),
    ("shouted", "crm", "SELECT count(*) FROM contacts WHERE email = upper(email) AND email LIKE '%@%'", 10),
    ("blanks around", "crm", "SELECT count(*) FROM contacts WHERE email <> btrim(email)", 10),
    ("placeholder", "crm", "SELECT count(*) FROM contacts WHERE email = 'n/a'", 10),
    ("no address", "crm", "SELECT count(*) FROM contacts WHERE email IS NULL", 10),
    ("no first name", "crm", "SELECT count(*) FROM contacts WHERE first_name IS NULL", 10),
    ("no phone", "crm", "SELECT count(*) FROM contacts WHERE phone IS NULL", 50),
    ("phone with words", "crm", "SELECT count(*) FROM contacts WHERE phone ~ '[a-z]'", 20),
    ("alternate addresses", "crm", "SELECT count(*) FROM contact_emails", 300),
    (
        "shared mailbox",
        "crm",
        "SELECT count(*) FROM (SELECT lower(btrim(email)) FROM contacts WHERE email LIKE '%@%' GROUP BY 1"
        " HAVING count(DISTINCT first_name) > 1)",
        20,
    ),
    (
        "one person twice",
        "crm",
        "SELECT count(*) FROM (SELECT lower(first_name), lower(last_name), count(DISTINCT lower(email)) FROM contacts"
        " WHERE email LIKE '%@%' GROUP BY 1, 2 HAVING count(DISTINCT lower(email)) > 1)",
        20,
    ),
    ("soft-deleted", "crm", "SELECT count(*) FROM contacts WHERE deleted_at IS NOT NULL", 10),
    ("garbled", "crm", "SELECT count(*) FROM notes WHERE body ~ 'Ã|â\u0080'", 5),
    (
        "notes of nobody",
        "crm",
        "SELECT count(*) FROM notes n LEFT JOIN contacts c ON c.id = n.contact_id WHERE c.id IS NULL",
        20,
    ),
    (
        "owners that left",
        "crm",
        "SELECT count(*) FROM activities a LEFT JOIN owners o ON o.id = a.owner_id"
        " WHERE o.id IS NULL AND a.owner_id IS NOT NULL",
        100,
    ),
    ("emoji", "crm", "SELECT count(*) FROM notes WHERE body LIKE '%🐕%'", 20),
    ("long text", "crm", "SELECT count(*) FROM notes WHERE length(body) > 2000", 10),
    ("odd numbers", "crm", "SELECT count(*) FROM contacts WHERE customer_no LIKE 'X%'", 10),
    ("recent consents", "crm", "SELECT count(*) FROM consents WHERE last_used_on > '2025-01-01'", 100),
    ("old consents", "crm", "SELECT count(*) FROM consents WHERE last_used_on < '2024-01-01'", 100),
    ("plus-addresses", "billing", r"SELECT count(*) FROM customers WHERE email LIKE '%+%@%'", 20),
    ("customers without address", "billing", "SELECT count(*) FROM customers WHERE email IS NULL", 3),
    ("businesses", "billing", "SELECT count(*) FROM customers WHERE kind = 'business'", 100),
    (
        "two customers, one mailbox",
        "billing",
        "SELECT count(*) FROM (SELECT lower(email) FROM customers WHERE email LIKE '%@%'"
        " GROUP BY 1 HAVING count(*) > 1)",
        10,
    ),
    (
        "payments that quote no known number",
        "billing",
        "SELECT count(*) FROM payments p LEFT JOIN customers c USING (customer_no)"
        " WHERE c.id IS NULL AND p.customer_no IS NOT NULL",
        20,
    ),
    ("unmatched payments", "billing", "SELECT count(*) FROM payments WHERE invoice_id IS NULL", 20),
    (
        "products that are gone",
        "billing",
        "SELECT count(*) FROM invoice_lines l LEFT JOIN products p USING (sku) WHERE p.sku IS NULL",
        100,
    ),
    ("past retention", "billing", "SELECT count(*) FROM invoices WHERE issued_on < '2021-01-01'", 500),
    ("within retention", "billing", "SELECT count(*) FROM invoices WHERE issued_on >= '2021-01-01'", 500),
    (
        "invoiced in one year, paid in the next",
        "billing",
        "SELECT count(*) FROM invoices i JOIN payments p ON p.invoice_id = i.id"
        " WHERE i.issued_on < '2021-01-01' AND p.received_on >= '2021-01-01'",
        20,
    ),
    (
        "one person, two accounts",
        "support",
        "SELECT count(*) FROM (SELECT name FROM users GROUP BY 1 HAVING count(DISTINCT lower(email)) > 1)",
        10,
    ),
    ("nicknames", "support", "SELECT count(*) FROM users WHERE name = lower(name) AND name ~ '[a-z]'", 10),
    (
        "authors that were merged away",
        "support",
        "SELECT count(*) FROM comments c LEFT JOIN users u ON u.id = c.author_user_id"
        " WHERE u.id IS NULL AND c.author_user_id IS NOT NULL",
        10,
    ),
    (
        "events of purged tickets",
        "support",
        "SELECT count(*) FROM ticket_events e LEFT JOIN tickets t ON t.id = e.ticket_id WHERE t.id IS NULL",
        50,
    ),
    (
        "answers in somebody else's ticket",
        "support",
        "SELECT count(*) FROM comments c JOIN tickets t ON t.id = c.ticket_id JOIN users u ON u.id = c.author_user_id"
        " WHERE c.author_user_id <> t.requester_id",
        30,
    ),
    ("copied in", "support", "SELECT count(*) FROM ticket_collaborators", 50),
    ("old addresses in the log", "support", "SELECT count(*) FROM ticket_events WHERE old_value LIKE '%@%'", 10),
    ("emoji in a thread", "support", "SELECT count(*) FROM comments WHERE body ~ '[🎉😊]'", 100),
    ("long thread", "support", "SELECT count(*) FROM comments WHERE length(body) > 5000", 10),
    ("internal notes", "support", "SELECT count(*) FROM comments WHERE NOT is_public", 500),
    ("staff that are customers", "support", "SELECT count(*) FROM agents JOIN users USING (email)", 1),
    ("languages", "support", "SELECT count(DISTINCT locale) FROM users", 6),
    (
        "files of each kind",
        "support",
        "SELECT min(n) FROM (SELECT count(*) n FROM attachments GROUP BY content_type)",
        50,
    ),
]


@pytest.mark.parametrize(("kind", "store", "sql", "least"), KINDS, ids=[kind[0] for kind in KINDS])
async def test_this_kind_of_mess_is_there(ask: Ask, kind: str, store: str, sql: str, least: int) -> None:
    assert await ask(store, sql) >= least, kind


async def test_about_sixty_rows_per_person(ask: Ask) -> None:
    total = 0
    for store, tables in TABLES.items():
        for table in tables:
            total += await ask(store, f"SELECT count(*) FROM {table}")  # noqa: S608  names of our own
    assert 55 <= total / PEOPLE <= 65


TABLES = {
    "crm": ("contacts", "contact_emails", "contact_phones", "postal_addresses", "contact_companies", "notes",
            "activities", "consents"),
    "billing": ("customers", "cards", "subscriptions", "invoices", "invoice_lines", "payments"),
    "support": ("users", "logins", "chats", "tickets", "ticket_collaborators", "comments", "attachments",
                "ticket_events", "ratings"),
}  # fmt: skip


async def test_the_crm_does_not_know_every_customer(ask: Ask) -> None:
    known = set(await ask("crm", "SELECT array_agg(customer_no) FROM contacts WHERE customer_no IS NOT NULL"))
    customers = set(await ask("billing", "SELECT array_agg(customer_no) FROM customers"))
    assert len(customers - known) > 50
    assert len(known - customers) > 10
    assert len(customers & known) > 500


async def test_some_are_known_to_support_by_their_second_address_only(ask: Ask) -> None:
    main = set(await ask("crm", "SELECT array_agg(lower(btrim(email))) FROM contacts WHERE email IS NOT NULL"))
    second = set(await ask("crm", "SELECT array_agg(lower(email)) FROM contact_emails")) - main
    support = set(await ask("support", "SELECT array_agg(lower(btrim(email))) FROM users WHERE email IS NOT NULL"))
    assert len(second & support) > 20


async def test_free_text_names_other_people(ask: Ask) -> None:
    """Of people who have an account of their own, in tickets that are not theirs."""
    named = await ask(
        "support",
        "SELECT count(DISTINCT o.id) FROM comments c JOIN tickets t ON t.id = c.ticket_id"
        " JOIN users o ON o.id <> t.requester_id AND position(o.name IN c.body) > 0 WHERE length(o.name) > 8"
        " AND c.id % 10 = 0",
    )
    assert named > 50


async def test_money_adds_up(ask: Ask) -> None:
    off = await ask(
        "billing",
        "SELECT count(*) FROM invoices i WHERE net <> (SELECT sum(amount) FROM invoice_lines WHERE invoice_id = i.id)",
    )
    overpaid = await ask(
        "billing",
        "SELECT count(*) FROM invoices i"
        " WHERE total < (SELECT coalesce(sum(amount), 0) FROM payments WHERE invoice_id = i.id)",
    )
    assert (off, overpaid) == (0, 0)


@pytest.mark.parametrize(
    ("store", "sql"),
    [
        ("crm", "SELECT max(greatest(created_at, updated_at)) FROM contacts"),
        ("crm", "SELECT max(occurred_at) FROM activities"),
        ("crm", "SELECT max(created_at) FROM notes"),
        ("crm", "SELECT max(last_used_on)::timestamptz FROM consents"),
        ("billing", "SELECT max(issued_on)::timestamptz FROM invoices"),
        ("billing", "SELECT max(received_on)::timestamptz FROM payments"),
        ("support", "SELECT max(created_at) FROM comments"),
        ("support", "SELECT max(at) FROM logins"),
        ("support", "SELECT max(ended_at) FROM chats"),
    ],
)
async def test_nothing_happened_after_the_base_date(ask: Ask, store: str, sql: str) -> None:
    assert str(await ask(store, sql)) <= "2026-11-01 12:00:00+00:00"


@pytest.mark.parametrize(
    ("store", "wrong"),
    [
        ("support", "tickets t JOIN users u ON u.id = requester_id WHERE t.created_at < u.created_at"),
        ("support", "chats c JOIN users u ON u.id = user_id WHERE c.started_at < u.created_at"),
        ("support", "comments c JOIN tickets t ON t.id = ticket_id WHERE c.created_at < t.created_at"),
        ("billing", "payments p JOIN cards c ON c.id = card_id WHERE received_on < added_at::date"),
        ("billing", "payments p JOIN invoices i ON i.id = invoice_id WHERE received_on < issued_on"),
        ("billing", "invoices JOIN subscriptions s ON s.id = subscription_id WHERE issued_on < started_on"),
    ],
)
async def test_nothing_happened_before_its_cause(ask: Ask, store: str, wrong: str) -> None:
    assert await ask(store, f"SELECT count(*) FROM {wrong}") == 0  # noqa: S608  our own


async def test_every_placeholder_was_filled_in(ask: Ask) -> None:
    for store, table, column in (
        ("crm", "notes", "body"), ("crm", "activities", "subject"), ("billing", "invoices", "memo"),
        ("support", "comments", "body"), ("support", "tickets", "subject"), ("support", "ratings", "comment"),
        ("support", "chats", "transcript"),
    ):  # fmt: skip
        assert await ask(store, f"SELECT count(*) FROM {table} WHERE {column} ~ '[{{}}]'") == 0  # noqa: S608  as above
