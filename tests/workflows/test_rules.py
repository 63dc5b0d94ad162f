"""Whatever staff do, in whatever order and however often: the rules hold.

Random acts, late ones, wrong ones, the same twice and two at once, on real requests of the shared engine.
"""

from __future__ import annotations

import asyncio
import itertools
import uuid
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from habeas.acts import ActAnswer, ActKind
from habeas.errors import BadInput
from habeas.evidence import Event
from habeas.model import Identifier, Outcome, Right, Stage
from habeas.testing import MemoryRow
from tests.workflows.world import Case, World, eventually, someone

STAFF = ("ann", "bob", "cid")
FINAL = {
    "completion_access",
    "completion_erasure",
    "nothing_found",
    "refusal",
    "withdrawal",
    "unverified",
}
RESTING = {Stage.VERIFYING, Stage.CLARIFYING, Stage.REVIEWING, Stage.CLOSED}


@dataclass(frozen=True)
class Move:
    """Something that somebody does."""

    kind: str
    by: str
    twice: bool
    stale: bool


KINDS = (
    "code",
    "wrong_code",
    "drift",
    *(kind.value for kind in ActKind if kind not in {ActKind.PROVE, ActKind.RETRY_SYSTEM, ActKind.DECIDE_MATCH}),
)
GROUNDS = {"extend": "complexity", "refuse": "manifestly_unfounded", "exempt": "manifestly_unfounded"}
# Where nothing is weighed, almost every run would end with the first withdrawal.
WEIGHED = st.sampled_from(
    [*KINDS, "code", "code", "code", *["approve"] * 6, *["extend", "pause", "resume", "add_identifier", "drift"]]
)
MOVES = st.lists(
    st.lists(
        st.builds(
            Move,
            kind=WEIGHED,
            by=st.sampled_from(STAFF),
            twice=st.booleans(),
            stale=st.sampled_from([False, False, False, True]),
        ),
        min_size=1,
        max_size=2,
    ),
    min_size=4,
    max_size=9,
)


