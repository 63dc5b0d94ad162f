"""The data folder of a stack: who owns it, what lies where, and the files that are written for its processes."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from habeas.errors import ConfigurationError
from workers.postgres import FolderInUse
from workers.process import FolderLock, birth
from workers.stack.options import Addresses, Ports, port_names

ORPHAN_PATIENCE = 10.0


class FolderUnusable(ConfigurationError):
    """The data folder cannot be used."""

    code = "folder_unusable"
    remedy = "Name a folder that you may write to: `--data-dir`."


class DataFolder:
    """One folder with all that a stack keeps, made if missing (mode 0700).

    ``owner.lock`` is held by the stack; ``parts.lock`` is inherited by its parts, so that a new stack knows when the
    last part of a killed one is gone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.postgres = self.path / "postgres"
        self.temporal = self.path / "temporal"
        self.storage = self.path / "storage"
        self.anchors = self.path / "anchors.jsonl"
        self.logs = self.path / "logs"
        self.settings = self.path / "habeas.toml"
        self.master_key = self.path / "master.key"
        self.stack = self.path / "stack.json"
        self.samples = self.path / "samples.json"
        self._parts = self.path / "parts.json"
        self._owner_lock = FolderLock(self.path / "owner.lock")
        self._parts_lock = FolderLock(self.path / "parts.lock")

    def acquire(self) -> None:
        """Become its owner, once the parts of a killed one have ended. Raises FolderInUse or FolderUnusable."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            mine = self._owner_lock.acquire()
        except OSError as error:
            raise FolderUnusable(f"{self.path}: {error.strerror}.") from error
        if not mine:
            raise FolderInUse(str(self.path))
        if not self._parts_lock.acquire(ORPHAN_PATIENCE):
            self._kill_orphans()
            if not self._parts_lock.acquire(ORPHAN_PATIENCE):
                self.release()
                raise FolderInUse(f"Parts of a stack that was killed still run on {self.path}.")
        self.storage.mkdir(mode=0o700, exist_ok=True)

    def let_others_pass(self) -> None:
        """Where the database has to run as another user: its own folder is inside. All else in here stays closed."""
        self.path.chmod(0o711)

    def release(self) -> None:
        """Let go of it; harmless when it is not held."""
        self._parts_lock.release()
        self._owner_lock.release()

    @property
    def inherited(self) -> tuple[int, ...]:
        """What every part keeps open as long as it lives."""
        return (self._parts_lock.fd,)

    def log(self, part: str) -> Path:
        """Where a part's output goes."""
        return self.logs / f"{part}.log"

    def last_ports(self) -> Ports:
        """The ports of the last start, so that addresses stay the same; zeros when there was none."""
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError, TypeError, KeyError):
            kept = json.loads(self.stack.read_text())["ports"]
            return Ports(**{name: int(kept[name]) for name in port_names()})
        return Ports()

    def write_addresses(self, addresses: Addresses, ports: Ports) -> None:
        """Say where everything is, for other programs."""
        shown = addresses.as_dict() | {"ports": {name: getattr(ports, name) for name in port_names()}}
        self.write(self.stack, json.dumps(shown, indent=2) + "\n")

    def note_parts(self, pids: Mapping[str, int]) -> None:
        """Remember the parts' processes, for a next owner on a machine whose kernel does not end them with us."""
        self.write(self._parts, json.dumps({name: [pid, birth(pid)] for name, pid in pids.items()}))

    def write(self, path: Path, text: str) -> None:
        """Replace a file whole or not at all, readable by its owner only."""
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    def _kill_orphans(self) -> None:
        noted: dict[str, Any] = {}
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            noted = json.loads(self._parts.read_text())
        for pid, born in noted.values():
            # The number alone may be somebody else's by now.
            if born is not None and birth(pid) == born:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
