"""``habeas webhook``: other programs that are told what happens to requests."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.exits import EXIT_CODES
from workers.cli.options import By
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from rich.table import Table

    from activities.ledger import WebhookRow

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", epilog=EXIT_CODES)

WebhookId = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Its id, of `habeas webhook list`.")]
_PATIENCE = 30.0  # seconds: a worker looks every second, and gives a message fifteen
_LOOK = 0.5


@app.callback()
def webhook() -> None:
    """Webhooks: addresses that are sent what happens to requests, signed, in order, again until they are taken."""


@command(app, "add", epilog="Example: `habeas webhook add https://crm.example.org/habeas --type closed --by Kim`")
async def add(
    shell: Shell,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where messages go; https.")],
    by: By,
    controller: Annotated[
        str | None, typer.Option(help="Of whose requests; may be left out where there is one.")
    ] = None,
    type_: Annotated[
        list[str] | None,
        typer.Option("--type", help="Of which events: opened, overdue, closed ... May be repeated; unset for all."),
    ] = None,
) -> None:
    """Have a program told what happens from now on. The secret that signs is shown this once."""
    async with shell.office() as office:
        made = await office.add_webhook(url, controller=controller, types=tuple(type_ or ()), by=by)
    shell.answer(made, f"Webhook [bold]{made.webhook.id}[/]. Keep its secret; it is not shown again:", made.secret)


@command(app, "list")
async def list_(shell: Shell) -> None:
    """List the webhooks: what each takes, what waits for it, whether it is disabled."""
    async with shell.office() as office:
        known = await office.webhooks()
    shell.answer(list(known), _table(known))


@command(app, "remove", epilog="Example: `habeas webhook remove 3fa41b0799d2 --by Kim`")
async def remove(shell: Shell, webhook_id: WebhookId, by: By) -> None:
    """End one; what it had not taken is not sent."""
    async with shell.office() as office:
        ended = await office.remove_webhook(webhook_id, by=by)
    shell.answer(ended, f"Removed: [bold]{ended.id}[/]")


@command(app, "enable", epilog="Example: `habeas webhook enable 3fa41b0799d2`")
async def enable(shell: Shell, webhook_id: WebhookId) -> None:
    """Send to one that was disabled, from where it was."""
    async with shell.office() as office:
        one = await office.enable_webhook(webhook_id)
    shell.answer(one, f"Enabled: [bold]{one.id}[/]; {one.waiting} events wait for it.")


@command(app, "test", epilog="Example: `habeas webhook test 3fa41b0799d2`")
async def test(shell: Shell, webhook_id: WebhookId) -> None:
    """Have a worker send a test, and say what came of it."""
    async with shell.office() as office:
        one = await office.test_webhook(webhook_id)
        until = time.monotonic() + _PATIENCE
        while one.test_answered is None and time.monotonic() < until:
            await asyncio.sleep(_LOOK)
            one = next((each for each in await office.webhooks() if each.id == webhook_id), one)
    said = one.test_answered or "nothing yet: does a worker run?"
    shell.answer(one, f"[bold]{one.id}[/]: {said}")


def _table(known: tuple[WebhookRow, ...]) -> Table | str:
    from rich.table import Table

    if not known:
        return "There are no webhooks."
    table = Table("Webhook", "Of", "Address", "Types", "Took one", "Last answer", "Waiting", "Given up", "Disabled")
    for one in known:
        took = f"{one.taken_at:%Y-%m-%d %H:%M}" if one.taken_at else "never"
        disabled = f"{one.disabled_at:%Y-%m-%d %H:%M}" if one.disabled_at else ""
        types = ", ".join(each.rpartition(".")[2] for each in one.types) or "all"
        counts = (str(one.waiting), str(one.given_up))
        table.add_row(one.id, one.controller, one.url, types, took, one.answered or "", *counts, disabled)
    return table
