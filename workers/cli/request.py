"""``habeas request``: open requests, look at them, carry each to its end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workers.cli import (
    request_acts,
    request_changes,
    request_holder,
    request_import,
    request_review,
    request_views,
)
from workers.cli.exits import EXIT_CODES
from workers.cli.options import By
from workers.cli.request_changes import read_corrections
from workers.cli.shell import Shell, command
from workers.cli.show import OTHER_PERSON

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Open requests and see each to its end.",
    rich_markup_mode="markdown",
    epilog=EXIT_CODES,
)

_OPEN_EXAMPLES = """
Examples:

`habeas request open --right access --email ada@example.org --by "Kim" --received 2026-11-02`

`habeas request open --right erasure --email ada@example.org --identifier customer_number=K-1002 --by "Kim"`

`habeas request open --right erasure --email ada@example.org --category correspondence --by "Kim"`

`habeas request open --right rectification --email ada@example.org --correct "phone: 12345678 => 87654321" --by "Kim"`

`habeas request open --right objection --email ada@example.org --purpose newsletter --by "Kim"`
"""


@command(app, "open", epilog=_OPEN_EXAMPLES)
async def open_(
    shell: Shell,
    right: Annotated[str, typer.Option(help="access, portability, erasure, rectification, …")],
    by: By,
    email: Annotated[list[str] | None, typer.Option(help="An address the person gave. May be repeated.")] = None,
    phone: Annotated[list[str] | None, typer.Option(help="A phone number the person gave. May be repeated.")] = None,
    identifier: Annotated[
        list[str] | None, typer.Option(metavar="KIND=VALUE", help="A number they have with you. May be repeated.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="As the person gave it; never searched by.")] = None,
    note: Annotated[str | None, typer.Option(help="What else the person wrote; sealed.")] = None,
    controller: Annotated[str | None, typer.Option(help="Whose request; may be left out where there is one.")] = None,
    jurisdiction: Annotated[
        str | None,
        typer.Option(help="Where the person lives (DK, CA-QC); else as in --about, or the controller's."),
    ] = None,
    regime: Annotated[str | None, typer.Option(help="Else as in --about, or by the policy.")] = None,
    language: Annotated[str | None, typer.Option(help="Of the letters; else the controller's first.")] = None,
    channel: Annotated[str, typer.Option(help="email, phone, letter, web, chat, in_person, other.")] = "email",
    received: Annotated[
        str | None, typer.Option(metavar="WHEN", help="ISO date or time, local to the controller; else now.")
    ] = None,
    correct: Annotated[
        list[str] | None,
        typer.Option(
            metavar='"WHAT: OLD => NEW"', help="Rectification: what is wrong and what is right. May be repeated."
        ),
    ] = None,
    corrections: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Or a JSON file: a list of {what, old, new, evidence}; - for standard input."
        ),
    ] = None,
    evidence: Annotated[str | None, typer.Option(help="What the person shows for the corrections; sealed.")] = None,
    purpose: Annotated[
        list[str] | None, typer.Option(help="What is to stop, by the policy's id; else all that the right can mean.")
    ] = None,
    category: Annotated[
        list[str] | None,
        typer.Option(help="Erasure, access, portability: only this data, by the policy's id. May be repeated."),
    ] = None,
    before_erasure: Annotated[
        bool, typer.Option("--before-erasure", help="Access, portability: before anything of theirs is erased.")
    ] = False,
    situation: Annotated[
        str | None, typer.Option(help="Objection, restriction, appeal: why, in the person's words; sealed.")
    ] = None,
    scope: Annotated[str | None, typer.Option(help="Access: copy, or categories (California).")] = None,
    about: Annotated[
        str | None, typer.Option(metavar="ID", help="Appeal, complaint, grievance: the request that it is about.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why it is opened; sealed.")] = "as the person asked",
    key: Annotated[
        str | None, typer.Option(help="Your own number for it: opening it twice with the same key opens one.")
    ] = None,
) -> None:
    """Open a request; of the same person and right there is only ever one open."""
    from workers.office import NewRequestInput

    asked = NewRequestInput(
        right=right,
        opened_by=by,
        reason=reason,
        controller=controller,
        regime=regime,
        jurisdiction=jurisdiction,
        language=language,
        channel=channel,
        received_at=received,
        name=name,
        emails=tuple(email or ()),
        phones=tuple(phone or ()),
        identifiers=tuple(identifier or ()),
        note=note,
        corrections=(*(correct or ()), *(read_corrections(corrections) if corrections else ())),
        evidence=evidence,
        purposes=tuple(purpose or ()),
        categories=tuple(category or ()),
        before_erasure=before_erasure,
        situation=situation,
        scope=scope,
        about=about,
        idempotency_key=key,
    )
    async with shell.office() as office:
        opened = await office.open_request(asked)
    said = "Opened" if opened.created else "Already open, and this is it"
    lines = [
        f"{said}: [bold]{opened.id}[/] ({opened.right} under {opened.regime}, {opened.jurisdiction})",
        "Its workflow was started."
        if opened.started
        else "[yellow]Temporal does not answer: it is kept, and starts by itself as soon as a worker runs.[/]",
        *(f"[yellow]{note}[/]" for note in (opened.language_note, opened.law_note, opened.right_note) if note),
        *([f"[bold red]{OTHER_PERSON}[/]"] if opened.same_person is False else []),
        *([f"What you wrote now is kept with it: [cyan]habeas request messages {opened.id}[/]"] * opened.words_kept),
        f"Next: [cyan]habeas request show {opened.id}[/]",
        *(f"What a human must weigh is a request of its own: [bold]{one}[/]" for one in opened.also),
    ]
    shell.answer(opened, *lines)


app.add_typer(request_import.app)
app.add_typer(request_views.app)
app.add_typer(request_acts.app)
app.add_typer(request_holder.app)
app.add_typer(request_changes.app)
app.add_typer(request_review.app)
