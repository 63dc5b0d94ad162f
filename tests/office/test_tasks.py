"""A task outlives the worker that opened it."""

from pathlib import Path

from activities.connectors.manual import ManualConnector
from habeas.model import Stage
from tests.office.world import world
from workers.office import Said
from workers.postgres import EmbeddedPostgres
from workers.worker import running


async def test_a_worker_that_starts_again_knows_the_task(postgres_server: EmbeddedPostgres, tmp_path: Path) -> None:
    async with world(postgres_server, tmp_path, worker=False) as here:
        demo = here.parts.policies["demo"]
        cabinet = {"title": "Cabinet", "collections": [{"name": "letters", "category": "correspondence"}]}
        wider = demo.model_copy(update={"systems": ("crm", "paper")})
        object.__setattr__(here.parts, "policies", {"demo": wider})
        paper = ManualConnector.from_settings("paper", cabinet)
        object.__setattr__(here.parts, "connectors", {**here.parts.connectors, "paper": paper})
        address = here.person()
        async with running(here.client, here.parts):
            request_id = await here.proven(address)
            await here.waits(request_id, "paper")
        async with running(here.client, here.parts):
            said = Said(records=('{"about": "kettle"}',))
            answer = await here.office.finish_task(f"{request_id.lower()}-1", by="Kim", reason="went", said=said)
            assert answer.note == "task_done"
            await here.reach(request_id, Stage.CLOSED)
        counts = {row.system: row.counts for row in (await here.office.show(request_id)).systems}
        assert counts["paper"]["records"] == 1
