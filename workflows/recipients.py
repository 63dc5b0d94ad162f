"""Who else must hear of a request: recipients of the data, and those who decide over data that is only processed."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.model import NoticesReport, OnRequest
    from activities.recipients import FORWARDED, RecipientActivities
    from habeas.model import USES
    from workflows import calls
    from workflows.model import RequestStart
    from workflows.notices import CONTROLLERS, RECIPIENTS, start_notices
    from workflows.telling import Telling


class Forwarding(Telling):
    """Starts the notices; they go on by themselves when the request is closed."""

    def __init__(self, start: RequestStart) -> None:
        super().__init__(start)
        self._notified: dict[str, set[str]] = {}
        """The notices that were started, recipients and controllers apart."""
        self._names_told = 0
        """How many who decide over data the person was told of."""

    async def _tell_recipients(self) -> None:
        """Those whom the law wants told of what was done, or is done no more, are told of it."""
        if not self._brief.recipients:
            return
        order = OnRequest(request_id=self.id, at=workflow.now())
        report = await calls.record(RecipientActivities.prepare_notices, order, "who got the data")
        if report.notices:
            self._log(f"{len(report.notices)} recipients are told of it")
        if report.unsure:
            self.send_soon("staff_attention", "recipients_unsure", code="recipients_unsure")
        await self._start(report, RECIPIENTS)

    async def _forward(self) -> None:
        """Send the request on to those who decide over data that this controller only processes (art. 28(3)(e))."""
        if not self._brief.forwards:
            return
        order = OnRequest(request_id=self.id, at=workflow.now())
        report = await calls.work(RecipientActivities.prepare_forwards, order, "whose data it is")
        if not report.notices:
            return
        self._log(f"sent on to {len(report.notices)} who decide over the data")
        await self._start(report, CONTROLLERS)
        if self.right in USES and not self._brief.identity.required:
            # Nobody has proven who asks: a letter to an address that is merely claimed says nothing of what is held.
            return
        more = f"/{report.named}" if self._names_told and report.named > self._names_told else ""
        self._names_told = max(report.named, self._names_told)
        self.send_soon("forwarded", f"forwarded{more}", sealed=FORWARDED)

    async def _start(self, report: NoticesReport, what: str) -> None:
        told = self._notified.setdefault(what, set())
        notices, name = report.notices, f"{self.id}/{what}"
        if told and self._brief.forwards_from:
            # Who was written to is written to once; who turned up since is told of by a child of their own.
            notices = tuple(one for one in notices if one.id not in told)
            name = f"{name}/{len(told)}"
        if not notices:
            return
        told |= {one.id for one in notices}
        if not await start_notices(self.id, notices, name, what):
            # As in the histories of before: data found later brought the story here once more.
            self._log(f"{what} were told before")
