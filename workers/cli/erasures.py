"""``habeas erasures``: what a restored backup brought back is erased once more."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from habeas.errors import BadInput
from workers.cli.exits import EXIT_CODES
from workers.cli.options import By
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from rich.console import RenderableType

    from activities.replay_model import ReplayReport

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", epilog=EXIT_CODES)

STATES = {
    "back": "is there again",
    "erased_again": "erased again",
    "drifted": "differs from what was approved, or has more: left; open an erasure anew",
    "held": "kept: a hold or a restriction came since",
    "remains": "still there after the second look",
    "unplanned": "something of the person that no plan names: left; open an erasure anew",
    "key_destroyed": "not known: the request's own key is destroyed",
    "open": "the erasure is still open: repeat this once it is closed",
    "no_system": "not known: the system is not connected any more",
    "not_allowed": "refused: fewer people saw it than must approve, or its plan was not approved",
    "by_hand": "only a human can look there",
}


@app.callback()
def erasures() -> None:
    """Erasures, once more, after a connected system was restored from a backup."""


_REPLAY = """
Examples:

`habeas erasures replay --since 2026-11-30T04:00 --system crm --dry-run --by "Kim" --reason "restored after a crash"`

`habeas erasures replay --since 2026-11-30T04:00 --system crm --plan 3f1c09ab22d4 --by "Bo" --reason "seen"`
"""


@command(app, "replay", epilog=_REPLAY)
async def replay(
    shell: Shell,
    since: Annotated[str, typer.Option(metavar="MOMENT", help="The moment of the backup, as 2026-11-30T04:00.")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="WHY", help="Why; sealed.")],
    system: Annotated[str | None, typer.Option(help="Only this system was restored.")] = None,
    controller: Annotated[str | None, typer.Option(help="Only this one's.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look only: what is back, and what is not known.")] = False,
    plan: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="What was seen, as the look named it: erase exactly that.")
    ] = None,
) -> None:
    """Look at what a backup brought back, then erase it once more: by the plans that were approved, never by a search.

    First with `--dry-run`; then, by somebody else where the policy has two people approve an erasure, with `--plan`.
    """
    if dry_run == bool(plan):
        raise BadInput("Look first with --dry-run; then give --plan with the digest that it says.", field="plan")
    async with shell.office() as office:
        if plan:
            report = await office.erase_again(
                since, plan=plan, system=system, controller=controller, by=by, reason=reason
            )
        else:
            report = await office.look_back(since, system=system, controller=controller, by=by, reason=reason)
    shell.answer(report, *_shown(report, wanted=plan))


def _shown(report: ReplayReport, wanted: str | None) -> list[RenderableType]:
    from rich.table import Table

    shown: list[RenderableType] = [f"Looked at: {report.looked}. All as it was left: {report.gone}."]
    if report.lines:
        table = Table("Request", "System", "Objects", "No plan names", "What")
        for line in report.lines:
            what = STATES.get(line.state, f"did not answer: {line.state}")
            table.add_row(line.request_id, line.system, str(line.objects), str(line.unplanned or ""), what)
        shown.append(table)
    states = Counter(line.state for line in report.lines)
    if wanted and not report.carried_out:
        shown.append("[bold]Nothing was erased[/]: what is back is something else by now. Look again.")
    if report.plan and not report.carried_out:
        shown.append(f"Seen: [bold]{report.plan[:12]}[/] ({states['back']} to be erased again, with --plan)")
    if report.changes:
        undone = Table(
            "Request", "System", "Right", "Objects", title="Undone by the backup, and to be done anew by you"
        )
        for change in report.changes:
            undone.add_row(change.request_id, change.system, change.right.value, str(change.objects))
        shown.append(undone)
    if report.more:
        shown.append("There is more: once this is done, repeat it.")
    return shown
