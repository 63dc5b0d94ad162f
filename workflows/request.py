"""The story of a data-subject request, from its arrival to a closed, provable end. It reads as the law does.

What staff do to it is in `workflows.acts`, the statutory clock in `workflows.clock`, one system's part in
`workflows.systems`.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.export import ExportActivities
    from activities.identity import IdentityActivities
    from activities.model import (
        Brief,
        Closed,
        CloseOrder,
        CodeOrder,
        EraseOrder,
        LetterOrder,
        LocateOrder,
        OnRequest,
        PackageOrder,
        StageEntry,
        SystemBrief,
        SystemOrder,
    )
    from activities.notify import LetterActivities
    from activities.plan import PlanActivities
    from activities.record import RecordActivities
    from activities.systems import SystemActivities
    from habeas.model import Outcome, Right, Stage
    from workflows import attributes, calls
    from workflows.acts import Acts
    from workflows.card import card
    from workflows.clock import Alarm
    from workflows.model import RequestStart


@workflow.defn
class RequestWorkflow(Acts):
    """One request. Its id is the workflow's id; nothing in here says whose it is."""

    @workflow.init
    def __init__(self, start: RequestStart) -> None:
        super().__init__(start)
        self._errands: set[asyncio.Task[None]] = set()
        self._overdue = False
        self._outcome: Outcome | None = None
        self._told: list[str] = []
        self._free_text = False
        self._ending_now = False

    @workflow.run
    async def run(self, start: RequestStart) -> Closed:
        """Carry the request out, or end it as staff or the person decide; then close it."""
        await self._begin()
        clock = asyncio.create_task(self.clock.run(self._ring))
        story = asyncio.create_task(self._story())
        try:
            await workflow.wait_condition(lambda: story.done() or clock.done() or self.ending is not None)
            if clock.done():
                clock.result()
            outcome = story.result() if story.done() else await self._end_early(story)
            return await self._close(outcome)
        finally:
            clock.cancel()

    async def _story(self) -> Outcome:
        self.send_soon("acknowledgement", "acknowledgement")
        if not await self._verify():
            return await self._tell(Outcome.UNVERIFIED, "unverified")
        while True:
            if not await self._find():
                return await self._tell(Outcome.NOTHING_FOUND, "nothing_found")
            await self._collect(self._systems)
            while await self._reviewed():
                if self.right is not Right.ERASURE:
                    return await self._hand_over()
                drifted = await self._erase()
                if not drifted:
                    return await self._confirm()
                await self._collect(drifted)

    # Beginning and end

    async def _begin(self) -> None:
        order = OnRequest(request_id=self.id, at=workflow.now())
        self.brief = await calls.record(RecordActivities.begin, order, "what law and policy ask")
        self.clock.set(self.brief.clock)
        self.changed()

    async def _end_early(self, story: asyncio.Task[Outcome]) -> Outcome:
        story.cancel()
        await asyncio.gather(story, return_exceptions=True)
        await workflow.wait_condition(self.settled)
        self._ending_now = True
        outcome, act_id, ground = self.ending or (Outcome.WITHDRAWN, None, None)
        kind = "refusal" if outcome is Outcome.REFUSED else "withdrawal"
        return await self._tell(outcome, kind, act_id=act_id, ground=ground)

    async def _close(self, outcome: Outcome) -> Closed:
        while self._errands:
            await asyncio.gather(*self._errands)
        self._outcome = outcome
        self.stage = Stage.CLOSED
        self.systems.waiting.clear()
        self.changed()
        order = CloseOrder(
            request_id=self.id, at=workflow.now(), outcome=outcome, skipped=tuple(sorted(self.systems.skipped))
        )
        closed = await calls.record(RecordActivities.close, order, f"close: {outcome.value}")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return closed

    async def _enter(self, stage: Stage) -> None:
        if self.ending and not self._ending_now:
            # An act ended the request in this very task: stand still until the story is cancelled.
            await workflow.wait_condition(lambda: False)
        self.stage = stage
        self.changed()
        await calls.record(
            RecordActivities.enter_stage,
            StageEntry(request_id=self.id, at=workflow.now(), stage=stage),
            stage.value,
        )

    # Who asks

    async def _verify(self) -> bool:
        brief = self._brief
        await self._enter(Stage.VERIFYING)
        if not brief.identity.required:
            self.proven = True
            return True
        sources = [system for system in brief.systems if system.name in brief.identity.sources]
        await asyncio.gather(*(self._locate(system, for_identity=True) for system in sources))
        await self._send_code()
        started = workflow.now()
        ends = started + timedelta(seconds=brief.identity.expires_after)
        reminders = [started + timedelta(seconds=after) for after in brief.identity.remind_after]
        sent = self.code_wanted
        while not self._verified():
            upcoming = min([at for at in reminders if at > workflow.now()] + [ends])
            try:
                await workflow.wait_condition(
                    partial(self._answered, sent),
                    timeout=upcoming - workflow.now(),
                    timeout_summary="the person's answer" if upcoming is ends else "reminder to the person",
                )
            except TimeoutError:
                if workflow.now() >= ends:
                    return False
                self.code_wanted += 1
                sent = self.code_wanted
                await self._send_code(closes_at=ends)
            if self.code_wanted != sent:
                sent = self.code_wanted
                await self._send_code()
        return True

    def _verified(self) -> bool:
        return self.proven and self.settled()

    def _answered(self, sent: int) -> bool:
        return self._verified() or self.code_wanted != sent

    async def _send_code(self, closes_at: datetime | None = None) -> None:
        order = CodeOrder(request_id=self.id, at=workflow.now(), number=self.code_wanted + 1, closes_at=closes_at)
        report = await calls.work(IdentityActivities.send_code, order, f"one-time code {order.number}")
        self._log(f"code {order.number}: {report.sent_to.replace('_', ' ')}")
        if report.sent_to == "nowhere":
            self.send_soon("staff_attention", f"no_address/{order.number}", code="no_address")

    # Where they are known

    async def _find(self) -> bool:
        await self._enter(Stage.LOCATING)
        ask = self._systems
        while True:
            self.look_again = False
            await asyncio.gather(*(self._locate(system) for system in ask))
            order = OnRequest(request_id=self.id, at=workflow.now())
            known = await calls.record(RecordActivities.settle, order, "what is known now")
            if known.contradictions:
                await self._clarify(known.contradictions)
                ask = ()
                continue
            ask = tuple(system for system in self._systems if system.name in known.ask)
            if not ask and not self.look_again:
                self._log(f"found {known.found} records of the person")
                return known.found > 0

    async def _locate(self, system: SystemBrief, *, for_identity: bool = False) -> None:
        await self.systems.step(
            system,
            "look on record" if for_identity else "locate",
            SystemActivities.locate,
            LocateOrder(request_id=self.id, at=workflow.now(), system=system.name, for_identity=for_identity),
        )

    async def _clarify(self, contradictions: int) -> None:
        seen = self.decided
        await self._enter(Stage.CLARIFYING)
        self._log(f"{contradictions} matches contradict each other: a human decides")
        self.send_soon("staff_attention", f"ambiguous/{seen}", code="ambiguous_match")
        await workflow.wait_condition(lambda: self.decided != seen and self.settled())
        await self._enter(Stage.LOCATING)

    async def _collect(self, systems: tuple[SystemBrief, ...]) -> None:
        await self._enter(Stage.COLLECTING)
        reports = await asyncio.gather(
            *(self.systems.step(one, "collect", SystemActivities.collect, self._order(one)) for one in systems)
        )
        self._free_text = any(report.free_text for report in reports if report)
        self._log(f"collected {sum(report.records for report in reports if report)} records")

    # What is decided

    async def _reviewed(self) -> bool:
        brief = self._brief
        self.approvals.clear()
        if self.right is Right.ERASURE:
            report = await calls.work(
                PlanActivities.draft, OnRequest(request_id=self.id, at=workflow.now()), "plan the erasure"
            )
            self.plan = report.digest
            self._log(f"plan: erase {report.erase}, anonymise {report.anonymise}, keep {report.retain}")
        needed = 0 if brief.review_only_free_text and not self._free_text else brief.approvals
        await self._enter(Stage.REVIEWING)
        if needed:
            self.send_soon("staff_attention", f"review/{self.plan or 'export'}", code="review")
        await workflow.wait_condition(lambda: self.settled() and (len(self.approvals) >= needed or self.look_again))
        return not self.look_again

    # What is done

    async def _hand_over(self) -> Outcome:
        await self._enter(Stage.FULFILLING)
        missing = tuple(sorted(self.systems.skipped))
        order = PackageOrder(request_id=self.id, at=workflow.now(), missing=missing)
        package = await calls.work(ExportActivities.build_package, order, "write the package and read it back")
        self._log(f"package of {package.files} files, {package.size} bytes, read back")
        outcome = Outcome.PARTLY_FULFILLED if missing else Outcome.FULFILLED
        return await self._tell(outcome, "completion_access", artifact_id=package.artifact_id, missing=missing)

    async def _erase(self) -> tuple[SystemBrief, ...]:
        """Carry the approved plan out; the systems whose data drifted since, untouched, go back to review."""
        await self._enter(Stage.FULFILLING)
        systems = [system for system in self._systems if system.name not in self.systems.skipped]
        states = await asyncio.gather(*(self._erase_one(system) for system in systems))
        drifted = tuple(system for system, state in zip(systems, states, strict=True) if state == "drifted")
        if drifted:
            self._log(f"the data changed since the plan: {', '.join(system.name for system in drifted)}")
        return drifted

    async def _erase_one(self, system: SystemBrief) -> str:
        handle: str | None = None
        digest = str(self.plan)
        while True:
            report = await self.systems.step(
                system,
                "erase",
                SystemActivities.erase,
                EraseOrder(request_id=self.id, at=workflow.now(), system=system.name, digest=digest, handle=handle),
                irrevocable=True,
            )
            if report is None:
                return "skipped"
            handle = report.handle
            if not await self._under_way(system, report.state, report.handle, report.wait):
                return report.state

    async def _confirm(self) -> Outcome:
        await self._enter(Stage.CONFIRMING)
        systems = [system for system in self._systems if system.name not in self.systems.skipped]
        kept = await asyncio.gather(*(self._confirm_one(system) for system in systems))
        missing = tuple(sorted(self.systems.skipped))
        outcome = Outcome.PARTLY_FULFILLED if missing or any(kept) else Outcome.FULFILLED
        return await self._tell(outcome, "completion_erasure", missing=missing)

    async def _confirm_one(self, system: SystemBrief) -> int:
        """Look again until the system is as planned; how many objects it lawfully keeps."""
        handle: str | None = None
        if system.confirm_after:
            await workflow.sleep(system.confirm_after, summary=f"before the second look: {system.name}")
        while True:
            report = await self.systems.step(
                system,
                "confirm",
                SystemActivities.confirm,
                EraseOrder(
                    request_id=self.id, at=workflow.now(), system=system.name, digest=str(self.plan), handle=handle
                ),
            )
            if report is None:
                return 0
            handle = report.handle
            if await self._under_way(system, report.state, report.handle, report.wait):
                continue
            if report.state == "clean":
                await self.systems.arrived(system.name, "confirm")
                return report.kept
            await self.systems.wait_for(system.name, "confirm", "not_confirmed")
            await self.systems.told(system.name)
            if system.name not in self.systems.skipped:
                await self._erase_one(system)

    async def _under_way(self, system: SystemBrief, state: str, handle: str | None, wait: float) -> bool:
        """Wait as the system asked, if it is not done yet."""
        if state == "pending":
            await workflow.sleep(wait, summary=f"ask again: {system.name}")
            return True
        if state == "awaiting":
            await self.systems.called_back(system.name, str(handle), wait)
            return True
        return False

    # Whom is told

    async def _tell(
        self,
        outcome: Outcome,
        kind: str,
        *,
        act_id: str | None = None,
        ground: str | None = None,
        artifact_id: str | None = None,
        missing: tuple[str, ...] = (),
    ) -> Outcome:
        await self._enter(Stage.NOTIFYING)
        order = LetterOrder(
            request_id=self.id,
            at=workflow.now(),
            kind=kind,
            dedupe="end",
            act_id=act_id,
            ground=ground,
            artifact_id=artifact_id,
            missing=missing,
        )
        report = await calls.work(LetterActivities.send, order, f"letter: {kind}")
        self._log(f"letter {kind}: {report.state}")
        return outcome

    def send_soon(self, kind: str, dedupe: str, **facts: str | None) -> None:
        """Send a letter beside the story; the request does not close before it went out."""
        order = LetterOrder.model_validate(
            {"request_id": self.id, "at": workflow.now(), "kind": kind, "dedupe": dedupe, **facts}
        )
        errand = asyncio.create_task(self._send(order))
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)

    async def _send(self, order: LetterOrder) -> None:
        report = await calls.work(LetterActivities.send, order, f"letter: {order.kind}")
        if order.kind in {"acknowledgement", "extension"}:
            self._log(f"letter {order.kind}: {report.state}")

    def ask_for_attention(self, system: str, code: str) -> None:
        """Tell staff that a system needs them."""
        self.send_soon("staff_attention", f"waiting/{system}/{code}", system=system, code=code)

    # The clock's alarms

    async def _ring(self, alarm: Alarm) -> None:
        face = self.clock.face
        if alarm is Alarm.REMIND:
            self.send_soon("staff_reminder", f"remind/{workflow.now():%Y-%m-%d}")
        elif alarm is Alarm.EXTEND and face.extend_ground and not face.extended:
            await self.extend_term(face.extend_ground, None)
        elif alarm is Alarm.RELEASE:
            self.systems.skip_waiting()
        elif alarm is Alarm.BREACH:
            self._overdue = True
            self.changed()
            order = OnRequest(request_id=self.id, at=workflow.now())
            await calls.record(RecordActivities.breach, order, "the term is over")
            self.send_soon("staff_alarm", f"breach/{face.due_on}", code="overdue")

    # What operators see

    def changed(self) -> None:
        """Bring the search attributes and the card up to date."""
        face = self.clock.face
        seen = attributes.changes(
            stage=self.stage,
            blocked_on=tuple(sorted(self.systems.waiting)),
            overdue=self._overdue,
            due_at=face.due_at,
            outcome=self._outcome,
        )
        workflow.upsert_search_attributes(seen)
        workflow.set_current_details(card(self, self._told, overdue=self._overdue, outcome=self._outcome))

    def _log(self, line: str) -> None:
        self._told.append(f"{workflow.now():%Y-%m-%d %H:%M} {line}")
        workflow.set_current_details(card(self, self._told, overdue=self._overdue, outcome=self._outcome))

    @property
    def _brief(self) -> Brief:
        if self.brief is None:
            raise RuntimeError("the request has not begun")
        return self.brief

    @property
    def _systems(self) -> tuple[SystemBrief, ...]:
        return self._brief.systems

    def _order(self, system: SystemBrief) -> SystemOrder:
        return SystemOrder(request_id=self.id, at=workflow.now(), system=system.name)
