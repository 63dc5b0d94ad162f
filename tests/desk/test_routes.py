"""Who may do what on staff's pages, route by route and role by role; a route without a row fails."""

import httpx2
import pytest

from habeas.access import ROLES, Role, Scope, scope_of
from habeas.acts import ActKind
from habeas.model import Stage
from tests.office.world import World
from workers.desk import create_app
from workers.desk.act_forms import ELSEWHERE
from workers.desk.door import Door, Local
from workers.office import Office
from workers.office.asked import ASKED

STAFF: dict[str, Scope | None] = {
    "GET /": None,
    "GET /language/{language}": None,
    "GET /requests/{request_id}": None,
    "GET /requests/{request_id}/acts/{kind}": Scope.REQUESTS_WORK,
    "POST /requests/{request_id}/acts/{kind}": Scope.REQUESTS_WORK,
    "GET /requests/{request_id}/plan": Scope.PERSONAL_READ,
    "POST /requests/{request_id}/plan": Scope.PERSONAL_READ,
    "POST /requests/{request_id}/contest": Scope.REQUESTS_DECIDE,
    "GET /requests/{request_id}/match": Scope.PERSONAL_READ,
    "POST /requests/{request_id}/match": Scope.PERSONAL_READ,
    "GET /requests/{request_id}/messages": Scope.PERSONAL_READ,
    "POST /requests/{request_id}/messages": Scope.PERSONAL_READ,
    "POST /requests/{request_id}/messages/file": Scope.PERSONAL_READ,
    "GET /requests/{request_id}/errors/{correlation}": Scope.PERSONAL_READ,
    "POST /requests/{request_id}/errors/{correlation}": Scope.PERSONAL_READ,
    "POST /requests/{request_id}/package": Scope.PERSONAL_READ,
    "GET /requests/{request_id}/review": Scope.PERSONAL_READ,
    "POST /requests/{request_id}/review": Scope.PERSONAL_READ,
    "POST /requests/{request_id}/review/file": Scope.PERSONAL_READ,
    "POST /requests/{request_id}/holder": Scope.REQUESTS_WORK,
    "GET /overview": None,
    "GET /reports": None,
    "GET /reports/california": None,
    "GET /systems": None,
    "POST /systems/{system}/retry": Scope.REQUESTS_WORK,
    "GET /open": Scope.REQUESTS_OPEN,
    "POST /open": Scope.REQUESTS_OPEN,
    "GET /find": Scope.PERSONAL_READ,
    "POST /find": Scope.PERSONAL_READ,
    "GET /tasks": None,
    "GET /tasks/{task_id}": Scope.TASKS_WORK,
    "POST /tasks/{task_id}": Scope.TASKS_WORK,
    "POST /tasks/{task_id}/done": Scope.TASKS_WORK,
    "POST /letters/{letter_id}/handed": Scope.TASKS_WORK,
    "POST /letters/{letter_id}/read": Scope.PERSONAL_READ,
}
"""What each takes; None for whoever is signed in. An act takes its own scope: here a pause, and below each of them."""


@pytest.fixture(scope="module")
async def request_id(here: World) -> str:
    """An open request that waits for its code."""
    opened = await here.open(here.person())
    await here.reach(opened, Stage.VERIFYING)
    return opened


@pytest.fixture(params=Role, ids=[one.value for one in Role])
async def somebody(here: World, request: pytest.FixtureRequest) -> tuple[Role, httpx2.AsyncClient, str]:
    """A browser at which somebody of this role sits, and what its forms carry."""
    role: Role = request.param
    mine = here.parts.policies["demo"]
    staff = mine.staff.model_copy(update={"accounts": (), "roles": {role: ("somebody",)}})
    one = here.office
    policies = {"demo": mine.model_copy(update={"staff": staff})}
    office = Office(one._ledger, one._engine, policies, one._storage, one._now)
    door = Door(office, Local("somebody", office.for_staff("somebody")))
    app = httpx2.ASGITransport(create_app(office, door=door))
    return role, httpx2.AsyncClient(transport=app, base_url="http://127.0.0.1"), door.csrf("")


async def test_each_role_gets_what_it_may_and_nothing_else(
    somebody: tuple[Role, httpx2.AsyncClient, str], request_id: str
) -> None:
    role, browser, csrf = somebody
    places = {
        "request_id": request_id,
        "kind": "pause",
        "language": "fr",
        "task_id": "x",
        "letter_id": "x",
        "correlation": "x",
        "system": "billing",
    }
    wrong = {}
    async with browser:
        for route, scope in STAFF.items():
            method, path = route.split(" ")
            data = {"csrf": csrf, "reason": "to see", "what": "take"} if method == "POST" else None
            status = (await browser.request(method, path.format(**places), data=data)).status_code
            if (status == 403) != (scope is not None and scope not in ROLES[role]) or status >= 500:
                wrong[route] = status
    assert wrong == {}


async def test_each_act_takes_its_own_scope(somebody: tuple[Role, httpx2.AsyncClient, str], request_id: str) -> None:
    role, browser, csrf = somebody
    wrong = {}
    async with browser:
        for kind in set(ActKind) & ASKED.keys() - ELSEWHERE:
            # Without a reason nobody gets further than the form.
            answer = await browser.post(f"/requests/{request_id}/acts/{kind}", data={"csrf": csrf, "step": "do"})
            if answer.status_code != (422 if scope_of(kind) in ROLES[role] else 403):
                wrong[kind] = answer.status_code
    assert wrong == {}


async def test_a_form_from_elsewhere_does_nothing(
    somebody: tuple[Role, httpx2.AsyncClient, str], request_id: str
) -> None:
    _, browser, _ = somebody
    places = {"request_id": request_id, "kind": "pause", "task_id": "x", "letter_id": "x"}
    places |= {"system": "billing", "correlation": "x"}
    async with browser:
        for route in STAFF:
            method, path = route.split(" ")
            if method == "POST":
                sent = await browser.post(path.format(**places), data={"csrf": "0" * 64, "reason": "to see"})
                assert sent.status_code == 403
                assert "out of date" in sent.text, route
