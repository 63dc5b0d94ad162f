"""The table of metrics in `operate-it.md`, made from the code: ``python -m docs.metrics`` writes it anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from activities import notify, record, wrapper
from activities.ledger import Backlog, Ledger, Waiting
from docs.made import between, write
from workers import anchoring, delivering
from workers.desk import guard
from workers.measuring import Measured, Measuring, Seldom

__all__ = ["metrics", "table", "written"]

PAGE = Path(__file__).with_name("operate-it.md")
COUNTING = (anchoring, delivering, guard, notify, record, wrapper)
"""Modules that count for themselves: imported, for that makes their metrics."""
_NOTHING = Backlog(
    unstarted=0, unstarted_since=None, letters=0, letters_since=None, events=0, deliveries=0, deliveries_since=None,
    webhooks_off=0, unanchored=0, unanchored_since=None, anchored_at=None,
)  # fmt: skip


class Metric(NamedTuple):
    """One metric of the product."""

    name: str
    kind: str
    labels: tuple[str, ...]
    text: str
    whole: bool
    """Whether every process tells the same of the whole installation; else each tells its own."""


def metrics() -> list[Metric]:
    """All of them, by name."""
    return sorted([*_own(), *_whole()])


def _own() -> Iterator[Metric]:
    for collector in set(REGISTRY._names_to_collectors.values()):
        if isinstance(collector, MetricWrapperBase) and collector._name.startswith("habeas_"):
            suffix = "_total" if collector._type == "counter" else ""
            name = f"{collector._name}{suffix}"
            yield Metric(name, str(collector._type), tuple(collector._labelnames), collector._documentation, False)


def _whole() -> Iterator[Metric]:
    measuring = Measuring(cast(Ledger, None), {}, [], lambda: datetime.now(UTC))
    beats: Mapping[str, datetime] = {}
    waiting = Waiting(tasks=0, tasks_overdue=0, untold_since=None)
    now = datetime.now(UTC)
    measuring._often = now, Measured((), (), _NOTHING, waiting, {}, (), {}, Counter(), beats)
    measuring._seldom = now, Seldom((), ())
    for family in measuring.collect():
        yield Metric(family.name, family.type, tuple(cast(Any, family)._labelnames), family.documentation, True)


def table() -> str:
    """The table, in Markdown."""
    lines = ["| Metric | Labels | Of | What it is |", "|---|---|---|---|"]
    for one in metrics():
        labels = ", ".join(f"`{label}`" for label in one.labels)
        whose = "installation" if one.whole else "process"
        lines.append(f"| `{one.name}` ({one.kind}) | {labels} | {whose} | {one.text} |")
    return "\n".join(lines)


def written(page: str) -> str:
    """The page with the table as it should be."""
    return between(page, "metrics", table())


if __name__ == "__main__":
    write(PAGE, written)
