"""The connected systems: how each serves, and all that waits for one tried again at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from habeas.access import Scope
from habeas.errors import BadInput, NotAllowed
from workers.desk.door import Signed, Staff
from workers.desk.wording import sheet

MOST_REASON = 1000


def system_pages() -> APIRouter:
    """The routes of the systems' page."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/systems")
    async def systems(
        request: Request,
        who: Staff,
        tried: Annotated[str, Query(max_length=80)] = "",
        n: Annotated[int, Query(ge=0, le=10**7)] = 0,
    ) -> Response:
        return await _shown(request, who, tried=tried, number=n)

    @router.post("/systems/{system}/retry")
    async def retry(
        request: Request, who: Staff, system: str, reason: Annotated[str, Form(max_length=MOST_REASON)] = ""
    ) -> Response:
        """Its cause is mended: every request that waits for this system tries it again now."""
        if not reason.strip():
            return await _shown(request, who, slip=system)
        try:
            done = await who.office.retry_waiting(system, by=who.account, reason=reason)
        except NotAllowed:
            return await _shown(request, who, status=403)
        except BadInput as error:
            return await _shown(request, who, slip=system if error.facts.get("field") != "name" else "")
        return RedirectResponse(f"/systems?tried={done.system}&n={len(done.requests)}", 303)

    return router


async def _shown(
    request: Request,
    who: Signed,
    *,
    status: int = 200,
    slip: str | None = None,
    tried: str = "",
    number: int = 0,
) -> Response:
    found = await who.office.systems()
    known = {one.system for one in found}
    return sheet(
        "systems.html",
        who,
        request,
        status if slip is None else 400,
        systems=found,
        slip=slip,
        tried=tried if tried in known else None,
        number=number,
        may_retry=who.office.systems_of(Scope.REQUESTS_WORK),
    )
