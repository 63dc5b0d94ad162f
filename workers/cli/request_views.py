"""Looking at requests. What shows the person's data asks who looks and why, and leaves a mark."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from habeas.errors import BadInput
from workers.cli.options import ActId, By, Cursor, Limit, Reason, Reference, Sort, identifier_texts
from workers.cli.shell import Shell, command

app = typer.Typer()


@command(app, "list", epilog="Example: `habeas request list --open --due-before 2026-12-01 --json`")
async def list_(
    shell: Shell,
    controller: Annotated[str | None, typer.Option(help="Of this controller.")] = None,
    stage: Annotated[str | None, typer.Option(help="In this stage.")] = None,
    right: Annotated[str | None, typer.Option(help="For this right.")] = None,
    outcome: Annotated[str | None, typer.Option(help="That ended so.")] = None,
    open_: Annotated[bool | None, typer.Option("--open/--closed", help="Only these; else all.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose term is over.")] = False,
    due_before: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Due on an earlier day than this.")
    ] = None,
    waits_for: Annotated[str | None, typer.Option(metavar="SYSTEM", help="Held up by this system.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only those that you see to.")] = False,
    nobodys: Annotated[bool, typer.Option("--nobodys", help="Only those that nobody sees to.")] = False,
    limit: Limit = 100,
    sort: Sort = None,
    cursor: Cursor = None,
) -> None:
    """The queue, soonest due first. Names nobody."""
    from pydantic import ValidationError

    from activities.ledger import RequestFilter
    from activities.ledger.queue import NOBODY
    from workers.cli import show

    if mine and nobodys:
        raise BadInput("Give one of --mine and --nobodys.")
    try:
        wanted = RequestFilter.model_validate(
            {
                "controller": controller,
                "stage": stage,
                "right": right,
                "outcome": outcome,
                "open": open_,
                "overdue": overdue or None,
                "due_before": due_before.date() if due_before else None,
                "waits_for": waits_for,
                "held": NOBODY if nobodys else None,
                "limit": limit,
                "sort": sort,
                "cursor": cursor,
            }
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadInput(f"{first['loc'][0]}: {first['msg']}.") from None
    async with shell.office() as office:
        if mine:
            wanted = wanted.model_copy(update={"held": office.actor(shell.who)})
        entries = await office.requests(wanted)
    shell.answer(list(entries), show.queue(entries))
    shell.tell_more(entries, limit)


@command(
    app,
    "find",
    epilog='Example: `habeas request find --email ada@example.org --by "Kim" --reason "she calls about her request"`',
)
async def find(
    shell: Shell,
    by: By,
    reason: Reason,
    email: Annotated[list[str] | None, typer.Option(help="Whole, as the person gave it. May be repeated.")] = None,
    phone: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    identifier: Annotated[list[str] | None, typer.Option(metavar="KIND=VALUE", help="May be repeated.")] = None,
    controller: Annotated[str | None, typer.Option(help="Of this controller; else of all of yours.")] = None,
) -> None:
    """A person's requests, by an exact identifier. Looking leaves a mark on each."""
    from workers.cli import show
    from workers.office import split_identifier

    given = tuple(split_identifier(text) for text in identifier_texts(email, phone, identifier))
    async with shell.office() as office:
        entries = await office.find_requests(given, by=by, reason=reason, controller=controller)
    shell.answer(list(entries), show.queue(entries) if entries else "No request of a person with this identifier.")


@command(app, "show")
async def show_(shell: Shell, reference: Reference) -> None:
    """Where a request stands, and what can be done now. Names nobody."""
    from workers.cli import show
    from workers.cli.recipient import table_of
    from workers.office import read_reference

    async with shell.office() as office:
        story = await office.show(read_reference(reference))
        told = await office.recipients(story.entry.id)
    shell.answer(story, *show.story(story), *((table_of(told),) if told else ()))


@command(app, "timeline")
async def timeline(shell: Shell, reference: Reference) -> None:
    """Everything that happened, as the evidence has it. Names nobody."""
    from workers.cli import show
    from workers.office import read_reference

    async with shell.office() as office:
        told = await office.timeline(read_reference(reference))
    shell.answer(list(told), show.timeline(told))


@command(app, "plan")
async def plan(
    shell: Shell,
    reference: Reference,
    by: By,
    reason: Reason,
    objects: Annotated[bool, typer.Option("--objects", help="List every object, not only counts.")] = False,
) -> None:
    """A plan: what goes or stays and by which law; what is corrected, restricted or stopped. Looking leaves a mark."""
    from workers.cli import request_changes, show
    from workers.cli.recipient import table_of
    from workers.office import read_reference

    request_id = read_reference(reference)
    async with shell.office() as office:
        if await office.is_change(request_id):
            change = await office.change_plan(request_id, by=by, reason=reason)
            told = table_of(await office.recipients(request_id))
            shell.answer(change, *request_changes.shown(request_id, change, objects=objects), told)
            return
        shown = await office.plan(request_id, by=by, reason=reason)
        told = table_of(await office.recipients(request_id))
    shell.answer(shown, *show.plan(request_id, shown, objects=objects), told)


