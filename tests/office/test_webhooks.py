"""A whole request, told to another program as it goes: in order, and naming nobody."""

import asyncio
import re
from pathlib import Path

import pytest

from habeas.access import Scope
from habeas.errors import BadInput
from habeas.events import EventType
from habeas.model import Stage
from tests.office.world import PATIENCE, World
from tests.receiver import receiver
from workers.delivering import Sender
from workers.office import Office
from workers.wiring import load_settings
from workers.worker import _work

NAME = "Cassandra Featherstonehaugh"


async def test_a_request_is_told_from_its_opening_to_its_end_and_nobody_is_named(here: World) -> None:
    async with receiver() as heard:
        made = await here.office.add_webhook(heard.url, controller=None, by="Ada Admin")
        heard.secret = made.secret
        stop = asyncio.Event()
        sending = asyncio.create_task(Sender(here.ledger, private=True).run(stop))
        try:
            address = here.person(name=NAME)
            code_of = await here.open(address, name=NAME, note="call +45 11 22 33 44")
            await here.office.submit_code(code_of, await here.code(address))
            await here.reach(code_of, Stage.CLOSED)
            async with asyncio.timeout(PATIENCE):
                while not any(one["type"] == EventType.CLOSED for one in heard.taken if one["subject"] == code_of):
                    heard.took.clear()
                    await heard.took.wait()
        finally:
            stop.set()
            await sending
            await here.office.remove_webhook(made.webhook.id, by="Ada Admin")
    mine = [one for one in heard.taken if one["subject"] == code_of]
    assert heard.unsigned == 0
    assert mine[0]["type"] == EventType.OPENED
    assert mine[-1]["data"]["outcome"]
    numbers = [one["sequence"] for one in mine]
    assert numbers == sorted(set(numbers))
    kinds = {one["type"] for one in mine}
    assert kinds >= {
        EventType.CLOCK_COMPUTED,
        EventType.STAGE_ENTERED,
        EventType.IDENTITY_PROVEN,
        EventType.RELEASED,
    }
    # Without the signatures, which were checked above: three letters come about in base64 by chance.
    whole = re.sub(rb"v1,[\w+/=]+", b"", b"".join(heard.raw)).lower()
    for secret in (
        address,
        NAME,
        "cassandra",
        "featherston",
        "11 22 33 44",
        "kim",
        "ada admin",
        here.office.actor("Kim"),
    ):
        assert secret.lower().encode() not in whole
    assert code_of.lower().encode() in whole


async def test_a_worker_sends_beside_its_other_work(
    here: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HABEAS_WEBHOOKS__PRIVATE_ADDRESSES", "true")
    settings = load_settings(here.settings_file(tmp_path))
    async with receiver() as heard:
        made = await here.office.add_webhook(heard.url, controller=None, by="Kim")
        heard.secret = made.secret
        stop = asyncio.Event()
        working = asyncio.create_task(_work(settings, here.parts, None, stop))
        try:
            await here.open(here.person())
            async with asyncio.timeout(PATIENCE):
                await heard.took.wait()
        finally:
            stop.set()
            await working
            await here.office.remove_webhook(made.webhook.id, by="Kim")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://hooks.example.org/x", "https"),
        ("ftp://hooks.example.org/x", "no http address"),
        ("https://me:secret@hooks.example.org/x", "credentials"),
        ("hooks", "no http address"),
    ],
)
async def test_an_address_must_be_one_that_may_be_called(here: World, url: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as raised:
        await here.office.add_webhook(url, controller="demo", by="Kim")
    assert "secret" not in str(raised.value)


async def test_types_are_of_a_closed_list(here: World) -> None:
    with pytest.raises(BadInput, match="opened"):
        await here.office.add_webhook("https://x.example", controller="demo", types=("opned",), by="Kim")
    made = await here.office.add_webhook(
        "https://x.example/1", controller="demo", types=("closed", EventType.OVERDUE), by="Kim"
    )
    assert set(made.webhook.types) == {EventType.CLOSED, EventType.OVERDUE}
    await here.office.remove_webhook(made.webhook.id, by="Kim")


async def test_another_controllers_webhooks_and_events_are_not_there(here: World) -> None:
    demo = here.parts.policies["demo"]
    other = demo.model_copy(update={"controller": demo.controller.model_copy(update={"id": "other"})})
    both = Office(here.ledger, here.office._engine, {"demo": demo, "other": other}, here.office._storage)
    ours = await both.for_staff("Kim", controllers=["demo"]).add_webhook("https://x.example/2", controller=None, by="K")
    theirs = both.for_staff("Kim", controllers=["other"])
    assert await theirs.webhooks() == ()
    for act in (theirs.remove_webhook(ours.webhook.id, by="K"), theirs.test_webhook(ours.webhook.id)):
        with pytest.raises(BadInput, match="no such webhook"):
            await act
    with pytest.raises(BadInput):
        await theirs.add_webhook("https://x.example/3", controller="demo", by="K")
    start = (await theirs.events_after(None)).position
    request_id = await here.open(here.person())
    assert (await theirs.events_after(start)).events == ()
    rights = {"demo": frozenset({Scope.TOKENS}), "other": frozenset({Scope.REQUESTS_READ})}
    elsewhere = Office(here.ledger, both._engine, both._policies, both._storage, both._now, rights)
    assert (await elsewhere.events_after(start)).events == ()
    mine = await both.for_staff("Kim", controllers=["demo"]).events_after(start)
    assert request_id in [one.event.subject for one in mine.events]
    await here.office.remove_webhook(ours.webhook.id, by="Kim")
