"""``habeas task``: what a human does by hand, in a filing cabinet or wherever no program can."""

from __future__ import annotations

import json
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from habeas.errors import BadInput
from workers.cli.exits import EXIT_CODES
from workers.cli.options import ActId, By, Cursor, Limit, Reason, Sort
from workers.cli.shell import Shell, account, command

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from activities.task_model import FoundFile
    from workers.office import ShownTask, TaskEntry

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="What a human does by hand, where no program can.",
    rich_markup_mode="markdown",
    epilog=EXIT_CODES,
)

BIGGEST = 1024 * 1024 * 1024
"""Not even read; what a system takes is less, and said by its settings."""

TaskIdArgument = Annotated[str, typer.Argument(metavar="TASK", help="As `habeas task list` shows it.")]


@command(app, "list", epilog="Example: `habeas task list --overdue --json`")
async def list_(
    shell: Shell,
    controller: Annotated[str | None, typer.Option(help="Of this controller.")] = None,
    mine: Annotated[
        bool, typer.Option("--mine", help="Those of --by (the owner's address in the settings), or of nobody.")
    ] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose day is over.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Also those that are done or cancelled.")] = False,
    limit: Limit = 200,
    sort: Sort = None,
    cursor: Cursor = None,
    by: Annotated[str | None, typer.Option("--by", envvar="HABEAS_BY", metavar="NAME", help="Whose.")] = None,
) -> None:
    """Open tasks, soonest due first. Names nobody."""
    from activities.ledger import TaskFilter, TaskState

    async with shell.office() as office:
        whose = office.actor(by or account()) if mine else None
        state = None if all_ else TaskState.OPEN
        wanted = TaskFilter(controller=controller, state=state, mine=whose, limit=limit, sort=sort, cursor=cursor)
        entries = await office.tasks(wanted, overdue=overdue)
    shell.answer(list(entries), _table(entries))
    shell.tell_more(entries, limit)


@command(
    app, "show", epilog='Example: `habeas task show hb-7k2m-x4qt-90ab-1 --by "Kim" --reason "going to the archive"`'
)
async def show(shell: Shell, task: TaskIdArgument, by: By, reason: Reason) -> None:
    """What is to be done and for whom. Personal: looking leaves a mark."""
    async with shell.office() as office:
        shown = await office.task(task.strip().lower(), by=by, reason=reason)
    shell.answer(shown, *_brief(shown))


_EXAMPLES = """
Found, typed in: `habeas task done hb-7k2m-x4qt-90ab-1 --by "Kim" --reason "folder 12" --record '{"no": "17"}'`

Found, scanned: `habeas task done hb-7k2m-x4qt-90ab-1 --by "Kim" --reason "folder 12" --file contract.pdf`

Nothing there: `habeas task done hb-7k2m-x4qt-90ab-1 --by "Kim" --reason "looked under both names" --nothing`

Erased: `habeas task done hb-7k2m-x4qt-90ab-2 --by "Kim" --reason "shredded" --outcome erased --outcome 2=not_found`
"""


@command(app, "done", epilog=_EXAMPLES)
async def done(
    shell: Shell,
    task: TaskIdArgument,
    by: By,
    reason: Reason,
    nothing: Annotated[bool, typer.Option("--nothing", help="You looked, and nothing of the person is there.")] = False,
    record: Annotated[
        list[str] | None,
        typer.Option(metavar="JSON|@FILE", help="What you found, as a JSON object with its fields. May be repeated."),
    ] = None,
    file: Annotated[
        list[Path] | None,
        typer.Option(help="A scan or a copy: of the only --record, else a record of its own. May be repeated."),
    ] = None,
    collection: Annotated[str | None, typer.Option(help="Where it belongs, if the system has several.")] = None,
    date: Annotated[str | None, typer.Option(metavar="DATE", help="Of what must be kept for a time from it.")] = None,
    outcome: Annotated[
        list[str] | None,
        typer.Option(metavar="[N=]WHAT", help="What became of it, or of object N: erased, not_found, blocked, …"),
    ] = None,
    as_said: Annotated[
        bool,
        typer.Option("--as-said", help="Once more what was said and refused; --outcome beside it counts before it."),
    ] = False,
    act_id: ActId = None,
) -> None:
    """Say that a task is done, and what came of it. Your word goes into the evidence, as yours."""
    from workers.office import Said

    texts, attached = _read_records(record or ())
    said = Said(
        nothing=nothing,
        records=texts,
        files=tuple(_read_file(path) for path in file or ()),
        attached=attached,
        collection=collection,
        day=date,
        outcomes=tuple(outcome or ()),
        as_said=as_said,
    )
    async with shell.office() as office:
        answer = await office.finish_task(task.strip().lower(), by=by, reason=reason, said=said, act_id=act_id)
    note = (answer.note or "done").replace("_", " ")
    shell.answer({"task": task, **answer.model_dump(mode="json")}, f"[bold]{task}[/]: {note}.")


