"""Packages are streams: bounded memory, nothing left open, nothing waits for ever."""

from __future__ import annotations

import asyncio
import copy
import random
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest

from activities.package import (
    verify_package,
    write_package,
)
from habeas.connector import Record
from tests.package.examples import CONTACTS, NOW, records
from tests.package.whole import one_collection, zipped


async def test_memory_is_bounded_both_ways() -> None:
    """60 MB of records, written and read back at once: what the process holds grows by far less."""
    count = 30_000
    about = one_collection(rows=count, columns=("id", "text"))

    async def generate() -> AsyncIterator[Record]:
        # Noise, so that the ZIP is large too; the same on every reading.
        noise = random.Random(20260309)  # noqa: S311 - noise, no secret
        for n in range(count):
            data: dict[str, Any] = {"id": n, "text": noise.randbytes(1000).hex()}
            yield Record(collection="contacts", key=f"[{n}]", data=data, fingerprint="")

    process = psutil.Process()
    before = peak = process.memory_info().rss

    async def watched() -> AsyncIterator[bytes]:
        nonlocal peak
        async for chunk in write_package(about, {("crm", "contacts"): generate}, NOW):
            peak = max(peak, process.memory_info().rss)
            yield chunk

    check = await verify_package(watched())
    assert check.files == 7
    assert check.bytes > 60 * 2**20
    assert (peak - before) / 2**20 < 40


async def test_a_reader_that_stops_early_leaves_nothing_open() -> None:
    state = {"open": 0}

    async def endless() -> AsyncIterator[Record]:
        state["open"] += 1
        try:
            for n in range(10**9):
                yield Record(collection="contacts", key=f"[{n}]", data={"n": n, "x": "y" * 999}, fingerprint="")
        finally:
            state["open"] -= 1

    package = write_package(one_collection(rows=10**9), {("crm", "contacts"): endless}, NOW)
    # The first chunks are the ZIP's header: read on until records flow.
    while not state["open"]:
        assert await anext(package)
    assert _threads()
    await package.aclose()
    assert state["open"] == 0
    await _ended()


def _threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("package")]


async def _ended() -> None:
    """The thread is told to end, not waited for by the package: wait here."""
    for thread in _threads():
        await asyncio.to_thread(thread.join, 5)
    assert not _threads()


async def test_a_cancelled_writer_leaves_nothing_open() -> None:
    waiting, closed = asyncio.Event(), asyncio.Event()

    async def stuck() -> AsyncIterator[Record]:
        try:
            yield Record(collection="contacts", key="[1]", data={}, fingerprint="")
            waiting.set()
            await asyncio.Event().wait()
        finally:
            closed.set()

    task = asyncio.create_task(zipped(one_collection(rows=2), {("crm", "contacts"): stuck}))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed.is_set()
    await _ended()


class _BrokenError(Exception):
    pass


async def test_an_error_of_the_source_comes_through() -> None:
    async def broken() -> AsyncIterator[Record]:
        yield Record(collection="contacts", key="[1]", data={}, fingerprint="")
        raise _BrokenError

    async def broken_bytes() -> AsyncIterator[bytes]:
        yield b"PK"
        raise _BrokenError

    with pytest.raises(_BrokenError):
        await zipped(one_collection(rows=2), {("crm", "contacts"): broken})
    with pytest.raises(_BrokenError):
        await verify_package(broken_bytes())


def test_many_packages_at_once_do_not_wait_for_each_other() -> None:
    """Sources that need a shared thread, more packages than threads: each still gets its turn."""

    async def slow() -> AsyncIterator[Record]:
        for record in records("contacts", CONTACTS):
            yield await asyncio.to_thread(copy.copy, record)

    async def run() -> list[bytes]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        packages = (zipped(one_collection(rows=2), {("crm", "contacts"): slow}) for _ in range(8))
        async with asyncio.timeout(30):
            return await asyncio.gather(*packages)

    assert len(set(asyncio.run(run()))) == 1
