"""``habeas letter``: look at each letter before anybody gets it; take reports of those that did not arrive."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from habeas.errors import BadInput, HabeasError, NotAllowed
from workers.cli.exits import EXIT_CODES, report
from workers.cli.options import By, Reason
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from activities.letters import Kind
    from habeas.model import Right
    from habeas.policy import Policy
    from workers.office.samples import SampleWriter

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Letters: look at each, take back what did not arrive.",
    rich_markup_mode="markdown",
    epilog=EXIT_CODES,
)

# What mail servers understand of a program that they pipe to (sysexits.h): keep it and try again, or it is no use.
TRY_AGAIN = 75
NOT_OURS = 65


@command(app, "list")
async def list_(shell: Shell) -> None:
    """Every kind of letter: who reads it, and what it says."""
    from rich.table import Table

    from activities.letters import Kind
    from workers.office.letters import READERS

    rows = [{"kind": kind.value, "to": READERS[kind.reader], "says": _says(kind)} for kind in Kind]
    table = Table("Kind", "To", "Says", box=None, header_style="dim")
    for row in rows:
        table.add_row(*row.values())
    shell.answer(rows, table)


@command(
    app,
    "preview",
    epilog="Example: `habeas letter preview delay --language fr --regime EU-GDPR --place FR --html delay.html`",
)
async def preview(
    shell: Shell,
    kind: Annotated[str | None, typer.Argument(help="Which letter; see `habeas letter list`.")] = None,
    controller: Annotated[
        str | None, typer.Option("--controller", metavar="ID", help="As this controller of the installation writes it.")
    ] = None,
    regime: Annotated[str | None, typer.Option("--regime", metavar="CODE", help="Under this law, as EU-GDPR.")] = None,
    place: Annotated[str | None, typer.Option("--place", metavar="CODE", help="Where it is the law, as DK.")] = None,
    right: Annotated[str | None, typer.Option("--right", help="About this right.")] = None,
    language: Annotated[str | None, typer.Option("--language", metavar="TAG", help="As fr or de-AT.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the HTML there.")] = None,
    text: Annotated[bool, typer.Option("--text", help="Show the text (so it is without --html and --all).")] = False,
    everything: Annotated[
        Path | None,
        typer.Option("--all", metavar="DIR", help="Write every kind, or this one, in every language there."),
    ] = None,
) -> None:
    """Write a letter with made-up facts, about nobody. Nothing is sent."""
    from activities.letters import LANGUAGES

    if kind is None and everything is None:
        raise BadInput("Which letter? Name a kind (`habeas letter list`), or give --all DIR.", field="kind")
    writer = _writer(shell, controller, regime, place, right)
    if everything is not None:
        languages = (language,) if language else LANGUAGES
        written = _write_all(everything, writer, (_kind(kind),) if kind else None, languages)
        shell.answer({"written": len(written), "folder": str(everything)}, f"{len(written)} files in {everything}")
        return
    letter = writer.write(_kind(str(kind)), language or writer.language)
    if html is not None:
        _write(html, letter.html)
    shown = [f"Subject: {letter.subject}\n\n{letter.text}"] if text or html is None else [f"Written: {html}"]
    if shell.as_json:
        shell.answer({"kind": kind} | letter.model_dump(mode="json"))
    else:
        sys.stdout.write("\n".join(shown) + "\n")


@command(app, "to-hand-over")
async def to_hand_over(
    shell: Shell, controller: Annotated[str | None, typer.Option(help="Only this one's.")] = None
) -> None:
    """Letters for people without an e-mail address that nobody noted yet as handed over or posted. Names nobody."""
    from rich.table import Table

    async with shell.office() as office:
        rows = await office.letters_to_hand_over(controller)
    table = Table("Letter", "Request", "Kind", "Language", "Written", "With you", box=None, header_style="dim")
    for row in rows:
        state = "no: `habeas letter read`" if row.lost else "on its way" if row.state == "queued" else "yes"
        table.add_row(row.id, row.request_id, row.kind, row.language, f"{row.queued_at:%Y-%m-%d}", state)
    shell.answer(list(rows), table if rows else "Nothing is to be handed over.")


@command(
    app,
    "read",
    epilog="Example: `habeas letter read 0c1d7a52-5a0e-5f0e-9f4e-2f6f1c0b7a11 --html letter.html "
    '--by "Kim" --reason "to post it"`',
)
async def read(
    shell: Shell,
    letter: Annotated[str, typer.Argument(help="Its id, as `habeas letter to-hand-over` lists it.")],
    by: By,
    reason: Reason,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the HTML there, to print.")] = None,
) -> None:
    """Show a letter to be handed over whose mail did not reach you. Personal: looking leaves a mark."""
    async with shell.office() as office:
        whole = await office.letter_to_hand_over(letter, by=by, reason=reason)
    if html is not None:
        _write(html, whole.html or "")
    if shell.as_json:
        shell.answer(whole.model_dump(mode="json", exclude={"to"}))
    else:
        sys.stdout.write(f"Subject: {whole.subject}\n\n{whole.text}\n" if html is None else f"Written: {html}\n")


@command(
    app,
    "handed",
    epilog="Example: "
    '`habeas letter handed 0c1d7a52-5a0e-5f0e-9f4e-2f6f1c0b7a11 --by "Kim" --reason "posted on 3 March"`',
)
async def handed(
    shell: Shell,
    letter: Annotated[str, typer.Argument(help="Its id, as the note before the letter has it.")],
    by: By,
    reason: Reason,
) -> None:
    """Note that a person without an e-mail address got their letter, by hand or by post, and how."""
    async with shell.office() as office:
        noted = await office.letter_handed(letter, by=by, reason=reason)
    shell.answer(noted, f"{noted.request}: letter {noted.letter}: {'noted' if noted.first else 'noted before'}")


@command(
    app,
    "bounced",
    epilog="For a mail server's pipe. Exit codes: 0 taken · 65 no delivery report, or not of a letter of ours · "
    "75 try again later. Deliver the mailbox as well: what is not taken here stays there.",
)
async def bounced(
    shell: Shell,
    file: Annotated[Path | None, typer.Argument(help="The report; without it, from standard input.")] = None,
) -> None:
    """Take a delivery report (RFC 3464): the letter is marked as not arrived, and staff are told once."""
    try:
        from activities.bounces import LARGEST

        mail = _read(file, LARGEST + 1)
        # Not as one member of staff: the mail server gives it, of any controller's letter, and learns nothing by it.
        async with shell.office(whole=True) as office:
            noted = await office.letter_bounced(mail)
    except HabeasError as error:
        report(error, as_json=shell.as_json)
        # A token that is over is no fault of the report's.
        is_ours = not isinstance(error, BadInput) or isinstance(error, NotAllowed)
        raise typer.Exit(TRY_AGAIN if is_ours else NOT_OURS) from None
    shell.answer(noted, f"{noted.request}: letter {noted.letter}: {noted.noted.replace('_', ' ')}")


def _writer(
    shell: Shell, controller: str | None, regime: str | None, place: str | None, right: str | None
) -> SampleWriter:
    from activities.letters import Controller
    from activities.letters.exists import SOME_DAYS
    from workers.office.samples import SampleWriter

    policy = _policy(shell, controller) if controller else None
    code, where = _law(policy, regime, place)
    asked = _right(right) if right else None
    if policy is None:
        made_up = Controller(name="Example Ltd", contact="privacy@controller.example", address="1 Example Street")
        return SampleWriter(made_up, code, where, asked, "en", _zone(where), None, frozenset(), SOME_DAYS)
    return SampleWriter.of(policy, code, where, asked)


def _zone(place: str) -> str:
    from habeas import law

    return law.default_clock_tz(place)


def _policy(shell: Shell, controller: str) -> Policy:
    from activities.letters.overrides import check_letters

    policies = shell.policies(shell.settings())
    if controller not in policies:
        raise BadInput(
            f"There is no controller {controller!r} here; there are: {', '.join(policies)}.", field="controller"
        )
    check_letters(policies[controller])
    return policies[controller]


def _law(policy: Policy | None, regime: str | None, place: str | None) -> tuple[str, str]:
    from habeas import law

    entry = next((one for one in policy.regimes if regime in {None, one.code}), None) if policy else None
    code = regime or (entry.code if entry else "EU-GDPR")
    if code not in law.regimes():
        raise BadInput(f"There is no regime {code!r}; `habeas law regimes` lists them.", field="regime")
    if place is None:
        first = law.regimes()[code].places[0]
        place = entry.jurisdictions[0] if entry else "DK" if code == "EU-GDPR" else first
    law.regime(code, policy.answered_in(code, place) if policy else place)
    return code, place


def _kind(text: str) -> Kind:
    from activities.letters import Kind

    try:
        return Kind(text)
    except ValueError:
        raise BadInput(f"There is no letter {text!r}; `habeas letter list` shows them.", field="kind") from None


def _right(text: str) -> Right:
    from habeas.model import Right

    try:
        return Right(text)
    except ValueError:
        raise BadInput(f"There is no right {text!r}; there are: {', '.join(Right)}.", field="right") from None


def _says(kind: Kind) -> str:
    """One line: what its facts are described as."""
    from activities.letters import Controller
    from activities.letters.samples import sample

    facts = sample(kind, controller=Controller(name="Example Ltd", contact="privacy@controller.example"))
    return (type(facts).__doc__ or "").splitlines()[0]


def _write_all(
    folder: Path, writer: SampleWriter, only: tuple[Kind, ...] | None, languages: tuple[str, ...]
) -> tuple[Path, ...]:
    from activities.letters import Kind

    written: list[Path] = []
    for kind in only or tuple(kind for kind in Kind if writer.why_not(kind) is None):
        for language in languages if not kind.to_staff else ("en",):
            letter = writer.write(kind, language)
            for suffix, content in (("html", letter.html), ("txt", f"Subject: {letter.subject}\n\n{letter.text}")):
                path = folder / f"{kind.value}.{language}.{suffix}"
                _write(path, content)
                written.append(path)
    return tuple(written)


def _write(path: Path, content: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.", field="file") from None


def _read(file: Path | None, most: int) -> bytes:
    try:
        if file is None:
            return sys.stdin.buffer.read(most)
        with file.open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise BadInput(f"The report cannot be read: {error.strerror}.", field="file") from None
