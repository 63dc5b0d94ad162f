"""``habeas evidence``: check what was done, and hand it to somebody who checks it without us."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.exits import EXIT_CODES, ExitCode
from workers.cli.options import By, Cursor, Limit, Reference, Sort
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", epilog=EXIT_CODES)


@app.callback()
def evidence() -> None:
    """Check what was done, without trusting us."""


@command(app, "searches", epilog="Example: `habeas evidence searches`")
async def searches(shell: Shell, limit: Limit = 100, sort: Sort = None, cursor: Cursor = None) -> None:
    """Searches for a person that found nobody, and so no request to leave a mark on; the newest first."""
    from rich.table import Table

    async with shell.office() as office:
        found = await office.searches(limit, sort=sort, cursor=cursor)
    table = Table("When", "Who", "Among", "Why")
    for one in found:
        table.add_row(f"{one.at:%Y-%m-%d %H:%M}", one.actor, ", ".join(one.controllers), one.reason or "—")
    shell.answer(list(found), table if found else "No search has found nobody.")
    shell.tell_more(found, limit)


@command(app, "verify")
async def verify(
    shell: Shell,
    what: Annotated[
        str | None,
        typer.Argument(metavar="[ID|PACK]", help="A request's reference, or a pack's file; without: all evidence."),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="A request's last hash, as noted elsewhere: shows a cut-off end."),
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="HEX", help="What must have signed a pack, from elsewhere.")
    ] = None,
    anchors: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The anchors from outside; else what `evidence.anchors` names.")
    ] = None,
) -> None:
    """Check one request's chain, a pack (offline), or all evidence; exit code 1 if anything is wrong.

    Without ID or PACK every request's chain is checked, the chain over all of them, and both against the anchors that
    are kept outside of the database: that is the operator's command.
    """
    if what is None:
        await _everything(shell, anchors)
    elif not _pack(shell, Path(what), key, anchors):
        await _request(shell, what, head)


async def _request(shell: Shell, reference: str, head: str | None) -> None:
    from workers.office import read_reference

    async with shell.office() as office:
        verdict = await office.verify_evidence(read_reference(reference), head)
    if verdict.findings:
        found = _table((str(one.n), one.kind.value, one.detail) for one in verdict.findings)
        shell.answer(verdict, f"[bold red]The chain of {verdict.request_id} is not whole.[/]", found)
        raise typer.Exit(ExitCode.UNEXPECTED)
    shell.answer(
        verdict,
        f"[green]Whole:[/] {verdict.events} events of [bold]{verdict.request_id}[/].",
        f"Last hash: {verdict.head}",
    )


def _pack(shell: Shell, file: Path, key: str | None, anchors: Path | None) -> bool:
    """Check a pack, offline; whether there is such a file."""
    from habeas import pack_verifier
    from habeas.errors import BadInput

    if not file.is_file():
        return False
    try:
        outside = anchors.read_bytes() if anchors else None
        verdict = pack_verifier.verify(file.read_bytes(), key=key, anchors=outside)
    except OSError as error:
        raise BadInput(f"{error.filename}: {error.strerror}.") from None
    data = {**verdict._asdict(), "findings": [one._asdict() for one in verdict.findings]}
    if verdict.findings:
        shell.answer(data, "[bold red]The pack is not whole.[/]", _table(verdict.findings))
        raise typer.Exit(ExitCode.UNEXPECTED)
    shell.answer(
        data,
        f"[green]Whole:[/] {verdict.events} events of [bold]{verdict.request_id}[/], "
        f"anchored up to number {verdict.anchored}.",
        f"Last hash: {verdict.head}",
        f"Signed by: {verdict.key}",
        *(["[yellow]By its own word alone: give --key and --anchors.[/]"] if key is None or anchors is None else []),
    )
    return True


async def _everything(shell: Shell, file: Path | None) -> None:
    from activities.anchor_places import FilePlace, place_at
    from activities.auditing import audit

    named = shell.settings().evidence.anchors
    place = FilePlace(file) if file else place_at(named) if named else None
    try:
        async with shell.ledger() as ledger:
            found = await audit(ledger, await place.read() if place else None)
    finally:
        if place:
            await place.aclose()
    told = f"{found.events} events of {found.requests} requests, of which {found.anchors} anchors cover all"
    told += f" but {found.uncovered}" if found.uncovered else ""
    if found.faults:
        table = _table((one.where, one.kind, one.detail) for one in found.faults)
        shell.answer(found, f"[bold red]Not whole:[/] {told}.", table)
        raise typer.Exit(ExitCode.UNEXPECTED)
    shell.answer(
        found,
        f"[green]Whole:[/] {told}.",
        f"{found.outside} anchors are kept outside."
        if found.outside is not None
        else "[yellow]No anchors are kept outside of the database: set `evidence.anchors`.[/]",
    )


def _table(rows: Iterable[tuple[str, str, str]]) -> Table:
    from rich.table import Table

    table = Table("Where", "What", "Detail", box=None, header_style="dim")
    for row in rows:
        table.add_row(*row)
    return table


@command(app, "pack")
async def pack(
    shell: Shell,
    reference: Reference,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A new file; nobody else can read it.")],
    by: By,
    personal: Annotated[
        bool, typer.Option("--personal", help="With the person, letters and reasons. Leaves a mark.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="WHY", help="Why, for personal data; kept sealed.")
    ] = None,
) -> None:
    """Make the pack for a regulator: what was done, as a page and for programs, with what it takes to check it.

    It names nobody, unless --personal is given.
    """
    from workers.office import read_reference

    async with shell.office() as office:
        made = await office.write_pack(read_reference(reference), to=to, by=by, reason=reason or "", personal=personal)
    shell.answer(
        made,
        f"[green]Written:[/] {made.path}, {made.events} events of [bold]{made.request_id}[/].",
        f"Last hash: {made.head}",
        f"Signed by: {made.key}",
    )


@command(
    app, "hand-over", epilog='Example: `habeas evidence hand-over demo --to packs/ --by "Kim" --reason "they leave"`'
)
async def hand_over(
    shell: Shell,
    controller: Annotated[str, typer.Argument(metavar="CONTROLLER", help="Whose requests.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="A folder; packs that are there stay.")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="WHY", help="Why; kept sealed.")],
) -> None:
    """Make the pack of every request of a controller, with its personal data where that is still there. Leaves marks.

    Broken off, it goes on where it was when it is given again.
    """
    from activities.ledger import RequestFilter
    from habeas.access import Scope
    from habeas.errors import KeyDestroyed
    from workers.office import open_office

    made, bare = 0, 0
    async with open_office(shell.settings()) as house:
        office = house.for_staff(shell.who)
        wanted = RequestFilter(controller=office.one_of_reach(Scope.PERSONAL_READ, controller))
        while rows := await office.requests(wanted):
            for row in rows:
                file = to / f"{row.id}.zip"
                if file.exists():
                    continue
                try:
                    await office.write_pack(row.id, to=file, by=by, reason=reason, personal=True)
                except KeyDestroyed:
                    await office.write_pack(row.id, to=file, by=by)
                    bare += 1
                made += 1
            wanted = wanted.model_copy(update={"cursor": rows[-1].place})
    shell.answer(
        {"packs": made, "without_personal_data": bare},
        f"[green]Written:[/] {made} packs; of {bare} the personal data was gone already.",
    )


@command(app, "keys")
async def keys(shell: Shell) -> None:
    """The public keys by which packs are checked, the one in use first: give them to whoever gets packs."""
    async with shell.ledger() as ledger:
        known = ledger.vault.evidence_keys()
    shell.answer({"keys": list(known)}, *known)
