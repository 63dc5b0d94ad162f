"""A worker is killed in the middle of a collection, of an erasure, of a letter: nothing is lost, nothing done twice."""

import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil
import pytest

from habeas.acts import ActKind
from habeas.evidence import Tag
from habeas.model import Outcome, Right, Stage
from tests.acceptance.house import House, eventually
from tests.acceptance.people import ANONYMISE, DELETE, STORES, Planted, plant, somebody
from workers.office import Story
from workers.stack import PartName

pytestmark = pytest.mark.stack

ADDRESSES = 1200
"""More than two pages of a collection."""
Rows = Mapping[str, tuple[str, ...]]


@dataclass
class Killed:
    """What was under way when the worker was killed, and how it ended."""

    asked: Planted
    access: str
    pages: dict[str, int] = field(default_factory=dict)
    """Collected pages that lay in the storage then, each with its file's number."""
    erased: Planted = field(default_factory=somebody)
    erasure: str = ""
    before: dict[str, Rows] = field(default_factory=dict)
    after: dict[str, Rows] = field(default_factory=dict)
    letter: str = ""
    told: dict[str, Story] = field(default_factory=dict)


@pytest.fixture(scope="module")
async def killed(house: House) -> Killed:
    """One worker, three requests in the middle of something, one kill -9, one new worker."""
    asked = await plant(somebody(), house.store_url, addresses=ADDRESSES)
    erased = await plant(somebody(), house.store_url)
    third = await plant(somebody(), house.store_url)
    happened = Killed(asked=asked, access=await house.open(asked, Right.ACCESS), erased=erased)
    happened.erasure = await house.open(erased, Right.ERASURE)
    await house.prove(happened.erasure)
    await house.until(happened.erasure, Stage.REVIEWING)
    await house.code(happened.access)
    happened.before = {name: await house.rows(name) for name in STORES}
    async with AsyncExitStack() as locks:
        # The page after the second one cannot be read.
        await locks.enter_async_context(_locked(house, "crm", "notes in access exclusive mode"))
        # The children can be deleted, the account cannot.
        await locks.enter_async_context(_locked(house, "support", "users in share mode"))
        # What a store has committed cannot be written down.
        await locks.enter_async_context(_locked(house, "ledger", "object_outcome in exclusive mode"))
        await house.prove(happened.access)
        await house.approve(happened.erasure, times=2)
        async with _silent_mailbox(house):
            happened.letter = await house.open(third, Right.ACCESS)
            await _talks_to_mailbox(house)
            await house.waits_for_lock("crm", "notes", "AccessShareLock")
            await house.waits_for_lock("support", "users", "RowExclusiveLock")
            await house.waits_for_lock("ledger", "object_outcome", "RowExclusiveLock")
            await _heartbeat_says(house, happened.access, pages=2)
            happened.pages = _pages(house, happened.access)
            house.stack.kill_worker()
    await house.stack.start_worker()
    await house.approve(happened.access)
    happened.told[happened.access] = await house.until(happened.access, Stage.CLOSED)
    happened.told[happened.erasure] = await house.until(happened.erasure, Stage.CLOSED)
    await house.code(happened.letter)
    await house.act(ActKind.WITHDRAW, happened.letter)
    happened.told[happened.letter] = await house.until(happened.letter, Stage.CLOSED)
    happened.after = {name: await house.rows(name) for name in STORES}
    return happened


@asynccontextmanager
async def _locked(house: House, name: str, what: str) -> AsyncIterator[None]:
    async with house.store(name) as sql, sql.transaction():
        await sql.execute(f"lock table {what}")
        yield


@asynccontextmanager
async def _silent_mailbox(house: House) -> AsyncIterator[None]:
    """The mail server takes connections and says nothing."""
    process = house.stack.part(PartName.MAILBOX).process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


async def _talks_to_mailbox(house: House) -> None:
    process = house.stack.part("worker-1").process
    assert process is not None
    worker = psutil.Process(process.pid)

    async def look() -> bool:
        return any(one.raddr and one.raddr.port == house.stack.ports.smtp for one in worker.net_connections())

    await eventually(look, "a letter on its way")


async def _heartbeat_says(house: House, request_id: str, pages: int) -> None:
    """Until the server knows from the collection that so many pages are stored."""
    client = await house.temporal()
    handle = client.get_workflow_handle(request_id)

    async def look() -> bool:
        pending = (await handle.describe()).raw_description.pending_activities
        said = [json.loads(each.data) for one in pending for each in one.heartbeat_details.payloads]
        return any(one["pages"] >= pages for one in said)

    await eventually(look, "a heartbeat with the cursor")


def _pages(house: House, request_id: str) -> dict[str, int]:
    folder = house.stack.folder.storage / "requests" / request_id / "collected"
    return {str(path.relative_to(folder)): path.stat().st_ino for path in folder.rglob("*.page")}


