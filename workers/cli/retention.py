"""``habeas retention``: what is kept, until when, and the sweep that ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.exits import EXIT_CODES
from workers.cli.options import By
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from rich.table import Table

    from activities.ledger import TroubleRow
    from workers.office.holds import Kept

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", epilog=EXIT_CODES)


@app.callback()
def retention() -> None:
    """What is kept, until when, and the daily sweep that ends it."""


@command(app, "due")
async def due(
    shell: Shell,
    controller: Annotated[str | None, typer.Option(help="Only this one's.")] = None,
) -> None:
    """What erasures have kept, by the day on which it goes; what does not end; what did of late. Names nobody."""
    async with shell.office() as office:
        kept = await office.kept(controller)
    shell.answer(list(kept), *(part for one in kept for part in _shown(one)))


@command(app, "sweep", epilog="Example: `habeas retention sweep --now --json`")
async def sweep(
    shell: Shell,
    now: Annotated[bool, typer.Option("--now", help="Sweep once, now, and wait for what comes of it.")] = False,
) -> None:
    """Make sure that the daily sweep runs; or sweep once, now."""
    async with shell.office() as office:
        if not now:
            await office.start_sweep()
            shell.answer({"started": True}, "The daily sweep runs.")
            return
        report = await office.sweep_now()
    shell.answer(
        report,
        f"Kept until now, and gone: {report.ended} (still held: {report.held}; tried again tomorrow, in requests: "
        f"{report.unfinished})",
        f"Past its term, and gone: {report.expired} (held: {report.expired_held}; left by its system: "
        f"{report.expired_blocked})",
        f"Requests whose own record was over, and whose key was destroyed: {report.keys}",
        f"Systems that did not answer: {', '.join(report.waiting) or 'none'}",
        f"Systems in which nothing ended, as it is not known yet what of it must not: "
        f"{', '.join(report.unlooked) or 'none'}",
    )


@command(app, "forget", epilog='Example: `habeas retention forget HB-7K2M-X4QT-90AB --by "Kim"`')
async def forget(
    shell: Shell,
    references: Annotated[list[str], typer.Argument(metavar="ID...", help="Closed requests, by their references.")],
    by: By,
    though_needed: Annotated[
        bool,
        typer.Option("--though-needed", help="Even if something is retained, restricted or awaited for them."),
    ] = False,
) -> None:
    """Destroy the personal data of closed requests now, before their time. It cannot be taken back.

    Who it was, what was found and what letters said is gone; what was done, when and by whom stays.
    """
    from datetime import UTC, datetime

    from habeas.access import Scope
    from workers.forgetting import forget as run
    from workers.office import open_office, read_reference
    from workers.opening_parts import open_parts

    ids, settings = [read_reference(one) for one in references], shell.settings()
    async with open_office(settings) as house:
        office = house.for_staff(shell.who)
        for one in ids:
            await office.show(one)
        may = office.reach(Scope.REQUESTS_DECIDE)
    async with open_parts(settings) as parts:
        for one in ids:
            await run(parts, one, datetime.now(UTC), by, may=may, though_needed=though_needed)
    shell.answer({"forgotten": ids}, f"Gone for good: what was personal of {len(ids)}.")


def _shown(kept: Kept) -> list[Table | str]:
    from rich.table import Table

    if not kept.ahead and not kept.expired and not kept.failing:
        return [f"{kept.controller}: nothing is kept, and nothing ended by itself."]
    ahead = Table("Goes after", "System", "Collection", "Objects", "Kept by", title=f"{kept.controller}: kept")
    for row in kept.ahead:
        goes = f"{row.until:%Y-%m-%d}" if row.until else "lifted" if row.reason != "exempt" else "never: refused"
        ahead.add_row(goes, row.system, row.collection, str(row.count), row.law or "")
    ended = Table("On", "System", "Collection", "Gone", "Held", "Left", title=f"{kept.controller}: ended by itself")
    for each in kept.expired[:50]:
        ended.add_row(
            f"{each.at:%Y-%m-%d}", each.system, each.collection, str(each.erased), str(each.held), str(each.blocked)
        )
    return [ahead, *([failing(kept.failing, kept.controller)] if kept.failing else []), ended]


def failing(rows: tuple[TroubleRow, ...], whose: str) -> Table:
    """What is past its term and does not end."""
    from rich.table import Table

    table = Table("Since", "System", "Category", "Objects", "Why", "Letters", title=f"{whose}: does not end")
    for row in rows:
        count = "not known" if row.objects is None else str(row.objects)
        table.add_row(f"{row.since:%Y-%m-%d}", row.system, row.category, count, row.code, str(row.told))
    return table
