"""The three data maps fit their stores, and carry a person from an address through all of them and out again."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from activities.connectors.sql import SqlConnector
from activities.connectors.sql.check import check
from habeas import law
from habeas.connector import Match, Record, RecordRef, SystemPlan, Treatment
from habeas.datamap import load_map
from habeas.matching import ContradictionKind, contradictions
from habeas.model import Identifier, Right
from habeas.outcomes import Done, Fate
from habeas.plan import IndexedRecord, draft
from habeas.policy import load_policy
from tests.samples.conftest import STORES, databases
from workers.postgres import EmbeddedPostgres
from workers.samples import (
    ACCESS,
    ERASURE,
    MAPS,
    SHARED_MAILBOX,
    TWO_ADDRESSES,
    UNKNOWN_TO_CRM,
    SamplePerson,
    seed,
)

POLICY = Path(__file__).resolve().parents[2] / "deploy" / "controllers" / "demo.toml"
TODAY = date(2026, 11, 2)
LAW = "Danish Bookkeeping Act § 12"
Connectors = Mapping[str, SqlConnector]


def connect(urls: Mapping[str, str]) -> dict[str, SqlConnector]:
    return {
        store: SqlConnector.from_settings(store, {"url": url, "map": MAPS / f"{store}.toml", "pool_size": 1})
        for store, url in urls.items()
    }


@pytest.fixture(scope="module")
async def connectors(stores: Mapping[str, str]) -> AsyncIterator[Connectors]:
    made = connect(stores)
    yield made
    for connector in made.values():
        await connector.aclose()


async def follow(connectors: Connectors, start: str) -> dict[str, set[Match]]:
    """What an address leads to, from system to system until nothing new comes."""
    known = {Identifier(kind="email", value=start)}
    found: dict[str, dict[str, Match]] = {store: {} for store in connectors}
    while True:
        before = len(known)
        for store, connector in connectors.items():
            for match in (await connector.locate(tuple(known))).matches:
                found[store][match.key] = match
                known |= set(match.yields)
        if len(known) == before:
            return {store: set(matches.values()) for store, matches in found.items()}


async def collected(connector: SqlConnector, matches: set[Match]) -> list[Record]:
    roots = tuple(RecordRef(collection=match.collection, key=match.key) for match in matches)
    return [record async for page in connector.collect(roots, None) for record in page.records]


@pytest.mark.parametrize("store", STORES)
async def test_the_map_fits_its_store(stores: Mapping[str, str], store: str) -> None:
    assert await check(load_map(MAPS / f"{store}.toml"), stores[store]) == ()


@pytest.mark.parametrize("store", STORES)
def test_every_category_is_one_of_the_policy(store: str) -> None:
    known = {category.id for category in load_policy(POLICY).categories}
    used = {table.category for _, table in load_map(MAPS / f"{store}.toml").personal_tables()}
    assert used <= known


@pytest.mark.parametrize("store", STORES)
def test_what_is_withheld_says_why_with_its_article(store: str) -> None:
    for collection in load_map(MAPS / f"{store}.toml").manifest().collections:
        assert collection.grounds.keys() == collection.withheld.keys()
        for field, ground in collection.grounds.items():
            for regime, place, article in (("EU-GDPR", "FR", "GDPR "), ("CA-PIPEDA", "CA-ON", "PIPEDA ")):
                told = load_policy(POLICY).provision(regime, place, Right.ACCESS, ground)
                assert (told or "").startswith(article), field
            assert not law.laws_in(collection.withheld[field]), field


@pytest.mark.parametrize("store", STORES)
async def test_the_store_answers(connectors: Connectors, store: str) -> None:
    health = await connectors[store].ping()
    assert (health.ok, health.detail) == (True, "")


@pytest.mark.parametrize(
    ("person", "crm", "billing", "support"),
    [(ACCESS, 1, 1, 1), (ERASURE, 1, 1, 1), (UNKNOWN_TO_CRM, 0, 1, 0), (TWO_ADDRESSES, 1, 1, 2)],
    ids=["access", "erasure", "unknown to the CRM", "two addresses"],
)
async def test_an_address_leads_to_one_person_everywhere(
    connectors: Connectors, person: SamplePerson, crm: int, billing: int, support: int
) -> None:
    found = await follow(connectors, person.email)
    assert {store: len(matches) for store, matches in found.items()} == {
        "crm": crm,
        "billing": billing,
        "support": support,
    }
    assert {match.name for matches in found.values() for match in matches} == {person.name}
    assert contradictions({store: tuple(matches) for store, matches in found.items()}) == ()


async def test_a_shared_mailbox_leads_to_two(connectors: Connectors) -> None:
    found = await follow(connectors, SHARED_MAILBOX.email)
    assert {match.name for match in found["crm"]} == {SHARED_MAILBOX.name, SHARED_MAILBOX.also}
    kinds = {each.kind for each in contradictions({store: tuple(matches) for store, matches in found.items()})}
    assert ContradictionKind.SHARED_IDENTIFIER in kinds


async def test_without_the_crm_the_second_address_leads_nowhere(connectors: Connectors) -> None:
    alone = {store: connectors[store] for store in ("billing", "support")}
    assert not (await follow(alone, ACCESS.email))["support"]


async def test_all_of_the_person_is_collected(connectors: Connectors) -> None:
    found = await follow(connectors, ACCESS.email)
    records = [record for store in STORES for record in await collected(connectors[store], found[store])]
    assert {record.collection for record in records} >= HELD_OF_EVERYBODY
    assert all(record.files for record in records if record.collection == "attachments")
    assert any("+" in str(record.data.get("email")) for record in records)
    shown = {column for record in records for column in record.data}
    assert not shown & {"psp_token", "password_hash", "agent_id", "assignee_id", "author_id", "owner_id"}


async def test_whatever_the_stores_hold_can_be_looked_up(connectors: Connectors, stores: Mapping[str, str]) -> None:
    """Placeholders, blanks and words in phone numbers are no reason to fail, nor do they match each other."""
    connection = await asyncpg.connect(stores["crm"])
    rows = await connection.fetch("SELECT id, email FROM contacts WHERE email LIKE '%@%' ORDER BY id LIMIT 60")
    await connection.close()
    for row in rows:
        located = await connectors["crm"].locate((Identifier(kind="email", value=row["email"]),))
        assert f"[{row['id']}]" in {match.key for match in located.matches}
        assert len(located.matches) <= 2


HELD_OF_EVERYBODY = {
    *("contacts", "contact_emails", "postal_addresses", "notes", "activities", "consents"),
    *("customers", "cards", "invoices", "invoice_lines", "payments"),
    *("users", "logins", "chats", "tickets", "comments", "attachments"),
}


@pytest.fixture(scope="module")
async def own(postgres_server: EmbeddedPostgres) -> AsyncIterator[Mapping[str, str]]:
    """Stores of this module's own, to erase in."""
    async with databases(postgres_server, *STORES) as urls:
        await seed(urls, people=60)
        yield urls


