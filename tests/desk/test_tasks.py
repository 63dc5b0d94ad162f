"""A task outlives the worker that opened it, and is finished on its page."""

import json
from pathlib import Path

import httpx2
from starlette.datastructures import FormData

from activities.connectors.manual import ManualConnector
from activities.ledger import TaskFilter
from habeas.model import Stage
from tests.desk.pages import form, said, send
from tests.office.world import World, world
from workers.desk import create_app
from workers.desk.tasks import _typed
from workers.postgres import EmbeddedPostgres
from workers.queues import running


async def test_a_worker_that_starts_again_knows_the_task(postgres_server: EmbeddedPostgres, tmp_path: Path) -> None:
    async with world(postgres_server, tmp_path, worker=False) as here:
        demo = here.parts.policies["demo"]
        collections = [{"name": name, "category": "correspondence"} for name in ("letters", "folders")]
        cabinet = {"title": "Cabinet", "collections": collections, "max_file_mb": 1}
        wider = demo.model_copy(update={"systems": ("crm", "paper")})
        object.__setattr__(here.parts, "policies", {"demo": wider})
        paper = ManualConnector.from_settings("paper", cabinet)
        object.__setattr__(here.parts, "connectors", {**here.parts.connectors, "paper": paper})
        address = here.person()
        async with running(here.client, here.parts):
            request_id = await here.proven(address)
            await here.waits(request_id, "paper")
        async with running(here.client, here.parts):
            app = httpx2.ASGITransport(create_app(here.office))
            async with httpx2.AsyncClient(transport=app, base_url="http://127.0.0.1") as browser:
                await _finished(browser, here, f"/tasks/{request_id.lower()}-1", address)
            await here.reach(request_id, Stage.REVIEWING, Stage.CLOSED)
        counts = {row.system: row.counts for row in (await here.office.show(request_id)).systems}
        assert counts["paper"] == {"records": 1, "files": 1} | counts["paper"]


async def _finished(browser: httpx2.AsyncClient, here: World, path: str, address: str) -> None:
    listed = await browser.get("/tasks")
    assert path in listed.text
    assert address not in listed.text
    systems = (await browser.get("/systems")).text
    assert 'href="/?waits=paper"' in systems
    assert "/systems/paper/retry" not in systems  # it waits for people
    asked = await browser.get(path)
    assert address not in asked.text
    shown = await send(browser, form(asked, path), reason="going to the archive")
    assert address in shown.text
    answer = form(shown, f"{path}/done")
    silent = await send(browser, answer, reason="folder 12")
    assert silent.status_code == 422
    assert "folder 12" in silent.text
    typed = {**answer.values, "found": "something", "collection": "folders", "reason": "folder 12"}
    typed |= {"name.0": "about", "value.0": "kettle"}
    shown = await browser.post(answer.action, data=typed)
    for words in ("taken as the person’s: 1", "the files that you add below", "kettle", "No other task"):
        assert words in said(shown), words
    back = await send(browser, form(shown, answer.action, step="edit"))
    assert form(back, answer.action).values["value.0"] == "kettle"
    sure = form(shown, answer.action, step="do").values
    for status, name, content in (
        (422, "page.html", b"<html><script>alert(1)</script></html>"),
        (422, "scan.pdf", b"\x00\x01 no PDF at all"),
        (422, "big.txt", b"x" * (1024 * 1024 + 1)),
    ):
        refused = await browser.post(answer.action, data=sure, files={"files": (name, content)})
        assert refused.status_code == status, name
        assert "kettle" in refused.text
    assert len(await here.office.tasks(TaskFilter())) == 1
    done = await browser.post(answer.action, data=sure, files={"files": ("scan.html", b"%PDF-1.7 a real one")})
    assert done.status_code == 303, said(done)
    assert "The request goes on" in said(await browser.get(done.headers["location"]))


def test_two_values_of_one_name_are_both_kept() -> None:
    """What the page shows before it is done is what is written down."""
    rows = {"name.0": "phone", "value.0": "+45 1", "name.1": "phone", "value.1": "+45 2", "name.2": "", "value.2": "x"}
    (record,) = _typed(FormData([*rows.items(), ("found", "something")])).records
    assert json.loads(record) == {"data": {"phone": ["+45 1", "+45 2"], "field_3": "x"}}
