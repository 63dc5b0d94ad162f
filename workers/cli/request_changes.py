"""``habeas request``: what belongs to the rights that change data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from habeas.connector import Rectify
from habeas.errors import BadInput
from habeas.particulars import Correction
from workers.cli.files import read_bounded
from workers.cli.options import ActId, By, Reason, Reference
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from rich.console import RenderableType

    from habeas.change import SystemChange
    from workers.office.restrictions import ShownChange

app = typer.Typer()

MOST = 1024 * 1024
"""Bytes of a file of corrections."""
_CORRECTIONS = TypeAdapter(tuple[Correction, ...])


@command(
    app,
    "contest",
    epilog='Example: `habeas request contest HB-7K2M-X4QT-90AB --correction 2 --by Kim --reason "the deed says so"`',
)
async def contest(
    shell: Shell,
    reference: Reference,
    by: By,
    reason: Reason,
    correction: Annotated[
        list[int],
        typer.Option(metavar="NUMBER", help="Its number, as `habeas request plan` shows it. May be repeated."),
    ],
    act_id: ActId = None,
) -> None:
    """Do not make some of the corrections asked for. The person reads why; the plan is drafted and approved anew."""
    from workers.office import read_reference

    request_id = read_reference(reference)
    async with shell.office() as office:
        answer = await office.contest(request_id, by=by, reason=reason, corrections=tuple(correction), act_id=act_id)
    shell.answer(answer, f"[bold]{request_id}[/]: contested; look at the new plan. Stage: {answer.stage.value}.")


def read_corrections(file: Path) -> tuple[Correction, ...]:
    """The corrections in a JSON file.

    Raises:
        BadInput: it cannot be read, or is not a list of corrections. What it holds is not repeated.
    """
    content = read_bounded(file, MOST, "corrections")
    try:
        return _CORRECTIONS.validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"] if isinstance(part, int))
        entry = f" (entry {int(where.split('.')[0]) + 1})" if where else ""
        raise BadInput(
            f"corrections: a JSON list of {{what, old, new, evidence}}{entry}: {first['msg']}.", field="corrections"
        ) from None


def shown(request_id: str, change: ShownChange, *, objects: bool) -> Iterator[RenderableType]:
    """A plan of change as a few lines, or value by value."""
    from rich.markup import escape
    from rich.table import Table

    from workers.office.restrictions import change_line

    yield f"The plan of [bold]{request_id}[/], digest [bold]{change.digest[:12]}[/]…"
    if change.situation:
        yield f"In the person's words: {escape(change.situation)}"
    if change.corrections:
        table = Table("#", "What", "Is", "Should be", "Shown for it", "Values found", "Contested")
        for one in change.corrections:
            asked = one.correction
            texts = (asked.what, asked.old or "—", asked.new, asked.evidence or "", str(one.found), one.contested or "")
            table.add_row(str(one.number), *map(escape, texts))
        yield table
    table = Table("System", "What is done there", "Left alone")
    for plan in change.systems:
        left = [f"{len(plan.contested)} contested"] if plan.contested else []
        left += [f"{len(plan.blocked)} restricted"] if plan.blocked else []
        table.add_row(plan.system, change_line(plan), ", ".join(left))
    yield table
    if objects:
        yield _values(change.systems)
    command_line = f"habeas request approve {request_id} --plan {change.digest[:12]} --by … --reason …"
    yield f"Approve exactly this: [cyan]{command_line}[/]"


def _values(plans: Iterable[SystemChange]) -> RenderableType:
    from rich.markup import escape
    from rich.table import Table

    table = Table("System", "Object", "Key", "Field", "Is", "Becomes")
    for plan in plans:
        if isinstance(plan.change, Rectify):
            for one in plan.change.fields:
                table.add_row(
                    plan.system, one.collection, *map(escape, (one.key, one.field, str(one.old), str(one.new)))
                )
        for ref in plan.covered:
            table.add_row(plan.system, ref.collection, escape(ref.key), "", "", "restricted")
    return table