def _read_records(given: Sequence[str]) -> tuple[tuple[str, ...], dict[str, FoundFile]]:
    texts, attached = [], {}
    for text in given:
        if not text.startswith("@"):
            texts.append(text)
            continue
        path = Path(text[1:])
        try:
            texts.append(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"record: the file cannot be read ({type(error).__name__}).", field="record") from None
        for name in _named(texts[-1]):
            if (beside := path.parent / name).is_file():
                attached[name] = _read_file(beside)
    return tuple(texts), attached


def _named(text: str) -> Iterable[str]:
    """The files that the records of a file mention. What is not right with them is said when they are read."""
    try:
        read: Any = json.loads(text)
    except ValueError:
        return
    for each in read if isinstance(read, list) else [read]:
        names = each.get("files") if isinstance(each, dict) else None
        yield from (name for name in names if isinstance(name, str)) if isinstance(names, list) else ()


def _read_file(path: Path) -> FoundFile:
    from activities.task_model import FoundFile

    try:
        if path.stat().st_size > BIGGEST:
            raise BadInput("file: at most 1 GB is read at all; see max_file_mb of the system.", field="file")
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"file: cannot be read: {error.strerror}.", field="file") from None
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return FoundFile(name=path.name[-200:], media_type=media_type, content=content)


def _table(entries: Sequence[TaskEntry]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    if not entries:
        return "No tasks."
    table = Table("Task", "System", "What", "State", "Due", "Left", "Reminders", box=None, header_style="dim")
    for one in entries:
        left = "" if one.days_left is None else f"{one.days_left} d"
        late = "bold red" if one.days_left is not None and one.days_left < 0 else ""
        table.add_row(
            Text(one.id, "bold"),
            one.system,
            one.phase,
            one.state.value,
            str(one.due_on or "—"),
            Text(left, late),
            str(one.reminded),
        )
    return table


def _brief(shown: ShownTask) -> Iterable[RenderableType]:
    from rich.markup import escape
    from rich.table import Table

    entry, brief = shown.entry, shown.brief
    facts = Table.grid(padding=(0, 2))
    rows = [
        ("Where", brief.title),
        ("What", f"{brief.phase.value} ({brief.right.value})"),
        ("Due", f"{entry.due_on or '—'}, {entry.state.value}"),
        ("Who", brief.name or "—"),
        *((one.kind.replace("_", " "), one.value) for one in brief.identifiers),
        *((f"correct {one.what}", f"{one.old or '(missing)'} → {one.new}") for one in brief.corrections),
        *(("stop", purpose) for purpose in brief.purposes),
        *(("may be kept by", law) for law in brief.keeps),
        *(
            (("restricted since", f"{brief.restricted_since}; what was set aside stays"),)
            if brief.restricted_since
            else ()
        ),
        ("How", brief.instructions or "—"),
    ]
    for name, value in rows:
        facts.add_row(f"[dim]{escape(name)}[/]", escape(value))
    yield f"[bold]{entry.id}[/]"
    yield facts
    if brief.objects:
        table = Table("No.", "What", "Is to be", "As it was found", box=None, header_style="dim")
        for each in brief.objects:
            content = json.dumps(each.content, ensure_ascii=False)
            what = f"{each.treatment.value}d" if each.treatment else brief.phase.value
            table.add_row(each.handle, each.collection, what, escape(content[:500]))
        yield table
    if shown.refused:
        said = " ".join(f"--outcome {one}" for one in shown.refused.outcomes)
        yield f"Said and not taken: [cyan]{escape(said)}[/]. {escape(shown.refused.why)} Again: [cyan]--as-said[/]"
    if shown.said:
        yield f"What was said of it: {escape(shown.said)}"
    if entry.state.value != "open":
        return
    answer = "--record JSON | --file SCAN | --nothing" if brief.phase.value == "find" else "--outcome WHAT"
    yield f"Then: [cyan]habeas task done {entry.id} --by … --reason … {escape(answer)}[/]"
