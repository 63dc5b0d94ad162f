"""Background jobs.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/job_statuses/
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from tests.vendors.shared.calls import Json
from tests.vendors.shared.clock import Clock
from tests.vendors.zendesk.errors import too_many_jobs

# https://developer.zendesk.com/api-reference/introduction/rate-limits/#job-limit
MOST = 30
Work = Callable[[int], Json]


@dataclass
class Job:
    """Work on some ids, one after the other, that is done when its time has come."""

    type: str
    ids: list[int]
    work: Work
    queued_at: datetime
    id: str = field(default_factory=lambda: uuid4().hex)
    results: list[Json] | None = None
    killed: bool = False


class Jobs:
    """The account's jobs: queued, then ``starts_after`` working, ``takes`` after their start completed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.starts_after = timedelta(seconds=2)
        self.takes = timedelta(seconds=8)
        self.all: dict[str, Job] = {}

    def queue(self, kind: str, ids: list[int], work: Work) -> Job:
        """Plan work on the ids; 429 when 30 jobs are queued or running."""
        if sum(1 for job in self.all.values() if job.results is None and not job.killed) >= MOST:
            raise too_many_jobs()
        job = Job(kind, ids, work, self._clock.now())
        self.all[job.id] = job
        return job

    def kill(self) -> None:
        """Kill every job that is not done: a fault."""
        for job in self.all.values():
            job.killed = job.killed or job.results is None

    def pass_time(self) -> None:
        """Do the work whose time has come."""
        due = self._clock.now() - self.starts_after - self.takes
        for job in self.all.values():
            if job.queued_at <= due and job.results is None and not job.killed:
                job.results = [{"index": place, **job.work(one)} for place, one in enumerate(job.ids)]

    def render(self, job: Job, base_url: str) -> Json:
        """A ``job_status``."""
        total = len(job.ids)
        state, message = "queued", None
        if job.killed:
            state, message = "killed", "Killed"
        elif job.results is not None:
            good = all(result["success"] for result in job.results)
            state = "completed" if good else "failed"
            message = (
                f"Completed at {self._clock.now():%Y-%m-%d %H:%M:%S} +0000"
                if good
                else "Some ids could not be processed"
            )
        elif self._clock.now() >= job.queued_at + self.starts_after:
            state = "working"
        return {
            "id": job.id,
            "job_type": job.type,
            "url": f"{base_url}/api/v2/job_statuses/{job.id}.json",
            "total": total,
            "progress": total if job.results is not None else None,
            "status": state,
            "message": message,
            "results": job.results,
        }
