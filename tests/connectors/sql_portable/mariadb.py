"""A real MariaDB server for tests: in a folder of its own, on a free loopback port, never the system's service."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import pytest

PASSWORD = "of-tests"
_SYSTEM = (Path("/usr/sbin"), Path("/usr/bin"))


def _program(name: str) -> str:
    found = shutil.which(name) or next((str(folder / name) for folder in _SYSTEM if (folder / name).exists()), None)
    if found is None:
        pytest.skip(f"missing part: {name} (Debian's mariadb-server; .ci/peers installs it)")
    return found


class MariaDB:
    """The server, from `__enter__` to `__exit__`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = f"/tmp/habeas-mariadb-{os.getpid()}.sock"  # noqa: S108  a socket's path may not be long
        self.port = 0
        self._process: subprocess.Popen[bytes]

    def dsn(self, database: str, user: str = "habeas", password: str = PASSWORD) -> str:
        return f"mysql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def __enter__(self) -> Self:
        data = self.folder / "data"
        user = "root" if os.geteuid() == 0 else str(os.environ.get("USER", ""))
        install = [_program("mariadb-install-db"), "--no-defaults", f"--datadir={data}", f"--user={user}"]
        subprocess.run(  # noqa: S603  ours
            [*install, "--auth-root-authentication-method=normal", "--skip-test-db"], check=True, capture_output=True
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        with (self.folder / "log").open("wb") as log:
            self._process = self._start(data, user, log)
        self._wait()
        self._run(
            f"CREATE USER habeas@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';"
            "GRANT ALL ON *.* TO habeas@'127.0.0.1' WITH GRANT OPTION;"
        )
        return self

    def _start(self, data: Path, user: str, log: BinaryIO) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603  ours
            [
                *(_program("mariadbd"), "--no-defaults", f"--datadir={data}", f"--user={user}"),
                *(f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={self.socket}"),
                *("--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M"),
                *("--character-set-server=utf8mb4", "--skip-name-resolve", f"--pid-file={self.folder}/pid"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=log,
        )

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and self._process.poll() is None:
            with socket.socket(socket.AF_UNIX) as probe:
                if probe.connect_ex(self.socket) == 0:
                    return
            self._process.poll()
        raise RuntimeError(f"MariaDB did not start: {(self.folder / 'log').read_text()[-2000:]}")

    def _run(self, statements: str) -> None:
        client = [_program("mariadb"), "--no-defaults", f"--socket={self.socket}", "--user=root"]
        subprocess.run(client, input=statements.encode(), check=True, capture_output=True)  # noqa: S603  ours

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(60)
