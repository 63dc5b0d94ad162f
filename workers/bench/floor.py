"""The floor: a bare workflow of empty activities, in a worker process of its own on the same Temporal server.

``python -m workers.bench.floor ADDRESS`` is that worker, until its standard input ends.
"""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

from workers.bench.usage import cpu_seconds

__all__ = ["QUEUE", "bare"]

QUEUE = "bench-floor"


@activity.defn(name="bench_nothing")
async def nothing(number: int) -> int:
    """Answers."""
    return number


@workflow.defn(name="BenchFloor")
class Floor:
    """So many empty activities, one after the other."""

    @workflow.run
    async def run(self, activities: int) -> int:
        """Do nothing, as often as asked."""
        done = 0
        for number in range(activities):
            done += await workflow.execute_activity(nothing, number, start_to_close_timeout=timedelta(seconds=30))
        return done


async def bare(client: Client, server: list[int], activities: int, count: int, in_flight: int) -> tuple[float, float]:
    """Carry out so many bare workflows, so many at once.

    Returns:
        CPU seconds of server and worker, and seconds by the clock, each for one workflow.
    """
    words = (sys.executable, "-m", "workers.bench.floor", client.service_client.config.target_host)
    process = await asyncio.create_subprocess_exec(*words, stdin=asyncio.subprocess.PIPE)
    gate = asyncio.Semaphore(in_flight)

    async def one() -> None:
        async with gate:
            await client.execute_workflow(Floor.run, activities, id=f"bench-floor-{uuid.uuid4()}", task_queue=QUEUE)

    try:
        await one()  # the worker polls, and its caches are warm
        pids = [*server, process.pid]
        used, begun = cpu_seconds(pids), time.monotonic()
        await asyncio.gather(*(one() for _ in range(count)))
        return (cpu_seconds(pids) - used) / count, (time.monotonic() - begun) / count
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


async def _serve(address: str) -> None:
    client = await Client.connect(address)
    async with Worker(client, task_queue=QUEUE, workflows=[Floor], activities=[nothing]):
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
