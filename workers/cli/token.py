"""``habeas token``: who may use the API, for what and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.exits import EXIT_CODES
from workers.cli.options import By
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from rich.table import Table

    from activities.ledger import TokenRow

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", epilog=EXIT_CODES)


@app.callback()
def token() -> None:
    """Tokens of the API: each acts as one account, may do what its scopes say, and ends by itself."""


@command(
    app,
    "create",
    epilog='Example: `habeas token create --as helpdesk --title "Opens requests" --scope requests:open --by Kim`',
)
async def create(
    shell: Shell,
    account: Annotated[str, typer.Option("--as", metavar="ACCOUNT", help="Whose acts they are, in the evidence.")],
    title: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[
        list[str],
        typer.Option(
            help="requests:read, requests:open, requests:work, requests:decide, requests:approve, personal:read, "
            "tasks:work, holds:write, retention:sweep, webhooks:write, suppression:ask, temporal:decode; or a role: "
            "agent, officer, approver, system_owner, auditor. May be repeated."
        ),
    ],
    by: By,
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it lives.")] = 90,
) -> None:
    """Make a token. Its text is shown this once."""
    async with shell.office() as office:
        made = await office.make_token(account, title=title, may=tuple(scope), days=days, by=by)
    shell.answer(
        made,
        f"Token [bold]{made.token.id}[/], until {made.token.expires_at:%Y-%m-%d}. Keep it; it is not shown again:",
        made.text,
    )


@command(app, "list")
async def list_(shell: Shell) -> None:
    """List the tokens, without their secrets."""
    async with shell.office() as office:
        known = await office.tokens()
    shell.answer(list(known), _table(known))


@command(app, "revoke", epilog="Example: `habeas token revoke 3fa41b0799d2 --by Kim`")
async def revoke(shell: Shell, token_id: Annotated[str, typer.Argument(metavar="TOKEN")], by: By) -> None:
    """End a token now."""
    async with shell.office() as office:
        ended = await office.revoke_token(token_id, by=by)
    shell.answer(ended, f"Ended: [bold]{ended.id}[/]")


def _table(known: tuple[TokenRow, ...]) -> Table | str:
    from rich.table import Table

    if not known:
        return "There are no tokens."
    table = Table("Token", "For", "As", "May", "Until", "Used", "Ended")
    for one in known:
        used = f"{one.used_at:%Y-%m-%d}" if one.used_at else "never"
        ended = f"{one.revoked_at:%Y-%m-%d}" if one.revoked_at else ""
        may = ", ".join(one.scopes)
        table.add_row(one.id, one.title, one.actor, may, f"{one.expires_at:%Y-%m-%d}", used, ended)
    return table
