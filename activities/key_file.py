"""The file of the master keys, changed whole or not at all: a new key, or every key sealed by a service."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from activities.key_service import KeyService
from activities.vault import KEY_BYTES, key_line, key_lines, read_private
from habeas.errors import BadInput, ConfigurationError
from habeas.model import Frozen

__all__ = ["KeyRow", "add_key", "keys_in", "seal_keys"]


class KeyRow(Frozen):
    """One master key in the file. Its bytes are nowhere here."""

    id: str
    sealed: bool
    """Only the service opens it."""
    active: bool
    """It wraps new keys."""


def keys_in(path: Path) -> tuple[KeyRow, ...]:
    """The keys of a file, oldest first; the service is not asked."""
    lines = key_lines(read_private(path), str(path))
    return tuple(KeyRow(id=one.id, sealed=one.sealed, active=one is lines[-1]) for one in lines)


def add_key(path: Path, service: KeyService | None, key_id: str | None = None) -> KeyRow:
    """Add a new master key, which from the next start of each process on wraps new keys; none is taken away.

    Raises:
        BadInput: there is one of this id.
        ConfigurationError, KeysUnavailable: file or service cannot be used.
    """
    text = read_private(path)
    known = {one.id for one in key_lines(text, str(path))}
    new = key_id or f"m{secrets.token_hex(4)}"
    if new in known:
        raise BadInput("id: there is a master key of this id.", field="id")
    line = key_line(new, secrets.token_bytes(KEY_BYTES), service)
    _replace(path, f"{text.rstrip()}\n{line}\n")
    return KeyRow(id=new, sealed=service is not None, active=True)


def seal_keys(path: Path, before: KeyService | None, service: KeyService) -> tuple[KeyRow, ...]:
    """Seal every key by a service: those in the clear, and those that another key of one sealed.

    The keys stay the same, and so does everything that they wrap.

    Args:
        path: of the file.
        before: what opens those that are sealed.
        service: what seals them from now on.

    Raises:
        ConfigurationError, KeysUnavailable: file or service cannot be used; the file is as it was.
    """
    kept = []
    for line in read_private(path).splitlines():
        if not line.strip() or line.startswith("#"):
            kept.append(line)
            continue
        (one,) = key_lines(line, str(path))
        kept.append(key_line(one.id, one.key(before), service))
    _replace(path, "\n".join(kept) + "\n")
    return keys_in(path)


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise ConfigurationError(f"The master key file {path} cannot be written: {error.strerror}.") from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
