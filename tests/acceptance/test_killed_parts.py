"""Parts of the installation are killed while requests are open, in the end all of it at once."""

import asyncio
import signal
import uuid
from pathlib import Path

import pytest

from habeas.model import Outcome, Right, Stage
from tests.acceptance.command import Habeas
from tests.acceptance.house import House, eventually
from tests.acceptance.people import plant, somebody
from tests.stack.helpers import command_process, runs_still
from workers.cli.exits import ExitCode
from workers.maildir import messages
from workers.office import open_office
from workers.process import can_die_with_parent
from workers.samples import ACCESS
from workers.stack import PartName
from workers.stack.stores import read_settings

pytestmark = pytest.mark.stack


@pytest.mark.parametrize("part", [PartName.TEMPORAL, PartName.POSTGRES])
async def test_a_request_outlives_a_killed_part(house: House, part: PartName) -> None:
    person = await plant(somebody(), house.store_url)
    request_id = await house.open(person, Right.ACCESS)
    await house.prove(request_id)
    await house.until(request_id, Stage.REVIEWING)
    async with house.store("ledger") as sql:
        # A stack for tests does not flush each commit: what was said so far must be on the disk.
        await sql.execute("checkpoint")
    house.stack.kill(part)
    house.stack.kill(PartName.MAILBOX)
    await house.stack.restart(part)
    await house.stack.restart(PartName.MAILBOX)

    words = ("request", "approve", request_id, "--by", "Officer", "--reason", "read", "--act-id", str(uuid.uuid4()))

    async def approved() -> bool:
        said = await house.habeas.run(*words, "--json")
        assert said.code in (0, ExitCode.UNAVAILABLE), said.err
        return said.code == 0

    await eventually(approved, f"an answer after {part} was killed")
    story = await house.until(request_id, Stage.CLOSED)
    assert story.request.outcome is Outcome.FULFILLED
    assert not (await house.office.verify_evidence(request_id)).findings
    received = [mail.message["message-id"] for mail in house.mails(request_id)]
    assert sorted(received) == sorted(str(letter.message_id) for letter in story.letters)


@pytest.mark.skipif(not can_die_with_parent(), reason="missing part: setpriv --pdeathsig (util-linux)")
async def test_everything_is_killed_at_once_and_the_next_start_goes_on(tmp_path: Path) -> None:
    words = ("-m", "workers", "up", "--data-dir", str(tmp_path), "--people", "20", "--json")
    habeas = Habeas(tmp_path / "habeas.toml")
    async with command_process(*words) as stack:
        await stack.addresses()
        opened = await habeas(
            *("request", "open", "--right", "access", "--email", ACCESS.email, "--name", ACCESS.name, "--by", "Desk")
        )
        request_id = opened.json["id"]
        code = await _code(tmp_path, request_id)
        events = (await habeas("request", "timeline", request_id)).json
        assert events
        stack.process.send_signal(signal.SIGKILL)
        await stack.ended()
    assert runs_still(tmp_path, patience=15) == []
    async with command_process(*words) as stack:
        await stack.addresses()
        assert (await habeas("request", "show", request_id)).json["request"]["stage"] == Stage.VERIFYING
        assert (await habeas("request", "timeline", request_id)).json[: len(events)] == events
        await habeas("request", "verify", request_id, "--code", code)
        await _stands(tmp_path, request_id, Stage.REVIEWING)
        await habeas("request", "approve", request_id, "--by", "Officer", "--reason", "read")
        await _stands(tmp_path, request_id, Stage.CLOSED)
        assert (await habeas("evidence", "verify", request_id)).json["findings"] == []
        stack.process.send_signal(signal.SIGINT)
        assert (await stack.ended())[0] == 0


async def _code(data_dir: Path, request_id: str) -> str:
    async def look() -> str | None:
        mails = await asyncio.to_thread(messages, data_dir)
        lines = [line.strip() for mail in mails if request_id in mail.text for line in mail.text.splitlines()]
        return next((line for line in lines if line.replace("-", "").isdigit() and len(line) >= 8), None)

    return await eventually(look, "the code")


async def _stands(data_dir: Path, request_id: str, stage: Stage) -> None:
    async with open_office(read_settings(data_dir / "habeas.toml")) as office:

        async def look() -> bool:
            return (await office.show(request_id)).request.stage is stage

        await eventually(look, f"{request_id} in {stage}")
