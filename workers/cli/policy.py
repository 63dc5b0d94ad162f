"""``habeas policy``: controllers' policies. Check the files, look at one: its terms, and what keeps each promise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from habeas.errors import BadInput, ConfigurationError
from habeas.model import Frozen, Request, Right
from workers.cli.exits import EXIT_CODES, ExitCode
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from rich.console import RenderableType

    from habeas.policy import Policy
    from workers.settings import Settings

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Controllers' policies: check the files, look at one.",
    rich_markup_mode="markdown",
    epilog=EXIT_CODES,
)

Folder = Annotated[
    Path | None, typer.Option("--folder", metavar="FOLDER", help="A folder of policies; else that of the settings.")
]


class Fault(Frozen):
    """One thing to mend in a file."""

    file: str
    line: int | None
    key: str
    message: str
    remedy: str


class Checked(Frozen):
    """What there is to say of a check."""

    files: tuple[str, ...]
    faults: tuple[Fault, ...]
    open: tuple[Fault, ...]
    """What the published texts leave open and nobody has filled in."""
    advice: tuple[Fault, ...] = ()
    """What is worth a look: it has no effect, or none yet, or may be meant otherwise."""


@command(app, "check", epilog="Example: `habeas policy check --folder deploy/controllers`")
async def check(
    shell: Shell,
    files: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]…", help="Else all of the folder.")] = None,
    folder: Folder = None,
) -> None:
    """Name every fault of policies with its line and remedy; exit code 5 if there is one.

    What is worth a look is named too: a law that is not in force, a promise or a wait longer than the law's term.

    With neither files nor a folder, those of this installation are checked, also against its systems.
    """
    from habeas.policy import policy_files

    settings = None if files or folder else shell.settings()
    if settings is not None:
        listed = _mine(shell, settings)
    else:
        listed = (*(files or ()), *(policy_files(folder) if folder else ()))
    found, advised = [*_faults(listed)], [*_advised(listed, datetime.now(UTC).date())]
    if settings is not None and not found:
        found += await _in_place(shell, settings)
    checked = Checked(
        files=tuple(map(str, listed)),
        faults=tuple(fault for fault in found if not fault.key.startswith("open.")),
        open=tuple(fault for fault in found if fault.key.startswith("open.")),
        advice=tuple(advised),
    )
    shell.answer(checked, *_shown(checked))
    if found:
        raise typer.Exit(ExitCode.CONFIGURATION)


def _mine(shell: Shell, settings: Settings) -> tuple[Path, ...]:
    """The files of those whom staff work for; all of them while one of them is faulty, since nothing starts then."""
    from habeas.policy import policy_files

    listed = policy_files(settings.policies, settings.controllers)
    try:
        mine = {policy.origin for policy in shell.policies(settings).values()}
    except ConfigurationError:
        return listed
    return tuple(file for file in listed if file in mine)


def _faults(files: Iterable[Path]) -> Iterator[Fault]:
    from activities.letters import LANGUAGES
    from activities.letters.overrides import faults as letter_faults
    from habeas.policy import load_policy

    for file in files:
        try:
            policy = load_policy(file, languages=LANGUAGES)
        except ConfigurationError as error:
            yield from _told(error, file)
            continue
        for one in letter_faults(policy):
            where, key = str(one.file), "letters.folder"
            yield Fault(file=where, line=one.line, key=key, message=one.message, remedy=one.remedy)


def _advised(files: Iterable[Path], today: date) -> Iterator[Fault]:
    """Of the policies that can be used: one that cannot has its faults told first."""
    from habeas.policy import advice, load_policy
    from habeas.policy.load import located

    for file in files:
        try:
            policy = load_policy(file)
        except ConfigurationError:
            continue
        for one in located(policy, advice(policy, today)):
            where = str(one.file or file)
            yield Fault(file=where, line=one.line, key=one.key, message=one.message, remedy=one.remedy)


async def _in_place(shell: Shell, settings: Settings) -> list[Fault]:
    """What is wrong with policies only together, and with the systems of an installation."""
    from habeas.policy import check_systems
    from workers.wiring import load_connectors

    try:
        policies = shell.policies(settings)
    except ConfigurationError as error:
        return [*_told(error, settings.policies)]
    connectors = load_connectors(settings, shell.systems(settings))
    manifests = {name: connector.manifest for name, connector in connectors.items()}
    found: list[Fault] = []
    for policy in policies.values():
        try:
            check_systems(policy, manifests)
        except ConfigurationError as error:
            found += _told(error, policy.origin or settings.policies)
    for connector in connectors.values():
        await connector.aclose()
    return found


def _told(error: ConfigurationError, file: Path) -> Iterator[Fault]:
    from habeas.policy import problems_of

    for problem in problems_of(error):
        where = str(problem.file or error.facts.get("file") or file)
        yield Fault(file=where, line=problem.line, key=problem.key, message=problem.message, remedy=problem.remedy)
    if not problems_of(error):
        yield Fault(file=str(file), line=None, key="", message=error.detail, remedy="")


def _shown(checked: Checked) -> Iterator[RenderableType]:
    from rich.markup import escape

    told = ((checked.faults, "to mend"), (checked.open, "left open"), (checked.advice, "to consider"))
    for file in dict.fromkeys((*checked.files, *(fault.file for faults, _ in told for fault in faults))):
        here = [([fault for fault in faults if fault.file == file], word) for faults, word in told]
        said = ", ".join(f"{len(rows)} {word}" for rows, word in here if rows)
        whole = file in checked.files and not here[0][0] and not here[1][0]
        if whole:
            yield f"[green]{escape(file)}: whole.[/]" + (f" [yellow]{said}[/]" if said else "")
        else:
            yield f"[bold]{escape(file)}[/]: [yellow]{said}[/]"
        yield from (_listed(rows) for rows, _ in here if rows)


def _listed(faults: list[Fault]) -> RenderableType:
    from rich.markup import escape
    from rich.table import Table

    table = Table("Line", "Key", "What", "What to do", box=None, header_style="dim")
    for fault in faults:
        key = fault.key.removeprefix("open.")
        table.add_row(str(fault.line or ""), escape(key), escape(fault.message), escape(fault.remedy))
    return table


class TermRow(Frozen):
    """For one regime and right: promise against statute."""

    regime: str
    place: str
    right: Right
    received_on: date
    statute: date | None
    promise: date | None
    effective: date | None
    target: date | None = None
    """By when staff aim to answer where no day holds."""
    acknowledge_by: date | None
    citation: str


@command(app, "show", epilog="Example: `habeas policy show dialogra --promises --folder deploy/controllers`")
async def show(
    shell: Shell,
    controller: Annotated[str, typer.Argument(help="The controller's id.")],
    promises: Annotated[bool, typer.Option("--promises", help="Every promise: its line, and what keeps it.")] = False,
    received: Annotated[
        str | None, typer.Option("--received", metavar="DATE", help="Show the terms of a request of that day.")
    ] = None,
    folder: Folder = None,
) -> None:
    """One controller: its laws and rights, promise against statute, and with --promises what keeps each promise."""
    policy = _find(shell, controller, folder)
    terms = tuple(_terms(policy, _day(received)))
    kept = tuple(_kept(policy)) if promises else ()
    data: dict[str, Any] = {
        "controller": policy.id,
        "name": policy.controller.name,
        "languages": policy.controller.languages,
        "rights": sorted({row.right for row in terms}),
        "systems": policy.systems,
        "terms": terms,
    }
    shell.answer({**data, "promises": kept} if promises else data, *_drawn(policy, terms, kept))


def _find(shell: Shell, controller: str, folder: Path | None) -> Policy:
    from habeas.policy import load_policies, load_policy

    if folder is not None and (folder / f"{controller}.toml").is_file():
        return load_policy(folder / f"{controller}.toml")
    policies = load_policies(folder) if folder is not None else shell.policies(shell.settings())
    if controller not in policies:
        raise BadInput(f"There is no such controller; there are: {', '.join(policies)}.", field="controller")
    return policies[controller]


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("A day is written as 2027-01-31.", field="received") from None


def _terms(policy: Policy, day: date) -> Iterator[TermRow]:
    """For each regime where it first applies: every right that it, the establishment's law or the controller gives."""
    from activities.clockface import dated
    from habeas import law

    at = datetime.combine(day, time(12), ZoneInfo(policy.controller.clock_tz)).astimezone(UTC)
    plain = policy.model_copy(update={"promise": policy.promise.model_copy(update={"days": None})})
    for entry in policy.regimes:
        place = entry.jurisdictions[0]
        home = policy.home
        given = law.rights(entry.code, place, day) | set(policy.rights or ())
        given |= law.rights(home.regime, home.jurisdiction, day) if home and home.law.reach else set()
        for right in (each for each in Right if each in given):
            regime = policy.applicable(place, right, day).regime
            request = Request(
                id="HB-0000-0000-0000",
                controller=policy.id,
                right=right,
                regime=regime,
                jurisdiction=place,
                language=policy.controller.languages[0],
                received_at=at,
            )
            ours, statute = dated(request, policy, (), at), dated(request, plain, (), at)
            yield TermRow(
                regime=regime,
                place=place,
                right=right,
                received_on=day,
                statute=statute.face.due_on,
                promise=date.fromordinal(day.toordinal() + policy.promise.days) if policy.promise.days else None,
                effective=ours.face.due_on,
                target=ours.face.target_on,
                acknowledge_by=ours.deadlines.acknowledge_by,
                citation=ours.deadlines.citation,
            )


