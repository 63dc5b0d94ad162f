"""``habeas system``: the connected systems, and the data maps of SQL stores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from habeas.errors import BadInput, ConfigurationError, LedgerUnavailable, NotAllowed
from habeas.languages import parse_language
from workers.cli.exits import EXIT_CODES, ExitCode
from workers.cli.options import By, Reason
from workers.cli.retention import failing
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from rich.table import Table

    from activities.ledger import TroubleRow
    from habeas.datamap import Finding

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Connected systems: list, check, retry, map.",
    rich_markup_mode="markdown",
    epilog=EXIT_CODES,
)
maps = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Data maps of SQL stores.",
    rich_markup_mode="markdown",
    epilog=EXIT_CODES,
)
app.add_typer(maps, name="map")


@command(app, "list")
async def list_(shell: Shell) -> None:
    """The systems of this installation: what each needs, yields and can do; over the API, how each one serves."""
    from rich.table import Table

    if shell.away:
        await _standings(shell)
        return

    from workers.wiring import load_connectors

    settings = shell.settings()
    table = Table("System", "Connector", "Title", "Searches by", "Yields", "Can", box=None, header_style="dim")
    rows = []
    for name, connector in load_connectors(settings, shell.systems(settings)).items():
        manifest = connector.manifest
        rows.append(
            {
                "system": name,
                "connector": settings.systems[name].connector,
                "title": manifest.title,
                "needs": list(manifest.needs),
                "yields": list(manifest.yields),
                "capabilities": sorted(manifest.capabilities),
                "collections": len(manifest.collections),
            }
        )
        table.add_row(
            name,
            settings.systems[name].connector,
            manifest.title,
            ", ".join(manifest.needs),
            ", ".join(manifest.yields),
            ", ".join(sorted(manifest.capabilities)),
        )
        await connector.aclose()
    shell.answer(rows, table if rows else "No systems are configured.")


@command(app, "manifest", epilog="Example: `habeas system manifest orders --out maps/orders.json`")
async def manifest(
    shell: Shell,
    name: Annotated[str, typer.Argument(help="The system's name; its connector must be `http`.")],
    out: Annotated[Path | None, typer.Option(help="Write it to this new file; else to standard output.")] = None,
) -> None:
    """Ask a service of your own what it holds and can do, to review it. Changes nothing."""
    from activities.connectors.http import HttpConnector

    _not_there_yet(out)
    settings = shell.settings()
    system = settings.systems.get(name)
    if name not in shell.systems(settings) or system is None or system.connector != "http":
        raise BadInput("There is no system of that name with the connector `http` in the settings.", field="name")
    connector = HttpConnector.unreviewed(name, system.options())
    try:
        offered = await connector.offered()
    finally:
        await connector.aclose()
    _write(shell, "manifest", offered.model_dump_json(indent=2) + "\n", out, "Review it against your policy.")


@command(app, "check")
async def check(shell: Shell, name: Annotated[str, typer.Argument(help="The system's name.")]) -> None:
    """Is the system reachable, and are its credentials and permissions enough? Changes nothing.

    Over the API: how it served the last steps of requests.
    """
    from workers.wiring import load_connectors

    if shell.away:
        await _standings(shell, name)
        return
    settings = shell.settings()
    mine = shell.systems(settings)
    if name not in mine:
        known = ", ".join(mine) or "none"
        raise BadInput(f"There is no such system in the settings; there are: {known}.", field="name")
    connector = load_connectors(settings, only=[name], here=[name])[name]
    try:
        health = await connector.ping()
    finally:
        await connector.aclose()
    state = "[green]answers[/]" if health.ok else "[bold red]does not serve[/]"
    late = await _failing(shell, name)
    shell.answer(
        {"system": name, **health.model_dump(), "failing": late},
        f"[bold]{name}[/] {state}. {health.detail}".rstrip(),
        *([failing(late, name)] if late else []),
    )
    if not health.ok:
        raise typer.Exit(ExitCode.UNAVAILABLE if health.fits else ExitCode.CONFIGURATION)


@command(app, "retry", epilog='Example: `habeas system retry crm --by "Kim" --reason "the token was renewed"`')
async def retry(
    shell: Shell, name: Annotated[str, typer.Argument(help="The system's name.")], by: By, reason: Reason
) -> None:
    """Its cause is mended: have every request that waits for the system try it again now."""
    async with shell.office() as office:
        told = await office.retry_waiting(name, by=by, reason=reason)
    said = ", ".join(told.requests) or "no request waits for it"
    shell.answer(told, f"[bold]{name}[/] is tried again: {said}.")


async def _standings(shell: Shell, name: str | None = None) -> None:
    """What the office there knows of the systems, or of this one, from the steps of requests."""
    from rich.table import Table

    async with shell.office() as office:
        found = [one for one in await office.systems() if name in (None, one.system)]
    if name is not None and not found:
        raise BadInput("There is no such system there; see `habeas system list`.", field="name")
    table = Table("System", "Waiting", "Since", "Why", "Last answered", box=None, header_style="dim")
    for one in found:
        when = [f"{at:%Y-%m-%d %H:%M}" if at else "—" for at in (one.since, one.answered_at)]
        table.add_row(
            one.system, str(one.waiting), when[0], ", ".join(each.code for each in one.errors) or "—", when[1]
        )
    shell.answer(list(found) if name is None else found[0], table if found else "No systems are named by policies.")
    if name is not None and found[0].errors:
        raise typer.Exit(ExitCode.UNAVAILABLE)


async def _failing(shell: Shell, name: str) -> tuple[TroubleRow, ...]:
    """What there is past its term and does not end, to those whose it is.

    Without a ledger to ask the system is checked all the same, and so it is by an operator, who works for nobody here.
    """
    try:
        async with shell.office() as office:
            return await office.failing(name)
    except (ConfigurationError, LedgerUnavailable, NotAllowed):
        return ()


@command(maps, "init", epilog="Example: `habeas system map init postgresql://reader@db/crm --out maps/crm.toml`")
async def init(
    shell: Shell,
    url: Annotated[str, typer.Argument(help="The store's database. Only its catalogue is read.")],
    out: Annotated[Path | None, typer.Option(help="Write it to this new file; else to standard output.")] = None,
    name: Annotated[str | None, typer.Option(help="The system's name; else that of the file.")] = None,
    schema: Annotated[str, typer.Option(help="Which schema of the database.")] = "public",
    language: Annotated[
        list[str] | None, typer.Option(help="A language that people are answered in; may be given several times.")
    ] = None,
) -> None:
    """Draft a data map from the database's own catalogue; guesses are marked as guesses."""
    from activities.connectors.sql.draft import draft

    _not_there_yet(out)
    languages = tuple(dict.fromkeys(map(parse_language, language or ())))
    text = await draft(url, name or (out.stem if out else "system"), schema, languages)
    _write(shell, "map", text, out, "Decide what is marked, then `habeas system map check`.")


