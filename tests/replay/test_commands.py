"""Every stored history leads to the same commands, to the word: steps, arguments, timeouts, timers, summaries.

What to do when this fails stands in README.md beside this file.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio import workflow
from temporalio.workflow import NondeterminismError

from habeas.model import Outcome, Stage
from tests.replay.commands import HISTORIES, replay, stored
from tests.replay.stories import STORIES, main
from workers.tracing import interceptors, stop_tracing, trace_to
from workflows import calls
from workflows.erasing import Erasing
from workflows.telling import Telling


def _written(name: str) -> list[str]:
    return (HISTORIES / f"{name}.txt").read_text().splitlines()


def test_every_story_is_stored_with_its_commands() -> None:
    assert STORIES.keys() <= {*stored()}
    assert stored() == sorted(path.stem for path in HISTORIES.glob("*.txt"))


@pytest.mark.parametrize("name", stored())
async def test_the_commands_are_those_that_were_written_down(name: str) -> None:
    for now, then in zip(await replay(name), _written(name), strict=True):
        assert now == then


async def test_where_everything_is_traced_the_commands_are_the_same() -> None:
    told = InMemorySpanExporter()
    trace_to(told, "worker", at_once=True)
    try:
        assert await replay("erasure_with_a_job", interceptors()) == _written("erasure_with_a_job")
    finally:
        stop_tracing()
    assert told.get_finished_spans() == (), "what was done before is not told again"


@pytest.mark.parametrize("name", stored())
def test_nothing_of_the_machine_is_stored(name: str) -> None:
    text = (HISTORIES / f"{name}.json").read_text()
    for word in ("/site-packages/", "/home/", "/root/", "/work/", "example.org", "@pytest"):
        assert word not in text


async def test_a_history_that_is_stored_is_not_written_over(capsys: pytest.CaptureFixture[str]) -> None:
    before = (HISTORIES / "refused.json").read_bytes()
    assert await main(["refused"]) == 2
    assert "an old history stays" in capsys.readouterr().err
    assert (HISTORIES / "refused.json").read_bytes() == before


# These changes are noticed: by the replay itself, or by the words of the commands


async def test_steps_in_another_order_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    enter = Telling._enter

    async def _enter(self: Telling, stage: Stage) -> None:
        if stage is Stage.COLLECTING:
            await enter(self, Stage.REVIEWING)
        await enter(self, stage)

    await _stands_still(monkeypatch, "_enter", _enter)


async def test_one_more_upsert_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    enter = Telling._enter

    async def _enter(self: Telling, stage: Stage) -> None:
        await enter(self, stage)
        self.changed()

    await _stands_still(monkeypatch, "_enter", _enter)


async def _stands_still(monkeypatch: pytest.MonkeyPatch, method: str, changed: Callable[..., Awaitable[None]]) -> None:
    monkeypatch.setattr(Telling, method, changed)
    with pytest.raises(NondeterminismError):
        await replay("access_closed")


async def test_another_argument_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    tell = Telling._tell

    async def _tell(self: Telling, outcome: Outcome, kind: str, **facts: Any) -> Outcome:
        return await tell(self, outcome, kind, **{**facts, "ground": "another"})

    monkeypatch.setattr(Telling, "_tell", _tell)
    assert _differing(await replay("access_closed"), "access_closed") == 1


async def test_another_timeout_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "LONG_STEP", timedelta(hours=5))
    assert _differing(await replay("access_closed"), "access_closed") > 5


async def test_another_length_of_a_timer_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def _under_way(self: Erasing, system: Any, phase: str, report: Any, started: Any) -> bool:
        if report.state == "pending":
            await workflow.sleep(report.wait + 60, summary=f"ask again: {system.name}")
        elif report.state == "awaiting":
            await self.systems.called_back(system.name, report.handle, report.wait, 0)
        return report.state in {"pending", "awaiting"}

    monkeypatch.setattr(Erasing, "_under_way", _under_way)
    assert _differing(await replay("erasure_with_a_job"), "erasure_with_a_job") == 1


def _differing(now: list[str], name: str) -> int:
    return sum(one != other for one, other in zip(now, _written(name), strict=True))