async def test_erasure_keeps_what_the_law_keeps_and_nothing_else(own: Mapping[str, str]) -> None:
    connectors = connect(own)
    found = await follow(connectors, ERASURE.email)
    known = tuple({i for matches in found.values() for match in matches for i in match.yields})
    before = await everybody(own)
    mine: set[str] = set()
    fates: dict[str, Counter[tuple[str, Fate]]] = {}
    for store, connector in connectors.items():
        records = await collected(connector, found[store])
        roots = {RecordRef(collection=match.collection, key=match.key) for match in found[store]}
        index = [IndexedRecord.of(record) for record in records]
        plan = draft(store, connector.manifest.collections, roots, known, index, TODAY)
        mine |= {f"{store}.{each.collection}{each.key}" for each in plan.objects}
        check_plan(store, plan)
        assert isinstance(await connector.erase(plan, None), Done)
        answer = await connector.confirm(plan, None)
        assert isinstance(answer, Done)
        fates[store] = Counter((outcome.collection, outcome.fate) for outcome in answer.result)
        await connector.aclose()
    assert not [fate for store in fates.values() for _, fate in store if fate in (Fate.FAILED, Fate.BLOCKED)]
    assert fates["support"].keys() <= {(collection, Fate.ERASED) for collection in SUPPORT}
    assert fates["crm"][("contacts", Fate.ANONYMISED)] == 1
    assert fates["crm"][("consents", Fate.RETAINED)] >= 1
    assert fates["billing"][("customers", Fate.ANONYMISED)] == 1
    assert fates["billing"][("invoices", Fate.RETAINED)] == 3
    assert fates["billing"][("invoices", Fate.ERASED)] == 3
    after = await everybody(own)
    changed = {place for place in before if after.get(place) != before[place]}
    assert changed <= mine
    assert after.keys() <= before.keys()


SUPPORT = ("users", "logins", "chats", "tickets", "comments", "attachments", "ticket_events", "ratings")


def check_plan(store: str, plan: SystemPlan) -> None:
    kept = [each for each in plan.objects if each.treatment is Treatment.RETAIN]
    if store == "support":
        assert not kept
    if store == "billing":
        assert {each.law for each in kept} == {LAW}
        assert {each.until for each in kept} <= {date(year, 12, 31) for year in (2029, 2030, 2031)}


async def everybody(urls: Mapping[str, str]) -> dict[str, str]:
    """Every row of every table, under the place by which a plan names it."""
    rows: dict[str, str] = {}
    for store, url in urls.items():
        data_map = load_map(MAPS / f"{store}.toml")
        connection = await asyncpg.connect(url)
        for table in data_map.tables:
            key = KEYS.get(table, ("id",))
            parts = ", ".join(f"t.{column}" for column in key)
            sql = f"SELECT jsonb_build_array({parts})::text, t::text FROM {data_map.schema_name}.{table} t"  # noqa: S608  ours
            for place, text in await connection.fetch(sql):
                rows[f"{store}.{table}{place}"] = text
        await connection.close()
    return rows


KEYS = {
    "contact_companies": ("contact_id", "company_id"),
    "invoice_lines": ("invoice_id", "line_no"),
    "ticket_collaborators": ("ticket_id", "user_id"),
    "ratings": ("ticket_id",),
    "currencies": ("code",),
    "products": ("sku",),
}
