"""What an embedded stack may be asked for, and what it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from habeas.errors import HabeasError
from workers.process import LOOPBACK


class PartName(StrEnum):
    """The parts of a stack, in the order in which they start. Workers are numbered: ``worker-1``, ``worker-2``."""

    POSTGRES = "postgres"
    TEMPORAL = "temporal"
    MAILBOX = "mailbox"
    WORKER = "worker"
    DESK = "desk"


EVERY_PART = frozenset(PartName)


@dataclass(frozen=True)
class Ports:
    """Loopback ports; 0 takes the one of the last start if it is free, else any."""

    desk: int = 0
    temporal: int = 0
    temporal_ui: int = 0
    postgres: int = 0
    smtp: int = 0
    inbox: int = 0


Seed = Callable[[Mapping[str, str], int], Awaitable[None]]
"""Fills stores, given as name -> DSN, with so many people."""


@dataclass(frozen=True)
class Stores:
    """Connected PostgreSQL stores, and whose data they hold.

    Attributes:
        names: Each is a database, and a system of the settings.
        maps: The folder with `<name>.toml`, the data map of each.
        policies: The folder with the controller's policy.
        controller: Its file's name without `.toml`.
        seed: Fills them, once.
    """

    names: tuple[str, ...]
    maps: Path
    policies: Path
    controller: str
    seed: Seed


@dataclass(frozen=True)
class StackOptions:
    """How to start a stack.

    Attributes:
        data_dir: All that it keeps; a second start on it finds everything where it was.
        people: How many people the sample stores are seeded with, once.
        parts: What to start. Without ``worker`` and ``desk`` it is a place to run one's own.
        durable: False gives up the last commits when PostgreSQL is killed, for speed: for tests.
        stores: Other stores than the samples.
        postgres: Settings of the database server, over ours.
    """

    data_dir: Path
    workers: int = 1
    people: int = 1000
    ports: Ports = Ports()
    parts: frozenset[PartName] = EVERY_PART
    durable: bool = True
    stores: Stores | None = None
    postgres: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Addresses:
    """Where the parts of a running stack are. ``ledger`` holds its password, so it is not in the repr."""

    desk: str
    temporal_ui: str
    temporal: str
    ledger: str = field(repr=False)
    mail: str
    inbox: str
    data_dir: str

    @classmethod
    def of(cls, ports: Ports, ledger: str, data_dir: Path) -> Addresses:
        """The addresses on loopback."""
        return cls(
            desk=f"http://{LOOPBACK}:{ports.desk}",
            temporal_ui=f"http://{LOOPBACK}:{ports.temporal_ui}",
            temporal=f"{LOOPBACK}:{ports.temporal}",
            ledger=ledger,
            mail=f"smtp://{LOOPBACK}:{ports.smtp}",
            inbox=f"http://{LOOPBACK}:{ports.inbox}",
            data_dir=str(data_dir),
        )

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)


class Step(NamedTuple):
    """One step of a start: told once when it begins, and again with its seconds when it is done."""

    title: str
    seconds: float | None = None


Progress = Callable[[Step], None]


def quiet(step: Step) -> None:
    """A progress callback that says nothing."""


class PartEnded(HabeasError):
    """A part of the stack ended by itself."""

    code = "part_ended"
    remedy = "Its log is {log}. What was done so far is kept: `habeas up` goes on from there."


class PartSilent(HabeasError):
    """A part of the stack does not answer."""

    code = "part_silent"
    remedy = "Its log is {log}. What was done so far is kept: `habeas up` goes on from there."


class PortTaken(HabeasError):
    """Another program listens on a port that was asked for."""

    code = "port_taken"
    remedy = "Stop that program, name another port, or name none to get a free one."


def port_names() -> tuple[str, ...]:
    """The names of the ports."""
    return tuple(each.name for each in fields(Ports))
