"""Letters kept as a Maildir: one file each, named by a hash, and never twice."""

from __future__ import annotations

import email
import email.policy
import hashlib
import os
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

_RECIPIENT = "X-Original-To"


@dataclass(frozen=True, repr=False)
class KeptMail:
    """One letter that arrived. ``id`` is a hash and says nothing of the people."""

    id: str
    received_at: datetime
    message: EmailMessage

    @property
    def recipients(self) -> tuple[str, ...]:
        """Who it was delivered to, by the envelope."""
        return tuple(str(to) for to in self.message.get_all(_RECIPIENT, []))

    @property
    def subject(self) -> str:
        """Its subject, empty if it has none."""
        return str(self.message["subject"] or "")

    @property
    def text(self) -> str:
        """The plain text part, empty if there is none."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML part, empty if there is none."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part is not None else ""


class Maildir:
    """The kept letters: ``new/<hash>`` each, written aside, synced, then linked in place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(mode=0o700, exist_ok=True)

    def keep(self, content: bytes, sender: str, recipients: list[str]) -> tuple[str, bool]:
        """Store one letter for good; its id, and whether it is new (False: this letter was here already)."""
        message = email.message_from_bytes(content, policy=email.policy.compat32)
        message_id = str(message["message-id"] or uuid.uuid4()).strip()
        key = hashlib.sha256("\n".join([message_id, *sorted(recipients)]).encode()).hexdigest()[:40]
        envelope = [f"Return-Path: <{sender}>", *(f"{_RECIPIENT}: {to}" for to in recipients)]
        aside = self.folder / "tmp" / uuid.uuid4().hex
        with aside.open("xb") as file:
            file.write("\r\n".join([*envelope, ""]).encode() + content)
            file.flush()
            os.fsync(file.fileno())
        try:
            (self.folder / "new" / key).hardlink_to(aside)
        except FileExistsError:
            return key, False
        finally:
            aside.unlink()
        _sync(self.folder / "new")
        return key, True

    def read(self, mail_id: str) -> KeptMail | None:
        """One letter, or None."""
        if not mail_id.isalnum():
            return None
        path = self.folder / "new" / mail_id
        try:
            content, changed = path.read_bytes(), path.stat().st_mtime
        except FileNotFoundError:
            return None
        message = email.message_from_bytes(content, policy=email.policy.default)
        return KeptMail(mail_id, datetime.fromtimestamp(changed, UTC), message)

    def ids(self) -> tuple[str, ...]:
        """All letters, newest first."""
        paths = sorted((self.folder / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        return tuple(path.name for path in paths)


def messages(data_dir: Path) -> tuple[KeptMail, ...]:
    """The letters kept in a stack's data folder, newest first."""
    if not (data_dir / "mail").is_dir():
        return ()
    maildir = Maildir(data_dir / "mail")
    return tuple(mail for mail_id in maildir.ids() if (mail := maildir.read(mail_id)) is not None)


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
