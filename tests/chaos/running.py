"""One run: requests come as long as things break, then all is mended, everything is carried out and accounted for."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.house import House, open_house
from tests.chaos.accounts import Account, every_row, settle
from tests.chaos.breaking import Breaking
from tests.chaos.carrying import Request, Staff, drawn

WORKERS = 2
PEOPLE = 60
QUIET = 3.0
"""Seconds without a change until the stores are as the first sweep left them."""


@dataclass(frozen=True)
class Report:
    """What happened, what was looked at, and what is wrong."""

    seed: int
    seconds: float
    rights: Mapping[str, int]
    faults: Mapping[str, int]
    looked_at: Mapping[str, int]
    breaches: tuple[str, ...]

    def parts(self) -> Iterator[tuple[str, Mapping[str, int]]]:
        """The table's sections."""
        yield "requests", self.rights
        yield "faults", self.faults
        yield "looked at", self.looked_at
        yield "breaches", {"in all": len(self.breaches)}

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            **{name.replace(" ", "_"): dict(rows) for name, rows in self.parts() if name != "breaches"},
            "breaches": list(self.breaches),
        }


async def run(folder: Path, seed: int, seconds: float, at_once: int) -> Report:
    """Start a stack in this folder, and let things break for so many seconds."""
    begun = time.monotonic()
    async with open_house(folder, PEOPLE, durable=True, workers=WORKERS) as house:
        before = await _at_rest(house)
        staff, breaking = Staff(house), Breaking(house, random.Random(f"{seed}/faults"), WORKERS)  # noqa: S311  no secret
        requests = await _storm(staff, breaking, random.Random(seed), seconds, at_once)  # noqa: S311  no secret
        requests += staff.beside
        account = await settle(house, requests, before, staff.half_planted)
    return _report(seed, time.monotonic() - begun, requests, breaking, account)


async def _at_rest(house: House) -> Any:
    """The stores once nothing changes in them: the first sweep ends old chats."""
    rows, since = await every_row(house), time.monotonic()
    while time.monotonic() - since < QUIET:
        await asyncio.sleep(0.5)
        if rows != (rows := await every_row(house)):
            since = time.monotonic()
    return rows


async def _storm(staff: Staff, breaking: Breaking, dice: random.Random, seconds: float, at_once: int) -> list[Request]:
    requests, end = list[Request](), time.monotonic() + seconds

    async def one_after_the_other() -> None:
        while time.monotonic() < end:
            request = drawn(dice)
            requests.append(request)
            await staff.carry_out(request)

    storm = asyncio.create_task(breaking.run())
    lines = [asyncio.create_task(one_after_the_other()) for _ in range(at_once)]
    await asyncio.sleep(seconds)
    storm.cancel()
    with suppress(asyncio.CancelledError):
        await storm
    await asyncio.gather(*lines)
    return requests


def _report(seed: int, seconds: float, requests: list[Request], breaking: Breaking, account: Account) -> Report:
    rights = Counter(f"{one.right}, {one.ending}" for one in requests)
    return Report(
        seed=seed,
        seconds=seconds,
        rights=dict(sorted(rights.items())) | {"in all": len(requests)},
        faults=dict(sorted(breaking.done.items())) | {"in all": breaking.done.total()},
        looked_at=dict(sorted(account.counted.items())),
        breaches=tuple(account.breaches),
    )
