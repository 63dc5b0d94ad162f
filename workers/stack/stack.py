"""The embedded stack: every process of an installation on this machine, started in order and stopped together."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

from workers.postgres import EmbeddedPostgres
from workers.postgres_binaries import Binaries
from workers.process import LOOPBACK, free_port
from workers.settings import CONFIG_VARIABLE, Settings, TemporalSettings
from workers.stack.database import PostgresPart
from workers.stack.folder import DataFolder
from workers.stack.options import (
    Addresses,
    PartName,
    Ports,
    PortTaken,
    Progress,
    StackOptions,
    Step,
    port_names,
    quiet,
)
from workers.stack.part import Part, ProcessPart, ended, listens, python
from workers.stack.stores import LEDGER, prepare_ledger, prepare_stores, read_settings, sample_stores, write_settings
from workers.stack.temporal import TemporalProbe, command

WATCH_EVERY = 0.2
OURS = frozenset({PartName.MAILBOX, PartName.WORKER, PartName.DESK})
"""The parts that are this program."""
FOREIGN = ("HABEAS_", "TEMPORAL_", "PG")
TASK_QUEUE = TemporalSettings().task_queue


class Stack:
    """A running stack. Made by `running_stack`, which also ends it.

    Its processes end when the *thread* that started them does, so start it from the main one.
    """

    def __init__(self, options: StackOptions, progress: Progress = quiet) -> None:
        self.options = options
        self.folder = DataFolder(options.data_dir)
        self.ports = Ports()
        self.postgres = EmbeddedPostgres(
            self.folder.postgres,
            port=options.ports.postgres,
            durable=options.durable,
            settings=options.postgres,
            log=self.folder.log(PartName.POSTGRES),
        )
        self._progress = progress
        self._parts: dict[str, Part] = {}
        self._probe: TemporalProbe | None = None

    @property
    def addresses(self) -> Addresses:
        """Where the parts are."""
        return Addresses.of(self.ports, self.postgres.dsn(LEDGER), self.folder.path)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its processes.

        Ours, less whatever is set for another installation (a ledger in production, say): this one is all its own.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        return kept | {CONFIG_VARIABLE: str(self.folder.settings), "PYTHONUNBUFFERED": "1"}

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts that should run now, in the order they were started in."""
        return tuple(name for name, part in self._parts.items() if part.process is not None)

    def part(self, name: str) -> Part:
        """One part, running or not. KeyError when there is none of this name."""
        return self._parts[name]

    def settings(self) -> Settings:
        """The settings that its processes run with."""
        return read_settings(self.folder.settings)

    async def start(self) -> None:
        """Start everything that is asked for. What was started stays for `stop`, also when this raises."""
        self.folder.acquire()
        self.ports = self._choose_ports()
        wanted = self.options.parts
        if PartName.POSTGRES in wanted:
            stores = self.options.stores or sample_stores()
            self.postgres.port = self.ports.postgres
            if Binaries.find().owner is not None:
                self.folder.let_others_pass()
            await self._step("PostgreSQL", lambda: self._begin(PostgresPart(self.postgres)))
            self.ports = replace(self.ports, postgres=self.postgres.port)
            await self._step("Ledger", lambda: prepare_ledger(self.postgres))
            if not self.folder.samples.exists():
                samples = f"Sample stores, {self.options.people:,} people, this once"
                people = self.options.people
                await self._step(samples, lambda: prepare_stores(self.folder, self.postgres, stores, people))
            write_settings(self.folder, self.postgres, stores, self.addresses, self.ports)
        if PartName.TEMPORAL in wanted:
            await self._step("Temporal", self._start_temporal)
        if wanted & OURS:
            # At the same time: most of it is Python importing.
            await self._step(self._title_of_ours(), lambda: _together(map(self._begin, self._ours())))
        self.folder.write_addresses(self.addresses, self.ports)

    async def stop(self) -> None:
        """Stop everything, those that use others first, and let go of the folder. Harmless when it is stopped."""
        for name in (PartName.DESK, PartName.WORKER, PartName.TEMPORAL, PartName.MAILBOX, PartName.POSTGRES):
            await asyncio.gather(*(part.stop() for key, part in self._parts.items() if key.split("-")[0] == name))
        self.folder.release()

    def kill_all(self) -> None:
        """End everything at once; what was done so far is kept."""
        for part in self._parts.values():
            part.kill()
        self.folder.release()

    async def watch(self) -> None:
        """Return never; raise PartEnded as soon as a part ends that nobody stopped."""
        while True:
            for part in self._parts.values():
                process = part.process
                if process is not None and (code := process.poll()) is not None:
                    raise ended(part, code)
            await asyncio.sleep(WATCH_EVERY)

    def kill(self, name: str) -> None:
        """Kill one part as the kernel would, without the stack ending for it."""
        self._parts[name].kill()

    async def restart(self, name: str) -> None:
        """Start a part that was stopped or killed, at its old address."""
        part = self._parts[name]
        await part.stop()
        await self._begin(part)

    def kill_worker(self, number: int = 1) -> None:
        """Kill one worker; they count from 1."""
        self.kill(f"{PartName.WORKER}-{number}")

    async def start_worker(self) -> int:
        """Start one more worker, or one again that was killed; its number."""
        number = next(n for n in range(1, 1000) if f"{PartName.WORKER}-{n}" not in self.parts)
        await self._begin(self._parts.get(f"{PartName.WORKER}-{number}") or self._worker(number))
        return number

    async def _step(self, title: str, work: Callable[[], Awaitable[object]]) -> None:
        begun = time.monotonic()
        self._progress(Step(title))
        await work()
        self._progress(Step(title, time.monotonic() - begun))

    async def _begin(self, part: Part) -> None:
        """Start a part, watched over from before it runs, so that an interruption finds it."""
        self._parts[part.name] = part
        await part.start()
        running = {name: each.process.pid for name, each in self._parts.items() if each.process is not None}
        self.folder.note_parts(running)

    def _choose_ports(self) -> Ports:
        last, chosen = self.folder.last_ports(), dict[str, int]()
        for name in port_names():
            wanted = getattr(self.options.ports, name)
            port = free_port(wanted or getattr(last, name))
            if port in chosen.values():
                port = free_port()
            if wanted and port != wanted:
                raise PortTaken(f"{wanted} ({name.replace('_', ' ')})")
            chosen[name] = port
        return Ports(**chosen)

    async def _start_temporal(self) -> None:
        """Start the server; tables that an interrupted first start left half made are made anew."""
        complete = self.folder.temporal / "complete"
        if not complete.exists():
            shutil.rmtree(self.folder.temporal, ignore_errors=True)
            self.folder.temporal.mkdir(mode=0o700)
        self._probe = TemporalProbe(self.ports.temporal, TASK_QUEUE)
        words = command(self.folder.temporal / "temporal.db", self.ports)
        part = self._process(PartName.TEMPORAL, words, self._probe.server_ready)
        part.death_signal = "TERM"
        await self._begin(part)
        complete.touch(mode=0o600)

    def _title_of_ours(self) -> str:
        wanted, count = self.options.parts, self.options.workers
        titles = {
            PartName.MAILBOX: "mailbox",
            PartName.WORKER: "1 worker" if count == 1 else f"{count} workers",
            PartName.DESK: "desk",
        }
        return ", ".join(title for name, title in titles.items() if name in wanted).capitalize()

    def _ours(self) -> list[Part]:
        wanted, numbers = self.options.parts, range(1, self.options.workers + 1)
        parts: list[Part] = [self._mailbox()] if PartName.MAILBOX in wanted else []
        parts += [self._worker(number) for number in numbers] if PartName.WORKER in wanted else []
        return parts + ([self._desk()] if PartName.DESK in wanted else [])

    def _worker(self, number: int) -> ProcessPart:
        probe = self._probe or TemporalProbe(self.ports.temporal, TASK_QUEUE)
        return self._process(f"{PartName.WORKER}-{number}", python("-m", "workers", "worker"), probe.polled_by)

    def _desk(self) -> ProcessPart:
        words = python("-m", "workers", "desk")
        return self._process(PartName.DESK, words, lambda process: listens(self.ports.desk))

    def _mailbox(self) -> ProcessPart:
        ports = ("--smtp-port", str(self.ports.smtp), "--inbox-port", str(self.ports.inbox))
        words = python("-m", "workers.mailbox", "--data-dir", str(self.folder.path), "--host", LOOPBACK, *ports)

        async def ready(process: object) -> bool:
            return await listens(self.ports.smtp) and await listens(self.ports.inbox)

        return self._process(PartName.MAILBOX, words, ready)

    def _process(self, name: str, words: list[str], ready: Callable[..., Awaitable[bool]]) -> ProcessPart:
        return ProcessPart(
            name=name,
            command=words,
            log=self.folder.log(name),
            environment=self.environment,
            folder=self.folder.path,
            ready=ready,
            inherit=self.folder.inherited,
        )


async def _together(works: Iterable[Awaitable[None]]) -> None:
    """Do all at once; when one fails the others are called off before that is said."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def running_stack(options: StackOptions, progress: Progress = quiet) -> AsyncIterator[Stack]:
    """A stack for as long as the context lasts. For tests and the demo; `up` is the command.

    Raises:
        FolderInUse: Another stack runs on this folder.
        PortTaken, PartEnded, PartSilent, PostgresFailed, ConfigurationError: It could not start; nothing is left.
    """
    stack = Stack(options, progress)
    try:
        await stack.start()
        yield stack
    finally:
        await stack.stop()
