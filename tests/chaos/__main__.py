"""Hundreds of requests while everything fails at random: ``python -m tests.chaos --minutes 10 --seed 7``.

Prints one table (or JSON), and ends with 1 if anything was lost, done twice, or is not accounted for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.chaos.running import Report, run
from workers import logs


def main(words: Sequence[str]) -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long things break (1)")
    parser.add_argument("--seed", type=int, default=None, help="draw the same people, rights and faults again")
    parser.add_argument("--at-once", type=int, default=8, help="requests under way at once (8)")
    parser.add_argument("--data-dir", type=Path, help="keep everything here; else in a folder that goes at the end")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args(words)
    seed = secrets.randbelow(10**6) if asked.seed is None else asked.seed
    logs.configure("critical")
    sys.stderr.write(f"Chaos for {asked.minutes:g} minutes, seed {seed}.\n")
    with tempfile.TemporaryDirectory(prefix="habeas-chaos-") as aside:
        folder = asked.data_dir or Path(aside)
        report = asyncio.run(run(folder, seed, asked.minutes * 60, asked.at_once))
    if asked.json:
        sys.stdout.write(json.dumps(report.as_dict()) + "\n")
    else:
        _show(report)
    return 1 if report.breaches else 0


def _show(report: Report) -> None:
    console = Console()
    table = Table(title=f"Chaos, seed {report.seed}, {report.seconds:.0f} s")
    table.add_column("what")
    table.add_column("how many", justify="right")
    for title, rows in report.parts():
        table.add_section()
        table.add_row(f"[bold]{title}[/]", "")
        for name, count in rows.items():
            table.add_row(name, f"{count:,}")
    console.print(table)
    for breach in report.breaches:
        console.print(f"[red]{breach}[/]", soft_wrap=True)
    console.print(
        "Nothing was lost, nothing was done twice." if not report.breaches else "[bold red]It is not whole.[/]"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
