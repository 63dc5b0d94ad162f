"""What operators see in Temporal, with no codec: ids, typed attributes, queries, the card, a summary on everything."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowExecution
from temporalio.converter import DataConverter

from habeas.acts import ActKind
from habeas.model import Outcome, Right, Stage
from tests.acceptance.house import House, eventually
from tests.acceptance.people import plant, somebody
from workflows import attributes

pytestmark = pytest.mark.stack

SUMMARISED = (
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_MARKER_RECORDED,
)


@dataclass
class Seen:
    """An overdue access request that waits for a system, and a closed erasure."""

    waiting: str
    closed: str


@pytest.fixture(scope="module")
async def seen(house: House) -> AsyncIterator[Seen]:
    people = [await plant(somebody(), house.store_url) for _ in range(2)]
    long_ago = (datetime.now(UTC) - timedelta(days=60)).date().isoformat()
    waiting = await house.open(people[0], Right.ACCESS, received_at=long_ago)
    closed = await house.open(people[1], Right.ERASURE)
    await house.prove(closed)
    await house.approve(closed, times=2)
    await house.until(closed, Stage.CLOSED)
    code = await house.code(waiting)
    async with house.store("support") as sql:
        await sql.execute("alter table ratings add column surprise text")
        try:
            await house.office.submit_code(waiting, code)
            await eventually(lambda: _waits(house, waiting), "a request that waits for support")
            yield Seen(waiting=waiting, closed=closed)
        finally:
            await sql.execute("alter table ratings drop column surprise")
    await house.act(ActKind.RETRY_SYSTEM, waiting, system="support")
    await house.approve(waiting)
    assert (await house.until(waiting, Stage.CLOSED)).request.outcome is Outcome.FULFILLED


async def _waits(house: House, request_id: str) -> bool:
    row = (await house.office.show(request_id)).request
    return "support" in row.blocked_on and row.overdue


async def _listed(client: Client, query: str) -> dict[str, WorkflowExecution]:
    return {one.id: one async for one in client.list_workflows(query)}


async def test_the_workflow_has_the_id_that_staff_read_out(house: House, seen: Seen) -> None:
    client = await house.temporal()
    for request_id in (seen.waiting, seen.closed):
        described = await client.get_workflow_handle(request_id).describe()
        assert (described.id, described.workflow_type) == (request_id, "RequestWorkflow")
        right = "access" if request_id == seen.waiting else "erasure"
        assert await described.static_summary() == f"{right} · demo · EU-GDPR"


async def test_attributes_are_typed_and_say_where_it_stands(house: House, seen: Seen) -> None:
    client = await house.temporal()
    waiting = (await client.get_workflow_handle(seen.waiting).describe()).typed_search_attributes
    assert waiting[attributes.CONTROLLER] == "demo"
    assert waiting[attributes.RIGHT] == "access"
    assert waiting[attributes.REGIME] == "EU-GDPR"
    assert waiting[attributes.STAGE] == "locating"
    assert waiting[attributes.BLOCKED_ON] == ["support"]
    assert waiting[attributes.OVERDUE] is True
    row = (await house.office.show(seen.waiting)).request
    assert row.due_on is not None
    # The term ends with the day, in the controller's zone.
    assert waiting[attributes.DUE_AT].date() == row.due_on
    assert waiting.get(attributes.OUTCOME) is None
    closed = (await client.get_workflow_handle(seen.closed).describe()).typed_search_attributes
    assert closed[attributes.STAGE] == "closed"
    assert closed[attributes.OUTCOME] == "partly_fulfilled"
    assert closed.get(attributes.BLOCKED_ON, []) == []
    assert closed[attributes.OVERDUE] is False


@pytest.mark.parametrize(
    ("query", "waiting", "closed"),
    [
        ("HabeasController = 'demo'", True, True),
        ("HabeasController = 'another'", False, False),
        ("HabeasRight = 'erasure'", False, True),
        ("HabeasRegime = 'EU-GDPR'", True, True),
        ("HabeasStage = 'locating'", True, False),
        ("HabeasOutcome = 'partly_fulfilled'", False, True),
        ("HabeasOutcome is null", True, False),
        ("HabeasBlockedOn = 'support'", True, False),
        ("HabeasOverdue = true", True, False),
        ("HabeasDueAt < '{tomorrow}'", True, False),
        ("ExecutionStatus = 'Running' and HabeasOverdue = true and HabeasBlockedOn = 'support'", True, False),
    ],
)
async def test_requests_are_found_by_each_attribute(
    house: House, seen: Seen, query: str, waiting: bool, closed: bool
) -> None:
    client = await house.temporal()
    asked = query.format(tomorrow=(datetime.now(UTC) + timedelta(days=1)).isoformat())

    async def as_expected() -> bool:
        found = await _listed(client, asked)
        return (seen.waiting in found, seen.closed in found) == (waiting, closed)

    await eventually(as_expected, f"the answer to {asked}", within=10)


async def test_the_card_says_what_happened_and_what_comes_next(house: House, seen: Seen) -> None:
    client = await house.temporal()
    waiting = await _card(client, seen.waiting)
    for words in (
        "**access** · stage **locating**",
        "**overdue**",
        "Next: find the person in every connected system",
        "- **support**: data_map",
        "code 1: on record",
        "GDPR",
    ):
        assert words in waiting, waiting
    closed = await _card(client, seen.closed)
    for words in ("stage **closed** · **partly\\_fulfilled**", "plan: erase", "keep", "Next: nothing"):
        assert words.replace("\\", "") in closed.replace("\\", ""), closed


async def _card(client: Client, request_id: str) -> str:
    handle = client.get_workflow_handle(request_id)
    told: WorkflowMetadata = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return told.current_details


async def test_every_activity_and_timer_has_a_summary(house: House, seen: Seen) -> None:
    client = await house.temporal()
    for request_id in (seen.waiting, seen.closed):
        history = await client.get_workflow_handle(request_id).fetch_history()
        found = [
            (event, await _summary(event))
            for event in history.events
            if event.event_type in SUMMARISED and not _is_patch(event)
        ]
        assert {event.event_type for event, _ in found} == set(SUMMARISED)
        bare = [_name(event) for event, summary in found if not summary]
        assert bare == []


def _is_patch(event: HistoryEvent) -> bool:
    """A mark of the code's version, which the SDK gives no summary: its details name the patch."""
    return event.marker_recorded_event_attributes.marker_name == "core_patch"


async def _summary(event: HistoryEvent) -> str:
    if not event.user_metadata.HasField("summary"):
        return ""
    [text] = await DataConverter.default.decode([event.user_metadata.summary])
    return str(text)


def _name(event: HistoryEvent) -> str:
    scheduled = event.activity_task_scheduled_event_attributes.activity_type.name
    return f"{EventType.Name(event.event_type)} {event.event_id} {scheduled}"
