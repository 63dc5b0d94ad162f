"""A stored file is there whole or not at all, closed to others, and a full disk is said to be one."""

import asyncio
import os
import shutil
import stat
import subprocess
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from activities.storage import BucketStorage, FolderStorage, Storage, StorageMissing, StorageUnavailable
from habeas.errors import ConfigurationError

PATH = "requests/HB-0000-0000-0001/collected/crm/000001.page"


async def of(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def read(storage: Storage, path: str) -> bytes:
    return b"".join([chunk async for chunk in storage.get(path)])


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return Storage.from_url((tmp_path / "store").as_uri())
    return BucketStorage(MemoryStore())


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 9 * 1024 * 1024 + 1])
async def test_what_is_put_is_got(storage: Storage, size: int) -> None:
    data = os.urandom(size)
    cut = [data[start : start + 300_000] for start in range(0, size, 300_000)]
    assert await storage.put(PATH, of(*cut)) == size
    assert await read(storage, PATH) == data
    assert await storage.exists(PATH)


async def test_a_new_file_takes_the_place_of_the_old(storage: Storage) -> None:
    await storage.put(PATH, of(b"first, and longer"))
    await storage.put(PATH, of(b"second"))
    assert await read(storage, PATH) == b"second"


@pytest.mark.parametrize("error", [RuntimeError, FileNotFoundError, ConnectionError])
async def test_nothing_is_there_when_the_source_breaks(storage: Storage, error: type[Exception]) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 2_000_000
        raise error("the source's own")

    with pytest.raises(error, match="the source's own"):
        await storage.put(PATH, broken())
    assert not await storage.exists(PATH)
    assert await storage.list("requests") == ()
    await storage.put(PATH, of(b"old"))
    with pytest.raises(error, match="the source's own"):
        await storage.put(PATH, broken())
    assert await read(storage, PATH) == b"old"


async def test_what_is_missing_is_named(storage: Storage) -> None:
    with pytest.raises(StorageMissing) as caught:
        await read(storage, PATH)
    assert PATH in caught.value.diagnostics()
    assert not await storage.exists(PATH)
    assert await storage.list("requests") == ()
    await storage.delete_prefix("requests")


async def test_prefixes_are_whole_folders(storage: Storage) -> None:
    for path in ("requests/HB-1/a", "requests/HB-1/b/c", "requests/HB-10/a"):
        await storage.put(path, of(b"x"))
    assert await storage.list("requests/HB-1") == ("requests/HB-1/a", "requests/HB-1/b/c")
    await storage.delete_prefix("requests/HB-1")
    await storage.delete_prefix("requests/HB-1")
    assert await storage.list("requests") == ("requests/HB-10/a",)
    await storage.delete_prefix("requests/HB-10/a")
    assert await storage.list("requests") == ()


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".incoming/x", "a/.b", "a b", "a\0"]
)
async def test_no_path_leads_out(storage: Storage, path: str) -> None:
    with pytest.raises(ValueError, match="storage path"):
        await storage.put(path, of(b"x"))
    with pytest.raises(ValueError, match="storage path"):
        await read(storage, path)
    with pytest.raises(ValueError, match="storage path"):
        await storage.delete_prefix(path)


@pytest.mark.parametrize("url", ["", "x", "file://elsewhere/x", "http://x/y", "s3://", "file:relative"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="storage"):
        Storage.from_url(url)


def test_a_bucket_has_a_url() -> None:
    assert isinstance(Storage.from_url("s3://bucket/some/prefix"), BucketStorage)


@pytest.fixture
def folder(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "store")


async def test_files_and_folders_are_closed_to_others(folder: FolderStorage, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        await folder.put(PATH, of(b"x"))
    finally:
        os.umask(before)
    for place in [tmp_path / "store", *(tmp_path / "store").rglob("*")]:
        assert stat.S_IMODE(place.stat().st_mode) == (0o700 if place.is_dir() else 0o600)


async def test_a_cancelled_put_leaves_nothing(folder: FolderStorage, tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1_000_000
            begun.set()

    task = asyncio.create_task(folder.put(PATH, endless()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [each for each in (tmp_path / "store").rglob("*") if each.is_file()] == []


async def test_drafts_of_killed_processes_go_after_a_day(tmp_path: Path) -> None:
    incoming = tmp_path / "store" / ".incoming"
    incoming.mkdir(parents=True)
    (incoming / "old").write_bytes(b"x")
    (incoming / "new").write_bytes(b"x")
    two_days_ago = time.time() - 2 * 86400
    os.utime(incoming / "old", (two_days_ago, two_days_ago))
    storage = FolderStorage(tmp_path / "store")
    await storage.put(PATH, of(b"x"))
    assert [each.name for each in incoming.iterdir()] == ["new"]
    assert await storage.list("requests") == (PATH,)


async def test_writing_takes_little_memory(folder: FolderStorage) -> None:
    async def long() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield bytes(1024 * 1024)

    tracemalloc.start()
    try:
        assert await folder.put(PATH, long()) == 64 * 1024 * 1024
        async for _ in folder.get(PATH):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


async def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageUnavailable):
        await FolderStorage(tmp_path / "file" / "store").put(PATH, of(b"x"))


_WRITER = """
import asyncio, resource, sys
from pathlib import Path
from activities.storage import FolderStorage
from habeas.errors import StorageFull
root, limit = Path(sys.argv[1]), int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
async def long():
    for _ in range(40):
        yield bytes(100_000)
async def main():
    storage = FolderStorage(root)
    try:
        await storage.put("requests/a", long())
    except StorageFull as full:
        print(type(full).__name__, len([each for each in root.rglob("*") if each.is_file()]))
    async def small():
        yield b"fits"
    print(await storage.put("requests/b", small()))
asyncio.run(main())
"""
_ON_SMALL_DISK = 'mount -t tmpfs -o size=1m none "$1" && exec "$2" -c "$3" "$1/store" 0'


def run(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(words, capture_output=True, text=True, check=False, env=environment)  # noqa: S603  our own words


def test_a_full_disk_is_said_to_be_one_and_leaves_room(tmp_path: Path) -> None:
    """A real file system of one megabyte, in a mount namespace that goes with its process."""
    unshare = shutil.which("unshare")
    if unshare is None or run(unshare, "-Urm", "true").returncode:
        pytest.skip("FULL DISK NOT TESTED: this machine allows no user namespaces, so no small file system")
    done = run(unshare, "-Urm", "sh", "-c", _ON_SMALL_DISK, "sh", str(tmp_path), sys.executable, _WRITER)
    assert (done.stdout, done.stderr) == ("StorageFull 0\n4\n", "")


def test_a_file_too_long_for_its_limit_is_a_full_disk(tmp_path: Path) -> None:
    done = run(sys.executable, "-c", _WRITER, str(tmp_path / "store"), "1000000")
    assert (done.stdout, done.stderr) == ("StorageFull 0\n4\n", "")
