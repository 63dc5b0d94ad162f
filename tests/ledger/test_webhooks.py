"""Webhooks: a real receiver, real signatures; it may be down, slow, gone or refuse one event."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from activities.ledger import Ledger, NewWebhook, WebhookRow
from activities.public_address import NotPublic, public_addresses
from activities.webhook_client import WebhookClient
from habeas.errors import BadInput
from habeas.events import EventType
from habeas.evidence import Tag
from tests.ledger.conftest import NOW, NewRequestFactory
from tests.receiver import Receiver, receiver
from workers import delivering
from workers.delivering import RETRIES, Sender

ACME = ("acme",)
LATER = timedelta(days=1, hours=3)
"""Longer than any wait for the next try."""


class Clock:
    """The sender's time."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class House:
    """A ledger, a receiver and a sender, whose time is ours."""

    def __init__(self, ledger: Ledger, heard: Receiver) -> None:
        self.ledger, self.heard, self.clock = ledger, heard, Clock()
        self.sender = Sender(ledger, private=True, now=self.clock)

    async def add(self, url: str | None = None, **changes: Any) -> WebhookRow:
        facts = {"controller": "acme", "url": url or self.heard.url, "types": frozenset(), "created_by": "0" * 16}
        async with self.ledger.begin() as tx:
            row, secret = await tx.add_webhook(NewWebhook.model_validate(facts | {"created_at": NOW} | changes))
        if url is None:
            self.heard.secret = secret
        return row

    async def happen(self, request_id: str, *tags: Tag) -> None:
        async with self.ledger.begin() as tx:
            for tag in tags:
                n = len(await tx.events(request_id))
                await tx.record(request_id, tag, NOW, dedupe=f"{n}")

    async def send(self, after: timedelta = timedelta(0)) -> None:
        self.clock.now += after
        self.heard.now = self.clock.now
        await self.sender.once()

    async def state(self) -> WebhookRow:
        async with self.ledger.begin() as tx:
            return (await tx.webhooks(ACME))[0]


@pytest.fixture
async def house(ledger: Ledger) -> AsyncIterator[House]:
    async with receiver() as heard:
        yield House(ledger, heard)


@pytest.fixture
async def two(ledger: Ledger, new_request: NewRequestFactory) -> tuple[str, str]:
    async with ledger.begin() as tx:
        one, other = [(await tx.open_request(new_request(f"{n}@example.org"))).request.id for n in "ab"]
    return one, other


