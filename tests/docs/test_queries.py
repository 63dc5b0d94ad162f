"""The queries of the README and of the runbooks run on a real server; the README's find what they say."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError

from tests.deploy.external import ROOT, temporal_server
from workers.stack.temporal import DYNAMIC_CONFIG
from workflows import attributes

_ROW = re.compile(r"^\| ([^|]+) \| `([^`]+)` \|$", re.MULTILINE)
_TYPES = {"KEYWORD": "Keyword", "KEYWORD_LIST": "KeywordList", "DATETIME": "Datetime", "BOOL": "Bool"}
README = (ROOT / "README.md").read_text(encoding="utf-8")
QUERIES = dict(_ROW.findall(README.split("<!-- queries")[1].split("\n## ")[0]))

OF_RUNBOOKS = [
    (page.name, query)
    for page in sorted((ROOT / "docs/runbooks").glob("*.md"))
    for line in re.findall(r"^\*\*Look\*\*, in the Temporal UI: (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    for query in re.findall(r"`([^`]* (?:=|IN|IS) [^`]*)`", line)
]


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    words = [word for value in DYNAMIC_CONFIG for word in ("--dynamic-config-value", value)]
    for name, kind in attributes.SEARCH_ATTRIBUTES.items():
        short = IndexedValueType.Name(kind).removeprefix("INDEXED_VALUE_TYPE_")
        words += ["--search-attribute", f"{name}={_TYPES[short]}"]
    async with temporal_server(tmp_path_factory.mktemp("queries"), *words) as address:
        client = await Client.connect(address)
        await _request(client, "HB-LATE", stage="reviewing", overdue=True, blocked=["crm", "billing"], days=-5)
        await _request(client, "HB-NEW", stage="verifying", overdue=False, blocked=[], days=400)
        await _request(client, "HB-DONE", stage="closed", overdue=True, blocked=[], days=-50, outcome="refused")
        await client.get_workflow_handle("HB-DONE").terminate()
        yield client


async def _request(client: Client, name: str, **facts: Any) -> None:
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(attributes.CONTROLLER, "demo"),
        SearchAttributePair(attributes.RIGHT, "erasure"),
        SearchAttributePair(attributes.REGIME, "EU-GDPR"),
        SearchAttributePair(attributes.STAGE, facts["stage"]),
        SearchAttributePair(attributes.OVERDUE, facts["overdue"]),
        SearchAttributePair(attributes.BLOCKED_ON, facts["blocked"]),
        SearchAttributePair(attributes.DUE_AT, datetime.fromtimestamp(_day() + facts["days"] * 86_400, UTC)),
    ]
    if "outcome" in facts:
        pairs.append(SearchAttributePair(attributes.OUTCOME, facts["outcome"]))
    found = TypedSearchAttributes(pairs)
    await client.start_workflow("RequestWorkflow", id=name, task_queue="nobody", search_attributes=found)


def _day() -> float:
    """The day that the README writes for `due this week`."""
    written = re.search(r"HabeasDueAt < '([^']+)'", README)
    assert written
    return datetime.fromisoformat(written[1]).timestamp()


async def _found(client: Client, query: str) -> set[str]:
    return {each.id async for each in client.list_workflows(query)}


FINDS = {
    "open requests": {"HB-LATE", "HB-NEW"},
    "overdue": {"HB-LATE"},
    "due this week (write the day)": {"HB-LATE"},
    "blocked on a system": {"HB-LATE"},
    "blocked on any system": {"HB-LATE"},
    "waiting for review": {"HB-LATE"},
    "waiting for a human": {"HB-LATE"},
    "waiting for the person since (write the day)": set[str](),
    "of one controller": {"HB-LATE", "HB-NEW"},
    "erasures under the GDPR": {"HB-LATE", "HB-NEW", "HB-DONE"},
    "not wholly fulfilled": {"HB-DONE"},
    "answered late": {"HB-DONE"},
    "stuck on an error in the engine": set[str](),
}


@pytest.mark.parametrize("title", QUERIES)
async def test_a_query_of_the_readme_finds_what_it_says(server: Client, title: str) -> None:
    assert await _found(server, QUERIES[title]) == FINDS[title]


@pytest.mark.parametrize("query", sorted({query for _, query in OF_RUNBOOKS}))
async def test_the_server_takes_a_query_of_a_runbook(server: Client, query: str) -> None:
    await _found(server, query)


def test_runbooks_have_queries() -> None:
    assert len({name for name, _ in OF_RUNBOOKS}) > 20


async def test_every_query_is_tried_and_a_wrong_one_is_noticed(server: Client) -> None:
    assert set(QUERIES) == set(FINDS)
    with pytest.raises(RPCError):
        await _found(server, "HabeasDeuAt < '2026-12-07T00:00:00Z'")


def test_every_attribute_is_used() -> None:
    for name in attributes.SEARCH_ATTRIBUTES:
        assert name in " ".join(QUERIES.values()), name