@command(maps, "check", epilog="Example: `habeas system map check maps/crm.toml --url postgresql://reader@db/crm`")
async def check_file(
    shell: Shell,
    file: Annotated[Path, typer.Argument(help="The map.")],
    url: Annotated[str | None, typer.Option(help="Compare it with this database, too.")] = None,
) -> None:
    """Name every table and column that is not decided; exit code 1 if there is one.

    With a database, texts that nobody reviews before release are named, too: exit code 1 where a policy of this
    installation has the system and hands over unread what is not held as free text. Elsewhere they stop nothing.
    """
    from activities.connectors.sql.check import check as check_map
    from activities.connectors.sql.unreviewed import look
    from habeas.datamap import load_map, problems

    data_map = load_map(file)
    findings = problems(data_map) if url is None else await check_map(data_map, url)
    texts = await look(data_map, url) if url is not None and not findings else ()
    rows, consider = ([one.model_dump(mode="json") for one in listed] for listed in (findings, texts))
    unread = _released_unread(shell, data_map.system) if texts else ()
    ok = not (rows or unread)
    answer = {
        "file": str(file),
        "ok": ok,
        "findings": rows,
        "consider": consider,
        "released_unread_by": [*unread],
    }
    shown = _listed(findings) if rows else f"[green]{file}: everything is decided.[/]"
    if unread:
        shown = f"[bold red]{file}: {', '.join(unread)} would hand these texts over unread.[/]"
    shell.answer(answer, shown, *([_listed(texts)] if texts else []))
    if not ok:
        raise typer.Exit(ExitCode.UNEXPECTED)


def _released_unread(shell: Shell, system: str) -> tuple[str, ...]:
    """The controllers of this installation in whose copies this system's texts go out unread, unless a map marks them.

    None where there is no installation, or its policies are not whole: no process starts on those.
    """
    from habeas.policy import Access
    from workers.wiring import load_policies

    try:
        policies = load_policies(shell.settings())
    except ConfigurationError:
        return ()
    return tuple(
        name for name, one in policies.items() if system in one.systems and one.review.access is Access.FREE_TEXT
    )


def _listed(findings: tuple[Finding, ...]) -> Table:
    from rich.table import Table

    table = Table("Line", "Table", "Column", "Problem", "Write", box=None, header_style="dim")
    for finding in findings:
        table.add_row(
            str(finding.line or ""), finding.table or "", finding.column or "", finding.problem, finding.write
        )
    return table


def _not_there_yet(out: Path | None) -> None:
    if out is not None and out.exists():
        raise BadInput("out: this file is there already; what was reviewed is not overwritten.", field="out")


def _write(shell: Shell, what: str, text: str, out: Path | None, next_step: str) -> None:
    if out is not None:
        out.write_text(text, encoding="utf-8")
        shell.answer({"written": str(out)}, f"Written: {out}. {next_step}")
    elif shell.as_json:
        shell.answer({what: text})
    else:
        typer.echo(text, nl=False)