async def test_what_happens_is_told_signed_and_in_order(house: House, two: tuple[str, str]) -> None:
    one, other = two
    await house.happen(one, Tag.REQUEST_OPENED)
    await house.sender.once()
    await house.add()
    await house.happen(one, Tag.CLOCK_COMPUTED, Tag.PERSONAL_DATA_VIEWED, Tag.CLOCK_BREACHED)
    await house.happen(other, Tag.REQUEST_OPENED)
    await house.send()
    heard = house.heard
    assert heard.ids(one) == [f"{one}.2", f"{one}.4"]
    assert heard.ids(other) == [f"{other}.1"]
    assert heard.unsigned == 0
    event = heard.taken[0]
    assert set(event) == {
        *("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "sequence", "data")
    }
    assert event["source"] == "urn:habeas:controller:acme"
    await house.send(LATER)
    assert len(heard.tried) == 3
    state = await house.state()
    assert (state.waiting, state.answered, state.taken_at) == (0, "http_204", NOW)


async def test_an_event_waits_for_the_one_before_it_and_others_do_not(house: House, two: tuple[str, str]) -> None:
    one, other = two
    await house.add()
    house.heard.answers = {f"{one}.1": 500}
    await house.happen(one, Tag.REQUEST_OPENED, Tag.CLOCK_BREACHED)
    await house.happen(other, Tag.REQUEST_OPENED, Tag.CLOCK_BREACHED)
    for _ in range(3):
        await house.send(LATER)
    assert house.heard.ids(one) == []
    assert {each["id"] for each in house.heard.tried if each["subject"] == one} == {f"{one}.1"}
    assert house.heard.ids(other) == [f"{other}.1", f"{other}.2"]
    assert (await house.state()).waiting == 2
    house.heard.answers = {}
    await house.send(LATER)
    assert house.heard.ids(one) == [f"{one}.1", f"{one}.2"]


async def test_the_waits_grow_to_days(house: House, two: tuple[str, str]) -> None:
    await house.add()
    house.heard.status = 503
    await house.happen(two[0], Tag.REQUEST_OPENED)
    await house.send()
    for n, wait in enumerate(RETRIES, start=1):
        assert len(house.heard.tried) == n
        await house.send(wait - timedelta(seconds=1))
        assert len(house.heard.tried) == n
        await house.send(wait * delivering._JITTER + timedelta(seconds=1))
    assert len(house.heard.tried) == len(RETRIES) + 1
    assert len({each["id"] for each in house.heard.tried}) == 1
    assert sum(RETRIES, timedelta()) > timedelta(days=3)


async def test_who_takes_nothing_for_days_is_disabled_and_loses_nothing(house: House, two: tuple[str, str]) -> None:
    one, other = two
    made = await house.add()
    await house.happen(other, Tag.REQUEST_OPENED)
    await house.send()
    house.heard.status = 500
    await house.happen(one, Tag.REQUEST_OPENED)
    for _ in range(len(RETRIES) + 1):
        await house.send(LATER)
    state = await house.state()
    assert (state.disabled_at, state.answered, state.waiting) == (house.clock.now, "http_500", 1)
    assert delivering.WEBHOOKS_DISABLED.labels("acme")._value.get() == 0
    await house.happen(one, Tag.CLOCK_BREACHED)
    await house.happen(other, Tag.CLOCK_BREACHED)
    tried = len(house.heard.tried)
    await house.send(LATER)
    assert len(house.heard.tried) == tried
    assert delivering.WEBHOOKS_DISABLED.labels("acme")._value.get() == 1
    house.heard.status = 204
    async with house.ledger.begin() as tx:
        assert (await tx.enable_webhook(made.id, ACME, house.clock.now)).disabled_at is None
    await house.send()
    assert house.heard.ids(one) == [f"{one}.1", f"{one}.2"]
    assert house.heard.ids(other) == [f"{other}.1", f"{other}.2"]


async def test_one_event_that_is_refused_for_days_is_given_up_and_those_after_it_are_sent(
    house: House, two: tuple[str, str]
) -> None:
    one, other = two
    await house.add()
    house.heard.answers = {f"{one}.1": 400}
    await house.happen(one, Tag.REQUEST_OPENED, Tag.CLOCK_BREACHED)
    await house.send()
    await house.happen(other, Tag.REQUEST_OPENED)
    for _ in range(len(RETRIES)):
        await house.send(LATER)
    await house.send(LATER)
    assert house.heard.ids(one) == [f"{one}.2"]
    state = await house.state()
    assert (state.disabled_at, state.given_up, state.waiting) == (None, 1, 0)


async def test_who_says_gone_is_sent_no_more(house: House, two: tuple[str, str]) -> None:
    await house.add()
    house.heard.status = 410
    await house.happen(two[0], Tag.REQUEST_OPENED)
    await house.send()
    await house.send(LATER)
    assert len(house.heard.tried) == 1
    assert (await house.state()).disabled_at == NOW


async def test_who_asks_to_be_left_alone_is(house: House, two: tuple[str, str]) -> None:
    await house.add()
    house.heard.status, house.heard.headers = 429, {"retry-after": "3600"}
    await house.happen(two[0], Tag.REQUEST_OPENED)
    await house.send()
    await house.send(timedelta(minutes=59))
    assert len(house.heard.tried) == 1
    await house.send(timedelta(minutes=2))
    assert len(house.heard.tried) == 2


async def test_what_a_killed_sender_had_under_way_is_sent_again_with_the_same_id(
    house: House, two: tuple[str, str]
) -> None:
    made = await house.add()
    await house.happen(two[0], Tag.REQUEST_OPENED, Tag.CLOCK_BREACHED)
    async with house.ledger.begin() as tx:
        await tx.place_events()
        await tx.line_up()
        (claimed,) = await tx.claim(made.id, NOW, delivering._LEASE, 10)
    async with house.ledger.begin() as tx:
        assert await tx.claim(made.id, NOW, delivering._LEASE, 10) == ()
    await house.send()
    assert house.heard.tried == []
    await house.send(delivering._LEASE)
    assert claimed.event is not None
    assert house.heard.ids(two[0]) == [claimed.event.id, f"{two[0]}.2"]


async def test_many_senders_send_each_event_once_and_in_order(house: House, new_request: NewRequestFactory) -> None:
    async with house.ledger.begin() as tx:
        many = [(await tx.open_request(new_request(f"{n}@example.org"))).request.id for n in range(10)]
    await house.add()
    for _ in range(4):
        for each in many:
            await house.happen(each, Tag.CLOCK_BREACHED)
    house.heard.now = NOW
    senders = [Sender(house.ledger, private=True, now=house.clock) for _ in range(3)]
    for _ in range(3):
        await asyncio.gather(*(one.once() for one in senders))
    for each in many:
        assert house.heard.ids(each) == [f"{each}.{n}" for n in range(1, 5)]
    assert len(house.heard.tried) == 40


async def test_a_slow_receiver_holds_up_nobody_else(
    house: House, two: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            pass
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    slow = await house.add(f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/")
    await house.add()
    await house.happen(two[0], Tag.REQUEST_OPENED)
    house.heard.now = NOW
    stop = asyncio.Event()
    monkeypatch.setattr("activities.webhook_client.TIMEOUT", 2.0)
    sending = asyncio.create_task(house.sender.run(stop))
    try:
        async with asyncio.timeout(1.9):
            await house.heard.took.wait()
    finally:
        stop.set()
        await sending
        silent.close()
    async with house.ledger.begin() as tx:
        rows = {row.id: row for row in await tx.webhooks(ACME)}
    assert (rows[slow.id].answered, rows[slow.id].waiting) == ("timeout", 1)


async def test_a_killed_receiver_is_tried_again(ledger: Ledger, two: tuple[str, str]) -> None:
    async with receiver() as heard:
        house = House(ledger, heard)
        await house.add()
    await house.happen(two[0], Tag.REQUEST_OPENED)
    await house.send()
    state = await house.state()
    assert (state.answered, state.waiting, state.disabled_at) == ("unreachable", 1, None)


async def test_a_webhook_is_told_only_what_it_wants_of_its_own_controller(
    house: House, two: tuple[str, str], new_request: NewRequestFactory
) -> None:
    async with house.ledger.begin() as tx:
        theirs = (await tx.open_request(new_request("c@example.org", controller="other"))).request.id
    await house.add(types=frozenset({EventType.OVERDUE}))
    for each in (two[0], theirs):
        await house.happen(each, Tag.REQUEST_OPENED, Tag.CLOCK_BREACHED)
    await house.send()
    assert [each["id"] for each in house.heard.tried] == [f"{two[0]}.2"]


async def test_a_test_is_sent_once_and_says_what_came_of_it(house: House) -> None:
    made = await house.add()
    for status in (500, 204):
        house.heard.status = status
        async with house.ledger.begin() as tx:
            assert (await tx.test_webhook(made.id, ACME, house.clock.now)).test_answered is None
        await house.send()
        await house.send(LATER)
        assert (await house.state()).test_answered == f"http_{status}"
    assert [each["type"] for each in house.heard.tried] == ["eu.habeas.test"] * 2


async def test_a_removed_one_leaves_no_secret_and_may_be_added_again(house: House, two: tuple[str, str]) -> None:
    made = await house.add()
    with pytest.raises(BadInput, match="this address"):
        await house.add()
    with pytest.raises(BadInput, match="no such"):
        async with house.ledger.begin() as tx:
            await tx.remove_webhook(made.id, ("other",), NOW, "1" * 16)
    await house.happen(two[0], Tag.REQUEST_OPENED)
    async with house.ledger.begin() as tx:
        await tx.place_events()
        await tx.line_up()
        await tx.remove_webhook(made.id, ACME, NOW, "1" * 16)
        assert await tx.webhooks(ACME) == ()
    await house.send()
    assert house.heard.raw == []
    async with house.ledger._engine.connect() as connection:
        assert (await connection.execute(text("SELECT secret FROM webhook"))).scalars().all() == [None]
    await house.add()


async def test_the_secret_is_nowhere_to_be_read(house: House, ledger_url: str) -> None:
    await house.add()
    connection = await asyncpg.connect(ledger_url)
    try:
        kept = str([dict(row) for row in await connection.fetch("SELECT * FROM webhook")])
    finally:
        await connection.close()
    assert house.heard.url in kept
    assert house.heard.secret.removeprefix("whsec_") not in kept


async def test_private_addresses_are_refused_unless_settings_allow(house: House, two: tuple[str, str]) -> None:
    await house.add()
    await house.happen(two[0], Tag.REQUEST_OPENED)
    await Sender(house.ledger, now=house.clock).once()
    assert house.heard.raw == []
    assert (await house.state()).answered == "address_refused"


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "::1"),
        *("fe80::1", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "224.0.0.1"),
        *("localhost", "255.255.255.255", "2130706433", "0x7f.1", "0"),
    ],
)
async def test_no_way_of_writing_it_leads_into_our_networks(host: str) -> None:
    with pytest.raises((NotPublic, OSError)):
        assert await public_addresses(host, 443) == []


