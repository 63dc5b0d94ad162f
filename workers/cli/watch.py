"""``habeas watch``: what the watchdog found, and whether it lives."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from workers.cli.exits import ExitCode
from workers.cli.shell import ConfigOption, JsonOption, Shell


def watch(
    ctx: typer.Context,
    json_output: JsonOption = False,
    config: ConfigOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing: the exit code is the answer.")] = False,
) -> None:
    """What has gone quiet: requests, timers, systems, letters, workflows, workers; and whether the watchdog looks.

    Ends with 1 where something is wrong or nobody looks, so that a monitor can ask.
    """
    outer = ctx.find_root().obj or {}
    shell = Shell(as_json=json_output or outer.get("json", False), config=config or outer.get("config"))
    if asyncio.run(_watch(shell, quiet=quiet)):
        raise typer.Exit(ExitCode.UNEXPECTED)


async def _watch(shell: Shell, *, quiet: bool) -> bool:
    from rich.table import Table

    async with shell.office() as office:
        standing = await office.watch()
    if not quiet:
        table = Table("What", "About", "Why", "How many", "Since", "Runbook")
        for one in standing.findings:
            table.add_row(
                one.kind.value.replace("_", " "),
                one.about,
                one.code or "",
                str(one.count),
                f"{one.since:%Y-%m-%d %H:%M}",
                f"docs/runbooks/{one.kind}.md",
            )
        looked = f"{standing.looked_at:%Y-%m-%d %H:%M:%S} UTC" if standing.looked_at else "never"
        stale = " [bold]Nobody looks[/]: see docs/runbooks/watch_quiet.md." if standing.stale else ""
        shell.answer(standing, *([table] if standing.findings else ["Nothing is wrong."]), f"Looked: {looked}.{stale}")
    return standing.stale or bool(standing.findings)
