"""Files that a command reads: whole, bounded, from standard input as well."""

from __future__ import annotations

import sys
from pathlib import Path

from habeas.errors import BadInput

__all__ = ["read_bounded"]


def read_bounded(file: Path, most: int, option: str) -> bytes:
    """What is in a file; ``-`` is standard input.

    Args:
        file: which.
        most: bytes.
        option: what the file was given as, to name it.

    Raises:
        BadInput: it cannot be read, or is longer. What it holds is not repeated.
    """
    field = option.replace("-", "_")
    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(most + 1)
        else:
            with file.open("rb") as opened:
                content = opened.read(most + 1)
    except OSError as error:
        raise BadInput(f"{option}: the file cannot be read ({type(error).__name__}).", field=field) from None
    if len(content) > most:
        raise BadInput(f"{option}: at most {most} bytes.", field=field)
    return content