async def test_public_ones_are_called() -> None:
    assert await public_addresses("93.184.215.14", 443) == ["93.184.215.14"]
    assert await public_addresses("2606:4700::1111", 443) == ["2606:4700::1111"]


async def test_the_certificate_must_be_that_of_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is connected to is an address that was looked at; what is asked for is the name."""
    named: list[bytes] = []

    class Context(ssl.SSLContext):
        def wrap_bio(self, *given: Any, **more: Any) -> ssl.SSLObject:
            named.append(given[3])
            return super().wrap_bio(*given, **more)

    async def found(host: str, port: int) -> list[str]:
        assert (host, port) == ("hooks.example.org", at)
        return ["127.0.0.1"]

    async with receiver() as heard:
        at = int(heard.url.rpartition(":")[2].partition("/")[0])
        monkeypatch.setattr("activities.webhook_client.public_addresses", found)
        client = WebhookClient(f"https://hooks.example.org:{at}/x", "whsec_" + "A" * 40)
        pool = getattr(client._http._transport, "_pool")  # noqa: B009 - private, and not in its type
        monkeypatch.setattr(pool, "_ssl_context", Context(ssl.PROTOCOL_TLS_CLIENT))
        async with client:
            answered = await client.send("x", NOW, b"{}")
    assert answered.code == "unreachable"
    assert named == [b"hooks.example.org"]
