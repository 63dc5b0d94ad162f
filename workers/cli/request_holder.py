"""Who sees to a request: take it, hand it on, put it back. It decides nothing, and stops nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.options import By, Reference
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from workers.office.holders import Held

app = typer.Typer()


@command(app, "take", epilog='Example: `habeas request take HB-7K2M-X4QT-90AB --by "Kim"`')
async def take(shell: Shell, reference: Reference, by: By) -> None:
    """See to a request yourself, whoever did before. It is shown in the queue, and in the evidence."""
    from workers.office import read_reference

    async with shell.office() as office:
        _say(shell, await office.take(read_reference(reference), by=by))


@command(
    app,
    "hand",
    epilog='Examples:\n\n`habeas request hand HB-7K2M-X4QT-90AB --to "Noor" --by "Kim"`\n\n'
    '`habeas request hand HB-7K2M-X4QT-90AB --by "Kim"` puts it back: anybody may take it',
)
async def hand(
    shell: Shell,
    reference: Reference,
    by: By,
    to: Annotated[
        str | None, typer.Option(metavar="ACCOUNT", help="The colleague, as the policy names them; unset for nobody.")
    ] = None,
) -> None:
    """Have a colleague see to a request, or nobody."""
    from workers.office import read_reference

    request_id = read_reference(reference)
    async with shell.office() as office:
        held = await office.put_back(request_id, by=by) if to is None else await office.hand(request_id, by=by, to=to)
        _say(shell, held)


def _say(shell: Shell, held: Held) -> None:
    from rich.text import Text

    said = f"{held.held_by} sees to it." if held.held_by else "nobody sees to it: anybody may take it."
    shell.answer(held, Text(f"{held.request_id}: {said}"))
