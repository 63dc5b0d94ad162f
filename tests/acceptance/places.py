"""Everywhere that personal data must not be: what Temporal keeps and tells, logs, metrics, traces, outputs, files."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from google.protobuf.json_format import MessageToJson
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from tests.acceptance.command import Said
from tests.acceptance.house import House, fetch
from workers.office.engine import WORKFLOW
from workers.stack import PartName

PACKS = "packs"
"""The folder in the stack's where tests put evidence packs that name nobody."""
QUERIES = ("__temporal_workflow_metadata", "__stack_trace", "__enhanced_stack_trace")


async def everywhere(house: House) -> dict[str, bytes]:
    """All of it, by where it was found. Temporal is stopped in between, so that its files are complete."""
    found = await in_temporal(house)
    found |= {"metrics of the worker": await house.stack.metrics(), "traces": b"\0".join(house.stack.traces)}
    found |= outputs(house.habeas.heard)
    found |= command_lines(house)
    found |= await in_ledger(house)
    data = house.stack.folder
    await house.stack.part(PartName.TEMPORAL).stop()
    try:
        found |= files(data.temporal)
    finally:
        await house.stack.restart(PartName.TEMPORAL)
    found |= files(data.logs) | files(data.storage) | files(data.path / PACKS)
    kept = ("stack.json", "parts.json", "habeas.toml", data.anchors.name)
    found |= {name: (data.path / name).read_bytes() for name in kept}
    return found


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, its name with it."""
    return {
        f"file {path.relative_to(folder.parent)}": str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


async def in_temporal(house: House) -> dict[str, bytes]:
    """Every request as the server tells of it, while it runs: its files, and its answers to every question."""
    found = files(house.stack.folder.temporal)
    client = await house.temporal()
    async for listed in client.list_workflows():
        handle = client.get_workflow_handle(listed.id, run_id=listed.run_id)
        description = (await handle.describe()).raw_description
        found[f"list of {listed.id}"] = MessageToJson(listed.raw_info).encode() + listed.raw_info.SerializeToString()
        found[f"description of {listed.id}"] = MessageToJson(description).encode() + description.SerializeToString()
        history = await handle.fetch_history()
        raw = b"".join(event.SerializeToString() for event in history.events)
        found[f"history of {listed.id}"] = history.to_json().encode() + raw
        if listed.workflow_type == WORKFLOW:
            found |= {f"{query} of {listed.id}": await _asked(handle, query) for query in QUERIES}
    return found


async def _asked(handle: "WorkflowHandle[object, object]", query: str) -> bytes:
    try:
        return json.dumps(await handle.query(query, rpc_timeout=timedelta(seconds=10)), default=str).encode()
    except RPCError as error:
        return str(error).encode()


def outputs(heard: list[Said]) -> dict[str, bytes]:
    """What commands said that were not asked for personal data."""
    return {
        f"output {number} of habeas {' '.join(said.words[:2])}": (said.out + said.err).encode()
        for number, said in enumerate(heard)
    }


def command_lines(house: House) -> Mapping[str, bytes]:
    """How the processes of the installation were started, as everybody on the machine can see."""
    found = {}
    for name in house.stack.parts:
        process = house.stack.part(name).process
        if process is not None:
            found[f"command line of {name}"] = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    return found


async def in_ledger(house: House) -> dict[str, bytes]:
    """Every row of the ledger as text."""
    async with house.store("ledger") as sql:
        tables = await sql.fetch("select tablename from pg_tables where schemaname = 'public'")
        return {
            f"ledger {table}": "\n".join(
                row[0]
                for row in await sql.fetch(f'select t::text from "{table}" t')  # noqa: S608  names of the catalogue
            ).encode()
            for (table,) in tables
        }


async def metrics_at(port: int) -> dict[str, bytes]:
    """A page of metrics."""
    return {"metrics": await fetch(f"http://127.0.0.1:{port}/metrics")}
