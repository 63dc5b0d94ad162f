"""An installation is made ready by one command, and no process starts on one that is not."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx2
import pytest
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    DescribeWorkerDeploymentResponse,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from activities.ledger import REVISIONS, Ledger, LedgerBehind, current_revision, downgrade
from activities.vault import Vault
from habeas.errors import ConfigurationError, HabeasError
from tests.cli.conftest import Bare, run
from tests.office.world import PATIENCE, World
from workers.bootstrap.engine import EngineUnprepared, check_engine, look, make_namespace
from workers.bootstrap.run import NEW_RETENTION
from workers.health import ACTIVITIES, WORKFLOWS, NotPolling, Readiness, UnderWay, answering
from workers.opening_parts import open_parts
from workers.process import free_port
from workers.settings import HealthSettings, Settings
from workers.wiring import load_settings
from workers.worker import anchor_place

BUILD = "2026.11-a"


async def test_each_step_is_done_once_and_a_dry_run_does_none(here: World, bare: Bare) -> None:
    would = await bare.bootstrap("--dry-run")
    assert would == {"policies": "as_it_was"} | dict.fromkeys(
        ("ledger", "rights", "namespace", "search_attributes", "sweep"), "would_change"
    )
    assert await current_revision(bare.dsn) is None
    client = await Client.connect(here.address, namespace=bare.namespace)
    assert (await look(client)).retention is None

    assert set((await bare.bootstrap()).values()) == {"as_it_was", "changed"}
    assert await current_revision(bare.dsn) == REVISIONS[-1]
    assert (await look(client)).retention == NEW_RETENTION
    assert set((await bare.bootstrap()).values()) == {"as_it_was"}
    assert (await bare.bootstrap("--retention-days", "30", "--dry-run"))["namespace"] == "would_change"
    assert (await look(client)).retention == NEW_RETENTION
    assert (await bare.bootstrap("--retention-days", "30"))["namespace"] == "changed"

    owner = await asyncpg.connect(bare.dsn)
    await owner.execute(f"REVOKE INSERT ON evidence FROM {bare.role}")
    said = await bare.habeas("bootstrap", "--grant-to", bare.role, "--dry-run")
    assert [step["said"] for step in said.json["steps"] if step["step"] == "rights"] == [
        f"{bare.role}: 1 rights on evidence"
    ]
    await owner.close()
    nobody = await bare.habeas("bootstrap", "--grant-to", "nobody")
    assert (nobody.code, "no role nobody" in nobody.err) == (5, True)


async def test_nothing_is_changed_while_a_policy_is_not_complete(bare: Bare) -> None:
    (bare.config.parent / "controllers/demo.toml").write_text("[controller]\n")
    said = await bare.habeas("bootstrap")
    assert (said.code, "demo.toml" in said.err) == (5, True)
    assert await current_revision(bare.dsn) is None


async def test_a_process_refuses_what_is_not_ready_and_says_what_to_do(here: World, bare: Bare) -> None:
    empty = await bare.habeas("desk")
    assert (empty.code, empty.error["code"]) == (5, "ledger_behind")
    await bare.habeas("ledger", "migrate")
    await downgrade(bare.dsn, REVISIONS[-2])
    older = await bare.habeas("request", "list")
    assert (older.code, older.error["code"]) == (5, "ledger_behind")
    assert f"at {REVISIONS[-2]}, and needs {REVISIONS[-1]}" in older.error["message"]
    ledger = Ledger.connect(bare.dsn, here.ledger.vault, 1)
    with pytest.raises(LedgerBehind):
        await Readiness(ledger, here.client, {}, UnderWay()).check()
    await ledger.aclose()
    await bare.habeas("ledger", "migrate")
    client = await Client.connect(here.address, namespace=bare.namespace)
    with pytest.raises(EngineUnprepared, match=f"no namespace {bare.namespace}"):
        await check_engine(client)
    await make_namespace(client, NEW_RETENTION)
    bald = await run("worker", "--config", str(bare.config), "--json")
    assert (bald.code, bald.error["code"]) == (5, "engine_unprepared")
    assert "HabeasDueAt" in bald.error["message"]
    assert "habeas bootstrap" in bald.error["remedy"]


async def test_the_ledger_goes_back_only_when_told_so(bare: Bare) -> None:
    assert (await bare.habeas("ledger", "migrate", "--to", REVISIONS[-2])).json["after"] == REVISIONS[-2]
    assert (await bare.habeas("ledger", "migrate")).json["after"] == REVISIONS[-1]
    refused = await bare.habeas("ledger", "migrate", "--to", REVISIONS[-2])
    assert (refused.code, "--back" in refused.error["message"]) == (2, True)
    assert (await bare.habeas("ledger", "migrate", "--to", "0999")).code == 2
    gone_back = await bare.habeas("ledger", "migrate", "--to", REVISIONS[-2], "--back")
    assert gone_back.json == {"before": REVISIONS[-1], "after": REVISIONS[-2]}


async def test_a_worker_is_ready_while_it_asks_for_work_or_has_its_hands_full(here: World) -> None:
    queue, system = here.parts.task_queue, here.parts.queue_of("crm")
    await _ready(Readiness(here.ledger, here.client, {queue: WORKFLOWS, system: ACTIVITIES}, UnderWay()))
    busy = UnderWay()
    alone = Readiness(here.ledger, here.client, {"nobodys": ACTIVITIES}, busy)
    with pytest.raises(NotPolling, match="nobodys"):
        await alone.check()
    port = free_port()
    async with (
        answering(HealthSettings(port=port), alone),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as probe,
    ):
        assert (await probe.get("/healthz")).status_code == 200
        refused = await probe.get("/readyz")
        assert (refused.status_code, refused.json()["error"]) == (503, "not_polling")
        busy.queues["nobodys"] += 1
        assert (await probe.get("/readyz")).status_code == 200
        with pytest.raises(ConfigurationError, match=f"`health.port` {port}"):
            async with answering(HealthSettings(port=port), alone):
                pass


async def _ready(readiness: Readiness) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await readiness.check()
            except HabeasError:
                continue


async def test_a_build_takes_work_once_it_is_current(here: World, bare: Bare) -> None:
    await bare.bootstrap()
    port = free_port()
    async with _worker(bare, port), httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as probe:
        await _serves(probe)
        assert (await probe.get("/healthz")).json() == {"status": "ok"}
        client = await Client.connect(here.address, namespace=bare.namespace)
        told = await _deployment(client)
        status = told.worker_deployment_info.version_summaries[0].status
        assert status == WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_INACTIVE
        sweep = client.get_workflow_handle("habeas-sweep")
        assert (await sweep.describe()).history_length == 2, "nobody took it up"
        await client.workflow_service.set_worker_deployment_current_version(
            SetWorkerDeploymentCurrentVersionRequest(
                namespace=bare.namespace, deployment_name="habeas", build_id=BUILD, conflict_token=told.conflict_token
            )
        )
        async with asyncio.timeout(PATIENCE):
            while (await sweep.describe()).history_length < 5:
                pass
        info = (await sweep.describe()).raw_description.workflow_execution_info.versioning_info
        assert (info.deployment_version.build_id, info.behavior) == (BUILD, 2)


async def _deployment(client: Client) -> DescribeWorkerDeploymentResponse:
    request = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name="habeas")
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await client.workflow_service.describe_worker_deployment(request)
            except RPCError:
                continue


async def _serves(probe: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                if (await probe.get("/readyz")).status_code == 200:
                    return
            except httpx2.HTTPError:
                continue


@asynccontextmanager
async def _worker(bare: Bare, port: int) -> AsyncIterator[None]:
    """A real process, as the role that has the least rights."""
    keys = bare.config.parent / "master.keys"
    Vault.create_file(keys)
    more = {
        "HABEAS_LEDGER__URL": bare.as_app,
        "HABEAS_KEYS__MASTER_FILE": str(keys),
        "HABEAS_HEALTH__PORT": str(port),
        "HABEAS_TEMPORAL__DEPLOYMENT": "habeas",
        "HABEAS_TEMPORAL__BUILD": BUILD,
    }
    words = (sys.executable, "-m", "workers", "worker", "--config", str(bare.config))
    process = await asyncio.create_subprocess_exec(
        *words, env=os.environ | more, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    said = asyncio.create_task(process.communicate())
    try:
        yield
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(asyncio.shield(said), PATIENCE)
    finally:
        if process.returncode is None:
            process.kill()
        err = (await said)[1].decode()
    assert process.returncode == 0, err


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("MAIL__USERNAME", "habeas", "`mail`: a username needs a password"),
        ("STORAGE__URL", "ftp://x", "`storage.url`"),
        ("EVIDENCE__ANCHORS", "ftp://x", "`evidence.anchors`"),
        ("LEDGER__URL", "mysql://x", "`ledger.url`"),
        ("POLICIES", "/nowhere", "`policies`"),
        ("SYSTEMS__CRM__CONNECTOR", "nothing", "systems.crm.connector"),
    ],
)
async def test_a_worker_that_is_half_configured_does_not_start_and_names_the_setting(
    bare: Bare, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"HABEAS_{variable}", value)
    settings = load_settings(bare.config)
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        async with place_and_parts(settings):
            pass


@asynccontextmanager
async def place_and_parts(settings: Settings) -> AsyncIterator[None]:
    anchor_place(settings.evidence)
    async with open_parts(settings):
        yield
