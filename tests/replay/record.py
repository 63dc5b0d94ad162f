"""Records the histories that every later version must be able to replay: ``python -m tests.replay.record``.

Each scenario runs on the real server with real processes. An old history is never written over: a change to a workflow
that adds commands is patched (`workflow.patched`), and gets a new scenario here, with a new name.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from habeas.acts import ActKind
from habeas.model import Right, Stage
from workers import logs
from workers.demo.run import Run
from workers.office import NewRequestInput, Office, open_office
from workers.samples import ACCESS, ERASURE, SHARED_MAILBOX, TWO_ADDRESSES, UNKNOWN_TO_CRM, SamplePerson
from workers.stack import StackOptions, running_stack
from workers.wiring import connect_temporal

HISTORIES = Path(__file__).parent / "histories"


class Scenarios:
    """What is recorded, by name."""

    def __init__(self, office: Office, data_dir: Path) -> None:
        self._office = office
        self._run = Run(office, data_dir, lambda text: None)

    def all(self) -> dict[str, Callable[[], Awaitable[str]]]:
        """Name -> the scenario, which answers with the request's id."""
        return {
            "access": lambda: self._carried_out(ACCESS, Right.ACCESS),
            "erasure_with_retained_objects": lambda: self._carried_out(ERASURE, Right.ERASURE),
            "access_after_an_ambiguous_match": lambda: self._carried_out(SHARED_MAILBOX, Right.ACCESS),
            "withdrawn_while_verifying": self._withdrawn,
            "refused_in_review_after_extension_and_pause": self._refused,
        }

    async def _carried_out(self, person: SamplePerson, right: Right) -> str:
        return (await self._run.carry_out(person.role, person, right)).id

    async def _open(self, person: SamplePerson, right: Right) -> str:
        asked = NewRequestInput(right=right.value, opened_by="Desk", emails=(person.email,), language=person.language)
        return (await self._office.open_request(asked)).id

    async def _until(self, request_id: str, stage: Stage) -> None:
        while (await self._office.show(request_id)).request.stage is not stage:  # noqa: ASYNC110  # moved elsewhere
            await asyncio.sleep(0.1)

    async def _act(self, kind: ActKind, request_id: str, **facts: str) -> None:
        await self._office.act(
            kind, request_id, by="Officer one", reason="recorded", act_id=None, sealed=None, stated=None, **facts
        )

    async def _withdrawn(self) -> str:
        request_id = await self._open(UNKNOWN_TO_CRM, Right.ACCESS)
        await self._until(request_id, Stage.VERIFYING)
        await self._act(ActKind.RESEND_CODE, request_id)
        await self._act(ActKind.WITHDRAW, request_id)
        await self._until(request_id, Stage.CLOSED)
        return request_id

    async def _refused(self) -> str:
        request_id = await self._open(TWO_ADDRESSES, Right.ERASURE)
        await self._until(request_id, Stage.VERIFYING)
        await self._act(ActKind.ATTEST, request_id)
        await self._until(request_id, Stage.REVIEWING)
        await self._act(ActKind.EXTEND, request_id, ground="complexity")
        await self._act(ActKind.PAUSE, request_id, pause_reason="identity")
        await self._act(ActKind.RESUME, request_id)
        await self._act(ActKind.REFUSE, request_id, ground="manifestly_unfounded")
        await self._until(request_id, Stage.CLOSED)
        return request_id


def _anonymous(part: Any) -> Any:
    """The same without the name of this machine, which stands in identities and in names of sticky queues."""
    if isinstance(part, dict):
        return {name: _anonymous(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_anonymous(one) for one in part]
    return part.replace(socket.gethostname(), "recorded") if isinstance(part, str) else part


async def _record() -> None:
    logs.configure("error")
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        async with running_stack(StackOptions(data_dir, people=20, durable=False)) as stack:
            settings = stack.settings()
            client = await connect_temporal(settings)
            async with open_office(settings) as office:
                for name, scenario in Scenarios(office, data_dir).all().items():
                    file = HISTORIES / f"{name}.json"
                    if file.exists():
                        continue
                    request_id = await scenario()
                    handle = client.get_workflow_handle(request_id)
                    await handle.result()
                    history = _anonymous((await handle.fetch_history()).to_json_dict())
                    file.write_text(json.dumps({"id": request_id, **history}, indent=1, sort_keys=True) + "\n")
                    sys.stderr.write(f"{name}: {len(history['events'])} events\n")


if __name__ == "__main__":
    asyncio.run(_record())
