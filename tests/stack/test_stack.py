"""The embedded stack starts, stops, is killed and starts again, and nothing is lost or left running."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx2
import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from tests.stack.helpers import command_process, runs_still, stack_process
from workers.postgres import FolderInUse
from workers.process import LOOPBACK, can_die_with_parent, free_port
from workers.stack import PartEnded, PartName, Ports, PortTaken, Stack, StackOptions, Step, running_stack
from workers.stack.folder import DataFolder, FolderUnusable
from workers.stack.stores import SAMPLE_STORES
from workflows.attributes import SEARCH_ATTRIBUTES

pytestmark = pytest.mark.stack

PARTS = frozenset({PartName.POSTGRES, PartName.TEMPORAL, PartName.MAILBOX})
NO_DEATH_SIGNAL = pytest.mark.skipif(not can_die_with_parent(), reason="missing part: setpriv --pdeathsig (util-linux)")


def options(folder: Path, parts: frozenset[PartName] = PARTS, ports: Ports = Ports()) -> StackOptions:  # noqa: B008  frozen
    return StackOptions(folder, people=30, parts=parts, ports=ports, durable=False)


async def value(dsn: str, statement: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def store_url(stack: Stack, name: str) -> str:
    return str(stack.settings().systems[name].options()["url"])


async def test_a_second_start_finds_everything_where_it_was(tmp_path: Path) -> None:
    steps: list[Step] = []
    async with running_stack(options(tmp_path), steps.append) as first:
        addresses = first.addresses
        for name in SAMPLE_STORES:
            await value(store_url(first, name), "create table kept as select 1")
        client = await Client.connect(addresses.temporal)
        await client.start_workflow("Waits", id="HB-KEPT", task_queue="nobody")
    assert [step.title for step in steps if step.seconds is None] == [
        "PostgreSQL",
        "Ledger",
        "Sample stores, 30 people, this once",
        "Temporal",
        "Mailbox",
    ]
    assert runs_still(tmp_path) == []
    async with running_stack(options(tmp_path)) as second:
        assert second.addresses == addresses
        for name in SAMPLE_STORES:
            assert await value(store_url(second, name), "select count(*) from kept") == 1
        assert await value(second.settings().ledger.url.get_secret_value(), "select count(*) from alembic_version") == 1
        client = await Client.connect(addresses.temporal)
        assert (await client.get_workflow_handle("HB-KEPT").describe()).id == "HB-KEPT"
        shown = json.loads((tmp_path / "stack.json").read_text())
        assert {name: shown[name] for name in addresses.as_dict()} == addresses.as_dict()
    assert runs_still(tmp_path) == []
    for name in ("habeas.toml", "stack.json", "master.key", "postgres/superuser.password"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600, name


async def test_the_temporal_server_knows_our_attributes_and_keeps_what_is_closed(tmp_path: Path) -> None:
    async with running_stack(options(tmp_path, frozenset({PartName.POSTGRES, PartName.TEMPORAL}))) as stack:
        client = await Client.connect(stack.addresses.temporal)
        listed = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace="default"))
        assert {name: listed.custom_attributes[name] for name in SEARCH_ATTRIBUTES} == dict(SEARCH_ATTRIBUTES)
        asked = DescribeNamespaceRequest(namespace="default")
        namespace = await client.workflow_service.describe_namespace(asked)
        assert namespace.config.workflow_execution_retention_ttl.ToTimedelta() >= timedelta(days=30)


async def test_a_killed_part_is_started_again_at_its_address(tmp_path: Path) -> None:
    async with running_stack(options(tmp_path)) as stack:
        watch = asyncio.ensure_future(stack.watch())
        for name in (PartName.POSTGRES, PartName.TEMPORAL, PartName.MAILBOX):
            stack.kill(name)
            assert name not in stack.parts
            await stack.restart(name)
            assert name in stack.parts
        assert await value(stack.addresses.ledger, "select 1") == 1
        assert not watch.done()
        watch.cancel()
    assert runs_still(tmp_path) == []


async def test_workers_take_turns_at_being_killed(tmp_path: Path) -> None:
    parts = PARTS | {PartName.WORKER}
    async with running_stack(replace(options(tmp_path, parts), workers=2)) as stack:
        assert {"worker-1", "worker-2"} <= set(stack.parts)
        first = stack.part("worker-1").process
        stack.kill_worker(1)
        assert "worker-1" not in stack.parts
        assert await stack.start_worker() == 1
        again = stack.part("worker-1").process
        assert first is not None
        assert again is not None
        assert again.pid != first.pid
    assert runs_still(tmp_path) == []
    for number in (1, 2):
        assert "worker_stopped" in (tmp_path / "logs" / f"worker-{number}.log").read_text()


async def test_a_part_that_ends_by_itself_is_named_with_its_log(tmp_path: Path) -> None:
    async with running_stack(options(tmp_path, frozenset({PartName.POSTGRES, PartName.MAILBOX}))) as stack:
        process = stack.part(PartName.MAILBOX).process
        assert process is not None
        process.send_signal(signal.SIGKILL)
        with pytest.raises(PartEnded, match=r"mailbox \(signal SIGKILL\)") as raised:
            await asyncio.wait_for(stack.watch(), 10)
        assert str(tmp_path / "logs" / "mailbox.log") in raised.value.diagnostics()


async def test_two_stacks_on_one_folder_are_one_too_many(tmp_path: Path) -> None:
    async with running_stack(options(tmp_path, frozenset({PartName.POSTGRES}))) as stack:
        with pytest.raises(FolderInUse, match=str(tmp_path)):
            async with running_stack(options(tmp_path)):
                pytest.fail("two owners")
        assert await value(stack.addresses.ledger, "select 1") == 1


async def test_a_port_that_is_taken_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"{port} \(temporal ui\)"):
            async with running_stack(options(tmp_path, ports=Ports(temporal_ui=port))):
                pytest.fail("started")
    assert not (tmp_path / "postgres").exists()
    assert runs_still(tmp_path) == []


async def test_ports_are_where_they_are_asked_for(tmp_path: Path) -> None:
    ports = Ports(postgres=free_port(), inbox=free_port(), smtp=free_port())
    async with running_stack(options(tmp_path, frozenset({PartName.POSTGRES, PartName.MAILBOX}), ports)) as stack:
        assert (stack.ports.postgres, stack.ports.inbox, stack.ports.smtp) == (ports.postgres, ports.inbox, ports.smtp)
        assert stack.settings().mail.port == ports.smtp


async def test_what_is_set_for_another_installation_does_not_reach_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HABEAS_LEDGER__URL", "HABEAS_DESK__HOST", "TEMPORAL_ADDRESS", "PGSSLMODE"):
        monkeypatch.setenv(name, "production")
    async with running_stack(options(tmp_path, frozenset({PartName.POSTGRES}))) as stack:
        assert stack.settings().ledger.url.get_secret_value() == stack.addresses.ledger
        assert stack.settings().desk.host == LOOPBACK
        assert "production" not in stack.environment.values()
        assert stack.environment["HABEAS_CONFIG"] == str(tmp_path / "habeas.toml")


async def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderUnusable, match="file"):
        async with running_stack(options(tmp_path / "file")):
            pytest.fail("started")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_everything_within_seconds(tmp_path: Path, sign: signal.Signals) -> None:
    async with stack_process(tmp_path) as stack:
        addresses = await stack.addresses()
        assert await value(addresses["ledger"], "select 1") == 1
        begun = time.monotonic()
        stack.process.send_signal(sign)
        code, said = await stack.ended()
        assert (code, runs_still(tmp_path)) == (0, []), said
        assert time.monotonic() - begun < 10
        assert "✓ Temporal" in said


async def test_the_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    async with stack_process(tmp_path, parts="postgres,mailbox") as stack:
        await stack.addresses()
        # What does not stop when asked to.
        parts = json.loads((tmp_path / "parts.json").read_text())
        os.kill(parts["mailbox"][0], signal.SIGSTOP)
        stack.process.send_signal(signal.SIGINT)
        assert stack.process.stderr is not None
        async with asyncio.timeout(10):
            while b"Stopping" not in await stack.process.stderr.readline():
                pass
        stack.process.send_signal(signal.SIGINT)
        code, _ = await stack.ended(within=4)
        assert code == 130
        assert runs_still(tmp_path, patience=5) == []


async def test_a_part_that_ends_stops_the_command_with_its_name(tmp_path: Path) -> None:
    async with stack_process(tmp_path, parts="postgres,mailbox") as stack:
        await stack.addresses()
        os.kill(json.loads((tmp_path / "parts.json").read_text())["postgres"][0], signal.SIGKILL)
        code, said = await stack.ended()
        assert code == 1
        assert "postgres (signal SIGKILL)" in said
        assert runs_still(tmp_path) == []


async def test_the_command_starts_everything(tmp_path: Path) -> None:
    words = ["up", "--data-dir", str(tmp_path), "--people", "30", "--json"]
    async with command_process("-m", "workers", *words) as stack:
        addresses = await stack.addresses()
        assert list(addresses) == ["desk", "temporal_ui", "temporal", "ledger", "mail", "inbox", "data_dir"]
        async with httpx2.AsyncClient() as client:
            for page in ("desk", "temporal_ui", "inbox"):
                assert (await client.get(addresses[page], follow_redirects=True)).status_code < 500, page
        assert list(json.loads((tmp_path / "parts.json").read_text())) == [
            "postgres",
            "temporal",
            "mailbox",
            "worker-1",
            "desk",
        ]
        stack.process.send_signal(signal.SIGINT)
        code, said = await stack.ended()
        assert (code, runs_still(tmp_path)) == (0, []), said


@NO_DEATH_SIGNAL
async def test_all_parts_end_with_a_killed_stack_and_the_next_start_goes_on(tmp_path: Path) -> None:
    async with stack_process(tmp_path) as stack:
        before = await stack.addresses()
        await value(before["ledger"], "create table kept as select 1")
        stack.process.kill()
        await stack.ended()
    assert runs_still(tmp_path, patience=15) == []
    async with running_stack(options(tmp_path)) as again:
        assert again.addresses.as_dict() == before
        assert await value(again.addresses.ledger, "select count(*) from kept") == 1


@NO_DEATH_SIGNAL
async def test_a_start_killed_at_any_step_can_be_started_again(tmp_path: Path) -> None:
    steps = [("PostgreSQL", 0.1), ("PostgreSQL", 0.5), ("Ledger", 0.1), ("Sample stores", 0.3), ("Temporal", 0.05)]
    for step, seconds in [*steps, ("Mailbox", 0.0)]:
        async with stack_process(tmp_path, step, str(seconds)) as stack:
            code, said = await stack.ended()
            assert code == -signal.SIGKILL, said
    async with running_stack(options(tmp_path)) as stack_again:
        people = await value(store_url(stack_again, "crm"), "select count(*) from contacts")
        assert isinstance(people, int)
        assert people > 20
        assert await value(stack_again.addresses.ledger, "select count(*) from alembic_version") == 1
        client = await Client.connect(stack_again.addresses.temporal)
        assert await client.service_client.check_health()


def test_parts_that_outlived_their_stack_are_ended_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.stack.folder.ORPHAN_PATIENCE", 0.5)
    killed = DataFolder(tmp_path)
    killed.acquire()
    words = [sys.executable, "-c", "import time; time.sleep(600)"]
    orphan = subprocess.Popen(words, pass_fds=killed.inherited, start_new_session=True)  # noqa: S603  our own words
    bystander = subprocess.Popen(words, start_new_session=True)  # noqa: S603  our own words
    try:
        killed.note_parts({"orphan": orphan.pid})
        # A number that was noted once and belongs to somebody else by now.
        noted = json.loads((tmp_path / "parts.json").read_text())
        (tmp_path / "parts.json").write_text(json.dumps(noted | {"gone": [bystander.pid, "1"]}))
        killed.release()
        again = DataFolder(tmp_path)
        again.acquire()
        again.release()
        assert orphan.wait(5) == -signal.SIGKILL
        assert bystander.poll() is None
    finally:
        for process in (orphan, bystander):
            process.kill()
            process.wait()
