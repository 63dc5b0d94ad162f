"""``habeas demo``: the whole story on the embedded stack."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.shell import JsonOption, Shell

if TYPE_CHECKING:
    from rich.table import Table

    from workers.demo import DemoResult


def demo(
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data-dir", metavar="DIR", help="The folder that keeps everything; else a new one under ./var each time."
        ),
    ] = None,
    people: Annotated[int, typer.Option(min=20, help="How many people the sample stores hold; taken once.")] = 1000,
    json_output: JsonOption = False,
) -> int:
    """Carry out real requests on real stores, show what happened, and stop.

    Starts PostgreSQL, Temporal, three sample stores, a mail server, a worker and the desk on this machine; then an
    access request, an erasure with invoices that the law keeps, and a request from a mailbox that two people share.
    With `--json`, the last word is one JSON object on standard output; all else is on standard error.
    """
    return asyncio.run(_demo(data_dir or _new_folder(), people, Shell(as_json=json_output, config=None)))


async def _demo(data_dir: Path, people: int, shell: Shell) -> int:
    from rich.console import Console

    from workers import logs
    from workers.demo import run_demo
    from workers.office import open_office
    from workers.stack import StackOptions, running_stack
    from workers.stack.up import StepDisplay

    logs.configure("error")
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"Starting on [bold]{data_dir}[/]")
    display = StepDisplay(console)
    async with running_stack(StackOptions(data_dir, people=people), display) as stack:
        display.close()
        console.print(f"  Temporal UI [bold]{stack.addresses.temporal_ui}[/], desk [bold]{stack.addresses.desk}[/]")
        async with open_office(stack.settings()) as office:
            result = await run_demo(office, stack.folder.path, console.print)
        console.print("\nStopping …")
    shell.answer(result, _table(result), _hints(result))
    return 0


def _new_folder() -> Path:
    """The first of ``var/demo``, ``var/demo-2`` … that is not there: the same data is erased only once."""
    number = 1
    while True:
        folder = Path("var") / (f"demo-{number}" if number > 1 else "demo")
        if not folder.exists():
            return folder
        number += 1


def _table(result: DemoResult) -> Table:
    from rich.table import Table

    table = Table(title="What happened", title_justify="left", title_style="bold")
    for heading in ("Request", "Right", "Regime", "Outcome", "Due", "Systems", "Letters"):
        table.add_column(heading, overflow="fold")
    for one in result.requests:
        systems = "\n".join(
            f"{name}: {', '.join(f'{count} {fate}' for fate, count in counts.items())}"
            for name, counts in sorted(one.systems.items())
        )
        table.add_row(
            one.id,
            one.right.value,
            one.regime,
            one.outcome.value,
            str(one.due_on or "-"),
            systems,
            "\n".join(one.letters),
        )
    return table


def _hints(result: DemoResult) -> str:
    packages = "\n".join(f"  {one.export.path}" for one in result.requests if one.export)
    return (
        f"\nThe packages, as the people got them (open index.html inside):\n{packages}\n\n"
        f"Everything is kept in {result.data_dir}. To look around in it, with the Temporal UI and the desk:\n"
        f"  make up ARGS='--data-dir {result.data_dir}'\n"
    )
