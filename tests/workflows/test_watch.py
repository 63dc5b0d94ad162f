"""The watchdog on the real server: a workflow whose own code fails, and a request that nothing carries."""

from __future__ import annotations

from datetime import timedelta

from habeas.watch import FindingKind
from tests.workflows.world import World, eventually, someone
from workers.settings import WatchSettings
from workers.watching import STARTING, Watchdog


async def test_a_workflow_that_fails_and_a_request_that_nothing_carries_are_found(world: World) -> None:
    fails = await world.env.client.start_workflow("NoSuchWorkflow", id="fails-in-its-own-code", task_queue="habeas")
    lost, carried = await world.open(someone()), await world.open(someone())
    await lost.handle.terminate()
    engine = world.office._engine
    try:

        async def said() -> bool:
            return fails.id in await engine.failing()

        await eventually(said)
        now = world.now[0] + STARTING + timedelta(minutes=1)
        parts = world.parts
        dog = Watchdog(parts.ledger, engine, parts.mailer, parts.policies, WatchSettings(), now=lambda: now)
        assert await dog.once()
        async with parts.ledger.begin() as tx:
            found = {(one.kind, one.about) for one in await tx.findings()}
    finally:
        await fails.terminate()
    assert (FindingKind.WORKFLOW_FAILING, fails.id) in found
    assert (FindingKind.WORKFLOW_MISSING, lost.id) in found
    assert (FindingKind.WORKFLOW_MISSING, carried.id) not in found
    assert fails.id in world.mail.text(world.parts.policy("demo").controller.privacy_officer, fails.id)
