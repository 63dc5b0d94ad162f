"""Review of a copy before it is released: what was collected, and what is taken out of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.responses import Response

from activities.ledger.paging import Order
from habeas.acts import ActAnswer
from workers.api.acts import Decides
from workers.api.looks import Looks
from workers.api.paging import Page, TurnAsked
from workers.api.requests import Once, Reference
from workers.office import CollectedPage, RedactionAsked, ShownRedaction
from workers.office.asked import Because
from workers.office.typed import Typed

router = APIRouter(prefix="/requests/{request_id}", tags=["review"])


class WhichRecords(Because):
    """Which records to show."""

    system: str | None = Field(default=None, max_length=80, description="Of this system only.")
    cursor: str | None = Field(default=None, max_length=120, description="`next` of the page before.")
    limit: int = Field(default=20, ge=1, le=200)


class WhichFile(Because):
    """Which attachment to show."""

    object: str = Field(max_length=120, description="The record, as `collected` names it.")
    file: int = Field(ge=1, le=100_000, description="Its number in the record.")


class ToRedact(RedactionAsked, Typed):
    """What is taken out, on which ground of the law, and why; the reason stays sealed and is not told."""

    ground: str = Field(max_length=60, description="A code, as `collected` lists them with their articles.")
    reason: str = Field(min_length=1, max_length=2000, repr=False)


class WhichRedactions(Because, TurnAsked):
    """Which of what is taken out to show."""


class RedactionList(Page[ShownRedaction]):
    """What is taken out of the copy."""

    ORDER = Order("at", at={"at": datetime, "id": str}, ground={"ground": str, "id": str})


@router.post("/collected")
async def collected(who: Looks, reference: Reference, said: WhichRecords) -> CollectedPage:
    """What was collected for a copy, a page at a time; what may be about others is marked."""
    return await who.office.collected(
        reference, by=who.account, reason=said.reason, system=said.system, cursor=said.cursor, limit=said.limit
    )


@router.post(
    "/collected/file",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The attachment, as it is"}},
)
async def collected_file(who: Looks, reference: Reference, said: WhichFile) -> Response:
    """An attachment, to look at before it is released."""
    found = await who.office.collected_file(
        reference, by=who.account, reason=said.reason, record=said.object, file=said.file
    )
    headers = {"content-disposition": f'attachment; filename="{found.name}"'}
    return Response(found.content, media_type="application/octet-stream", headers=headers)


@router.post("/redactions/look")
async def redactions(who: Looks, reference: Reference, said: WhichRedactions) -> RedactionList:
    """What is taken out of the copy, in the order in which it was decided."""
    turn = said.turn(RedactionList.ORDER)
    return RedactionList.of(await who.office.redactions(reference, by=who.account, reason=said.reason), turn)


@router.post("/redactions")
async def redact(who: Decides, once: Once, reference: Reference, said: ToRedact) -> ActAnswer:
    """Take something out: a record, a field, a passage, an attachment. Approvals given before do not count any more."""
    asked = pointed_at(said)

    async def do(act_id: str) -> ActAnswer:
        return await who.office.redact(
            reference, by=who.account, reason=said.reason, ground=said.ground, asked=asked, act_id=act_id
        )

    return await once.kept(who, ActAnswer, do, said)


def pointed_at(said: ToRedact) -> RedactionAsked:
    """What is to be taken out, as the office takes it."""
    return RedactionAsked(**{name: getattr(said, name) for name in RedactionAsked.model_fields})


@router.post("/redactions/{redaction}/put_back")
async def unredact(
    who: Decides,
    once: Once,
    reference: Reference,
    redaction: Annotated[str, Path(max_length=36, description="Its id, or the beginning of it.")],
    said: Because,
) -> ActAnswer:
    """Put back what was taken out. Approvals given before do not count any more."""

    async def do(act_id: str) -> ActAnswer:
        return await who.office.unredact(
            reference, by=who.account, reason=said.reason, redaction=redaction, act_id=act_id
        )

    return await once.kept(who, ActAnswer, do, said)
