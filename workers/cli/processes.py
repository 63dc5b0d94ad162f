"""The processes of a real deployment: each a command, stopped by SIGTERM or Ctrl-C."""

from __future__ import annotations

from typing import Annotated

import typer

from workers.cli.exits import EXIT_CODES
from workers.cli.shell import Shell, account, command

_worker = typer.Typer(add_completion=False, rich_markup_mode="markdown", epilog=EXIT_CODES)
_desk = typer.Typer(add_completion=False, rich_markup_mode="markdown", epilog=EXIT_CODES)
_codec = typer.Typer(add_completion=False, rich_markup_mode="markdown", epilog=EXIT_CODES)
worker, desk, codec_server = _worker, _desk, _codec


@command(_worker, "worker")
async def run_worker(
    shell: Shell,
    systems: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="Serve only these systems' queues, in their network. It opens the ledger like every worker.",
        ),
    ] = None,
) -> None:
    """Run a worker: it carries requests out. Run as many as you like."""
    from workers import logs
    from workers.tracing import trace
    from workers.worker import run_worker as run

    settings = shell.settings()
    chosen = [name.strip() for name in systems.split(",") if name.strip()] if systems else None
    logs.configure()
    trace(settings.tracing, "worker")
    await run(settings, chosen)


@command(_desk, "desk")
async def run_desk(
    shell: Shell,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            envvar="HABEAS_BY",
            metavar="NAME",
            help="Who one is at staff's pages where nobody signs in; else the account here.",
        ),
    ] = None,
) -> None:
    """Run the desk: the queue and each request's story, and the person's pages."""
    from workers import logs
    from workers.desk import serve
    from workers.tracing import trace

    settings = shell.settings()
    logs.configure()
    trace(settings.tracing, "desk")
    await serve(settings, by or account())


@command(_codec, "codec-server")
async def run_codec(
    shell: Shell,
    by: Annotated[
        str | None,
        typer.Option("--by", envvar="HABEAS_BY", metavar="NAME", help="Who one is where nobody signs in."),
    ] = None,
) -> None:
    """Run the codec server: it opens sealed payloads for Temporal's UI, and asks who looks."""
    from workers import logs
    from workers.codec import serve_codec

    settings = shell.settings()
    logs.configure()
    await serve_codec(settings, by or account())
