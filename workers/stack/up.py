"""``habeas up``: the stack in the foreground, until Ctrl-C or until a part ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.status import Status
from rich.table import Table

from workers import logs
from workers.process import can_die_with_parent
from workers.settings import CONFIG_VARIABLE
from workers.stack.options import Addresses, PartName, StackOptions, Step
from workers.stack.stack import Stack

INTERRUPTED = 130


class StepDisplay:
    """Shows a start on a console, a line for each step; a spinner beside the one at work if it is a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None

    def __call__(self, step: Step) -> None:
        """The progress callback."""
        self.close()
        if step.seconds is not None:
            self._console.print(f"  [green]✓[/] {step.title} [dim]{step.seconds:.1f} s[/]", highlight=False)
        elif self._console.is_terminal:
            self._status = self._console.status(f"{step.title} …")
            self._status.start()
        else:
            self._console.print(f"  {step.title} …", highlight=False)

    def close(self) -> None:
        """Take the spinner away."""
        if self._status is not None:
            self._status.stop()
            self._status = None


def up(options: StackOptions, *, as_json: bool = False) -> int:
    """Run a stack until Ctrl-C or SIGTERM; the exit code.

    With ``as_json``, standard output is one line with the addresses once all is ready; progress is on standard error.

    Raises:
        HabeasError: It could not start, or a part ended by itself; everything is stopped by then.
    """
    # The steps that run in this process log too, and standard output is for the addresses.
    logs.configure("warning")
    return asyncio.run(_up(options, as_json))


async def _up(options: StackOptions, as_json: bool) -> int:
    console = Console(stderr=True)
    display = StepDisplay(console)
    stack = Stack(options, display)
    if not can_die_with_parent():
        console.print("[yellow]setpriv (util-linux) is missing: after a kill -9 the next start ends what is left.[/]")
    running = asyncio.ensure_future(_run(stack, console, as_json))
    with _signals(_two_stage(running, stack, console)):
        try:
            await running
        except asyncio.CancelledError:
            if not running.cancelled():
                raise
        finally:
            display.close()
            # To its end also when the signal comes again: that one kills.
            await stack.stop()
    console.print("Stopped. Everything is kept; `habeas up` goes on from here.")
    return 0


async def _run(stack: Stack, console: Console, as_json: bool) -> None:
    console.print(f"Starting on [bold]{stack.folder.path}[/]", highlight=False, soft_wrap=True)
    await stack.start()
    if as_json:
        sys.stdout.write(json.dumps(stack.addresses.as_dict()) + "\n")
        sys.stdout.flush()
    else:
        _tell(stack, Console())
    await stack.watch()


def _tell(stack: Stack, console: Console) -> None:
    addresses = stack.addresses
    table = Table.grid(padding=(0, 2))
    for name, address in _shown(addresses, stack.options):
        table.add_row(f"  {name}", f"[bold]{address}[/]")
    console.print("\nReady.\n", table, sep="\n")
    settings = _from_here(stack.folder.settings)
    console.print(
        "\nWhat to try next, in another terminal:\n",
        f"  export {CONFIG_VARIABLE}={settings}",
        "  habeas system list          what is connected",
        "  habeas request open --help  open a request",
        "  habeas request list         see where each one is",
        "\nCtrl-C stops everything; the data stays.\n",
        sep="\n",
        highlight=False,
        soft_wrap=True,
    )


def _shown(addresses: Addresses, options: StackOptions) -> list[tuple[str, str]]:
    rows = [
        ("Desk", addresses.desk, PartName.DESK),
        ("Temporal UI", addresses.temporal_ui, PartName.TEMPORAL),
        ("Inbox (every letter sent)", addresses.inbox, PartName.MAILBOX),
        ("Temporal", addresses.temporal, PartName.TEMPORAL),
        ("Mail server", addresses.mail, PartName.MAILBOX),
        ("Data", addresses.data_dir, PartName.POSTGRES),
    ]
    return [(name, address) for name, address, part in rows if part in options.parts]


def _from_here(path: Path) -> Path:
    with contextlib.suppress(ValueError):
        return path.relative_to(Path.cwd())
    return path


def _two_stage(running: asyncio.Future[None], stack: Stack, console: Console) -> Callable[[], None]:
    """What a signal does: the first stops everything in order, the second ends it at once."""
    asked = False

    def on_signal() -> None:
        nonlocal asked
        if asked:
            stack.kill_all()
            # Whatever still waits for a part in a thread is not worth waiting for.
            os._exit(INTERRUPTED)
        asked = True
        console.print("\nStopping … (again to end it at once)")
        running.cancel()

    return on_signal


@contextlib.contextmanager
def _signals(handler: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, handler)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
