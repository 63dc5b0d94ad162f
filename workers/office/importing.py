"""Many requests at once, from a CSV file: all rows are checked before the first is opened; no run opens twins."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from io import StringIO

from pydantic import Field, ValidationError

from habeas.errors import BadInput
from habeas.model import Frozen
from workers.office.intake import NewRequestInput
from workers.office.opening import Opening

MANY = ("emails", "phones", "identifiers", "corrections", "purposes", "categories")
"""Columns that may hold several values, separated by semicolons."""
COLUMNS = (
    "right",
    *MANY,
    "name",
    "controller",
    "jurisdiction",
    "regime",
    "language",
    "channel",
    "received_at",
    "reason",
    "note",
    "idempotency_key",
    "evidence",
    "situation",
    "scope",
    "about",
    "before_erasure",
)
MAX_BYTES = 64 * 1024 * 1024


class BadRow(Frozen):
    """A row that cannot be opened. The message never repeats what identifies a person."""

    line: int
    message: str


class ImportRow(Frozen):
    """A row that can be opened."""

    line: int
    asked: NewRequestInput = Field(repr=False)


class ImportedRow(Frozen):
    """A row and its request."""

    line: int
    id: str
    created: bool
    words_kept: bool = False
    """It was open already, and the row's note is kept with it as a message."""


def read_rows(text: str, opened_by: str) -> Iterator[ImportRow | BadRow]:
    """The rows of a CSV text with a heading of `COLUMNS` (any subset with ``right`` and one that identifies).

    Raises:
        BadInput: there is no heading, or it names columns that there are not; or it is no CSV.
    """
    reader = csv.DictReader(StringIO(text.removeprefix("\ufeff")))
    try:
        yield from _rows(reader, opened_by)
    except csv.Error as error:
        # A quote that is never closed makes one field of all that follows.
        raise BadInput(f"file: line {reader.line_num + 1}: {error}.", field="file") from None


def _rows(reader: csv.DictReader[str], opened_by: str) -> Iterator[ImportRow | BadRow]:
    heading = Counter(reader.fieldnames or ())
    unknown, twice = sorted({*heading} - {*COLUMNS}), sorted(name for name, n in heading.items() if n > 1)
    if "right" not in heading or unknown or twice:
        wrong = f"; unknown: {', '.join(unknown)}" if unknown else ""
        wrong += f"; twice: {', '.join(twice)}" if twice else ""
        raise BadInput(f"The first line names the columns, out of: {', '.join(COLUMNS)}{wrong}.", field="heading")
    for row in reader:
        line = reader.line_num
        if None in row:
            yield BadRow(line=line, message="The row has more fields than the heading.")
            continue
        given = {name: value.strip() for name, value in row.items() if value and value.strip()}
        many = {name: tuple(filter(None, map(str.strip, given.pop(name, "").split(";")))) for name in MANY}
        try:
            yield ImportRow(line=line, asked=NewRequestInput.model_validate({**given, **many, "opened_by": opened_by}))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            yield BadRow(line=line, message=f"{'.'.join(map(str, first['loc']))}: {first['msg']}.")


class ImportResult(Frozen):
    """What became of a file."""

    rows: int
    created: int
    opened: tuple[ImportedRow, ...]
    bad: tuple[BadRow, ...]


class Importing(Opening):
    """Methods that open many requests."""

    async def import_requests(
        self,
        text: str,
        *,
        by: str,
        skip_bad: bool = False,
        check_only: bool = False,
        run: str | None = None,
        progress: Callable[[int], None] = lambda done: None,
    ) -> ImportResult:
        """Check all rows of a CSV text, then open each.

        A row's own ``idempotency_key``, or else the run's with its line, or else the one open request that a person may
        have of a right, keeps a second run from opening twins.

        Args:
            text: the file's content.
            by: who opens them.
            skip_bad: open the good rows although others are bad; else nothing is opened.
            check_only: open none.
            run: names this run; the same run again opens nothing that it opened before, also of what closed since.
            progress: told the number of rows done.

        Raises:
            BadInput: the heading is not usable, or there are no rows.
        """
        good, bad = await self._checked_rows(read_rows(text, by))
        if not good and not bad:
            raise BadInput("The file has no rows.", field="file")
        opened: list[ImportedRow] = []
        rows = len(good) + len(bad)
        if not check_only and (skip_bad or not bad):
            for row in good:
                asked = row.asked
                if run is not None and asked.idempotency_key is None:
                    asked = asked.model_copy(update={"idempotency_key": f"import/{run}/{row.line}"})
                try:
                    answer = await self.open_request(asked)
                except BadInput as error:
                    # Only the ledger knew: an appeal of what cannot be appealed, say.
                    bad = (*bad, BadRow(line=row.line, message=str(error)))
                    continue
                kept = answer.words_kept
                opened.append(ImportedRow(line=row.line, id=answer.id, created=answer.created, words_kept=kept))
                progress(len(opened))
        created = sum(row.created for row in opened)
        return ImportResult(rows=rows, created=created, opened=tuple(opened), bad=bad)

    async def _checked_rows(
        self, rows: Iterable[ImportRow | BadRow]
    ) -> tuple[tuple[ImportRow, ...], tuple[BadRow, ...]]:
        """Check every row as opening it would, and open none."""
        good: list[ImportRow] = []
        bad: list[BadRow] = []
        for row in rows:
            if isinstance(row, BadRow):
                bad.append(row)
                continue
            try:
                await self._check(row.asked, self._now())
                good.append(row)
            except BadInput as error:
                bad.append(BadRow(line=row.line, message=str(error)))
        return tuple(good), tuple(bad)
