"""All requests at once: reports of a period, how requests stand, how systems serve; who sees to which. Names nobody."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from activities.ledger.paging import Order, Turn
from workers.api.acts import Works
from workers.api.paging import Page, paged
from workers.api.requests import Controller, Once, Reads, Reference
from workers.office.holders import Held
from workers.office.oversight import Foreseen, Overview, SystemStanding, WatchStanding
from workers.office.reports import CaliforniaReport, Report
from workers.office.typed import FIRST_DAY, LAST_DAY, Typed

router = APIRouter()

Whose = Annotated[
    str | None,
    Query(pattern=r"^[a-z0-9][a-z0-9_.-]{0,79}$", description="The controller; may be left out where there is one."),
]


class SystemList(Page[SystemStanding]):
    """The connected systems."""

    ORDER = Order("-waiting", waiting={"waiting": int, "system": str}, system={"system": str})


class Handing(Typed):
    """To whom a request is handed."""

    to: str | None = Field(default=None, max_length=200, description="An account; unset for the token's own.")


@router.get("/reports", tags=["reports"])
async def report(
    who: Reads,
    since: Annotated[
        date, Query(alias="from", ge=FIRST_DAY, le=LAST_DAY, description="The first day, in the controller's zone.")
    ],
    until: Annotated[date, Query(alias="to", ge=FIRST_DAY, le=LAST_DAY, description="The last day, with it.")],
    controller: Whose = None,
) -> Report:
    """What became of a controller's requests in a period, by right."""
    return await who.office.report(controller, since, until)


@router.get("/reports/california/{year}", tags=["reports"])
async def california(
    who: Reads,
    year: int,
    controller: Whose = None,
    everyone: Annotated[bool, Query(description="Of all individuals, and not only of consumers there.")] = False,
) -> CaliforniaReport:
    """A calendar year's metrics by Cal. Code Regs. tit. 11, section 7102."""
    return await who.office.california(controller, year, everyone=everyone)


@router.get("/overview", tags=["reports"])
async def overview(who: Reads, controller: Controller = None) -> Overview:
    """Open requests by right, stage, days left and age; how fast requests were answered in twelve months."""
    return await who.office.overview(controller)


@router.get("/forecast", tags=["reports"])
async def forecast(who: Reads, controller: Controller = None) -> Foreseen:
    """Whether open requests will be answered in time, as fast as they went in four weeks, and what holds them up."""
    return await who.office.forecast(controller)


@router.get("/systems", tags=["systems"])
async def systems(who: Reads, turn: Annotated[Turn, paged(SystemList.ORDER)]) -> SystemList:
    """How each connected system serves: what waits for it, why, since when; when it last answered."""
    return SystemList.of(await who.office.systems(), turn)


@router.get("/watch", tags=["systems"])
async def watch(who: Reads) -> WatchStanding:
    """What has gone quiet; and `stale`, where the watchdog itself does not look."""
    return await who.office.watch()


@router.post("/requests/{request_id}/holder", tags=["requests"])
async def hand(who: Works, once: Once, reference: Reference, said: Handing) -> Held:
    """See to a request oneself, or have a colleague see to it."""

    async def do(_: str) -> Held:
        if said.to is None:
            return await who.office.take(reference, by=who.account)
        return await who.office.hand(reference, by=who.account, to=said.to)

    return await once.kept(who, Held, do, said)


@router.delete("/requests/{request_id}/holder", tags=["requests"])
async def put_back(who: Works, once: Once, reference: Reference) -> Held:
    """Have nobody see to a request: it is anybody's to take."""
    return await once.kept(who, Held, lambda _: who.office.put_back(reference, by=who.account))
