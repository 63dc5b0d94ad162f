"""Bulk jobs, and when they are done."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.vendors.shared.clock import Clock


@dataclass
class Job:
    """One ingest job."""

    id: str
    object: str
    hard: bool
    made_at: datetime
    state: str = "Open"
    data: str | None = None
    closed_at: datetime | None = None
    done: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


class Jobs:
    """The org's jobs: in progress at once, and done ``takes`` after the upload was complete."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.takes = timedelta(seconds=30)
        self.all: dict[str, Job] = {}

    def due(self) -> Iterator[Job]:
        """The jobs that are to be done now; each is complete once it was handed out."""
        now = self._clock.now()
        for job in self.all.values():
            if job.closed_at is None:
                continue
            if job.state == "UploadComplete" and job.closed_at < now:
                job.state = "InProgress"
            if job.state == "InProgress" and job.closed_at + self.takes <= now:
                job.state = "JobComplete"
                yield job
