"""What other people's code says must not carry a person into the log."""

import asyncio
import json
import logging
import warnings
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog

from habeas.errors import Terminal
from tests.logged import logged
from workers import logs

CANARY = "canary@example.org"


@pytest.fixture
def said() -> Iterator[StringIO]:
    with logged() as stream:
        yield stream


def lines(said: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.getvalue().splitlines()]


def test_our_events_carry_their_context(said: StringIO) -> None:
    with logs.log_context(request_id="HB-0000-0000-0000"):
        structlog.get_logger("workers.x").info("thing_done", count=2)
    (line,) = lines(said)
    assert line["event"] == "thing_done"
    assert (line["request_id"], line["count"], line["level"]) == ("HB-0000-0000-0000", 2, "info")


def test_foreign_messages_are_reduced_to_their_template(said: StringIO) -> None:
    logging.getLogger("temporalio").warning("Completing as failed (%s)", CANARY)
    logging.getLogger("temporalio").warning(f"Completing as failed ({CANARY})")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(CANARY, stacklevel=1)
    assert CANARY not in said.getvalue()
    assert [line["event"] for line in lines(said)] == ["Completing as failed (%s)", logs.WITHHELD, logs.WITHHELD]
    assert all(line["logged_at"] for line in lines(said))


def test_exceptions_are_named_and_not_quoted(said: StringIO) -> None:
    try:
        try:
            raise ValueError(CANARY)
        except ValueError as error:
            raise Terminal(system="crm") from error
    except Terminal:
        structlog.get_logger("workers.x").exception("step_failed")
        logging.getLogger("asyncio").exception("Task exception was never retrieved: %s", CANARY)
    assert CANARY not in said.getvalue()
    for line in lines(said):
        assert [each["class"] for each in line["errors"]] == ["habeas.errors.Terminal", "builtins.ValueError"]
        assert line["errors"][0]["code"] == "terminal"


async def test_a_lost_task_says_no_more_than_its_class(said: StringIO) -> None:
    async def fails() -> None:
        raise ValueError(CANARY)

    task = asyncio.create_task(fails())
    await asyncio.wait([task])
    asyncio.get_running_loop().call_exception_handler({"message": CANARY, "exception": task.exception(), "task": task})
    assert said.getvalue()
    assert CANARY not in said.getvalue()
