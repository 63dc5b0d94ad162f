"""The tree of commands. Parts are imported when they are used, so that ``habeas --help`` answers at once."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from habeas.errors import ConfigurationError, HabeasError
from workers.cli.exits import EXIT_CODES, ExitCode, report, report_unexpected, say
from workers.cli.shell import ConfigOption, JsonOption


class Place(NamedTuple):
    """Where a command lives."""

    module: str
    name: str
    help: str
    panel: str


_STAFF, _SETUP, _PROCESSES = "Carry out requests", "Set up and check", "Run it"

PLACES: Mapping[str, Place] = {
    "request": Place("workers.cli.request", "app", "Open requests and see each to its end.", _STAFF),
    "recipient": Place("workers.cli.recipient", "app", "Who was told what became of the data.", _STAFF),
    "task": Place("workers.cli.task", "app", "What a human does by hand, where no program can.", _STAFF),
    "hold": Place("workers.cli.hold", "app", "What must not be erased while a matter is pending.", _STAFF),
    "report": Place("workers.cli.report", "app", "What became of requests in a period, for a regulator.", _STAFF),
    "retention": Place("workers.cli.retention", "app", "What is kept, until when, and the sweep that ends it.", _STAFF),
    "erasures": Place("workers.cli.erasures", "app", "Erase again what a restored backup brought back.", _STAFF),
    "evidence": Place("workers.cli.evidence", "app", "Check what was done, without trusting us.", _STAFF),
    "restriction": Place("workers.cli.restriction", "app", "Restricted data: list it, lift a restriction.", _STAFF),
    "letter": Place("workers.cli.letter", "app", "Letters: look at each, take back what did not arrive.", _SETUP),
    "forecast": Place("workers.cli.forecast", "app", "Will what is open be answered in time?", _STAFF),
    "law": Place("workers.cli.law", "app", "The calendar: regimes, terms, due dates.", _STAFF),
    "policy": Place("workers.cli.policy", "app", "Controllers' policies: check the files, look at one.", _SETUP),
    "system": Place("workers.cli.system", "app", "Connected systems: list, check, map.", _SETUP),
    "token": Place("workers.cli.token", "app", "Who may use the API, for what and until when.", _SETUP),
    "session": Place("workers.cli.session", "app", "Staff who are signed in to the desk: sign one out.", _SETUP),
    "webhook": Place("workers.cli.webhook", "app", "Other programs that are told what happens.", _SETUP),
    "bootstrap": Place("workers.cli.bootstrap", "app", "Make an installation ready: ledger, Temporal.", _SETUP),
    "doctor": Place("workers.cli.doctor", "app", "Look at a running installation: what is wrong?", _SETUP),
    "keys": Place("workers.cli.keys", "app", "The master keys: rotate them, have a service seal them.", _SETUP),
    "ledger": Place("workers.cli.ledger", "app", "The ledger's database.", _SETUP),
    "watch": Place("workers.cli.watch", "watch", "What has gone quiet, and whether anybody looks.", _SETUP),
    "up": Place("workers.cli.stack", "up", "Start everything on this machine, to try it.", _PROCESSES),
    "demo": Place("workers.cli.demo", "demo", "The whole story on the embedded stack.", _PROCESSES),
    "bench": Place("workers.cli.bench", "bench", "Measure it beside its floor, on this machine.", _PROCESSES),
    "mailbox": Place("workers.cli.stack", "mailbox", "Read the letters the embedded stack sent.", _PROCESSES),
    "worker": Place("workers.cli.processes", "worker", "Run a worker.", _PROCESSES),
    "desk": Place("workers.cli.processes", "desk", "Run the desk: the queue, and the person's pages.", _PROCESSES),
    "codec-server": Place(
        "workers.cli.processes", "codec_server", "Open sealed payloads for Temporal's UI.", _PROCESSES
    ),
}


class LazyGroup(TyperGroup):
    """A group that imports a command when it is asked for by name, and lists the others from their one-line help."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Put the real command in the place of its stand-in."""
        if args and (place := PLACES.get(args[0])):
            self.commands[args[0]] = _load(args[0], place)
        return super().resolve_command(ctx, args)


def _load(name: str, place: Place) -> Any:
    try:
        found = getattr(importlib.import_module(place.module), place.name)
    except (ModuleNotFoundError, AttributeError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name != place.module:
            raise ConfigurationError(
                f"`habeas {name}` needs the Python package `{error.name}`, which is not installed."
            ) from None
        raise ConfigurationError(f"`habeas {name}` is not part of this installation.") from None
    if isinstance(found, typer.Typer):
        command = typer.main.get_command(found)
    else:
        single = typer.Typer(add_completion=False)
        single.command(name)(found)
        command = typer.main.get_command(single)
    command.name = name
    return command


app = typer.Typer(
    cls=LazyGroup,
    name="habeas",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    epilog=EXIT_CODES,
)


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"habeas {version('habeas')}")
        raise typer.Exit


@app.callback()
def habeas(
    ctx: typer.Context,
    json_output: JsonOption = False,
    config: ConfigOption = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and stop.")
    ] = False,
) -> None:
    """Carry out data-subject requests: durable, provable, never past the statutory clock.

    Begin with `habeas up` to try it on this machine, or `habeas demo` to watch it work.
    """
    ctx.obj = {"json": json_output, "config": config}


def _stand_in() -> None:
    """Listed in the help; `LazyGroup` puts the real one in its place before it is called."""


for _name, _place in PLACES.items():
    app.command(_name, help=_place.help, rich_help_panel=_place.panel)(_stand_in)


def run(words: Sequence[str]) -> int:
    """Carry out one command line. Every error ends here: said once, with what to do, as an exit code."""
    as_json = "--json" in words
    try:
        code = typer.main.get_command(app).main(list(words), prog_name="habeas", standalone_mode=False)
    except HabeasError as error:
        return report(error, as_json=as_json)
    except TyperException as error:
        return _usage(error, as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return ExitCode.OK
    except Exception as error:  # noqa: BLE001 - the last place: whatever it is, its text is not shown
        return report_unexpected(error, as_json=as_json)
    return code if isinstance(code, int) else ExitCode.OK


def _usage(error: TyperException, *, as_json: bool) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "habeas"
    message = _usage_message(error)
    if not message and not as_json:
        return ExitCode.BAD_INPUT  # the help was shown instead
    say("usage", message or "No command given.", f"See `{path} --help`.", as_json=as_json)
    return ExitCode.BAD_INPUT


_QUOTED = re.compile(r"'[^']*'|\([^)]*\)|: .*", re.DOTALL)


def _usage_message(error: TyperException) -> str:
    """What is wrong, in our own words only: a word in the wrong place may be somebody's name or address."""
    kind = type(error).__name__
    said = error.format_message() if hasattr(error, "format_message") else ""
    if kind in {"MissingParameter", "BadOptionUsage"}:
        return str(said).replace("\n", " ")
    if kind == "BadParameter":
        param = getattr(error, "param", None)
        name = max(param.opts, key=len) if param else "this option"
        return f"The value of {name} is not usable."
    if kind == "NoSuchOption":
        near = ", ".join(getattr(error, "possibilities", None) or ())
        return "There is no such option." + (f" Perhaps: {near}." if near else "")
    return _QUOTED.sub("", str(said)).strip(" .") + "." if said else ""
