"""A real Request Tracker on a free port, in a folder of its own; each test gets its database as it was."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.made_once import made_once

SETUP = "/usr/sbin/rt-setup-database-5"
SERVER = "/usr/share/request-tracker5/libexec/standalone_httpd"
LIB = "/usr/share/request-tracker5/lib"
VERSION = Path(f"{LIB}/RT/Generated.pm")
MUNGE = "/usr/sbin/rt-munge-attachments-5"
_READY = "Accepting connections"

_CONFIG = """
Set($rtname, 'rt.test');
Set($Organization, 'rt.test');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($WebBaseURL, 'http://127.0.0.1:{port}');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{folder}/rt.sqlite');
Set($CorrespondAddress, 'help@rt.test');
Set($CommentAddress, 'help@rt.test');
Set($MailCommand, 'testfile');
Set($BcryptCost, 4);
Set(%GnuPG, Enable => 0);
Set(%SMIME, Enable => 0);
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'critical');
Set($ShredderStoragePath, '{folder}/dumps');
$RT::VarPath = '{folder}/var';
$RT::MasonDataDir = '{folder}/mason';
$RT::MasonSessionDir = '{folder}/session';
1;
"""

# What an administrator clicks: everybody may write in, RT does not answer by itself, a custom field; two tokens.
_PREPARE = r"""
use RT -init;
my $queue = RT::Queue->new(RT->SystemUser); $queue->Load("General");
my $all = RT::Group->new(RT->SystemUser); $all->LoadSystemInternalGroup("Everyone");
$all->PrincipalObj->GrantRight(Right => $_, Object => $queue) for qw(CreateTicket ReplyToTicket);
my $reply = RT::Scrip->new(RT->SystemUser); $reply->LoadByCols(Description => "On Create Autoreply To Requestors");
$reply->SetDisabled(1);
my $field = RT::CustomField->new(RT->SystemUser);
$field->Create(Name => "Reference", Type => "FreeformSingle", LookupType => RT::Ticket->CustomFieldLookupType);
$field->AddToObject($queue);
my $agent = RT::User->new(RT->SystemUser);
$agent->Create(Name => "agent", EmailAddress => "agent\@rt.test", Privileged => 1);
for my $name ("root", "agent") {
    my $user = RT::User->new(RT->SystemUser); $user->Load($name);
    my $token = RT::AuthToken->new(RT->SystemUser);
    my (undef, undef, $string) = $token->Create(Owner => $user->id, Description => "habeas");
    print "$string\n";
}
"""


@dataclass(frozen=True)
class RtServer:
    """Where it is. ``token`` may do everything, ``agent`` what any of the staff may."""

    url: str
    folder: Path
    token: str
    agent: str

    @property
    def dumps(self) -> Path:
        return self.folder / "dumps"

    @property
    def environment(self) -> dict[str, str]:
        return _environment(self.folder)

    def call(self, method: str, path: str, json: object = None) -> object:
        """REST2, past the connector."""
        headers = {"Authorization": f"token {self.token}"}
        response = httpx2.request(method, f"{self.url}/REST/2.0/{path}", json=json, headers=headers, timeout=60)
        response.raise_for_status()
        return response.json() if response.content else None

    def mail(self, sender: str, subject: str, text: str) -> None:
        """A mail comes in, as a mail server hands it over."""
        lines = (f"From: {sender}", "To: help@rt.test", f"Subject: {subject}", "Content-Type: text/plain", "", text, "")
        form = {"queue": "General", "action": "correspond", "message": "\n".join(lines)}
        response = httpx2.post(f"{self.url}/REST/1.0/NoAuth/mail-gateway", data=form, timeout=60)
        assert response.text.startswith("ok"), response.text

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """What is in RT's database."""
        with closing(sqlite3.connect(self.folder / "rt.sqlite", timeout=60)) as database:
            return database.execute(query, values).fetchall()

    def write(self, statement: str, rows: list[tuple[object, ...]]) -> None:
        """Write past RT."""
        with closing(sqlite3.connect(self.folder / "rt.sqlite", timeout=60)) as database, database:
            database.executemany(statement, rows)

    def save(self, name: str) -> None:
        """Keep the database as it is now."""
        _copy(self.folder / "rt.sqlite", self.folder / name)

    def restore(self, name: str) -> None:
        """Put it back, under the running server; nothing that it wiped is left."""
        _copy(self.folder / name, self.folder / "rt.sqlite")
        for path in self.dumps.iterdir():
            path.unlink()


@contextmanager
def running(folder: Path) -> Iterator[RtServer]:
    """Make RT's database, and start it."""
    if not Path(SETUP).exists() or not Path(SERVER).exists():
        pytest.skip("missing part: Request Tracker 5 (.ci/peers installs it)")
    port = _free_port()
    for name in ("dumps", "var", "mason", "session"):
        (folder / name).mkdir()
    (folder / "rt.pm").write_text(_CONFIG.format(folder=folder, port=port))
    made = _made()
    shutil.copy(made / "rt.sqlite", folder / "rt.sqlite")
    token, agent = (made / "tokens").read_text().split()
    command = [SERVER, "--server", "Starlet", "--max-workers", "2", "--host", "127.0.0.1", "--port", str(port)]
    guard = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(  # noqa: S603  the paths above
            [*guard, *command], env=_environment(folder), stdout=log, stderr=subprocess.PIPE, start_new_session=True
        ) as process,
    ):
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if _READY in line.decode(errors="replace"):
                    break
            else:
                raise AssertionError("Request Tracker did not start")
            yield RtServer(f"http://127.0.0.1:{port}", folder, token, agent)
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def _made() -> Path:
    """A folder with the database of an RT that was set up, and the tokens."""

    def make(work: Path) -> None:
        (work / "rt.pm").write_text(_CONFIG.format(folder=work, port=0))
        _run([SETUP, "--action", "init", "--skip-create", "--dba-password", "none"], work)
        (work / "tokens").write_text(_run(["perl", f"-I{LIB}", "-e", _PREPARE], work))

    return made_once("rt-seed", f"{VERSION.read_text()}{_CONFIG}{_PREPARE}", make)


def _environment(folder: Path) -> dict[str, str]:
    own = {"RT_SITE_CONFIG": str(folder / "rt.pm"), "RT_SITE_CONFIG_DIR": os.devnull}
    return {**os.environ, **own}


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(  # noqa: S603  as above
        command, env=_environment(folder), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source, timeout=60)) as old, closing(sqlite3.connect(target, timeout=60)) as new:
        old.backup(new)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
