"""The README of the Helm chart, made from its values: ``python -m docs.chart`` writes it anew."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CHART = Path(__file__).parents[1] / "deploy/helm/habeas"
_KEY = re.compile(r"^( *)([A-Za-z][A-Za-z0-9]*):(?: (.*))?$")
_COMMENT = re.compile(r"^ *# ?(.*)$")
HEAD = """# Chart habeas

Runs Habeas on a Temporal server and a PostgreSQL server that you have. Secrets are yours: the chart names them and
makes none. [`example-values.yaml`](../example-values.yaml) is a whole installation;
[Deploy it](../../../docs/deploy-it.md#on-kubernetes) tells the steps.

<!-- made by docs/chart.py from values.yaml -->

| Value | Default | What it is |
|---|---|---|
"""


class Row(NamedTuple):
    """One value, or a group of values that is explained."""

    name: str
    default: str
    text: str


def rows(text: str) -> Iterator[Row]:
    """Every value of ``values.yaml``, in its order, with what is written above it."""
    path: list[str] = []
    said: list[str] = []
    for line in text.splitlines():
        if comment := _COMMENT.match(line):
            said.append(comment[1].strip())
        elif key := _KEY.match(line):
            path = [*path[: len(key[1]) // 2], key[2]]
            if key[3] is not None or said:
                yield Row(".".join(path), key[3] or "", " ".join(said))
            said = []
        else:
            said = []


def page() -> str:
    """The README."""
    lines = [
        f"| `{row.name}` | {f'`{row.default}`' if row.default else ''} | {row.text.replace('|', chr(92) + '|')} |\n"
        for row in rows((CHART / "values.yaml").read_text(encoding="utf-8"))
    ]
    return HEAD + "".join(lines)


if __name__ == "__main__":
    (CHART / "README.md").write_text(page(), encoding="utf-8")
    sys.stdout.write(f"Wrote {CHART / 'README.md'}\n")
