"""``habeas up`` and ``habeas mailbox``: the embedded stack, and the letters it sent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, TypedDict

import typer

from habeas.errors import BadInput
from workers.cli.shell import JsonOption, Shell

DATA_DIR = Path("var")

DataDirOption = Annotated[Path, typer.Option("--data-dir", metavar="DIR", help="The folder that keeps everything.")]
PortOption = typer.Option(
    min=0, max=65535, metavar="PORT", rich_help_panel="Ports (0: the last one, or any that is free)"
)


class LetterRow(TypedDict):
    """One letter, for JSON."""

    id: str
    received_at: str
    recipients: list[str]
    subject: str
    text: str


def up(
    data_dir: DataDirOption = DATA_DIR,
    workers: Annotated[int, typer.Option(min=0, max=32, help="How many worker processes.")] = 1,
    people: Annotated[int, typer.Option(min=1, help="How many people the sample stores hold; taken once.")] = 1000,
    json_output: JsonOption = False,
    desk_port: Annotated[int, PortOption] = 0,
    temporal_port: Annotated[int, PortOption] = 0,
    temporal_ui_port: Annotated[int, PortOption] = 0,
    postgres_port: Annotated[int, PortOption] = 0,
    smtp_port: Annotated[int, PortOption] = 0,
    inbox_port: Annotated[int, PortOption] = 0,
) -> int:
    """Start everything on this machine, to try it: PostgreSQL, Temporal, three sample stores, mail, workers, desk.

    Runs until Ctrl-C. Everything is kept in one folder: the next start goes on where this one ended, however it ended.
    With `--json`, one line with the addresses is printed once all is ready.
    """
    from workers.stack import Ports, StackOptions
    from workers.stack.up import up as run

    ports = Ports(
        desk=desk_port,
        temporal=temporal_port,
        temporal_ui=temporal_ui_port,
        postgres=postgres_port,
        smtp=smtp_port,
        inbox=inbox_port,
    )
    return run(StackOptions(data_dir, workers=workers, people=people, ports=ports), as_json=json_output)


def mailbox(
    letter: Annotated[str | None, typer.Argument(metavar="[LETTER]", help="Show this one; else list all.")] = None,
    data_dir: DataDirOption = DATA_DIR,
    json_output: JsonOption = False,
) -> None:
    """Read the letters that the embedded stack sent, newest first."""
    from workers.mailbox import KeptMail, messages

    mails = [mail for mail in messages(data_dir) if letter is None or mail.id.startswith(letter)]
    if letter is not None and len(mails) != 1:
        raise BadInput(f"There is no single letter {letter}.")
    shell = Shell(as_json=json_output, config=None)

    def row(mail: KeptMail) -> LetterRow:
        return {
            "id": mail.id,
            "received_at": mail.received_at.isoformat(),
            "recipients": list(mail.recipients),
            "subject": mail.subject,
            "text": mail.text,
        }

    if json_output:
        shell.answer([dict(row(mail)) for mail in mails])
    elif letter is not None:
        sys.stdout.write(f"{mails[0].subject}\n\n{mails[0].text}\n")
    else:
        from rich.table import Table

        table = Table("Letter", "Received", "To", "Subject", box=None)
        for mail in mails:
            table.add_row(
                mail.id[:8], f"{mail.received_at:%Y-%m-%d %H:%M:%S}", ", ".join(mail.recipients), mail.subject
            )
        shell.answer([], table if mails else "No letters yet.")