class Kept(Frozen):
    """One promise, and what keeps it."""

    line: str
    says: str
    keeps: dict[str, str]
    note: str | None
    not_held: str | None = None
    """Why Habeas does not see to it, or not to a part of it."""


def _kept(policy: Policy) -> Iterator[Kept]:
    from habeas.policy.raw import at, place

    raw = policy.model_dump(mode="json", exclude_none=True)
    for promise in policy.promises:
        values = {key: _brief(at(raw, place(raw, key) or ())) for key in promise.keeps}
        said = promise.model_dump(include={"line", "says", "note", "not_held"})
        yield Kept(**said, keeps=values)


def _brief(value: object) -> str:
    """A value in a few words: texts in their first language, tables by their names."""
    if isinstance(value, Mapping):
        named = next((value[key] for key in ("title", "name", "to", "code") if key in value), None)
        if named is not None:
            return _brief(named)
        sizes = [
            f"{value[unit]} {unit if value[unit] > 1 else unit[:-1]}"
            for unit in ("years", "months", "days")
            if value.get(unit)
        ]
        return f"{' '.join(sizes)} ({value.get('law')})" if sizes else _brief(next(iter(value.values()), ""))
    if isinstance(value, list | tuple):
        return "; ".join(_brief(each) for each in value)
    return str(value)


