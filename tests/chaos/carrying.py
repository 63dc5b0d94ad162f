"""People who ask for every right, and staff who see each request to its end whatever is down right now."""

from __future__ import annotations

import asyncio
import contextlib
import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from asyncpg.exceptions import InterfaceError, InternalClientError, PostgresError

from activities.ledger import TaskFilter
from habeas.acts import ActKind
from habeas.errors import BadInput, EngineUnavailable, LedgerUnavailable, NotAllowed, WrongStage
from habeas.model import CHANGING, Outcome, Right, Stage
from tests.acceptance.house import House
from tests.acceptance.people import Planted, plant, somebody
from workers.office import NewRequestInput, Said, Story

T = TypeVar("T")
RIGHTS = (
    Right.ACCESS,
    Right.PORTABILITY,
    Right.ERASURE,
    Right.RECTIFICATION,
    Right.RESTRICTION,
    Right.OBJECTION,
    Right.WITHDRAW_CONSENT,
)
"""What the demo's law gives; an erasure is asked for as often as all changes together."""
WEIGHTS = (4, 1, 6, 2, 2, 1, 1)
LOOK = 0.5
PATIENCE = 600.0
"""Seconds within which something that is down must be up again."""
AWAY = (LedgerUnavailable, EngineUnavailable)
"""All that staff hear of what is down."""
DOWN = (PostgresError, InterfaceError, InternalClientError, OSError, TimeoutError)
"""What one hears who connects to a store by oneself."""


class Ending(StrEnum):
    """What staff or the person make of a request."""

    CARRIED_OUT = "carried out"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"


@dataclass
class Request:
    """One request under way, and how it ended."""

    right: Right
    ending: Ending
    person: Planted
    key: str
    id: str = ""
    story: Story | None = None
    error: str = ""
    planted: bool = False
    shown: list[str] = field(default_factory=list)
    """Systems that staff were asked about."""

    @property
    def outcomes(self) -> frozenset[Outcome]:
        """How it may end."""
        done = frozenset({Outcome.FULFILLED, Outcome.PARTLY_FULFILLED})
        if self.ending is Ending.CARRIED_OUT:
            return done
        ended = {Outcome.WITHDRAWN} if self.ending is Ending.WITHDRAWN else {Outcome.REFUSED}
        # What stops at once is over before anybody could end it.
        return done | ended if self.right is Right.OBJECTION else frozenset(ended)


def drawn(dice: random.Random) -> Request:
    """A person with a right, and what becomes of it."""
    (right,) = dice.choices(RIGHTS, WEIGHTS)
    endings, weights = [Ending.CARRIED_OUT], [8]
    if right is not Right.WITHDRAW_CONSENT:  # that one is over before anybody could
        endings, weights = [*Ending], [8, 1, 1]
    (ending,) = dice.choices(endings, weights)
    stem = "".join(dice.choices("bcdfghjklmnpqrstvwxz", k=12))
    return Request(right, ending, somebody(stem), str(uuid.UUID(int=dice.getrandbits(128), version=4)))


