"""Cases as rows of text, and their dates as columns of text: what `habeas law compute` reads and writes.

Pure: rows in, rows out, one at a time. A row that cannot be computed says why in its ``error`` column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from habeas.errors import BadInput, HabeasError
from habeas.law.case import LAST_YEAR, Case, Deadlines, Pause
from habeas.law.compute import compute
from habeas.law.library import pauses_allowed, reflection_days, regime
from habeas.law.places import default_clock_tz, parse_place, zone
from habeas.model import PauseReason, Right

__all__ = ["DATES", "INPUTS", "REQUIRED", "Table", "read_case"]

REQUIRED = ("regime", "jurisdiction", "right", "received_at")
"""Columns without which nothing can be computed."""
INPUTS = (*REQUIRED, "paused_from", "paused_to", "extended", "clock_tz", "pause_reason", "requested_on")
"""All columns that are read, where given."""
DATES = ("acknowledge_by", "due_on", "extended_due_on", "notice_latest_on", "citation")
"""Columns that are written, over what stood there; then ``uncertain``, ``explanation`` if asked for, ``error``."""

LONGEST_CELL = 131_072
"""Characters; more in one cell is a slip, and many programs could not read it back (Python's ``csv``, spreadsheets)."""

_TRUE, _FALSE = frozenset({"true", "t", "yes", "y", "1"}), frozenset({"", "false", "f", "no", "n", "0"})


class Table:
    """The columns of one table.

    Args:
        header: its column names.
        explain: whether to add an ``explanation`` column.
        options: codes of the options to compute with, by regime.

    Raises:
        BadInput: a needed column is missing, or one that is read or written stands there twice.
    """

    def __init__(
        self, header: Sequence[str], *, explain: bool = False, options: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self.names = tuple(name.strip() for name in header)
        self.options = options or {}
        self.written = (*DATES, "uncertain", *(("explanation",) if explain else ()), "error")
        if missing := [name for name in REQUIRED if name not in self.names]:
            raise BadInput(f"The first line lacks the column {', '.join(missing)}.", field="heading")
        if twice := {name for name in (*INPUTS, *self.written) if self.names.count(name) > 1}:
            raise BadInput(f"The first line has a column twice: {', '.join(sorted(twice))}.", field="heading")
        self.header = (*header, *(name for name in self.written if name not in self.names))
        self._columns = (*self.names, *(name for name in self.written if name not in self.names))
        self._places = {name: self._columns.index(name) for name in self.written}
        self.error_at = self._places["error"]
        self._last = max(at for at, name in enumerate(self.names) if name not in self.written)

    def row(self, row: Sequence[str]) -> list[str]:
        """One row with its dates, or with its error; what was in it stays. Short rows are filled up."""
        width = len(self.names)
        whole = [*row[:width], *[""] * (len(self._columns) - min(len(row), width))]
        told = dict.fromkeys(self.written, "")
        try:
            if wrong := [*self._gathered(row, whole), *self._emptied(whole)]:
                raise BadInput(" ".join(wrong), field="row")
            told |= self._dates(dict(zip(self.names, row, strict=False)))
        except HabeasError as error:
            told["error"] = str(error)
        for name, text in told.items():
            whole[self._places[name]] = text
        return whole

    def _gathered(self, row: Sequence[str], whole: list[str]) -> Iterator[str]:
        """Cells that have no column go with the last one that stays as it came: most often it held a bare comma."""
        width = len(self.names)
        if len(row) > width:
            whole[self._last] = ",".join((whole[self._last], *row[width:]))
            into = self.names[self._last]
            yield f"The row has {len(row)} cells for {width} columns: {into} holds those that are too many."

    def _emptied(self, whole: list[str]) -> Iterator[str]:
        """A cell that is too long is left out, and only that one."""
        for at, name in enumerate(self.names):
            if len(whole[at]) > LONGEST_CELL:
                yield f"{name} has {len(whole[at])} characters, more than {LONGEST_CELL}: it is left out."
                whole[at] = ""

    def broken(self, why: str) -> list[str]:
        """A line that is no row at all."""
        whole = [""] * len(self._columns)
        whole[self.error_at] = why
        return whole

    def _dates(self, cells: Mapping[str, str]) -> dict[str, str]:
        case = read_case(cells, self.options)
        found = compute(case)
        return {name: _written(found, name) for name in self.written if name != "error"}


def _written(found: Deadlines, name: str) -> str:
    if name == "explanation":
        return " ".join(found.explanation)
    if name == "uncertain":
        return "; ".join(found.uncertain)
    value = getattr(found, name)
    return str(value) if value is not None else ""


def read_case(cells: Mapping[str, str], options: Mapping[str, tuple[str, ...]] | None = None) -> Case:
    """The case that a row describes.

    Times without an offset, and dates without a time, are local to the clock's zone. A pause without a reason has the
    one reason that the clock knows, else ``identity``. Codes may be written in lower or upper case. A pause that is
    still open has no due date, except where the clock does not wait for it, or counts from the question.

    Raises:
        BadInput: a cell cannot be read; the message names the column and never repeats the cell.
        UnknownRegime: no such regime, or not the law of that place.
    """
    text = {name: (cells.get(name) or "").strip() for name in INPUTS}
    code, place = text["regime"].upper(), parse_place(text["jurisdiction"])
    regime(code, place)
    tz = text["clock_tz"] or default_clock_tz(place)
    right = _right(text["right"])
    return Case(
        regime=code,
        jurisdiction=place,
        right=right,
        received_at=_moment(text["received_at"], zone(tz), "received_at"),
        pauses=_pauses(text, code, place, right, zone(tz)),
        extended=_truth(text["extended"]),
        clock_tz=tz,
        requested_on=_day(text["requested_on"], zone(tz), "requested_on") if text["requested_on"] else None,
        options=(options or {}).get(code, ()),
    )


def _right(text: str) -> Right:
    try:
        return Right(text.lower())
    except ValueError:
        raise BadInput(f"right is not known; it is one of {', '.join(Right)}.", field="right") from None


def _truth(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise BadInput("extended is true or false.", field="extended")


def _moment(text: str, tz: ZoneInfo, column: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise BadInput(
            f"{column} is not a date or time; write it like 2027-01-31T12:00:00+01:00.", field=column
        ) from None
    if not 1900 <= moment.year <= LAST_YEAR:
        raise BadInput(f"{column} is out of reach: it must lie between 1900 and {LAST_YEAR}.", field=column)
    return moment if moment.tzinfo else moment.replace(tzinfo=tz)


def _day(text: str, tz: ZoneInfo, column: str) -> date:
    moment = _moment(text, tz, column)
    return moment.date() if moment.tzinfo is tz else moment.astimezone(tz).date()


def _pauses(text: Mapping[str, str], code: str, place: str, right: Right, tz: ZoneInfo) -> tuple[Pause, ...]:
    first, last = text["paused_from"], text["paused_to"]
    if not first and not last:
        return ()
    if not first:
        raise BadInput("paused_to stands without paused_from.", field="paused_to")
    start, reason = _day(first, tz, "paused_from"), _reason(text["pause_reason"], code, place, right)
    if last:
        return (Pause(start=start, end=_day(last, tz, "paused_to"), reason=reason),)
    if reason in pauses_allowed(code, right, place) and reflection_days(code, right, reason, place) is None:
        raise BadInput("The pause is still open (there is no paused_to): there is no due date yet.", field="paused_to")
    return (Pause(start=start, end=start, reason=reason),)


def _reason(text: str, code: str, place: str, right: Right) -> PauseReason:
    if not text:
        known = pauses_allowed(code, right, place)
        return next(iter(known)) if len(known) == 1 else PauseReason.IDENTITY
    try:
        return PauseReason(text.lower())
    except ValueError:
        raise BadInput(
            f"pause_reason is not known; it is one of {', '.join(PauseReason)}.", field="pause_reason"
        ) from None
