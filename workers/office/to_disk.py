"""A package onto this machine's disk."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

from habeas.errors import BadInput, StorageFull


def refuse_unfit(to: Path) -> None:
    """Refuse a file that is there already, or whose folder is not.

    Raises:
        BadInput: so it is.
    """
    if to.exists() or not to.parent.is_dir():
        raise BadInput("to: name a new file in a folder that exists.", field="to")


async def write_whole(to: Path, stream: AsyncIterator[bytes]) -> tuple[int, str]:
    """Whole or not at all, and for nobody else to read.

    Returns:
        How many bytes, and their SHA-256 in hex.

    Raises:
        BadInput: the file cannot be made.
        StorageFull: it cannot be written to its end.
    """
    size, digest = 0, hashlib.sha256()
    draft = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
    try:
        file = os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except OSError as error:
        raise BadInput(f"to: the file cannot be written: {error.strerror}.", field="to") from None
    try:
        with file:
            async for chunk in stream:
                await asyncio.to_thread(file.write, chunk)
                size += len(chunk)
                digest.update(chunk)
        await asyncio.to_thread(draft.replace, to)
    except OSError as error:
        raise StorageFull(f"{error.strerror}.") from None
    finally:
        await asyncio.to_thread(draft.unlink, missing_ok=True)
    return size, digest.hexdigest()
