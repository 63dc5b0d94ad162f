"""What every command shares: ``--json`` and ``--config``, one way to answer, and the office behind them."""

from __future__ import annotations

import asyncio
import getpass
import inspect
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec, Protocol

import typer

from habeas.errors import BadInput, ConfigurationError
from workers.cli.exits import EXIT_CODES

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.console import Console, RenderableType

    from activities.ledger import Ledger
    from habeas.policy import Policy
    from workers.office import Office
    from workers.remote import RemoteOffice
    from workers.settings import Settings

P = ParamSpec("P")

PIPED_WIDTH = 200
"""Columns where nobody's window says how many: a reference must not be folded in two."""

JsonOption = Annotated[
    bool, typer.Option("--json", help="Answer with JSON on standard output, and nothing else there.")
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="The settings file; else HABEAS_CONFIG, else ./habeas.toml."),
]


class Placed(Protocol):
    """A row of a list that comes in pages."""

    @property
    def place(self) -> str:
        """`--cursor` of the page that goes on behind it."""


class Shell:
    """One run of one command."""

    def __init__(self, *, as_json: bool, config: Path | None, by: str | None = None) -> None:
        self.as_json = as_json
        self.config = config
        self._by = by

    def settings(self) -> Settings:
        """The installation's settings."""
        from workers.wiring import load_settings

        try:
            return load_settings(self.config)
        except ConfigurationError:
            if not self.away:
                raise
            raise BadInput(
                "This command reads the settings, the policies or the systems themselves: give it on the server, or "
                "with --config; not everything goes over HABEAS_API."
            ) from None

    @property
    def away(self) -> bool:
        """Whether the installation is at an address, and none of its files is named."""
        named = self.config is not None or bool(os.environ.get("HABEAS_CONFIG"))
        return bool(os.environ.get("HABEAS_API")) and not named

    @property
    def console(self) -> Console:
        """Where people are answered."""
        from rich.console import Console

        width = None if sys.stdout.isatty() else PIPED_WIDTH
        return Console(file=sys.stdout, highlight=False, width=width, soft_wrap=width is not None)

    def answer(self, data: BaseModel | dict[str, Any] | list[Any], *shown: RenderableType) -> None:
        """Answer with the data for programs, or with what is to be shown to people."""
        if self.as_json:
            sys.stdout.write(json.dumps(_plain(data), ensure_ascii=False) + "\n")
            return
        console = self.console
        for part in shown:
            console.print(part)

    def tell(self, text: str) -> None:
        """A line for people on the way; programs are spared it."""
        if not self.as_json:
            sys.stderr.write(text + "\n")

    def tell_more(self, page: Sequence[Placed], limit: int) -> None:
        """Where a list goes on, if it may; programs have it in each row."""
        if len(page) == limit:
            self.tell(f"There may be more: --cursor {page[-1].place}")

    @asynccontextmanager
    async def ledger(self) -> AsyncIterator[Ledger]:
        """The ledger alone."""
        from workers.wiring import open_ledger

        async with open_ledger(self.settings()) as ledger:
            yield ledger

    @asynccontextmanager
    async def office(self, *, whole: bool = False) -> AsyncIterator[Office | RemoteOffice]:
        """Everything that staff can do, as whoever gives the command.

        With ``HABEAS_API`` it is done by the office at that address, as the account of ``HABEAS_TOKEN``.

        Args:
            whole: on the server as nobody of staff's, for what a program hands in.
        """
        if address := os.environ.get("HABEAS_API"):
            from workers.remote import open_remote

            async with open_remote(address, os.environ.get("HABEAS_TOKEN", "")) as remote:
                yield remote
            return
        from workers import logs
        from workers.office import open_office

        logs.configure("error")
        async with open_office(self.settings()) as office:
            yield office if whole else office.for_staff(self.who)

    @property
    def who(self) -> str:
        """Whoever gives the command: ``--by``, ``HABEAS_BY`` or the account here."""
        return self._by or os.environ.get("HABEAS_BY") or account()

    def policies(self, settings: Settings) -> Mapping[str, Policy]:
        """The policies of those whom the giver of the command works for; of all, if of none: an operator's command.

        Raises:
            ConfigurationError: as `load_policies`.
        """
        from activities.actors import works_for
        from workers.wiring import load_policies

        found = load_policies(settings)
        return {name: policy for name, policy in found.items() if works_for(policy, self.who)} or found

    def systems(self, settings: Settings) -> tuple[str, ...]:
        """The systems of the installation without those that only others' policies name.

        While policies are faulty nothing is served, and all are there to be mended.
        """
        from workers.wiring import load_policies

        try:
            mine, every = self.policies(settings), load_policies(settings)
        except ConfigurationError:
            return tuple(settings.systems)
        theirs = {system for name, one in every.items() if name not in mine for system in one.systems}
        theirs -= {system for one in mine.values() for system in one.systems}
        return tuple(name for name in settings.systems if name not in theirs)


def account() -> str:
    """The name of the account that this process runs under; where it has none, its number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _plain(data: Any) -> Any:
    if hasattr(data, "model_dump"):
        return data.model_dump(mode="json")
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_plain(item) for item in data]
    return data if data is None or isinstance(data, (str, int, float, bool)) else str(data)


def command(
    app: typer.Typer, name: str, *, epilog: str = ""
) -> Callable[[Callable[Concatenate[Shell, P], Awaitable[None]]], Callable[Concatenate[Shell, P], Awaitable[None]]]:
    """Register an async function as a command: its first argument becomes the `Shell`, ``--json`` and ``--config``."""

    def register(
        function: Callable[Concatenate[Shell, P], Awaitable[None]],
    ) -> Callable[Concatenate[Shell, P], Awaitable[None]]:
        signature = inspect.signature(function, eval_str=True)
        own = list(signature.parameters.values())[1:]

        def run(ctx: typer.Context, **given: Any) -> None:
            outer = ctx.find_root().obj or {}
            shell = Shell(
                as_json=given.pop("json_output") or outer.get("json", False),
                config=given.pop("config") or outer.get("config"),
                by=given.get("by"),
            )
            asyncio.run(_awaited(function(shell, **given)))  # type: ignore[call-arg]  # typer has parsed them

        keyword = inspect.Parameter.KEYWORD_ONLY
        shared = [
            inspect.Parameter("json_output", keyword, default=False, annotation=JsonOption),
            inspect.Parameter("config", keyword, default=None, annotation=ConfigOption),
        ]
        context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        parameters = [context, *(each.replace(kind=keyword) for each in own), *shared]
        run.__signature__ = signature.replace(parameters=parameters, return_annotation=None)  # type: ignore[attr-defined]
        run.__doc__ = inspect.getdoc(function)
        app.command(name, epilog="\n\n".join(filter(None, (epilog, EXIT_CODES))))(run)
        return function

    return register


async def _awaited(answer: Awaitable[None]) -> None:
    await answer
