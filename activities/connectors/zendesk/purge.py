"""Deleting tickets for good: jobs that run by themselves, and the bin that says what is still there."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import JsonValue, ValidationError

from activities.connectors.zendesk.rest import Rest, Row, number, text
from habeas.errors import Quarantine, Terminal
from habeas.model import Frozen
from habeas.outcomes import Pending

__all__ = ["Purge", "Step"]

_BATCH = 100
_POLL = 10.0
_PAGES = 8
"""``ListDeletedTickets`` may be called ten times a minute."""
_NEXT_PAGES = 60.0
_TRIES = 3
_RUNNING = ("queued", "working")


class Step(Frozen):
    """How far it is: what travels as the handle."""

    jobs: tuple[str, ...] = ()
    cursor: str | None = None
    """Where the reading of the bin goes on."""
    left: tuple[int, ...] = ()
    """What was found in it so far."""
    tries: int = 1

    @classmethod
    def read(cls, handle: str) -> Step:
        """A handle of ours.

        Raises:
            Quarantine: it is none.
        """
        try:
            return cls.model_validate_json(handle)
        except ValidationError:
            raise Quarantine("The handle to go on with is none of Zendesk's.") from None

    def pending(self, seconds: float) -> Pending:
        """Ask again later, from here."""
        return Pending(handle=self.model_dump_json(exclude_defaults=True), poll_after=seconds)


class Purge:
    """One account's bin of tickets."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def begin(self, ticket_ids: Collection[int], tries: int = 1) -> Pending:
        """Ask for the permanent deletion of deleted tickets (``BulkPermanentlyDeleteTickets``: at most 100 a job).

        Of ids that are gone already, a job says so, and goes on with the others.
        """
        ids, jobs = sorted(ticket_ids), []
        for start in range(0, len(ids), _BATCH):
            some = ",".join(map(str, ids[start : start + _BATCH]))
            answer = await self._rest.delete(f"deleted_tickets/destroy_many?ids={some}")
            jobs.append(text(self._rest.wrapped(answer, "job_status"), "id"))
        return Step(jobs=tuple(jobs), tries=tries).pending(_POLL)

    async def go_on(self, step: Step, ticket_ids: Collection[int]) -> Pending | None:
        """None when none of these tickets is left.

        What a job that did not complete, or that nobody knows any more after a day, has done is read in the bin.

        Raises:
            Terminal: tickets stay in the bin, however often it is asked.
        """
        if step.jobs:
            statuses = [await self._rest.get(f"job_statuses/{one}", "job_status") for one in step.jobs]
            if any(one is not None and one.get("status") in _RUNNING for one in statuses):
                return step.pending(_POLL)
            if all(one is not None and _succeeded(one) for one in statuses):
                return None
            step = Step(tries=step.tries)
        left, unfinished = await self.left(step, ticket_ids)
        if unfinished is not None:
            return unfinished
        if left and step.tries >= _TRIES:
            detail = f"{self._rest.system} does not delete {len(left)} tickets for good, asked {_TRIES} times."
            raise Terminal(detail, system=self._rest.system)
        return await self.begin(left, step.tries + 1) if left else None

    async def left(self, step: Step, ticket_ids: Collection[int]) -> tuple[set[int], Pending | None]:
        """Which of these tickets are in the bin, or where its reading goes on in a minute.

        ``ListDeletedTickets`` leaves archived tickets out: of those only the jobs tell.
        """
        found, after = set(step.left), step.cursor
        for _ in range(_PAGES):
            some, after = await self._rest.page("deleted_tickets", "deleted_tickets", after)
            found |= {number(one) for one in some} & set(ticket_ids)
            if after is None:
                return found, None
        on = step.model_copy(update={"cursor": after, "left": tuple(sorted(found))})
        return found, on.pending(_NEXT_PAGES)


def _succeeded(job: Row) -> bool:
    """``ShowJobStatus``: for a permanent deletion the results are documented as one object, for others as a list."""
    results: JsonValue = job.get("results")
    each = results if isinstance(results, list) else [results]
    return job.get("status") == "completed" and all(
        isinstance(one, dict) and one.get("success") is True for one in each
    )
