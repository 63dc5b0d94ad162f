"""A real Tryton on a free port (GPL-3: its own process, from its own environment); each test gets its database anew."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.connectors.tryton import preparing
from tests.made_once import made_once

PEER = Path(__file__).parents[3] / ".peers" / "tryton"
DATABASE = "crm"
GROUPS = ("Accounting", "Accounting Administration", "Party Administration", "Privacy")
_PATIENCE = 60.0
_MODULES = ("party", "account_invoice")
_CONFIG = """
[database]
uri = sqlite://
path = {folder}
[web]
listen = 127.0.0.1:{port}
[password]
length = 8
"""


@dataclass
class TrytonServer:
    """Where it is, and hands that reach into it."""

    url: str
    folder: Path
    ids: dict[str, int]
    """The first names of the parties -> their numbers."""
    _session: str | None = None

    def call(self, method: str, *params: Any, context: dict[str, Any] | None = None) -> Any:
        """What an administrator's client asks, past the connector."""
        answer = self._post(method, [*params, context or {}])
        if answer.status_code == httpx2.codes.UNAUTHORIZED:
            self._session = None
            answer = self._post(method, [*params, context or {}])
        assert answer.status_code == httpx2.codes.OK, answer.text
        return answer.json()

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What is in its database."""
        with closing(sqlite3.connect(self.folder / f"{DATABASE}.sqlite", timeout=60)) as database:
            return database.execute(query, values).fetchall()

    def execute(self, statement: str, *values: object) -> None:
        """Write past Tryton."""
        with closing(sqlite3.connect(self.folder / f"{DATABASE}.sqlite", timeout=60)) as database, database:
            database.execute(statement, values)

    def restore(self) -> None:
        """Put the database back as it was made, under the running server."""
        _copy(self.folder / "seed.sqlite", self.folder / f"{DATABASE}.sqlite")

    def _post(self, method: str, params: list[Any]) -> httpx2.Response:
        if self._session is None and method != "common.db.login":
            login = self._post("common.db.login", ["admin", {"password": preparing.PASSWORD}]).json()
            self._session = base64.b64encode(f"admin:{login[0]}:{login[1]}".encode()).decode()
        headers = {"Authorization": f"Session {self._session}"} if method != "common.db.login" else {}
        body = {"method": method, "params": params if headers else params[:2]}
        return httpx2.post(f"{self.url}/{DATABASE}/rpc/", json=body, headers=headers, timeout=60)


@contextmanager
def running(folder: Path, modules: Sequence[str] = ()) -> Iterator[TrytonServer]:
    """Make a database with these further modules, and serve it."""
    if not (PEER / "installed").exists():
        pytest.skip("missing part: Tryton (.ci/peers installs it)")
    port = _free_port()
    (folder / "trytond.conf").write_text(_CONFIG.format(folder=folder, port=port))
    made = _made((*_MODULES, *modules))
    for name in ("seed.sqlite", f"{DATABASE}.sqlite"):
        shutil.copy(made / f"{DATABASE}.sqlite", folder / name)
    shutil.copytree(made / DATABASE, folder / DATABASE)
    ids = json.loads((made / "ids.json").read_text())
    guard = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
    command = [*guard, str(PEER / "bin" / "trytond"), "-c", str(folder / "trytond.conf"), "-d", DATABASE]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process,  # noqa: S603  the peer's own
    ):
        try:
            _await(process, f"http://127.0.0.1:{port}")
            yield TrytonServer(f"http://127.0.0.1:{port}", folder, ids)
        finally:
            process.terminate()


def _made(modules: Sequence[str]) -> Path:
    """A folder with the database, its files and who is in it; it takes half a minute."""
    packages = sorted(path.name for path in PEER.glob("lib/*/site-packages/trytond*.dist-info"))

    def make(work: Path) -> None:
        config = work / "trytond.conf"
        config.write_text(_CONFIG.format(folder=work, port=0))
        (work / f"{DATABASE}.sqlite").touch()
        (work / DATABASE).mkdir()
        (work / "password").write_text(preparing.PASSWORD)
        admin = [str(PEER / "bin" / "trytond-admin"), "-c", str(config), "-d", DATABASE, "-u", *modules]
        _run([*admin, "--activate-dependencies", "--email", "a@firm.example", "-l", "en"], work)
        (work / "prepare.py").write_text(preparing.SCRIPT)
        ids = _run([str(PEER / "bin" / "python"), "prepare.py", _told(str(config))], work)
        (work / "ids.json").write_text(ids)

    return made_once("tryton-seed", json.dumps([packages, list(modules), preparing.SCRIPT, _told("")]), make)


def _told(config: str) -> str:
    told = {
        **{"database": DATABASE, "config": config, "password": preparing.PASSWORD, "groups": GROUPS},
        **{"staff": preparing.STAFF, "number": preparing.ANNS_NUMBER, "ann": preparing.ANN},
        **{"carl": preparing.CARL, "joann": preparing.JOANN, "bob": preparing.BOB},
    }
    return json.dumps(told)


def _run(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "TRYTONPASSFILE": str(folder / "password")}
    done = subprocess.run(  # noqa: S603  the peer's own
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def _await(process: subprocess.Popen[bytes], url: str) -> None:
    """Until it answers; it says nothing when it does."""
    give_up = time.monotonic() + _PATIENCE
    while time.monotonic() < give_up:
        assert process.poll() is None, "Tryton did not start"
        try:
            httpx2.post(f"{url}/rpc/", json={"method": "common.server.version", "params": []}, timeout=5)
        except httpx2.TransportError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("Tryton did not answer")


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source, timeout=60)) as old, closing(sqlite3.connect(target, timeout=60)) as new:
        old.backup(new)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