@command(
    app,
    "match",
    epilog="Examples:\n\n`habeas request match HB-7K2M-X4QT-90AB --by Kim --reason review` shows them side by side\n\n"
    '`habeas request match HB-7K2M-X4QT-90AB --yes 3fa41b07 --no 99d2c0aa --by Kim --reason "told by phone"`',
)
async def match(
    shell: Shell,
    reference: Reference,
    by: By,
    reason: Reason,
    yes: Annotated[list[str] | None, typer.Option(metavar="HANDLE", help="This record is the person's.")] = None,
    no: Annotated[list[str] | None, typer.Option(metavar="HANDLE", help="This record is somebody else's.")] = None,
    act_id: ActId = None,
) -> None:
    """Records that may be the person's, side by side; or your word on which are. Looking leaves a mark."""
    from workers.cli import show
    from workers.office import read_reference

    request_id = read_reference(reference)
    if set(yes or ()) & set(no or ()):
        raise BadInput("match: a record is the person's or it is not; one handle was given as both.")
    said = dict.fromkeys(yes or (), True) | dict.fromkeys(no or (), False)
    async with shell.office() as office:
        if said:
            answer = await office.decide_by_handle(request_id, by=by, reason=reason, said=said, act_id=act_id)
            shell.answer(answer, f"[bold]{request_id}[/]: decided. Stage: {answer.stage.value}.")
        else:
            found = await office.candidates(request_id, by=by, reason=reason)
            shell.answer(found, *show.candidates(request_id, found))


@command(
    app,
    "error",
    epilog='Example: `habeas request error HB-7K2M-X4QT-90AB 3fa41b0799d2 --by Kim --reason "why it waits"`',
)
async def error(
    shell: Shell,
    reference: Reference,
    correlation: Annotated[str, typer.Argument(metavar="ID", help="As `habeas request show` names it.")],
    by: By,
    reason: Reason,
) -> None:
    """What a system said when it failed, in full. Personal: it may name somebody. Looking leaves a mark."""
    from rich.text import Text

    from workers.office import read_reference

    async with shell.office() as office:
        row = await office.error(read_reference(reference), correlation, by=by, reason=reason)
    shell.answer(row, f"[bold]{row.correlation}[/], {row.at:%Y-%m-%d %H:%M} UTC: {row.code}", Text(row.detail))


@command(
    app,
    "messages",
    epilog="Examples:\n\n`habeas request messages HB-7K2M-X4QT-90AB --by Kim --reason review`\n\n"
    "`habeas request messages HB-7K2M-X4QT-90AB --message 2f1e… --file 1 --to scan.pdf --by Kim --reason review`",
)
async def messages(
    shell: Shell,
    reference: Reference,
    by: By,
    reason: Reason,
    message: Annotated[str | None, typer.Option(metavar="ID", help="Of which message a file is wanted.")] = None,
    file: Annotated[int, typer.Option(metavar="N", min=1, help="Which of its files.")] = 1,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="A new file; written with mode 0600.")] = None,
) -> None:
    """What the person wrote, in the form and after it; files, other ways to know them. Looking leaves a mark."""
    from workers.cli import show
    from workers.office import read_reference
    from workers.office.to_disk import refuse_unfit, write_whole

    request_id = read_reference(reference)
    if (message is None) != (to is None):
        raise BadInput("message: a file is fetched with --message and --to together.", field="message")
    async with shell.office() as office:
        if message is None or to is None:
            heard = await office.messages(request_id, by=by, reason=reason)
            shell.answer(list(heard), *show.messages(request_id, heard))
            return
        refuse_unfit(to)
        found = await office.message_file(request_id, message, file, by=by, reason=reason)
        await write_whole(to, _once(found.content))
    shell.answer({"path": str(to), "size": len(found.content)}, f"Written: {to} ({len(found.content)} bytes)")


@command(app, "download")
async def download(
    shell: Shell,
    reference: Reference,
    by: By,
    reason: Reason,
    to: Annotated[Path, typer.Option(metavar="FILE", help="A new file; written with mode 0600.")],
) -> None:
    """Write the package, decrypted, to a file. Leaves a mark."""
    from workers.office import read_reference

    async with shell.office() as office:
        got = await office.download(read_reference(reference), by=by, reason=reason, to=to)
    shell.answer(got, f"Written: {got.path} ({got.size} bytes, SHA-256 {got.sha256})")


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
