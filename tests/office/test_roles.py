"""What each role may do, by table: an act without a row fails."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from activities.task_model import TaskBrief, TaskPhase, brief_name
from habeas.access import LENT, ROLES, Role, Scope, scope_of
from habeas.acts import ActKind
from habeas.errors import BadInput, HabeasError, NotAllowed
from habeas.model import Right, Stage
from habeas.policy import StaffPolicy
from tests.office.world import World
from workers.office import NewRequestInput, Office, RedactionAsked, Said
from workers.office.holds import NewHoldInput

PEOPLE: dict[Role, tuple[str, ...]] = {role: (f"the {role.value}",) for role in Role}
Door = tuple[Scope, Callable[[], Awaitable[object]]]


@pytest.fixture
def staffed(here: World) -> Office:
    """The office of a controller that has somebody in each role."""
    demo = here.parts.policies["demo"].model_copy(update={"staff": StaffPolicy(roles=PEOPLE)})
    office = here.office
    return Office(office._ledger, office._engine, {"demo": demo}, office._storage, office._now)


def _doors(office: Office, request_id: str) -> dict[str, Door]:
    said: dict[str, Any] = {"by": "Kim", "reason": "why"}
    hold = NewHoldInput(provision="x", reason="why", everything=True, system="none-such")
    asked = NewRequestInput(right="access", emails=("a@example.org",), opened_by="Kim")
    acts: dict[str, Door] = {
        kind.value: (scope_of(kind), partial(office.act, kind, request_id, **said)) for kind in ActKind
    }
    return acts | {
        "open": (Scope.REQUESTS_OPEN, lambda: office.open_request(asked)),
        "show": (Scope.REQUESTS_READ, lambda: office.show(request_id)),
        "candidates": (Scope.PERSONAL_READ, lambda: office.candidates(request_id, **said)),
        "collected": (Scope.PERSONAL_READ, lambda: office.collected(request_id, **said)),
        "collected_file": (
            Scope.PERSONAL_READ,
            lambda: office.collected_file(request_id, record="crm/0/0/000000000000", file=1, **said),
        ),
        "redactions": (Scope.PERSONAL_READ, lambda: office.redactions(request_id, **said)),
        "put back": (Scope.REQUESTS_DECIDE, lambda: office.unredact(request_id, redaction="0" * 8, **said)),
        "take out": (
            Scope.REQUESTS_DECIDE,
            lambda: office.redact(request_id, ground="rights_of_others", asked=RedactionAsked(text="x"), **said),
        ),
        "release": (Scope.REQUESTS_APPROVE, lambda: office.release(request_id, **said)),
        "lift": (Scope.HOLDS_WRITE, lambda: office.lift_restriction(request_id, **said)),
        "lifted": (Scope.HOLDS_WRITE, lambda: office.lifted_by_hand(request_id, system="crm", **said)),
        "hold": (Scope.HOLDS_WRITE, lambda: office.place_hold(hold, by="Kim")),
        "acknowledge": (Scope.TASKS_WORK, lambda: office.acknowledge(request_id, "carrier", **said)),
        "look back": (
            Scope.REQUESTS_APPROVE,
            partial(office.look_back, "2026-01-01", system="none-such", by="Kim", reason="why"),
        ),
        "suppressed": (Scope.SUPPRESSION_ASK, partial(office.suppressed, (), by="Kim")),
        "tokens": (Scope.TOKENS, office.tokens),
        "webhooks": (Scope.WEBHOOKS, office.webhooks),
        "add a webhook": (Scope.WEBHOOKS, partial(office.add_webhook, "ftp://x", controller=None, by="Kim")),
        "remove a webhook": (Scope.WEBHOOKS, partial(office.remove_webhook, "none-such", by="Kim")),
        "enable a webhook": (Scope.WEBHOOKS, partial(office.enable_webhook, "none-such")),
        "test a webhook": (Scope.WEBHOOKS, partial(office.test_webhook, "none-such")),
        "listen": (Scope.REQUESTS_READ, partial(office.events_after, None)),
    }


@pytest.mark.parametrize("role", Role)
async def test_a_role_lets_one_do_what_it_says_and_no_more(here: World, staffed: Office, role: Role) -> None:
    request_id = await here.open(here.person())
    await here.reach(request_id, Stage.VERIFYING)
    office = staffed.for_staff(f"The {role.value.upper()}")
    for name, (scope, door) in _doors(office, request_id).items():
        if scope in ROLES[role]:
            continue
        with pytest.raises(NotAllowed, match=scope.value):
            await door()
        assert not [act for act in await _acts(here, request_id) if act == name], name


@pytest.mark.parametrize("role", Role)
async def test_what_a_role_has_is_not_refused_for_lack_of_it(here: World, staffed: Office, role: Role) -> None:
    request_id = await here.open(here.person())
    await here.reach(request_id, Stage.VERIFYING)
    office = staffed.for_staff(f"the {role.value}")
    for name, (scope, door) in _doors(office, request_id).items():
        if scope not in ROLES[role] or name in {"withdraw", "refuse"}:
            continue
        said = ""
        try:
            await door()
        except HabeasError as error:
            said = str(error)
        assert "which this account does not have" not in said, name


async def test_nobody_else_works_here(staffed: Office) -> None:
    with pytest.raises(NotAllowed):
        staffed.for_staff("somebody else")


async def test_a_token_does_no_more_than_its_account(staffed: Office) -> None:
    auditor = staffed.for_staff("the auditor", frozenset(Scope))
    with pytest.raises(NotAllowed, match=r"tokens:write"):
        await auditor.make_token("x", title="x", may=("agent",), by="x")
    narrow = staffed.for_staff("the officer", frozenset({Scope.REQUESTS_READ}))
    with pytest.raises(NotAllowed, match=r"holds:write"):
        await narrow.place_hold(NewHoldInput(provision="x", reason="y", everything=True), by="x")


async def test_a_token_reaches_only_whom_its_maker_may_make_one_for(here: World) -> None:
    demo = here.parts.policies["demo"]
    mine = demo.model_copy(update={"staff": StaffPolicy(roles={Role.ADMINISTRATOR: ("Ann",)}, accounts=("Both",))})
    other = demo.model_copy(
        update={
            "controller": demo.controller.model_copy(update={"id": "other"}),
            "staff": StaffPolicy(accounts=("Both", "Bo")),
        }
    )
    office = Office(
        here.office._ledger, here.office._engine, {"demo": mine, "other": other}, here.office._storage, here.office._now
    )
    made = await office.for_staff("Ann").make_token("Both", title="x", may=("officer",), by="Ann")
    assert made.token.controllers == ("demo",)
    bearer = await office.bearer(made.text)
    assert bearer is not None
    assert [*office.for_staff("Both", bearer.scopes, bearer.controllers)._policies] == ["demo"]
    bo = office.for_staff("Bo")
    assert made.token.id not in [one.id for one in await bo.tokens()]
    with pytest.raises(BadInput):
        await bo.revoke_token(made.token.id, by="Bo")


async def test_a_system_owner_sees_the_tasks_of_their_systems_and_nothing_else(here: World, staffed: Office) -> None:
    request_id = await here.open(here.person())
    owner = staffed.for_staff("the system_owner")
    said: dict[str, Any] = {"by": "the system_owner", "reason": "mine to do"}
    async with here.ledger.begin() as tx:
        for task_id, whose in (("mine", "The SYSTEM_OWNER"), ("theirs", "somebody else"), ("nobodys", None)):
            brief = TaskBrief(system="paper", title="On paper", phase=TaskPhase.FIND, right=Right.ACCESS)
            await tx.seal(request_id, brief_name(f"{request_id.lower()}-{task_id}"), brief)
            await tx.open_task(
                f"{request_id.lower()}-{task_id}",
                request_id,
                system="paper",
                phase="find",
                at=here.office._now(),
                due_on=None,
                owner=whose and staffed.actor(whose),
            )
    assert (await owner.task(f"{request_id.lower()}-mine", **said)).entry.system == "paper"
    for other in ("theirs", "nobodys"):
        with pytest.raises(NotAllowed, match="not yours"):
            await owner.task(f"{request_id.lower()}-{other}", **said)
        with pytest.raises(NotAllowed, match="not yours"):
            await owner.finish_task(f"{request_id.lower()}-{other}", said=Said(nothing=True), **said)
    officer = staffed.for_staff("the officer")
    assert await officer.task(f"{request_id.lower()}-theirs", by="the officer", reason="asks")


async def test_nobody_gives_out_over_the_api_what_acts_as_a_colleague(staffed: Office) -> None:
    """Two such tokens would be two people of one."""
    admin = staffed.for_staff("the administrator")
    made = partial(admin.make_token, title="x", by="the administrator", over_api=True)
    for allowed in ("officer", "approver", "agent", *(set(Scope) - LENT)):
        with pytest.raises(NotAllowed):
            await made("the officer", may=("requests:read", allowed))
    for allowed in ("officer", "approver", "agent"):
        with pytest.raises(NotAllowed):
            await made("The ADMINISTRATOR", may=("requests:read", allowed))
    program = await made("helpdesk", may=tuple(LENT))
    assert set(program.token.scopes) == LENT
    own = await made("The ADMINISTRATOR", may=("administrator",))
    assert set(own.token.scopes) == ROLES[Role.ADMINISTRATOR]
    narrow = staffed.for_staff("the administrator", frozenset({Scope.TOKENS}))
    with pytest.raises(NotAllowed):
        await narrow.make_token(
            "the administrator", title="x", may=("administrator",), by="the administrator", over_api=True
        )


async def _acts(here: World, request_id: str) -> list[str]:
    async with here.ledger.begin() as tx:
        return [one.kind for one in await tx.acts(request_id)]
