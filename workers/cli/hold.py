"""``habeas hold``: what must not be erased while a matter is pending."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from habeas.errors import BadInput
from workers.cli.exits import EXIT_CODES
from workers.cli.options import By
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from rich.table import Table

    from activities.ledger import HoldRow

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", epilog=EXIT_CODES)

Controller = Annotated[str | None, typer.Option(help="Whose data; may be left out where there is one.")]


@app.callback()
def hold() -> None:
    """Legal holds: what must not be erased while a matter is pending, whoever asks."""


_PLACE = """
Examples:

`habeas hold place --email ada@example.org --provision "Case 2026/114, City Court" --by "Kim" --reason "claim served"`

`habeas hold place --category correspondence --provision legal_claims --by "Kim" --reason "their letter"`
"""


@command(app, "place", epilog=_PLACE)
async def place(
    shell: Shell,
    provision: Annotated[
        str,
        typer.Option(
            help="The law or the matter, as letters will name it; or why, as a code that each law has an article for: "
            "`legal_claims` (`habeas law reasons`)."
        ),
    ],
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="WHY", help="Why; sealed.")],
    email: Annotated[list[str] | None, typer.Option(help="An address of the person. May be repeated.")] = None,
    phone: Annotated[list[str] | None, typer.Option(help="A phone number of the person. May be repeated.")] = None,
    identifier: Annotated[
        list[str] | None, typer.Option(metavar="KIND=VALUE", help="A number they have with you. May be repeated.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="Only in this system.")] = None,
    category: Annotated[str | None, typer.Option(help="Only data of this category.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="All that the controller holds of anybody.")] = False,
    controller: Controller = None,
    provision_in: Annotated[
        list[str] | None,
        typer.Option(metavar="LANGUAGE=WORDS", help="What the matter is called in another language. May be repeated."),
    ] = None,
    hold_id: Annotated[
        str | None, typer.Option("--hold-id", metavar="UUID", help="Repeat one that got no answer: it is placed once.")
    ] = None,
) -> None:
    """Place a hold on a person, a system, a category or everything. Open erasures that it meets are stopped.

    Give every address and number of the person that you know: it is by these that a request meets the hold.
    """
    from workers.office.holds import NewHoldInput
    from workers.office.intake import identifier as one
    from workers.office.intake import split_identifier

    known = [one("email", value, "email") for value in email or ()]
    known += [one("phone", value, "phone") for value in phone or ()]
    known += [split_identifier(text) for text in identifier or ()]
    asked = NewHoldInput(
        controller=controller,
        system=system,
        category=category,
        everything=everything,
        provision=provision,
        said=_said(provision_in or ()),
        reason=reason,
        identifiers=tuple(dict.fromkeys(known)),
    )
    async with shell.office() as office:
        placed = await office.place_hold(asked, by=by, hold_id=hold_id)
    said = "Placed" if placed.created else "Placed before, and this is it"
    stopped = ", ".join(placed.requests) or "none"
    lines = [f"{said}: [bold]{placed.hold.id}[/]", f"Open erasures that it stops: {stopped}"]
    if placed.under_way:
        lines.append(
            f"Being erased already: {', '.join(placed.under_way)}. What no system has begun is stopped; "
            "look at what is gone."
        )
    shell.answer(placed, *lines, *placed.notes)


def _said(given: Iterable[str]) -> dict[str, str]:
    found = dict[str, str]()
    for each in given:
        language, _, words = each.partition("=")
        if not language or not words.strip():
            raise BadInput('provision-in: write LANGUAGE=WORDS, such as da="Sag 2026/114".', field="provision_in")
        found[language] = words
    return found


@command(app, "list")
async def list_(
    shell: Shell,
    controller: Controller = None,
    lifted: Annotated[bool, typer.Option("--lifted", help="Those that were lifted, too.")] = False,
) -> None:
    """List the holds."""
    async with shell.office() as office:
        holds = await office.holds(controller, standing=not lifted)
    shell.answer(list(holds), _table(holds))


@command(
    app,
    "lift",
    epilog='Example: `habeas hold lift 6f1d2c8e-8a0f-4a55-9a57-0c1d6a1b9e11 --reason "the claim is settled"`',
)
async def lift(
    shell: Shell,
    hold_id: Annotated[str, typer.Argument(metavar="HOLD")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="WHY", help="Why; kept sealed with the hold.")],
) -> None:
    """Lift a hold: what it alone kept of closed erasures goes with the next daily sweep."""
    async with shell.office() as office:
        lifted = await office.lift_hold(hold_id, by=by, reason=reason)
    met = ", ".join(lifted.requests) or "none"
    shell.answer(lifted, f"Lifted: [bold]{lifted.hold.id}[/]", f"Requests that had met it: {met}")


def _table(holds: tuple[HoldRow, ...]) -> Table | str:
    from rich.table import Table

    if not holds:
        return "There are no holds."
    table = Table("Hold", "Controller", "Of whom", "System", "Category", "By which law", "Since", "Lifted")
    for one in holds:
        whom = f"a person ({one.persons} identifiers)" if one.persons else "everybody"
        lifted = f"{one.lifted_at:%Y-%m-%d}" if one.lifted_at else ""
        table.add_row(
            one.id,
            one.controller,
            whom,
            one.system or "all",
            one.category or "all",
            one.provision,
            f"{one.placed_at:%Y-%m-%d}",
            lifted,
        )
    return table
