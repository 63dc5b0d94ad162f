"""Looks at personal data: each says why, and leaves a mark in the evidence."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from activities.ledger import ErrorRow
from activities.ledger.paging import Order
from activities.messages import Message
from habeas.access import Scope
from habeas.model import Frozen
from workers.api.callers import Caller, may
from workers.api.paging import Page, TurnAsked
from workers.api.requests import Reference, pack_response
from workers.office import Candidates, ShownPlan
from workers.office.asked import Because
from workers.office.restrictions import ShownChange

router = APIRouter(prefix="/requests/{request_id}/looks", tags=["looks"])

Looks = Annotated[Caller, may(Scope.PERSONAL_READ)]


class WhichError(Because):
    """An error of the request's."""

    correlation: str = Field(min_length=8, max_length=32, description="The id it lies under, or its beginning.")


class WhichFile(Because):
    """A file of a message."""

    message: str = Field(min_length=1, max_length=40, description="The message's id.")
    number: int = Field(default=1, ge=1, le=100, description="Which of its files.")


class WhichMessages(Because, TurnAsked):
    """Which messages to show."""


class MessageList(Page[Message]):
    """What the person sent."""

    ORDER = Order("at", at={"at": datetime, "id": str})


class SentContent(Frozen):
    """A file, and what is in it."""

    name: str = Field(repr=False)
    media_type: str
    content: str = Field(repr=False, description="In base64.", json_schema_extra={"format": "byte"})


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


@router.post("/messages")
async def messages(who: Looks, reference: Reference, said: WhichMessages) -> MessageList:
    """What the person wrote: with what the request was opened, and what was sent after, oldest first."""
    turn = said.turn(MessageList.ORDER)
    return MessageList.of(await who.office.messages(reference, by=who.account, reason=said.reason), turn)


@router.post("/file")
async def file(who: Looks, reference: Reference, said: WhichFile) -> SentContent:
    """A file that the person sent. What it is was told from what is in it; open it with care all the same."""
    found = await who.office.message_file(reference, said.message, said.number, by=who.account, reason=said.reason)
    return SentContent(name=found.name, media_type=found.media_type, content=base64.b64encode(found.content).decode())


@router.post(
    "/pack",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}, "description": "The pack"}},
)
async def pack(who: Looks, reference: Reference, said: Because) -> Response:
    """The evidence pack with the person, what they wrote, the words of letters and the reasons of acts."""
    made = await who.office.evidence_pack(reference, by=who.account, reason=said.reason, personal=True)
    return pack_response(made)


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