class Run:
    """One request under random hands."""

    def __init__(self, case: Case, world: World) -> None:
        self.case = case
        self.world = world
        self.accepted: list[str] = []
        self.rejected: list[str] = []
        self._drifts = 0

    async def step(self, moves: list[Move]) -> None:
        """These at once, then until the request rests."""
        await asyncio.gather(*(self._do(move) for move in moves))
        await self.rests()

    async def rests(self) -> None:
        """Until nothing moves by itself."""

        async def still() -> bool:
            row = await self.case.row()
            return row.stage in RESTING

        await eventually(still, within=30)

    async def _do(self, move: Move) -> None:
        if move.kind == "drift":
            self._drift()
            return
        act_id = str(uuid.uuid4())
        tries = [self._try(move, act_id) for _ in range(2 if move.twice else 1)]
        answers = await asyncio.gather(*tries)
        (self.accepted if any(answers) else self.rejected).append(act_id)

    async def _try(self, move: Move, act_id: str) -> bool:
        try:
            await self._one(move, act_id)
        except BadInput:
            return False
        return True

    async def _one(self, move: Move, act_id: str) -> ActAnswer | None:
        case, office = self.case, self.world.office
        match move.kind:
            case "code":
                return await office.submit_code(case.id, await case.code())
            case "wrong_code":
                return await office.submit_code(case.id, "00000000")
            case "add_identifier":
                number = Identifier(kind="customer_number", value=f"X{act_id[:6]}")
                return await office.add_identifier(
                    case.id, by=move.by, reason="said so", identifiers=(number,), act_id=act_id
                )
            case "approve":
                erasure = (await case.row()).right is Right.ERASURE
                plan = None
                if erasure:
                    plan = "0" * 64 if move.stale else await case.plan()
                return await case.act(ActKind.APPROVE, by=move.by, act_id=act_id, plan=plan)
            case "charge":
                return await office.charge(
                    case.id, by=move.by, reason="again", amount="EUR 10", ground="excessive", act_id=act_id
                )
            case kind:
                later = (self.world.now[0] + timedelta(days=40)).date().isoformat()
                return await case.act(
                    ActKind(kind),
                    by=move.by,
                    act_id=act_id,
                    ground=GROUNDS.get(kind),
                    category="transactions" if kind == "exempt" else None,
                    expected_on=later if kind == "announce_delay" else None,
                    pause_reason="identity" if kind == "pause" else None,
                    system="crm" if kind == "skip_system" else None,
                )

    def _drift(self) -> None:
        """The CRM goes on living: another note, while there is an account."""
        crm, number = self.world.connectors["crm"], self.case.person.number
        if ("contacts", f'["{number}"]') in crm.rows and self._drifts < 2:
            self._drifts += 1
            crm.put(
                MemoryRow(
                    collection="notes",
                    key=f'["{number}-d{self._drifts}"]',
                    root=f'["{number}"]',
                    data={"text": "called her sister", "n": 99},
                )
            )

    async def ends(self) -> None:
        """However it stands, two people can bring it to its end."""
        turn = itertools.cycle(STAFF)

        async def closed() -> bool:
            stage = (await self.case.row()).stage
            if stage in {Stage.VERIFYING, Stage.REVIEWING}:
                await self._do(Move("resume", next(turn), twice=False, stale=False))
                kind = "attest" if stage is Stage.VERIFYING else "approve"
                await self._do(Move(kind, next(turn), twice=False, stale=False))
            return stage is Stage.CLOSED

        await eventually(closed, within=30)

    async def holds(self) -> None:
        """Everything that must be true whatever happened."""
        case = self.case
        row = await case.row()
        events = await case.events()
        # Who looks at a closed request leaves a mark, too, and recipients are told beside the request.
        beside = ("personal_data:viewed", "recipient:")
        tags = [event.tag.value for event in events if not event.tag.value.startswith(beside)]
        assert row.outcome is not None
        assert tags.count("request:closed") == 1
        assert tags[-1] == "request:closed", "closed means closed"
        assert len(FINAL & {*(letters := await case.letters())}) == 1
        assert sum(letter in FINAL for letter in letters) == 1
        async with self.world.parts.ledger.begin() as tx:
            acts = await tx.acts(case.id)
        assert all(act.accepted_at for act in acts), "what was refused left nothing behind"
        assert not {act.id for act in acts} & {*self.rejected}
        assert tags.count("act:withdraw") + tags.count("act:refuse") <= 1
        self._nothing_without_proof(tags)
        if row.right is Right.ERASURE:
            self._four_eyes(events)
            gone = ("contacts", f'["{case.person.number}"]') not in self.world.connectors["crm"].rows
            assert gone == (row.outcome in {Outcome.FULFILLED, Outcome.PARTLY_FULFILLED})
        else:
            assert "system:erased" not in tags
            assert ("contacts", f'["{case.person.number}"]') in self.world.connectors["crm"].rows
        with pytest.raises(BadInput):
            await case.act(ActKind.WITHDRAW)
        assert len(await case.events()) == len(events)

    def _nothing_without_proof(self, tags: list[str]) -> None:
        proofs = [tags.index(tag) for tag in ("identity:proven", "act:attest") if tag in tags]
        touched = [tags.index(tag) for tag in ("system:collected", "system:erased", "export:built") if tag in tags]
        assert not touched or (proofs and min(proofs) < min(touched))

    def _four_eyes(self, events: tuple[Event, ...]) -> None:
        """Before anything is erased, two people approved exactly that plan, after it was drafted last."""
        drafted: str | None = None
        approvals: set[str] = set()
        for event in events:
            match event.tag.value:
                case "plan:drafted":
                    drafted = str(event.facts["plan"])
                    approvals = set()
                case "act:approve":
                    assert event.facts["plan"] == drafted
                    approvals.add(event.actor)
                case "system:erased":
                    assert event.facts["plan"] == drafted
                    assert len(approvals) >= 2


@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE])
async def test_the_rules_hold_whatever_staff_do(world: World, right: Right) -> None:
    loop = asyncio.get_running_loop()
    done = []

    async def carried_out(moves: list[list[Move]]) -> None:
        person = someone()
        person.settle_in(world.connectors, free_text=True)
        called = len(world.connectors["crm"].calls), len(world.connectors["billing"].calls)
        run = Run(await world.open(person, right), world)
        await run.case.has_letter("code")
        for each in moves:
            await run.step(each)
        await run.ends()
        await run.holds()
        calls = world.connectors["crm"].calls[called[0] :] + world.connectors["billing"].calls[called[1] :]
        assert right is Right.ERASURE or "erase" not in calls
        done.append((await run.case.row()).outcome)

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # each try is a whole request: to shrink a failure would take minutes
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(MOVES)
    def holds(moves: list[list[Move]]) -> None:
        asyncio.run_coroutine_threadsafe(carried_out(moves), loop).result()

    await asyncio.to_thread(holds)
    assert len({*done}) > 1, "the moves lead to different ends"
