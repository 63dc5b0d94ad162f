"""``habeas restriction``: what nothing but storing may be done with, and the end of that."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from workers.cli.exits import EXIT_CODES
from workers.cli.options import ActId, By, Reason, Reference
from workers.cli.shell import Shell, command

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Restricted data (GDPR art. 18): list it, and lift a restriction.",
    rich_markup_mode="markdown",
    epilog=EXIT_CODES,
)


@command(app, "list", epilog="Example: `habeas restriction list --controller demo --json`")
async def list_(
    shell: Shell,
    controller: Annotated[str | None, typer.Option(help="Of this controller.")] = None,
    lifted: Annotated[bool, typer.Option("--lifted", help="Those that were lifted as well.")] = False,
) -> None:
    """What is restricted, by request and system. Names nobody."""
    from rich.table import Table

    async with shell.office() as office:
        rows = await office.restrictions(controller=controller, standing=not lifted)
    table = Table("Request", "Controller", "System", "Objects", "Since", "Lifted")
    for row in rows:
        lifted_on = f"{row.lifted_at:%Y-%m-%d}" if row.lifted_at else ""
        table.add_row(row.request_id, row.controller, row.system, str(row.objects), f"{row.set_at:%Y-%m-%d}", lifted_on)
    shell.answer(list(rows), table if rows else "Nothing is restricted.")


@command(
    app,
    "lift",
    epilog='Example: `habeas restriction lift HB-7K2M-X4QT-90AB --by Kim --reason "the address was confirmed"`',
)
async def lift(
    shell: Shell,
    reference: Reference,
    by: By,
    reason: Reason,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day; else as soon as the person had time to answer."),
    ] = None,
    told: Annotated[
        str | None, typer.Option(help="How you told the person yourself, where no letter reaches them; none is sent.")
    ] = None,
    act_id: ActId = None,
) -> None:
    """Lift what a request restricted. The person is told first, with your reason, at least a week before."""
    from workers.office import read_reference

    request_id = read_reference(reference)
    async with shell.office() as office:
        lifting = await office.lift_restriction(
            request_id, by=by, reason=reason, on=on.date() if on else None, told=told, act_id=act_id
        )
    first = "the person is told now; " if told is None else ""
    said = f"[bold]{request_id}[/]: {first}lifted from {lifting.lift_at:%Y-%m-%d %H:%M} UTC on."
    shell.answer(lifting, said if lifting.begun else f"[bold]{request_id}[/]: its end is under way already.")


@command(
    app,
    "lifted",
    epilog='Example: `habeas restriction lifted HB-7K2M-X4QT-90AB --system paper --by Kim --reason "slips are out"`',
)
async def lifted_(
    shell: Shell,
    reference: Reference,
    by: By,
    reason: Reason,
    system: Annotated[str, typer.Option(help="The system where a human lifted it.")],
    act_id: ActId = None,
) -> None:
    """Say that you lifted it in a system that cannot by itself. Until then it stands there."""
    from workers.office import read_reference

    request_id = read_reference(reference)
    async with shell.office() as office:
        answer = await office.lifted_by_hand(request_id, system=system, by=by, reason=reason, act_id=act_id)
    shell.answer(answer, f"[bold]{request_id}[/]: lifted in {system}.")
