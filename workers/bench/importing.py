"""Bulk: a CSV of thousands, checked and opened by the command line's own code."""

from __future__ import annotations

import csv
import io
import time
from os import getpid

from habeas.errors import HabeasError
from workers.bench.line import Bound, Line, Say, line
from workers.bench.requests import course
from workers.bench.shop import CONTROLLER
from workers.bench.usage import memory_mb

__all__ = ["import_lines"]


class NotOpened(HabeasError):
    """Not every row of the measured import became a request."""

    code = "bench_not_opened"
    remedy = "Try `habeas request import --check` with the same columns."


async def import_lines(say: Say, *, rows: int) -> list[Line]:
    """How many rows become requests in a second."""
    say(f"importing a CSV of {rows:,} rows")
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(["right", "emails", "jurisdiction", "controller"])
    table.writerows(["access", f"row{number}@example.net", "DK", CONTROLLER] for number in range(rows))
    async with course(people=1, worker=False) as one:
        before, begun = memory_mb([getpid()]), time.monotonic()
        done = await one.office.import_requests(written.getvalue(), by="Bench")
        took = time.monotonic() - begun
        grown = memory_mb([getpid()]) - before
    if len(done.opened) != rows:
        raise NotOpened(f"{len(done.opened)} of {rows}.")
    return [
        line(f"import of {rows:,} rows", [rows / took], "requests/s", value=Bound(least=200)),
        line(f"memory for {rows:,} rows", [grown], "MB"),
    ]
