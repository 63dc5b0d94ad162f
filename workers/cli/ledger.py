"""``habeas ledger``: the ledger's database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from habeas.errors import BadInput
from workers.cli.exits import EXIT_CODES, ExitCode
from workers.cli.options import By
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from rich.table import Table

    from activities.ledger import Ledger
    from workers.comparing import Disagreement
    from workers.office import Engine

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", epilog=EXIT_CODES)


Since = Annotated[
    str | None,
    typer.Option(metavar="MOMENT", help="What the ledger was restored to: 2026-11-30T04:00, in UTC."),
]
HOW = {
    "missing": "open in the ledger, and nothing carries it",
    "ended": "open in the ledger, and was carried to its end",
    "ahead": "went on after the ledger's backup",
    "over": "closed in the ledger, and is still carried",
    "unknown": "carried, and not in the ledger",
}


@app.callback()
def ledger() -> None:
    """The ledger's database."""


@command(app, "migrate")
async def migrate(
    shell: Shell,
    to: Annotated[
        str | None, typer.Option(metavar="REVISION", help="Which form, `0016`; else the newest that this version has.")
    ] = None,
    back: Annotated[
        bool, typer.Option("--back", help="Go back to it, where it is older: what only newer forms hold is lost.")
    ] = False,
) -> None:
    """Bring the tables to this version's form; safe to run again, and from several places at once."""
    from activities.ledger import REVISIONS, current_revision, downgrade
    from activities.ledger import migrate as run

    target = to or REVISIONS[-1]
    if target not in REVISIONS:
        raise BadInput(f"to: this version knows the forms {REVISIONS[0]} to {REVISIONS[-1]}.", field="to")
    url = shell.settings().ledger.url.get_secret_value()
    before = await current_revision(url)
    if to is None or before is None or before <= target:
        await run(url, target)
    elif back:
        await downgrade(url, target)
    else:
        raise BadInput(f"The ledger is at {before}: take a backup, and say --back to go back to {target}.", field="to")
    after = await current_revision(url)
    said = "Nothing to do" if before == after else f"From {before or 'nothing'}"
    shell.answer({"before": before, "after": after}, f"{said}: the ledger is at {after}.")


@command(app, "compare", epilog="Example: `habeas ledger compare --since 2026-11-30T04:00`")
async def compare(shell: Shell, since: Since = None) -> None:
    """Hold the ledger against Temporal after one of them was lost; ends with 1 where they differ. Changes nothing."""
    from workers.comparing import compare as run

    async with _both(shell) as (ledger, engine):
        found = await run(ledger, engine, datetime.now(UTC), _moment(since))
    shell.answer([one.model_dump(mode="json") for one in found], _shown(found) if found else "They agree.")
    if found:
        raise typer.Exit(ExitCode.UNEXPECTED)


@command(app, "restart", epilog='Example: `habeas ledger restart --since 2026-11-30T04:00 --by "Kim"`')
async def restart(
    shell: Shell,
    by: By,
    requests: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="These, however the two differ; else all that are missing or ahead."),
    ] = None,
    since: Since = None,
) -> None:
    """Begin anew, from what the ledger knows, what nothing carries any more, or what is carried further than it knows.

    What was proven stays proven, and no letter is sent twice; systems are asked again, and people approve again.
    """
    from workers.comparing import BEGUN_ANEW
    from workers.comparing import compare as look
    from workers.comparing import restart as run
    from workers.wiring import load_policies

    now = datetime.now(UTC)
    async with _both(shell) as (ledger, engine):
        found = await look(ledger, engine, now, _moment(since))
        wanted = set(requests or ())
        chosen = [one for one in found if (one.request_id in wanted if wanted else one.how in BEGUN_ANEW)]
        if unknown := wanted - {one.request_id for one in chosen}:
            raise BadInput(f"The ledger and Temporal agree on {', '.join(sorted(unknown))}.", field="request")
        policies = load_policies(shell.settings())
        for one in chosen:
            await run(ledger, engine, policies, one, now, by)
    left = [one for one in found if one not in chosen]
    shell.answer(
        {"restarted": [one.request_id for one in chosen], "left": [one.model_dump(mode="json") for one in left]},
        f"Begun anew: {len(chosen)}.",
        *([_shown(left)] if left else []),
    )


@asynccontextmanager
async def _both(shell: Shell) -> AsyncIterator[tuple[Ledger, Engine]]:
    from workers.office import Engine
    from workers.wiring import connect_temporal

    settings = shell.settings()
    engine = Engine(lambda: connect_temporal(settings), task_queue=settings.temporal.task_queue)
    async with shell.ledger() as ledger:
        yield ledger, engine


def _moment(said: str | None) -> datetime | None:
    if said is None:
        return None
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise BadInput("since: a moment is written 2026-11-30T04:00.", field="since") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _shown(found: Iterable[Disagreement]) -> Table:
    from rich.table import Table

    table = Table("Request", "Controller", "Ledger", "Temporal", "What")
    for one in found:
        table.add_row(one.request_id, one.controller or "", one.stage or "", one.engine, HOW[one.how])
    return table
