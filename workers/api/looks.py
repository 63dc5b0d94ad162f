"""Looks at personal data: each says why, and leaves a mark in the evidence."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import StreamingResponse

from activities.ledger import ErrorRow
from habeas.access import Scope
from workers.api.callers import Caller, may
from workers.api.requests import Reference
from workers.office import Candidates, ShownPlan
from workers.office.asked import Because
from workers.office.restrictions import ShownChange

router = APIRouter(prefix="/requests/{request_id}/looks", tags=["looks"])

Looks = Annotated[Caller, may(Scope.PERSONAL_READ)]


class WhichError(Because):
    """An error of the request's."""

    correlation: str = Field(min_length=8, max_length=32, description="The id it lies under, or its beginning.")


@router.post("/plan")
async def plan(who: Looks, reference: Reference, said: Because) -> ShownPlan | ShownChange:
    """The plan under review: what goes or stays and by which law; what is corrected, restricted or stopped."""
    if await who.office.is_change(reference):
        return await who.office.change_plan(reference, by=who.account, reason=said.reason)
    return await who.office.plan(reference, by=who.account, reason=said.reason)


@router.post("/match")
async def match(who: Looks, reference: Reference, said: Because) -> Candidates:
    """The records found, side by side."""
    return await who.office.candidates(reference, by=who.account, reason=said.reason)


@router.post("/error")
async def error(who: Looks, reference: Reference, said: WhichError) -> ErrorRow:
    """What a system said when it failed."""
    return await who.office.error(reference, said.correlation, by=who.account, reason=said.reason)


@router.post(
    "/package",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {}}, "description": "The package, decrypted"}},
)
async def package(who: Looks, reference: Reference, said: Because) -> StreamingResponse:
    """The newest package."""
    opened = await who.office.open_package(reference, by=who.account, reason=said.reason)
    headers = {"content-disposition": f'attachment; filename="{reference}.zip"', "content-length": str(opened.size)}
    return StreamingResponse(await opened.begun(), media_type="application/zip", headers=headers)
