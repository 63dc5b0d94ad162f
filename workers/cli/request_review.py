"""``habeas request``: review of a copy before it is released."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from habeas.errors import BadInput
from workers.cli.files import read_bounded
from workers.cli.options import ActId, By, Cursor, Reason, Reference
from workers.cli.request_acts import StatedOn, StatedWhat, stated_of
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from rich.console import RenderableType

    from workers.office import CollectedPage, ShownRedaction
    from workers.office.collected import ShownValue

app = typer.Typer()

MOST = 400_000
"""Bytes of a file with a passage."""


@command(
    app,
    "collected",
    epilog="Examples:\n\n`habeas request collected HB-7K2M-X4QT-90AB --by Kim --reason review`\n\n"
    "`habeas request collected HB-7K2M-X4QT-90AB --system support --limit 100 --by Kim --reason review --json`",
)
async def collected(
    shell: Shell,
    reference: Reference,
    by: By,
    reason: Reason,
    system: Annotated[str | None, typer.Option(help="Of this system only.")] = None,
    cursor: Cursor = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many records.")] = 20,
) -> None:
    """What was collected for a copy, and what in it may be about others. Looking leaves a mark."""
    from workers.office import read_reference

    request_id = read_reference(reference)
    async with shell.office() as office:
        page = await office.collected(request_id, by=by, reason=reason, system=system, cursor=cursor, limit=limit)
    shell.answer(page, *_page(request_id, page))


@command(
    app,
    "attachment",
    epilog="Example: `habeas request attachment HB-7K2M-X4QT-90AB support/0/3/3fa41b0799d2 1 --to scan.pdf --by Kim "
    "--reason review`",
)
async def attachment(
    shell: Shell,
    reference: Reference,
    object_: Annotated[
        str, typer.Argument(metavar="OBJECT", help="The record, as `habeas request collected` names it.")
    ],
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Of the attachment in it, from 1.", min=1)],
    by: By,
    reason: Reason,
    to: Annotated[Path, typer.Option(metavar="FILE", help="A new file; written with mode 0600.")],
) -> None:
    """Write an attachment that was collected to a file, to look at it. Leaves a mark."""
    from workers.office import read_reference

    request_id = read_reference(reference)
    async with shell.office() as office:
        got = await office.attachment(request_id, by=by, reason=reason, record=object_, file=number, to=to)
    shell.answer(got, f"Written: {got.path} ({got.size} bytes, SHA-256 {got.sha256})")


@command(app, "redactions")
async def redactions(shell: Shell, reference: Reference, by: By, reason: Reason) -> None:
    """What is taken out of the copy, on which ground. Looking leaves a mark."""
    from workers.office import read_reference

    async with shell.office() as office:
        standing = await office.redactions(read_reference(reference), by=by, reason=reason)
    shell.answer(list(standing), *_redactions(standing))


@command(
    app,
    "redact",
    epilog="Examples:\n\n"
    "`habeas request redact HB-7K2M-X4QT-90AB --object support/0/3/3fa41b0799d2 --field author "
    '--ground rights_of_others --by Kim --reason "a colleague"`\n\n'
    "`habeas request redact HB-7K2M-X4QT-90AB --object support/0/3/3fa41b0799d2 --field body --start 120 --end 137 "
    '--ground rights_of_others --by Kim --reason "a neighbour"`\n\n'
    "`habeas request redact HB-7K2M-X4QT-90AB --text-from - --ground rights_of_others --by Kim "
    '--reason "a neighbour, wherever named"` reads the passage from standard input',
)
async def redact(
    shell: Shell,
    reference: Reference,
    by: By,
    reason: Reason,
    ground: Annotated[str, typer.Option(help="A ground the law knows, as a code: rights_of_others, trade_secrets, …")],
    object_: Annotated[
        str | None,
        typer.Option("--object", metavar="OBJECT", help="The record, as `habeas request collected` names it."),
    ] = None,
    field: Annotated[
        str | None, typer.Option(help="The field, or a JSON Pointer to what is inside of one; else all of the record.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="Only this passage, to the letter.")] = None,
    text_from: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Or the passage from a file; - for standard input. A last line end is cut."),
    ] = None,
    start: Annotated[int | None, typer.Option(help="Or where in the field the passage starts, from 0.")] = None,
    end: Annotated[int | None, typer.Option(help="And where it ends; the character there stays.")] = None,
    file: Annotated[int | None, typer.Option(metavar="NUMBER", help="The attachment of this number.")] = None,
    stated: StatedWhat = None,
    stated_on: StatedOn = None,
    act_id: ActId = None,
) -> None:
    """Take something out of the copy: a record, a field, a passage, an attachment. Earlier approvals end."""
    from pydantic import ValidationError

    from workers.office import RedactionAsked, read_reference

    if text is not None and text_from is not None:
        raise BadInput("Give one of --text and --text-from.")
    passage = _read(text_from) if text_from is not None else text
    try:
        asked = RedactionAsked(
            object=object_,
            field=field,
            text=passage,
            start=start,
            end=end,
            file=file,
            stated=stated_of(stated, stated_on),
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadInput(f"{first['loc'][0]}: {first['msg']}.", field=str(first["loc"][0])) from None
    request_id = read_reference(reference)
    async with shell.office() as office:
        answer = await office.redact(request_id, by=by, reason=reason, ground=ground, asked=asked, act_id=act_id)
    shell.answer(answer, f"[bold]{request_id}[/]: taken out, as [bold]{answer.act_id}[/]. Stage: {answer.stage.value}.")


@command(
    app,
    "unredact",
    epilog='Example: `habeas request unredact HB-7K2M-X4QT-90AB 5d0c6b1e --by Kim --reason "it is their own"`',
)
async def unredact(
    shell: Shell,
    reference: Reference,
    redaction: Annotated[
        str, typer.Argument(metavar="REDACTION", help="Its id, as `habeas request redactions` names it.")
    ],
    by: By,
    reason: Reason,
    act_id: ActId = None,
) -> None:
    """Put back what was taken out of the copy. Earlier approvals end."""
    from workers.office import read_reference

    request_id = read_reference(reference)
    async with shell.office() as office:
        answer = await office.unredact(request_id, by=by, reason=reason, redaction=redaction, act_id=act_id)
    shell.answer(answer, f"[bold]{request_id}[/]: put back. Stage: {answer.stage.value}.")


def _read(file: Path) -> str:
    """The passage in a file.

    Raises:
        BadInput: it cannot be read. What it holds is not repeated.
    """
    content = read_bounded(file, MOST, "text-from")
    try:
        return content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise BadInput("text-from: the file is not UTF-8.", field="text_from") from None


def _page(request_id: str, page: CollectedPage) -> Iterator[RenderableType]:
    from rich.markup import escape
    from rich.table import Table

    table = Table("System", "Records", "Attachments", "Collections")
    for system in page.systems:
        parts = ", ".join(f"{name} {rows}" for name, rows in system.collections.items())
        table.add_row(system.system, str(system.records), str(system.files), escape(parts))
    yield table
    for record in page.records:
        gone = f" [red]taken out: {record.redaction[:8]}[/]" if record.redaction else ""
        yield f"[bold]{record.object}[/] {escape(record.collection)}{gone}"
        values = Table("Field", "Value", "May be about others", "Taken out")
        for one in record.values:
            values.add_row(escape(one.path), *map(escape, (str(one.value), _marked(one), _taken(one))))
        for file in record.files:
            name = f"{file.name} ({file.media_type}, {file.size} bytes)"
            values.add_row(f"attachment {file.number}", escape(name), "", (file.redaction or "")[:8])
        yield values
    yield f"Grounds: {', '.join(f'{code} ({escape(article)})' for code, article in page.grounds.items()) or 'none'}"
    if page.next:
        yield f"More: [cyan]habeas request collected {request_id} --cursor {page.next} --by … --reason …[/]"
    approve = f"habeas request approve {request_id} --plan {page.digest[:12]} --by … --reason …"
    yield f"Approve exactly this: [cyan]{approve}[/]"


def _marked(value: ShownValue) -> str:
    text = str(value.value)
    return "\n".join(f"{one.kind} {one.start}-{one.end}: {text[one.start : one.end]}" for one in value.marks)


def _taken(value: ShownValue) -> str:
    return "\n".join(f"{one.redaction[:8]} {one.start}-{one.end} ({one.ground})" for one in value.taken)


def _redactions(standing: tuple[ShownRedaction, ...]) -> Iterator[RenderableType]:
    from rich.markup import escape
    from rich.table import Table

    table = Table("Redaction", "Ground", "Article", "What", "Where", "Reason")
    for one in standing:
        where = " ".join(filter(None, (one.system, one.collection, one.path))) or "wherever it occurs"
        what = one.text or one.file or one.part.value
        if one.matches is False:
            where = f"{where}: MATCHES NOTHING any more; look whether it is still there"
        table.add_row(one.id[:8], one.ground, *map(escape, (one.article or "", what, where, one.reason)))
    yield table if standing else "Nothing is taken out of the copy."
