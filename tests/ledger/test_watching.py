"""The watchdog on a real ledger: what has gone quiet is found and told, and nothing that only waits."""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import SecretStr

from activities.ledger import Ledger, Letter
from activities.ledger.tables import request as request_table
from activities.mail import Mailer
from activities.storage import Storage
from habeas.errors import EngineUnavailable, Transient
from habeas.evidence import Tag
from habeas.model import Stage
from habeas.policy import Policy, load_policy
from tests.ledger.conftest import NOW, NewRequestFactory
from tests.receiver import Receiver, receiver
from workers.office import Engine, Office
from workers.settings import WatchSettings
from workers.watching import WORKER, Watchdog

POLICY = Path(__file__).parents[2] / "deploy/controllers/demo.toml"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
DAY = timedelta(days=1)


class Temporal:
    """What the server would say."""

    def __init__(self) -> None:
        self.broken: tuple[str, ...] = ()
        self.running: frozenset[str] = frozenset()
        self.sweep: datetime | None = NOW
        self.away = False

    async def failing(self) -> tuple[str, ...]:
        if self.away:
            raise EngineUnavailable
        return self.broken

    async def running_requests(self) -> frozenset[str]:
        return frozenset()  # The server's list is late.

    async def is_running(self, workflow_id: str) -> bool:
        return workflow_id in self.running

    async def sweep_begun(self) -> datetime | None:
        return self.sweep


