"""Who asks: a one-time code to the address on record, or staff's word; and an end to the waiting."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.identity import IdentityActivities
    from activities.model import CodeOrder, LocateOrder, LocateReport, SystemBrief
    from activities.systems import SystemActivities
    from habeas.model import REMEDIES, Stage
    from workflows import calls
    from workflows.model import RequestStart
    from workflows.systems import stop
    from workflows.telling import Telling

LOOK = "look_on_record"
ATTEST = "attest"
OURS_WAITS = "what-lacks-of-staff-waits"
FORTNIGHT = timedelta(days=14).total_seconds()
"""Between reminders to staff once those of the policy are over, where the policy's own number is not known."""


class Verifying(Telling):
    """Proves the identity before anything is disclosed or erased."""

    def __init__(self, start: RequestStart) -> None:
        super().__init__(start)
        self._word_wanted: datetime | None = None
        """When staff were first asked to attest beside the code."""

    @property
    def _begins_with(self) -> Stage | None:
        """The stage that is written down as the request begins, unless what it asks is no right."""
        return Stage.VERIFYING if self.folded and self.right not in REMEDIES else None

    async def _verify(self) -> bool:
        identity = self._brief.identity
        if self._begins_with is None:
            await self._enter(Stage.VERIFYING)
        else:
            await self._arrive(self._begins_with)
        if identity.proven or not identity.required:
            self.proven = True
            return True
        self.code_wanted += identity.codes_before
        await self._look_on_record()
        await self._send_code()
        started = workflow.now()
        in_time = self.clock.face.proof_until is not None and self.since("proof-within-the-term")
        self.asks_both = identity.both and self.since("both-proofs-are-asked-for")
        self._show_card()
        ending = partial(self._ends, started, in_time=in_time)
        reminders = [started + timedelta(seconds=after) for after in identity.remind_after]
        sent = self.code_wanted
        while not self._verified():
            ends = ending()
            if self.code_given() and self.settled():
                if workflow.patched(OURS_WAITS):
                    await self._wait_for_staff()
                    continue
                if not await self._word_of_staff(ends, ending):
                    return self.proven
                continue
            # A reminder brings a code of its own, so it counts among those that policy allows.
            coming = [at for at in reminders if at > workflow.now()] if self.codes_left() else []
            upcoming = min([*coming, ends])
            try:
                await workflow.wait_condition(
                    partial(self._goes_on, sent, ends, ending),
                    timeout=upcoming - workflow.now(),
                    timeout_summary="the person's answer" if upcoming is ends else "reminder to the person",
                )
            except TimeoutError:
                if workflow.now() >= ends:
                    # Who answered at the last moment is heard to the end.
                    await workflow.wait_condition(self.settled)
                    return self.proven
                if self.codes_left():
                    self.code_wanted += 1
                    sent = self.code_wanted
                    await self._send_code(closes_at=ends)
            if self.code_wanted != sent and self.settled():
                sent = self.code_wanted
                if workflow.patched("who-asks-again-has-as-long-again"):
                    ending = partial(self._ends, workflow.now(), in_time=in_time)
                await self._send_code()
        return True

    async def _look_on_record(self) -> None:
        """Ask the systems whose addresses count.

        Neither staff's word for the person nor an address that one system has on record waits for another system that
        does not answer. But as long as nobody knows the person, all must have answered: only then is there nothing to
        disclose, and a code may go to an address that was merely claimed.
        """
        identity = self._brief.identity
        sources = [system for system in self._systems if system.name in identity.sources]
        answers: dict[str, int] = {}

        async def look(system: SystemBrief) -> None:
            report = await self._locate(system, for_identity=True)
            answers[system.name] = report.matches if report else 0

        def enough() -> bool:
            silent = {system.name for system in sources} - answers.keys()
            return any(answers.values()) and silent <= self.systems.waiting.keys()

        looking = asyncio.gather(*(look(system) for system in sources))
        try:
            await workflow.wait_condition(lambda: looking.done() or self._verified() or enough())
        except asyncio.CancelledError:
            await stop(looking)
            raise
        if looking.done():
            looking.result()
            return
        await stop(looking)
        for system in sources:
            await self.systems.arrived(system.name, LOOK)

    async def _locate(self, system: SystemBrief, *, for_identity: bool = False) -> LocateReport | None:
        return await self.systems.step(
            system,
            LOOK if for_identity else "locate",
            SystemActivities.locate,
            LocateOrder(request_id=self.id, at=workflow.now(), system=system.name, for_identity=for_identity),
        )

    async def _wait_for_staff(self) -> None:
        """The person did their part, and what lacks is ours: no end of the waiting for them is one for us.

        Staff are asked, reminded as the person would be, and after that for as long as it takes. The term's alarms ring
        beside it: a request that nobody attests is overdue, and is not closed as if the person had not answered.
        """
        wanted = workflow.now()
        named = [wanted + timedelta(seconds=after) for after in sorted(self._brief.identity.remind_after)]
        every = timedelta(seconds=self.clock.face.paused_every or FORTNIGHT)
        self.send_soon("staff_attention", ATTEST, code=ATTEST)
        if self._overdue:
            await self._tell_of_open_proof()
        for number in itertools.count(1):
            upcoming = min([at for at in named if at > workflow.now()], default=workflow.now() + every)
            try:
                await workflow.wait_condition(
                    self._verified, timeout=upcoming - workflow.now(), timeout_summary="reminder to staff"
                )
            except TimeoutError:
                self.send_soon("staff_attention", f"{ATTEST}/{number}", code=ATTEST)
            else:
                return

    async def _tell_of_open_proof(self) -> None:
        """Where the person gave the code and the term ends without staff's word: that it is late, and why, once."""
        waits = self.stage is Stage.VERIFYING and self.code_given()
        if waits and not self.delay_told and workflow.patched(OURS_WAITS):
            await self.tell_of_delay()

    async def _word_of_staff(self, ends: datetime, ending: Callable[[], datetime]) -> bool:
        """The person did their part: staff are asked for theirs, and reminded as the person would be.

        Returns:
            Whether it goes on: staff attested, or the waiting ends at another time; False once it is over.
        """
        if self._word_wanted is None:
            self._word_wanted = workflow.now()
            self.send_soon("staff_attention", ATTEST, code=ATTEST)
        again = [self._word_wanted + timedelta(seconds=after) for after in self._brief.identity.remind_after]
        coming = [at for at in again if at > workflow.now()]
        upcoming = min([*coming, ends])
        try:
            await workflow.wait_condition(
                lambda: self._verified() or ending() != ends,
                timeout=upcoming - workflow.now(),
                timeout_summary="staff's word" if upcoming is ends else "reminder to staff",
            )
        except TimeoutError:
            if workflow.now() >= ends:
                await workflow.wait_condition(self.settled)
                return False
            self.send_soon("staff_attention", f"{ATTEST}/{len(again) - len(coming) + 1}", code=ATTEST)
        return True

    def _verified(self) -> bool:
        return self.proven and self.settled()

    def _ends(self, started: datetime, *, in_time: bool) -> datetime:
        """When the waiting ends: as policy says, and where the clock runs meanwhile, in time to tell the person so.

        Whoever is first asked when it is too late for that, is given the time that policy gives.
        """
        expires = started + timedelta(seconds=self._brief.identity.expires_after)
        latest = self.clock.face.proof_until
        if not in_time or latest is None or self.clock.paused or latest <= started:
            return expires
        return min(expires, latest)

    def _goes_on(self, sent: int, ends: datetime, ending: Callable[[], datetime]) -> bool:
        """Whether there is something else to wait for: nothing, another code's answer, until another time."""
        asked = self.code_wanted != sent or self.code_given()
        return self._verified() or (asked and self.settled()) or ending() != ends

    async def _send_code(self, closes_at: datetime | None = None) -> None:
        if self._verified() or self.code_given():
            return
        number = self.code_wanted + 1
        if not self._brief.identity.code:
            self.send_soon("staff_attention", f"no_address/{number}", code="no_address")
            return
        order = CodeOrder(request_id=self.id, at=workflow.now(), number=number, closes_at=closes_at)
        report = await calls.work(IdentityActivities.send_code, order, f"one-time code {number}")
        self._log(f"code {number}: {report.sent_to.replace('_', ' ')}")
        if report.sent_to == "nowhere":
            self.send_soon("staff_attention", f"no_address/{number}", code="no_address")
