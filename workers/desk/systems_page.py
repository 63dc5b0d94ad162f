"""The connected systems: how each serves, and all that waits for one tried again at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from activities.ledger import WebhookRow
from activities.letters.wording import Words
from habeas.access import Scope
from habeas.errors import BadInput, NotAllowed
from workers.desk.door import Signed, Staff
from workers.desk.forms import Slip
from workers.desk.looking import MOST_WHY, why
from workers.desk.staff_page import forbidden, staff_page

__all__ = ["system_pages"]


def system_pages() -> APIRouter:
    """The routes of the systems' page."""
    router = APIRouter()

    @router.get("/systems")
    async def systems(
        who: Staff,
        tried: Annotated[str, Query(max_length=80)] = "",
        n: Annotated[int, Query(ge=0, le=10**7)] = 0,
    ) -> Response:
        return await _shown(who, tried=tried, number=n)

    @router.post("/systems/{system}/retry")
    async def retry(who: Staff, request: Request, system: str) -> Response:
        """Its cause is mended: every request that waits for this system tries it again now."""
        reason = why(await request.form())
        try:
            done = await who.office.retry_waiting(system, by=who.account, reason=reason)
        except NotAllowed:
            return forbidden(who, Scope.REQUESTS_WORK)
        except BadInput as error:
            if error.facts.get("field") == "name":
                raise HTTPException(404) from None
            return await _shown(who, slip=Slip(system, _slip(who.say, reason)), typed=reason)
        return RedirectResponse(f"/systems?tried={done.system}&n={len(done.requests)}", 303)

    return router


async def _shown(
    who: Signed, *, slip: Slip | None = None, typed: str = "", tried: str = "", number: int = 0
) -> Response:
    """The page; with what is wrong with the reason for one of the systems, and the reason."""
    found = await who.office.systems()
    known = {one.system for one in found}
    return staff_page(
        "systems.html",
        who,
        422 if slip else 200,
        systems=found,
        slip=slip,
        typed=typed,
        most=MOST_WHY,
        tried=tried if tried in known else None,
        number=number,
        may_retry=who.office.systems_of(Scope.REQUESTS_WORK),
        webhooks=await _disabled(who),
        watch=await who.office.watch(),
    )


async def _disabled(who: Signed) -> tuple[WebhookRow, ...]:
    """Webhooks that nothing is sent to any more, for whom it is to mend."""
    if not who.office.reach(Scope.WEBHOOKS):
        return ()
    return tuple(one for one in await who.office.webhooks() if one.disabled_at is not None)


def _slip(say: Words, reason: str) -> str:
    if not reason:
        return say.text("systems.need_reason")
    what = "too_long" if len(reason) > MOST_WHY else "unusable"
    return say.text(f"slips.{what}", field=say.text("systems.reason"), most=MOST_WHY)
