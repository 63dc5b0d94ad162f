"""``habeas law``: the calendar. Regimes, dates for rows of cases, a year of a regime to look at."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from habeas.errors import BadInput
from habeas.model import Frozen, Right
from workers.cli.exits import EXIT_CODES
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table as Shown

    from habeas.law.data import Ground, Regime
    from habeas.law.duties import WithheldRule
    from habeas.law.table import Table
    from habeas.law.year import ClockYear, Fact, Year

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="The calendar: regimes, terms, due dates.",
    rich_markup_mode="markdown",
    epilog=EXIT_CODES,
)


_FEW = 3


class RegimeRow(Frozen):
    """One line of the list of regimes."""

    code: str
    title: str
    statute: str
    in_force: date
    places: tuple[str, ...]
    answer: str
    extension: bool
    rights: tuple[Right, ...]
    options: dict[str, str]


@command(app, "regimes")
async def regimes(shell: Shell) -> None:
    """The laws this installation knows: code, places, how long the answer may take, rights, options."""
    from habeas.law import regimes as known

    rows = [_row(law) for law in known().values()]
    table = _table("Code", "Law", "Places", "Answer", "More time", "Options")
    for row in rows:
        places = " ".join(row.places) if len(row.places) <= _FEW else f"{len(row.places)} places"
        more = "yes" if row.extension else "no"
        table.add_row(row.code, row.title, places, row.answer, more, ", ".join(row.options))
    shell.answer([row.model_dump(mode="json") for row in rows], table)


def _row(law: Regime) -> RegimeRow:
    from habeas.law import regime
    from habeas.law.data import Span
    from habeas.law.words import length

    here = law if law.clocks else regime(law.code, law.places[-1])
    term = here.clocks[0].term
    return RegimeRow(
        code=law.code,
        title=law.title,
        statute=law.statute,
        in_force=law.in_force,
        places=law.places,
        answer=(length(term) if isinstance(term, Span) else "no number") + ("" if law.clocks else ", by state"),
        extension=here.clocks[0].extension is not None,
        rights=tuple(sorted(here.rights)),
        options={code: option.text for code, option in law.options.items()},
    )


def _table(*columns: str) -> Shown:
    from rich.table import Table as Shown

    return Shown(*columns, box=None, header_style="dim", padding=(0, 2, 0, 0))


@command(app, "compute")
async def compute(
    shell: Shell,
    explain: Annotated[bool, typer.Option("--explain", help="Add a column that explains each date.")] = False,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="REGIME:CODE", help="Another reading of a regime; see `habeas law regimes`."),
    ] = None,
) -> None:
    """Read cases as CSV on standard input, write them with their dates as CSV on standard output.

    Columns read: regime, jurisdiction, right, received_at; where given paused_from, paused_to, pause_reason, extended,
    clock_tz, requested_on. Columns written: acknowledge_by, due_on, extended_due_on, notice_latest_on, citation,
    uncertain (which of the figures counsel should confirm), error. All others pass through. A row that cannot be
    computed says why in `error`, and the rest go on.
    """
    from habeas.law.rows import records
    from habeas.law.table import INPUTS, Table

    with _streams() as (source, target):
        lines = records(source, INPUTS)
        header = next(lines, None)
        if not header or isinstance(header, str):
            raise BadInput("There is no first line with the names of the columns.")
        table = Table(header, explain=explain, options=_options(option or []))
        write = _writer(target, table, as_json=shell.as_json)
        failed = 0
        for row in _answered(table, lines):
            write(row)
            failed += bool(row[table.error_at])
    if failed:
        shell.tell(f"{failed} row{'s' if failed > 1 else ''} could not be computed: see the column `error`.")


@contextmanager
def _streams() -> Iterator[tuple[TextIO, TextIO]]:
    """Standard input and output as exact UTF-8 CSV: a byte that is not UTF-8 passes through unharmed."""
    source = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", errors="surrogateescape", newline="")
    target = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="surrogateescape", newline="")
    try:
        yield source, target
        target.flush()
    finally:
        source.detach()
        target.detach()


def _answered(table: Table, lines: Iterable[list[str] | str]) -> Iterator[list[str]]:
    for line in lines:
        yield table.broken(line) if isinstance(line, str) else table.row(line)


class _writer:  # noqa: N801 - used as a function
    """Writes rows: CSV after its first line, or one JSON object a line."""

    def __init__(self, target: TextIO, table: Table, *, as_json: bool) -> None:
        self.target, self.header, self.as_json = target, table.header, as_json
        self.csv = csv.writer(target, lineterminator="\n")
        if not as_json:
            self.csv.writerow(table.header)

    def __call__(self, row: Sequence[str]) -> None:
        if self.as_json:
            self.target.write(json.dumps(dict(zip(self.header, row, strict=True)), ensure_ascii=False) + "\n")
        else:
            self.csv.writerow(row)


def _options(given: Iterable[str]) -> dict[str, tuple[str, ...]]:
    from habeas.law import regimes as known

    found: dict[str, tuple[str, ...]] = {}
    for each in given:
        code, _, name = each.partition(":")
        if code not in known() or name not in known()[code].options:
            raise BadInput("An option is written REGIME:CODE, such as EU-GDPR:identity_restart.")
        found[code] = (*found.get(code, ()), name)
    return found


class ReasonRow(Frozen):
    """One reason that a law has an article for."""

    code: str
    rights: tuple[Right, ...]
    """That it stands against; empty for any."""
    article: str
    text: str
    besides: tuple[str, ...] = ()
    """What staff state of it first; that the person may not learn of it."""


@command(app, "reasons", epilog="Example: `habeas law reasons US-CCPA --right erasure`")
async def reasons(
    shell: Shell,
    regime: Annotated[str, typer.Argument(help="Code of the regime, such as EU-GDPR.")],
    jurisdiction: Annotated[
        str | None, typer.Option("--jurisdiction", metavar="PLACE", help="Such as DK or US-CO; else the first one.")
    ] = None,
    right: Annotated[Right | None, typer.Option("--right", help="Only against this right.")] = None,
) -> None:
    """Why something may be refused, withheld or kept under a law: the codes that data maps name, and its articles."""
    from habeas.law import regimes as known
    from habeas.law.provisions import reasons_of

    if regime not in known():
        raise BadInput(f"There is no such regime; there are: {', '.join(known())}.", field="regime")
    found = reasons_of(regime, jurisdiction or known()[regime].places[0])
    rows = [
        ReasonRow(code=one.code, rights=one.rights, article=one.cite, text=one.text, besides=_besides(one))
        for one in found
        if right is None or not one.rights or right in one.rights
    ]
    table = _table("Code", "Against", "Article", "Reason")
    for row in rows:
        table.add_row(row.code, ", ".join(row.rights).replace("_", " ") or "any right", row.article, row.text)
        for said in row.besides:
            table.add_row("", "", "", said)
    shell.answer([row.model_dump(mode="json") for row in rows], table)


@command(app, "show")
async def show(
    shell: Shell,
    regime: Annotated[str, typer.Argument(help="Code of the regime, such as EU-GDPR.")],
    jurisdiction: Annotated[
        str | None,
        typer.Option(
            "--jurisdiction",
            metavar="PLACE",
            help="Such as DK or US-CO; else the first one, if the law is the same in all.",
        ),
    ] = None,
    year: Annotated[int | None, typer.Option("--year", help="Else this year.")] = None,
    right: Annotated[Right | None, typer.Option("--right", help="Only the clock of this right.")] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the page (HTML) here.")] = None,
) -> None:
    """One year of a regime: for every day of receipt, when the answer is due. A page to look at, or a table."""
    from habeas.law.draw import draw
    from habeas.law.year import year_of

    found = year_of(regime, jurisdiction or _first_place(regime), year or _this_year(), right)
    if out is not None:
        _save(out, draw(found))
        shell.tell(f"Written: {out}")
    if out is None or shell.as_json:
        shell.answer(_plain(found), *_shown(found))


def _besides(one: Ground | WithheldRule) -> tuple[str, ...]:
    """What staff state of a ground first, and that the person may not learn of it."""
    said = (("State", getattr(one, "asks", None)), ("Never told", getattr(one, "untold", None)))
    return tuple(f"{what}: {rule.text} ({rule.cite})" for what, rule in said if rule)


def _first_place(code: str) -> str:
    from habeas.law import regimes as known

    if code in known() and not known()[code].clocks:
        raise BadInput(f"{code} differs by place: name one with --jurisdiction, such as US-CO.", field="jurisdiction")
    return known()[code].places[0] if code in known() else ""


def _this_year() -> int:
    from datetime import UTC, datetime

    return datetime.now(UTC).year


def _save(out: Path, page: str) -> None:
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"The page cannot be written there: {error.strerror}.") from None


def _plain(found: Year) -> dict[str, object]:
    return {
        "regime": found.law.code,
        "jurisdiction": found.place,
        "year": found.year,
        "clock_tz": found.tz,
        "clocks": [
            {
                "rights": list(clock.clock.rights),
                "citation": clock.clock.cite,
                "facts": [_fact(fact) for fact in clock.facts],
                "due_on": {str(day.day): str(day.due) for day in clock.days if day.due},
            }
            for clock in found.clocks
        ],
        "beside": [_fact(fact) for fact in found.beside],
    }


def _fact(fact: Fact) -> dict[str, object]:
    plain = {"name": fact.name, "text": fact.text, "cite": fact.cite, "mark": fact.mark}
    return {**plain, "uncertain": fact.uncertain}


def _shown(found: Year) -> Iterator[RenderableType]:
    from rich.text import Text

    yield Text(f"{found.law.title} ({found.law.code}, {found.place}, {found.tz}), {found.year}", "bold")
    for clock in found.clocks:
        yield ""
        yield Text(", ".join(clock.clock.rights).replace("_", " "), "bold")
        yield _facts(clock.facts)
        if clock.days:
            yield from _months(clock)
    yield ""
    yield Text("Beside the dates", "bold")
    yield _facts(found.beside)
    yield Text("P the text was read, S an excerpt or secondary source, K known; ? counsel should confirm it.", "dim")


def _facts(facts: Iterable[Fact]) -> Shown:
    from rich.text import Text

    table = _table("", "", "", "")
    for fact in facts:
        table.add_row(
            fact.name, fact.text, Text(fact.cite, "dim"), Text(fact.mark, "yellow" if fact.uncertain else "dim")
        )
    return table


def _months(clock: ClockYear) -> Iterator[RenderableType]:
    """A line a month: how many days each day of receipt gives; what closed days added stands out."""
    from rich.text import Text

    from habeas.law.words import day as written

    if not clock.given:
        yield "No request of this year has a date: the law does not give it yet."
        return
    fewest, most = clock.counts
    yield f"Days from receipt to the last day, {fewest} to {most}; [yellow]yellow[/]: moved by closed days."
    for month in clock.months:
        line = Text(f"{written(month[0].day).split()[2][:3]} ", "dim")
        for day in month:
            line.append(f"{day.count or '·':>3}", "yellow" if day.moved else "dim" if day.closed else "")
        yield line
