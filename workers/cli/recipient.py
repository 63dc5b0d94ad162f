"""`habeas recipient`: who was told of what was done with data, or is done no more, and who said that it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.options import By, Reason, Reference
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from rich.table import Table

    from workers.office.recipients import Told

app = typer.Typer(
    no_args_is_help=True,
    help="Recipients of the data: who was told what became of it (GDPR art. 19), and who has answered.",
)


@command(app, "list")
async def list_(shell: Shell, reference: Reference) -> None:
    """Who was told of a request, and of what; before it is decided, who will be. The person may ask for this list."""
    from workers.office import read_reference

    async with shell.office() as office:
        told = await office.recipients(read_reference(reference))
    shell.answer(list(told), table_of(told))


@command(app, "acknowledge", epilog="Example: `habeas recipient acknowledge HB-7K2M-X4QT-90AB carrier --reason phoned`")
async def acknowledge(
    shell: Shell,
    reference: Reference,
    recipient: Annotated[str, typer.Argument(help="Its id, as `habeas recipient list` shows it.")],
    by: By,
    reason: Reason,
) -> None:
    """Note that a recipient said otherwise than by its link that it is done: no more reminders go out."""
    from workers.office import read_reference

    async with shell.office() as office:
        told = await office.acknowledge(read_reference(reference), recipient, by=by, reason=reason)
    shell.answer(told, table_of((told,)))


_STATES = {"foreseen": "will be told", "foreseen_not": "will not be told"}
_WHY_NOT = {
    "policy": "the policy says why",
    "too_long_ago": "it had the data too long ago",
    "unsure": "whether it has the data is not known: find out",
}


def table_of(told: tuple[Told, ...]) -> Table | str:
    """Who is told of a request, as the shell shows it."""
    from rich.table import Table

    if not told:
        return "Nobody was told: no law asks it for what was done, or nobody else had such data."
    table = Table("Recipient", "Name", "Why", "Of", "Data", "Known by", "State", "Since", "Reminders")
    for one in told:
        # Who was told, of which later ending: "ended in crm", "lifted".
        of = " in ".join(one.occasion.split("/")[:-1]) or "the request"
        of = f"task {one.occasion}" if one.kind == "processor" else of
        state, since = _STATES.get(one.state) or one.state.replace("_", " "), f"{one.since:%Y-%m-%d}"
        if one.why_not is not None:
            state = f"{state}: {_WHY_NOT[one.why_not.value]}"
        data, known = ", ".join(one.categories) or "—", ", ".join(one.known_by) or "—"
        table.add_row(one.recipient, one.name, one.why, of, data, known, state, since, str(one.reminded))
    return table
