"""The stack runs as root and as an ordinary user."""

import os
import shutil
import signal
import site
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import asyncpg
import pytest

from tests.stack.helpers import runs_still, stack_process
from workers import postgres_binaries
from workers.postgres import EmbeddedPostgres, PostgresFailed
from workers.postgres_binaries import Binaries, PostgresUnusable, packaged_folder

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(os.geteuid() != 0, reason="as an ordinary user every test here is one of this kind"),
]

NOBODY = 65534
IN_NAMESPACE = ("unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can reach; pytest's own are root's alone."""
    folder = Path(tempfile.mkdtemp(prefix="habeas-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def environment() -> dict[str, str]:
    """Enough to run our code with another Python of the same version, which has none of our packages."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    packages = [str(REPOSITORY), *site.getsitepackages()]
    return {**os.environ, "PATH": path, "PYTHONPATH": ":".join(packages), "HOME": "/", "PYTHONDONTWRITEBYTECODE": "1"}


def usable_python(words: Sequence[str], variables: Mapping[str, str]) -> tuple[str, ...]:
    """A Python that runs our code behind these words: ours, or the system's where ours is in a folder of root's."""
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        # Twice, for the first time setpriv still has root's powers to find the program with.
        again = "import subprocess, sys, workers.stack; sys.exit(subprocess.call([sys.executable, '-c', '']))"
        command = [*words, python, "-c", again]
        try:
            tried = subprocess.run(command, env=variables, cwd=REPOSITORY, capture_output=True, check=False)  # noqa: S603
        except FileNotFoundError:
            continue
        if tried.returncode == 0:
            return (*words, python)
    pytest.skip("no Python here that runs our code as an ordinary user (are they all in a folder of root's?)")


@pytest.mark.parametrize("words", [IN_NAMESPACE, AS_NOBODY], ids=["namespace", "nobody"])
async def test_an_ordinary_user_has_the_whole_of_it(open_folder: Path, words: tuple[str, ...]) -> None:
    variables = environment()
    python = usable_python(words, variables)
    data = open_folder / "data"
    if words == AS_NOBODY:
        os.chown(open_folder, NOBODY, NOBODY)
    async with stack_process(data, environment=variables, python=python) as stack:
        addresses = await stack.addresses()
        connection = await asyncpg.connect(addresses["ledger"])
        await connection.close()
        stack.process.send_signal(signal.SIGTERM)
        code, said = await stack.ended()
        assert (code, runs_still(data)) == (0, []), said
    assert {path.stat().st_uid for path in data.rglob("*")} == {NOBODY if words == AS_NOBODY else 0}


@pytest.fixture
def no_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container with the default profile."""
    monkeypatch.setattr(postgres_binaries, "_in_user_namespace", lambda folder: None)


@pytest.fixture
def reachable(open_folder: Path) -> Path:
    """The programs where everybody can reach them: a clone may lie in a folder of root's."""
    package = packaged_folder().parents[1]
    installed = open_folder / "installed"
    # The programs find their libraries beside the package, by a path relative to themselves.
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            shutil.copytree(folder, installed / folder.name, symlinks=True)
    subprocess.run(["chmod", "-R", "go+rX", str(installed)], check=True)  # noqa: S603, S607  # our own copy
    return installed / packaged_folder().relative_to(package.parent)


@pytest.mark.usefixtures("no_namespaces")
async def test_root_without_namespaces_runs_the_server_as_somebody_else(open_folder: Path, reachable: Path) -> None:
    if Binaries.find(reachable).owner is None:
        pytest.fail("the server would run as root")
    async with EmbeddedPostgres(open_folder / "pg", durable=False, binaries=reachable) as server:
        connection = await asyncpg.connect(server.dsn())
        await connection.close()


@pytest.mark.usefixtures("no_namespaces")
def test_a_folder_that_the_other_user_cannot_reach_is_named(open_folder: Path, reachable: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(0o700)
    server = EmbeddedPostgres(closed / "pg", binaries=reachable)
    with pytest.raises(PostgresFailed, match=r"cannot reach .*chmod o\+x"), server:
        pytest.fail("started")


@pytest.mark.usefixtures("no_namespaces")
def test_programs_that_the_other_user_cannot_reach_are_named(open_folder: Path) -> None:
    programs = open_folder / "bin"
    programs.mkdir(0o700)
    with pytest.raises(PostgresUnusable, match="cannot reach"):
        Binaries.find(programs)
