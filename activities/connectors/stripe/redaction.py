"""Stripe's redaction jobs (public preview): made, watched, and run once they are valid.

created > validating > ready or failed; run: redacting > succeeded; ready or failed can be cancelled.
https://docs.stripe.com/privacy/redaction, https://docs.stripe.com/api/privacy/redaction-job
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

from activities.connectors.stripe.kinds import CHARGES, CUSTOMERS, INVOICES, PAYMENTS, Row, ids_of
from activities.connectors.stripe.rest import Rest
from activities.connectors.stripe.settings import RedactionSettings
from habeas.connector import PlannedObject
from habeas.errors import Terminal
from habeas.outcomes import ObjectOutcome, Pending

__all__ = ["ROOTS", "Jobs", "Reasons", "Waiting"]

Waiting = Sequence[tuple[PlannedObject, str | None]]
"""Objects to be redacted, each with its customer."""
Reasons = Mapping[tuple[str, str], str]
"""Collection and key of what was not redacted -> why."""
Root = tuple[str, str]
"""Kind (as a job names it) and id."""

ROOTS = (CUSTOMERS, INVOICES, PAYMENTS, CHARGES)
"""What a job can begin with; everything that belongs to it goes along."""
_AT_ONCE = 10
""""We have a limit of 10 object identifiers to redact in each new job.": https://docs.stripe.com/privacy/redaction/example."""
_PATH = "privacy/redaction_jobs"
_WAITS = {"created": 10.0, "validating": 10.0, "canceling": 10.0, "redacting": 60.0}
"""States in which only Stripe can go on, and seconds until it is worth asking again."""
_CODE = re.compile(r"[a-z][a-z_]{0,50}")


class Jobs:
    """The redaction jobs of one account."""

    def __init__(self, system: str, rest: Rest, settings: RedactionSettings) -> None:
        self._system = system
        self._rest = rest
        self._settings = settings

    async def under_way(self, handle: str) -> Pending | None:
        """Whether a job must be waited for; None once there is something to do, or to see."""
        job = await self._rest.get(f"{_PATH}/{_job_id(self._system, handle)}")
        return _pending(job) if job else None

    async def cancel(self, handle: str) -> None:
        """Give up a job that does not run yet (https://docs.stripe.com/api/privacy/redaction-job/cancel)."""
        job = await self._rest.get(f"{_PATH}/{_job_id(self._system, handle)}")
        if job and job["status"] in ("ready", "failed"):
            await self._cancel(job)

    async def advance(self, waiting: Waiting) -> Pending | Reasons:
        """Take the next step with all that waits; what could not be redacted once no job is under way."""
        reasons: dict[tuple[str, str], str] = {}
        roots = _roots(waiting)
        for planned, root in roots.items():
            if root is None:
                reasons[planned] = "needs_customer_redaction"
        ids = sorted({one for one in roots.values() if one is not None})
        for start in range(0, len(ids), _AT_ONCE):
            batch = ids[start : start + _AT_ONCE]
            step = await self._step(batch)
            if isinstance(step, Pending):
                return step
            reasons |= {planned: step for planned, root in roots.items() if root in batch}
        return reasons

    async def _step(self, batch: list[Root]) -> Pending | str:
        """The next step with one job: to wait, or why it did nothing."""
        same = [job async for job in self._same(batch)]
        for job in same:
            match job["status"]:
                case "succeeded":
                    return "not_anonymised"
                case "ready":
                    run = await self._rest.post(f"{_PATH}/{job['id']}/run", {}, version=self._settings.version)
                    return _pending(run or job) or Pending(handle=job["id"], poll_after=_WAITS["redacting"])
                case "failed":
                    reason = await self._why(job)
                    await self._cancel(job)
                    return reason
                case state if state in _WAITS:
                    return Pending(handle=job["id"], poll_after=_WAITS[state])
        made = await self._create(batch, len(same))
        return Pending(handle=made["id"], poll_after=_WAITS["created"])

    async def _create(self, batch: list[Root], before: int) -> Row:
        form: dict[str, str | list[str]] = {"validation_behavior": self._settings.validation}
        for kind, one in batch:
            form.setdefault(f"objects[{kind}][]", [])
            form[f"objects[{kind}][]"].append(one)  # type: ignore[union-attr]  # just made a list
        # Of a job that was cancelled another may be made: the number of those before tells them apart.
        key = hashlib.sha256(repr((self._system, batch, before)).encode()).hexdigest()
        made = await self._rest.post(_PATH, form, key=key, version=self._settings.version)
        if made is None:
            raise Terminal(f"{self._system}: redaction jobs are not enabled for this account.", system=self._system)
        return made

    async def _same(self, batch: list[Root]) -> AsyncIterator[Row]:
        """Jobs for exactly these objects, the newest first. Whether the list is ordered is not said."""
        found = [job async for job in self._rest.every(_PATH) if sorted(_of(job)) == batch]
        for job in sorted(found, key=lambda job: int(job["created"]), reverse=True):
            yield job

    async def _why(self, job: Row) -> str:
        """The first code (https://docs.stripe.com/api/privacy/redaction-job-validation-error/object)."""
        async for fault in self._rest.every(f"{_PATH}/{job['id']}/validation_errors"):
            code = str(fault.get("code"))
            return f"redaction_{code}" if _CODE.fullmatch(code) else "redaction_failed"
        return "redaction_failed"

    async def _cancel(self, job: Row) -> None:
        await self._rest.post(f"{_PATH}/{job['id']}/cancel", {}, version=self._settings.version)


def told(outcomes: tuple[ObjectOutcome, ...], reasons: Reasons) -> tuple[ObjectOutcome, ...]:
    """Outcomes with the reasons that the jobs gave."""
    return tuple(
        one.model_copy(update={"reason": reasons[one.collection, one.key]})
        if (one.collection, one.key) in reasons
        else one
        for one in outcomes
    )


def _roots(waiting: Waiting) -> dict[tuple[str, str], Root | None]:
    """What each object is redacted with: its customer, if that goes too; itself; or None if it can be no root."""
    customers = {ids_of(one.key)[0] for one, _ in waiting if one.collection == CUSTOMERS}
    found: dict[tuple[str, str], Root | None] = {}
    for one, customer in waiting:
        own = (one.collection, ids_of(one.key)[0]) if one.collection in ROOTS else None
        found[one.collection, one.key] = (CUSTOMERS, customer) if customer and customer in customers else own
    return found


def _of(job: Row) -> Iterator[Root]:
    for kind, ids in (job.get("objects") or {}).items():
        for one in ids or ():
            yield str(kind), str(one)


def _pending(job: Row) -> Pending | None:
    wait = _WAITS.get(str(job["status"]))
    return Pending(handle=str(job["id"]), poll_after=wait) if wait else None


def _job_id(system: str, handle: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_]{1,255}", handle):
        raise Terminal(f"The handle for {system} is none of its own.", system=system)
    return handle
