"""Requests in the states that pages show, all on their way at the same time."""

import asyncio
import uuid
from dataclasses import dataclass

from activities.messages import MessageKind
from activities.task_model import FoundFile
from habeas.model import Right, Stage
from tests.acceptance import agency
from tests.acceptance.house import House, eventually
from tests.acceptance.people import Planted, plant, somebody
from tests.browser.installation import ARCHIVE, STAFF
from workers.office import NewRequestInput
from workers.office.messages import Sent
from workers.samples import ERASURE, SHARED_MAILBOX, SamplePerson
from workers.stack.stores import CONTROLLER


@dataclass(frozen=True)
class Scenes:
    """References of requests, and links of letters, by what they are there to show."""

    verifying: str
    clarifying: str
    copy: str
    erasure: str
    correction: str
    closed: str
    by_hand: str
    task: str
    letter: str
    """One to hand over."""
    download: str
    """A token that is good."""
    processor: str
    """The path of a processor's link."""


async def prepare(house: House) -> Scenes:
    """Open them all, and wait until each stands where it is to be seen."""
    people = [await plant(somebody(), house.store_url) for _ in range(4)]
    verifying, clarifying, copy, erasure, correction, paper = await asyncio.gather(
        _verifying(house, people[0]),
        _reach(house, SHARED_MAILBOX, Right.ACCESS, Stage.CLARIFYING),
        _reach(house, people[1], Right.ACCESS, Stage.REVIEWING),
        _reach(house, ERASURE, Right.ERASURE, Stage.REVIEWING),
        _reach(house, people[2], Right.RECTIFICATION, Stage.REVIEWING, corrections=("Phone: 1 => 2",)),
        _paper(house, people[3]),
    )
    (closed, download), (by_hand, letter) = await asyncio.gather(_closed(house), _by_hand(house))
    path, task = paper
    await _wrote(house, clarifying)
    return Scenes(verifying, clarifying, copy, erasure, correction, closed, by_hand, task, letter, download, path)


async def _wrote(house: House, request_id: str) -> None:
    file = FoundFile(name="contract.txt", media_type="text/plain", content=b"Contract of 2024")
    text = "I share this mailbox with my brother. The contract is mine."
    sent = Sent(kind=MessageKind.ANSWER, text=text, files=(file,), proven=True)
    await house.office.hear(request_id, sent, str(uuid.uuid4()))


async def _verifying(house: House, person: Planted) -> str:
    request_id = await house.open(person, Right.ACCESS, controller=CONTROLLER)
    await house.until(request_id, Stage.VERIFYING)
    await house.code(request_id)
    return request_id


async def _reach(house: House, person: Planted | SamplePerson, right: Right, stage: Stage, **more: object) -> str:
    request_id = await house.open(person, right, controller=CONTROLLER, **more)
    await house.prove(request_id)
    await house.until(request_id, stage)
    return request_id


async def _closed(house: House) -> tuple[str, str]:
    """A copy that was released, and the token of its link."""
    request_id = await _reach(house, await plant(somebody(), house.store_url), Right.ACCESS, Stage.REVIEWING)
    await house.approve(request_id)
    await house.until(request_id, Stage.CLOSED)
    return request_id, await house.token(request_id)


async def _paper(house: House, person: Planted) -> tuple[str, str]:
    """The path of a processor's link, and a task."""
    request_id = await house.open(person, Right.ACCESS, controller=ARCHIVE)
    await house.prove(request_id)
    path = await agency.link(house, request_id)

    async def task() -> str | None:
        waits = (await house.office.show(request_id)).possible
        return next((one.about for one in waits if one.about and "finish_task" in one.kind), None)

    return path, await eventually(task, f"a task of {request_id}")


async def _by_hand(house: House) -> tuple[str, str]:
    """A request of somebody without an address, and a letter to hand over."""
    asked = NewRequestInput(
        right="access", controller=CONTROLLER, phones=("+4531900999",), language="en", opened_by=STAFF[0]
    )
    request_id = (await house.office.open_request(asked)).id

    async def letter() -> str | None:
        possible = (await house.office.show(request_id)).possible
        return next((one.about for one in possible if one.about and one.kind == "letter_handed"), None)

    return request_id, await eventually(letter, f"a letter of {request_id} to hand over")