def _drawn(policy: Policy, terms: Iterable[TermRow], kept: Iterable[Kept]) -> Iterator[RenderableType]:
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    yield Text(f"{policy.controller.name} ({policy.id}), {policy.controller.establishment}", "bold")
    yield f"Languages {', '.join(policy.controller.languages)}; systems {', '.join(policy.systems)}."
    days, strength = policy.promise.days, policy.promise.strength.value
    yield f"Promised: {f'{days} days ({strength})' if days else 'no number of days'}."
    table = Table("Regime", "Place", "Right", "Statute", "Promise", "Holds", "Receipt by", box=None, header_style="dim")
    for row in terms:
        holds = row.effective or (f"aim: {row.target}" if row.target else None)
        dates = (row.statute, row.promise, holds, row.acknowledge_by)
        table.add_row(row.regime, row.place, row.right.replace("_", " "), *(str(each or "—") for each in dates))
    yield table
    for promise in kept:
        yield ""
        yield f"[bold]{promise.line}[/] {escape(promise.says)}"
        for key, value in promise.keeps.items():
            yield f"  [cyan]{escape(key)}[/] [dim]{escape(value)}[/]"
        if promise.note:
            yield f"  [dim]{escape(promise.note)}[/]"
        if promise.not_held:
            yield f"  [yellow]Not held:[/] [dim]{escape(promise.not_held)}[/]"