async def test_the_export_is_complete_and_nothing_is_in_it_twice(house: House, killed: Killed) -> None:
    told = killed.told[killed.access]
    assert told.request.outcome is Outcome.FULFILLED
    package = await house.package(killed.access)
    for name in STORES:
        expected = {table.removeprefix("billing."): sum(rows.values()) for table, rows in killed.asked.of(name).items()}
        found = {
            path.split("/")[2].removesuffix(".json"): json.loads(package.read(path))
            for path in package.namelist()
            if path.startswith(f"data/{name}/") and path.endswith(".json")
        }
        assert {table: len(rows) for table, rows in found.items()} == expected
        await _same_content(house, name, found)
    assert len(json.loads(package.read("data/crm/postal_addresses.json"))) == ADDRESSES


async def _same_content(house: House, name: str, found: dict[str, list[dict[str, Any]]]) -> None:
    """Each record is one row of the store, and says what the row says."""
    async with house.store(name) as sql:
        for table, rows in found.items():
            schema = "billing." if name == "billing" else ""
            keys = [key for key in ("invoice_id", "line_no", "id", "ticket_id", "contact_id") if key in rows[0]]
            keys = ["id"] if "id" in keys else keys
            for record in rows:
                same = " and ".join(f"{key}::text = ${n}" for n, key in enumerate(keys, start=1))
                statement = f"select to_jsonb(t)::text from {schema}{table} t where {same}"  # noqa: S608  names of the package
                [row] = await sql.fetch(statement, *(str(record[key]) for key in keys))
                row = json.loads(row[0])
                given = {column: value for column, value in record.items() if column != "_files"}
                for column, value in given.items():
                    # Amounts are texts in the package, so that no reader rounds them.
                    assert value == row[column] or float(value) == float(row[column]), f"{name}.{table}.{column}"


async def test_the_collection_went_on_where_it_was(house: House, killed: Killed) -> None:
    assert {path for path in killed.pages if path.startswith("crm/")} == {"crm/000000.page", "crm/000001.page"}
    now = _pages(house, killed.access)
    kept = {path: number for path, number in killed.pages.items() if now.get(path) == number}
    assert kept == killed.pages


async def test_the_erasure_did_exactly_what_was_planned(killed: Killed) -> None:
    told = killed.told[killed.erasure]
    assert told.request.outcome is Outcome.PARTLY_FULFILLED
    assert told.fates == {name: killed.erased.fates(name) for name in STORES}
    for name in STORES:
        for table in killed.before[name]:
            before, after = Counter(killed.before[name][table]), Counter(killed.after[name][table])
            going = killed.erased.of(name, DELETE, ANONYMISE).get(table, Counter())
            changed = killed.erased.of(name, ANONYMISE).get(table, Counter())
            assert before - after == going, f"{name}.{table}"
            assert (after - before).total() == changed.total(), f"{name}.{table}"


async def test_nothing_of_the_person_is_left_but_what_the_law_keeps(house: House, killed: Killed) -> None:
    stem = killed.erased.email.partition(".")[0]
    for name in STORES:
        async with house.store(name) as sql:
            for table in killed.before[name]:
                retained = set(killed.erased.of(name, "retain").get(table, ()))
                found = await sql.fetch(f"select md5(t::text) from {table} t where t::text ilike '%{stem}%'")  # noqa: S608  names of the catalogue
                # The number that the kept invoices are filed under stays on the emptied customer.
                allowed = 1 if table == "billing.customers" else 0
                assert len({row[0] for row in found} - retained) <= allowed, f"{name}.{table}"


@pytest.mark.parametrize("which", ["access", "erasure", "letter"])
async def test_the_evidence_is_whole_and_says_everything_once(house: House, killed: Killed, which: str) -> None:
    request_id: str = getattr(killed, which)
    assert not (await house.office.verify_evidence(request_id)).findings
    events = await house.office.timeline(request_id)
    for tag in (Tag.SYSTEM_COLLECTED, Tag.SYSTEM_ERASED, Tag.SYSTEM_CONFIRMED):
        systems = [event.facts["system"] for event in events if event.tag == tag.value]
        asked = which == "erasure" or (which == "access" and tag is Tag.SYSTEM_COLLECTED)
        assert sorted(map(str, systems)) == (sorted(STORES) if asked else []), tag
    once = (Tag.REQUEST_OPENED, Tag.REQUEST_CLOSED, Tag.IDENTITY_CODE_SENT, Tag.EXPORT_BUILT, Tag.PLAN_DRAFTED)
    assert all(count == 1 for tag, count in Counter(event.tag for event in events).items() if tag in once)


@pytest.mark.parametrize("which", ["access", "erasure", "letter"])
async def test_each_letter_is_in_the_mailbox_once(house: House, killed: Killed, which: str) -> None:
    request_id: str = getattr(killed, which)
    # Asked for anew: whoever fetched the package had a code sent.
    letters = (await house.office.show(request_id)).letters
    assert all(letter.state.value == "sent" for letter in letters)
    kinds = Counter(letter.kind for letter in letters)
    completion = {"access": "completion_access", "erasure": "completion_erasure", "letter": "withdrawal"}[which]
    assert {kind: kinds[kind] for kind in ("acknowledgement", "code", completion)} == {
        "acknowledgement": 1,
        "code": 1,
        completion: 1,
    }
    received = Counter(str(mail.message["message-id"]) for mail in house.mails(request_id))
    assert received == Counter(str(letter.message_id) for letter in letters)