async def insist(once: Callable[[], Awaitable[T]]) -> T:
    """Again and again while the ledger or Temporal is away."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await once()
            except AWAY:
                await asyncio.sleep(LOOK)


def uuid5(key: str, what: str) -> str:
    """The id of something about a request, the same every time."""
    return str(uuid.uuid5(uuid.UUID(key), what))


class Staff:
    """Who plants, opens, proves, approves, retries and closes."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._office = house.office
        self.half_planted: list[Planted] = []
        """People whose rows are in some stores only: they never ask for anything."""
        self.beside: list[Request] = []
        """What was opened beside a request: an objection to marketing, which stops at once, is one of its own."""

    async def carry_out(self, request: Request) -> None:
        """From the person's rows in the stores to the request's end; what went wrong stands in ``error``."""
        try:
            await self._plant(request)
            opened = await insist(lambda: self._office.open_request(self._asked(request)))
            request.id = opened.id
            also = [replace(request, key=uuid5(request.key, one), id=one, planted=False) for one in opened.also]
            self.beside += also
            await asyncio.gather(*(self._see_through(one) for one in (request, *also)))
        except Exception as error:  # noqa: BLE001  whatever it is, nobody at the desk could go on
            request.error = f"{type(error).__name__}: {error}"

    async def _plant(self, request: Request) -> None:
        """A store that goes away in the middle has half of the person: somebody else is taken then."""
        while not request.planted:
            try:
                await plant(request.person, self._house.store_url)
                request.planted = True
            except DOWN:
                self.half_planted.append(request.person)
                await asyncio.sleep(LOOK)
                request.person = somebody(request.person.customer_no.removeprefix("K-") + "x")

    @staticmethod
    def _asked(request: Request) -> NewRequestInput:
        person, more = request.person, dict[str, Any]()
        if request.right is Right.RECTIFICATION:
            more["corrections"] = (f"phone: {person.phone} => +99{int(person.phone[3:]) ^ 1:011}",)
        if request.right is Right.WITHDRAW_CONSENT:
            more["purposes"] = ("newsletter",)
        return NewRequestInput(
            right=request.right.value,
            opened_by="Desk",
            name=person.name,
            emails=(person.email,),
            language="en",
            idempotency_key=request.key,
            **more,
        )

    async def _see_through(self, request: Request) -> None:
        done = set[str]()
        async with asyncio.timeout(PATIENCE):
            while True:
                story = await insist(lambda: self._office.show(request.id))
                if story.request.stage is Stage.CLOSED:
                    request.story = story
                    return
                with contextlib.suppress(WrongStage, BadInput, NotAllowed):  # it went on meanwhile
                    await insist(partial(self._next, request, story, done))
                await asyncio.sleep(LOOK)

    async def _next(self, request: Request, story: Story, done: set[str]) -> None:
        """What staff do now, once; an act that may have been heard is said again under its own id."""
        stage = story.request.stage
        for system in story.entry.blocked_on:
            request.shown.append(system)
            await self._act(ActKind.RETRY_SYSTEM, request, f"retry/{len(request.shown)}", done, system=system)
        for task in await self._tasks(request):
            await self._office.finish_task(task, by="Kim", reason="done", said=Said(outcomes=("stopped",)))
        if stage is Stage.VERIFYING:
            await self._act(ActKind.ATTEST, request, "attest", done)
        elif stage is Stage.REVIEWING and request.ending is Ending.WITHDRAWN:
            await self._act(ActKind.WITHDRAW, request, "withdraw", done)
        elif stage is Stage.REVIEWING and request.ending is Ending.REFUSED:
            await self._act(ActKind.REFUSE, request, "refuse", done, ground="manifestly_unfounded")
        elif stage is Stage.REVIEWING:
            plan = await self._plan(request)
            for officer in ("Ann", "Bo")[: 2 if request.right is Right.ERASURE else 1]:
                await self._act(ActKind.APPROVE, request, f"approve/{officer}/{plan}", done, by=officer, plan=plan)

    async def _tasks(self, request: Request) -> list[str]:
        if request.right not in CHANGING:
            return []
        tasks = await self._office.tasks(TaskFilter(request_id=request.id))
        return [one.id for one in tasks]

    async def _plan(self, request: Request) -> str | None:
        if request.right is Right.ERASURE:
            return (await self._office.plan(request.id, by="Ann", reason="review")).digest
        if request.right in CHANGING:
            return (await self._office.change_plan(request.id, by="Ann", reason="review")).digest
        return None

    async def _act(
        self, kind: ActKind, request: Request, what: str, done: set[str], *, by: str = "Ann", **facts: str | None
    ) -> None:
        if what in done:
            return
        act_id = uuid5(request.key, what)
        await self._office.act(
            kind, request.id, by=by, reason="as it should be", act_id=act_id, sealed=None, stated=None, **facts
        )
        done.add(what)
