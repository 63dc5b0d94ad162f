"""Whether the command line takes a line of words, without running it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer.main
from typer.core import TyperGroup
from typer.exceptions import TyperException

from habeas.errors import HabeasError
from workers.cli.app import app


def refusal(words: Sequence[str]) -> str | None:
    """What is wrong with ``habeas WORDS…``, or None: the command, its options and their values are parsed for real."""
    command: Any = typer.main.get_command(app)
    rest = list(words)
    try:
        parent: Any = None
        name: Any = "habeas"
        while True:
            context = command.make_context(name, rest, parent=parent)
            if not isinstance(command, TyperGroup):
                return None
            # As the group itself does before it invokes what was asked for; it has no public name for them.
            rest = [*context._protected_args, *context.args]
            name, command, rest = command.resolve_command(context, rest)
            parent = context
    except (TyperException, HabeasError) as error:
        return f"{type(error).__name__}: {error.format_message() if hasattr(error, 'format_message') else error}"
    except typer.Exit:
        return None  # --help, --version