class Post:
    """The mail server."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str, str]] = []
        self.away = False

    async def send(self, to: str, letter: Any, message_id: str, *more: Any) -> None:
        if self.away:
            raise Transient("away")
        self.sent.append((to, letter.subject, letter.text, message_id))


class House:
    """A ledger with a watchdog, whose time is ours."""

    def __init__(self, ledger: Ledger, new_request: NewRequestFactory) -> None:
        policy = load_policy(POLICY)
        own = policy.controller.model_copy(update={"id": "acme", "privacy_officer": "dpo@acme.example"})
        self.policies: dict[str, Policy] = {"acme": policy.model_copy(update={"controller": own})}
        self.ledger, self.now = ledger, NOW
        self.temporal, self.post = Temporal(), Post()
        self.new_request = new_request

    def dog(self, *, private: bool = True, **settings: Any) -> Watchdog:
        return Watchdog(
            self.ledger,
            cast(Engine, self.temporal),
            cast(Mailer, self.post),
            self.policies,
            WatchSettings(**settings),
            private=private,
            now=lambda: self.now,
        )

    async def look(self, dog: Watchdog, after: timedelta = timedelta(minutes=5)) -> None:
        self.now += after
        self.temporal.sweep = self.temporal.sweep and self.now
        assert await dog.once()

    async def request(self, stage: Stage = Stage.LOCATING, ago: timedelta = timedelta(), **changes: Any) -> str:
        """One that is open, to which something last happened so long ago."""
        async with self.ledger.begin() as tx:
            opened = (await tx.open_request(self.new_request(f"{secrets.token_hex(4)}@example.org"))).request.id
            await tx.update_request(opened, stage=stage, **changes)
            await tx.record(opened, Tag.REQUEST_STAGE, at=self.now - ago, dedupe="then")
        return opened

    async def waits(self, request_id: str, system: str, code: str, ago: timedelta) -> None:
        async with self.ledger.begin() as tx:
            await tx.update_request(request_id, blocked_on=(system,))
            since = self.now - ago
            await tx.save_system(request_id, system, "collect", "waiting", {}, waiting_since=since, error_code=code)

    async def found(self) -> set[tuple[str, str]]:
        async with self.ledger.begin() as tx:
            return {(one.kind.value, one.about) for one in await tx.findings()}


@pytest.fixture
def house(ledger: Ledger, new_request: NewRequestFactory) -> House:
    return House(ledger, new_request)


@pytest.fixture
async def heard() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        made.secret = SECRET
        yield made


async def test_what_has_gone_quiet_is_found_and_what_only_waits_is_not(house: House) -> None:
    quiet = await house.request(ago=2 * DAY)
    await house.request(ago=timedelta(hours=23))
    await house.request(Stage.LOCATING, 9 * DAY, paused_from=NOW.date())
    await house.request(Stage.VERIFYING, 20 * DAY)
    asked = await house.request(Stage.VERIFYING, 24 * DAY)
    closed = await house.request(ago=9 * DAY)
    async with house.ledger.begin() as tx:
        await tx.update_request(closed, stage=Stage.CLOSED, outcome="fulfilled", closed_at=NOW)  # type: ignore[arg-type]
    late = await house.request(due_at=NOW - timedelta(hours=2))
    await house.request(due_at=NOW - timedelta(minutes=30))
    await house.request(due_at=NOW - 2 * DAY, overdue=True)
    for code, ago in (
        ("terminal", 2 * DAY),
        ("transient", DAY / 2),
        ("task_open", 9 * DAY),
        ("vetoed:debt", 9 * DAY),
        ("copy_first", 9 * DAY),
    ):
        await house.waits(await house.request(ago=9 * DAY), code.partition(":")[0], code, ago)
    letters = [(late, 61), (quiet, 59)]
    for request_id, minutes in letters:
        async with house.ledger.begin() as tx:
            await tx.queue_letter(
                Letter(
                    id=secrets.token_hex(8), request_id=request_id, kind="acknowledgement", language="en", dedupe="x",
                    recipient_role="subject", queued_at=NOW - timedelta(minutes=minutes), to="a@b.example",
                    subject="s", text="t",
                )
            )  # fmt: skip
    lost, carried = await house.request(), await house.request()
    async with house.ledger.begin() as tx:
        await tx._run(
            request_table.update().where(request_table.c.id.in_((lost, carried))).values(started_at=NOW - DAY)
        )
        await tx.beat(WORKER, NOW - timedelta(minutes=6))
    house.temporal.running, house.temporal.broken = frozenset({carried}), (carried,)
    house.temporal.sweep = NOW - 3 * DAY
    assert await house.dog().once()
    assert await house.found() == {
        ("request_quiet", quiet),
        ("request_quiet", asked),
        ("timer_late", late),
        ("system_down", "terminal/terminal"),
        ("letter_stuck", "acme"),
        ("workflow_failing", carried),
        ("workflow_missing", lost),
        ("sweep_quiet", "habeas-sweep"),
        ("no_worker", "worker"),
    }
    async with house.ledger.begin() as tx:
        letter = next(one for one in await tx.findings() if one.kind == "letter_stuck")
    assert letter.count == 1


async def test_people_hear_once_and_again_while_it_goes_on_and_when_it_is_over(house: House) -> None:
    quiet = await house.request(ago=2 * DAY)
    dog = house.dog(again_days=3)
    for after, letters in ((timedelta(minutes=5), 1), (DAY, 1), (DAY, 1), (DAY, 2)):
        await house.look(dog, after)
        assert len(house.post.sent) == letters
    (to, subject, text, first), (_, _, again, second) = house.post.sent
    assert (to, "1" in subject) == ("dpo@acme.example", True)
    assert quiet in text
    assert "docs/runbooks/request_quiet.md" in text
    assert text != again
    assert first != second
    async with house.ledger.begin() as tx:
        await tx.record(quiet, Tag.REQUEST_STAGE, at=house.now, dedupe="goes on")
    for _ in range(2):
        await house.look(dog)
    assert len(house.post.sent) == 3, "that it is over, once"
    assert quiet in house.post.sent[2][2]
    assert await house.found() == set()
    await house.look(dog, 2 * DAY)
    assert len(house.post.sent) == 4, "it is quiet anew"


async def test_operators_hear_of_everything_where_they_are_named(house: House) -> None:
    await house.request(ago=2 * DAY)
    await house.look(house.dog(mail=("ops@acme.example", "night@acme.example")))
    assert [to for to, *_ in house.post.sent] == ["ops@acme.example", "night@acme.example"]


async def test_each_channel_is_told_though_the_other_is_away(house: House, heard: Receiver) -> None:
    quiet = await house.request(ago=2 * DAY)
    dog = house.dog(webhook=heard.url, webhook_secret=SecretStr(SECRET))
    house.post.away = True
    for _ in range(2):
        heard.now = house.now + timedelta(minutes=5)
        await house.look(dog)
    assert house.post.sent == []
    (event,) = heard.taken
    assert (event["type"], event["subject"]) == ("eu.habeas.watch.found", f"request_quiet/{quiet}")
    assert event["data"]["runbook"] == "docs/runbooks/request_quiet.md"
    house.post.away, heard.status = False, 500
    async with house.ledger.begin() as tx:
        await tx.record(quiet, Tag.REQUEST_STAGE, at=house.now, dedupe="goes on")
    heard.now = house.now + timedelta(minutes=5)
    await house.look(dog)
    assert house.post.sent == [], "it never heard of it, and it is over"
    heard.status = 204
    heard.now = house.now + timedelta(minutes=5)
    await house.look(dog)
    assert [one["type"] for one in heard.taken[1:]] == ["eu.habeas.watch.over"]


async def test_while_temporal_is_away_nothing_of_it_is_over_and_a_restart_is_no_news(house: House) -> None:
    house.temporal.broken = ("HB-0000-0000-0001",)
    dog = house.dog()
    await house.look(dog)
    house.temporal.away = True
    await house.look(dog)
    assert await house.found() == {("workflow_failing", "HB-0000-0000-0001"), ("engine_away", "temporal")}
    assert len(house.post.sent) == 1
    await house.look(dog, timedelta(minutes=10))
    assert len(house.post.sent) == 2
    house.temporal.away, house.temporal.broken = False, ()
    await house.look(dog)
    assert await house.found() == set()


async def test_of_two_processes_one_looks_and_the_switch_outside_is_held(house: House, heard: Receiver) -> None:
    heard.secret = ""  # Nothing is signed there.
    one, other = (house.dog(alive=SecretStr(heard.url)) for _ in range(2))
    assert [await one.once(), await other.once()] == [True, False]
    assert len(heard.raw) == 1
    house.now += timedelta(minutes=5)
    assert await other.once()
    house.now += timedelta(minutes=5)
    assert await house.dog(alive=SecretStr(heard.url), private=False).once()
    assert len(heard.raw) == 2, "an address of our own network is not called unless that is allowed"


async def test_it_is_itself_watched_and_shows_each_their_own(house: House, tmp_path: Path) -> None:
    await house.request(ago=2 * DAY)
    staff = {"acme": "kim", "other": "noor"}
    base = house.policies["acme"]
    policies = {
        name: base.model_copy(
            update={
                "controller": base.controller.model_copy(update={"id": name}),
                "staff": base.staff.model_copy(update={"accounts": (account,)}),
            }
        )
        for name, account in staff.items()
    }
    engine = cast(Engine, house.temporal)
    office = Office(house.ledger, engine, policies, Storage.from_url(f"file://{tmp_path}"), lambda: house.now)
    kim, noor = (office.for_staff(account) for account in staff.values())
    assert (await kim.watch()).stale, "it never looked"
    await house.look(house.dog())
    shown = await kim.watch()
    assert (shown.stale, shown.looked_at, len(shown.findings)) == (False, house.now, 1)
    assert (await noor.watch()).findings == ()
    house.now += timedelta(minutes=31)
    assert (await kim.watch()).stale
