"""The story of the demonstration: three people ask, and the engine, staff and they themselves each do their part."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from habeas.acts import ActKind
from habeas.errors import HabeasError
from habeas.model import Outcome, Right, Stage
from workers.demo.person import ask_for_code, download, read_code, read_link
from workers.demo.result import DemoResult, Export, RequestResult
from workers.office import NewRequestInput, Office, Story
from workers.samples import ACCESS, ERASURE, SHARED_MAILBOX, SamplePerson

LOOK_EVERY = 0.15
PATIENCE = 180.0
OFFICERS = ("Officer one", "Officer two")
Tell = Callable[[str], None]


class Stuck(HabeasError):
    """A request of the demonstration did not come to its end."""

    code = "stuck"
    remedy = "See its page in the Temporal UI, and the workers' logs in the data folder."


class Run:
    """One run on one stack."""

    def __init__(self, office: Office, data_dir: Path, tell: Tell) -> None:
        self._office = office
        self._data_dir = data_dir
        self._tell = tell
        self._used: set[str] = set()

    async def carry_out(self, title: str, person: SamplePerson, right: Right) -> RequestResult:
        """Open a request and see it to its end."""
        self._tell(f"\n[bold]{title}[/]")
        opened = await self._office.open_request(
            NewRequestInput(
                right=right.value,
                opened_by="Support desk",
                reason="asked by e-mail",
                emails=(person.email,),
                name=person.name,
                language=person.language,
            )
        )
        known = "" if opened.created else " (it was open already)"
        self._tell(f"  {opened.id}: {right.value} under {opened.regime}{known}")
        try:
            async with asyncio.timeout(PATIENCE):
                await self._to_its_end(opened.id)
        except TimeoutError:
            raise Stuck(opened.id) from None
        return await self._result(opened.id, right)

    async def _to_its_end(self, request_id: str) -> None:
        shown: Stage | None = None
        while True:
            story = await self._office.show(request_id)
            stage = story.request.stage
            if stage is not shown:
                shown = stage
                self._tell(f"  · {stage.value}")
            match stage:
                case Stage.CLOSED:
                    return
                case Stage.VERIFYING:
                    await self._prove(request_id)
                case Stage.CLARIFYING:
                    await self._decide(request_id)
                case Stage.REVIEWING:
                    await self._approve(request_id, story)
                case _:
                    await asyncio.sleep(LOOK_EVERY)

    async def _prove(self, request_id: str) -> None:
        code = await read_code(self._data_dir, request_id, self._used)
        self._used.add(code)
        await self._office.submit_code(request_id, code)
        self._tell("    the person gave the code that was sent to the address on record")
        await self._leaves(request_id, Stage.VERIFYING)

    async def _decide(self, request_id: str) -> None:
        shown = await self._office.candidates(request_id, by=OFFICERS[0], reason="ambiguous match")
        held = [one for one in shown.records if one.standing == "held"]
        self._tell(f"    {len(held)} records contradict each other: a human looks at them side by side and decides")
        person = SHARED_MAILBOX.name.casefold()
        said = {one.handle: (one.name or "").casefold() == person for one in held}
        await self._office.decide_by_handle(
            request_id, by=OFFICERS[0], reason="asked back by phone, on the number on record", said=said
        )
        await self._leaves(request_id, Stage.CLARIFYING)

    async def _approve(self, request_id: str, story: Story) -> None:
        if story.request.right is not Right.ERASURE:
            await self._office.act(ActKind.APPROVE, request_id, by=OFFICERS[0], reason="read, nothing to redact")
            self._tell("    an officer looked at the free text and released it")
            await self._leaves(request_id, Stage.REVIEWING)
            return
        plan = await self._office.plan(request_id, by=OFFICERS[0], reason="review before approval")
        for system, lines in sorted(plan.lines.items()):
            for line in lines:
                why = f", {line.law}, until {line.until}" if line.law else ""
                self._tell(f"    plan: {system}: {line.treatment.value} {line.count} of {line.category}{why}")
        for officer in OFFICERS:
            await self._office.act(
                ActKind.APPROVE, request_id, by=officer, reason="the plan is right", plan=plan.digest
            )
        self._tell("    two officers approved exactly this plan")
        await self._leaves(request_id, Stage.REVIEWING)

    async def _leaves(self, request_id: str, stage: Stage) -> None:
        while (await self._office.show(request_id)).request.stage is stage:  # noqa: ASYNC110  # moved elsewhere
            await asyncio.sleep(LOOK_EVERY)

    async def _result(self, request_id: str, right: Right) -> RequestResult:
        story = await self._office.show(request_id)
        row = story.request
        collected = {
            system.system: {"collected": system.counts["records"]}
            for system in story.systems
            if system.phase == "collect" and system.counts.get("records")
        }
        export: Export | None = None
        if right is not Right.ERASURE and row.outcome in {Outcome.FULFILLED, Outcome.PARTLY_FULFILLED}:
            link = await read_link(self._data_dir, request_id)
            await ask_for_code(link)
            code = await read_code(self._data_dir, request_id, self._used)
            export = await download(link, code, self._data_dir / "downloads" / f"{request_id}.zip")
            self._tell("    the person gave the code that goes with the link")
            self._tell(f"    the person downloaded {export.files} files, {export.size:,} bytes, and they are whole")
        verdict = await self._office.verify_evidence(request_id)
        if verdict.findings:
            raise Stuck("The chain of evidence is broken.")
        if row.outcome is None:
            raise Stuck(request_id)
        self._tell(f"  [green]{row.outcome.value}[/], {verdict.events} events of evidence, chain checked")
        return RequestResult(
            id=row.id,
            right=row.right,
            regime=row.regime,
            outcome=row.outcome,
            due_on=story.entry.due_on,
            systems=story.fates or collected,
            export=export,
            letters=tuple(letter.kind for letter in story.letters if letter.state == "sent"),
            evidence=verdict.events,
        )


async def run_demo(office: Office, data_dir: Path, tell: Tell) -> DemoResult:
    """Carry out the three requests, one after the other."""
    run = Run(office, data_dir, tell)
    requests = [
        await run.carry_out("Signe asks what is held about her", ACCESS, Right.ACCESS),
        await run.carry_out("Rowan wants to be forgotten", ERASURE, Right.ERASURE),
        await run.carry_out("Henrik asks; he shares a mailbox with Lone", SHARED_MAILBOX, Right.ACCESS),
    ]
    return DemoResult(requests=tuple(requests), data_dir=str(data_dir))
