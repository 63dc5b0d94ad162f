import asyncio

from tests.cli.conftest import Habeas
from tests.office.world import World
from tests.receiver import receiver
from workers.delivering import Sender


async def test_a_webhook_is_added_tested_listed_and_removed(habeas: Habeas, here: World) -> None:
    async with receiver() as heard:
        added = (await habeas("webhook", "add", heard.url, "--type", "closed", "--by", "Kim", "--json")).json
        webhook_id, heard.secret = added["webhook"]["id"], added["secret"]
        again = await habeas("webhook", "add", heard.url, "--by", "Kim")
        assert again.code == 2
        assert "webhook list" in again.err
        stop = asyncio.Event()
        sending = asyncio.create_task(Sender(here.ledger, private=True).run(stop))
        try:
            tested = await habeas("webhook", "test", webhook_id)
        finally:
            stop.set()
            await sending
        assert "http_204" in tested.out
        # Beside what other tests' requests came to.
        assert [one["type"] for one in heard.taken].count("eu.habeas.test") == 1
        listed = await habeas("webhook", "list")
        assert webhook_id in listed.out
        assert heard.secret not in listed.out
        assert (await habeas("webhook", "enable", webhook_id)).code == 0
        assert (await habeas("webhook", "remove", webhook_id, "--by", "Kim")).code == 0
        assert webhook_id not in (await habeas("webhook", "list")).out
        assert (await habeas("webhook", "remove", webhook_id, "--by", "Kim")).code == 2


async def test_an_address_that_may_not_be_called_is_refused(habeas: Habeas) -> None:
    said = await habeas("webhook", "add", "http://hooks.example.org/", "--by", "Kim")
    assert said.code == 2
    assert "https" in said.err
