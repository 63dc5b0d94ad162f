"""Requests: open one or many, the queue, each one's story and evidence. Names nobody."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field

from activities.ledger import RequestFilter, SearchRow
from activities.ledger.paging import Order, Turn
from activities.ledger.requests import QUEUE
from activities.ledger.searches import SEARCHES
from habeas.access import Scope
from habeas.errors import BadInput, UnknownRequest
from habeas.model import Identifier, Outcome, RequestId, Right, Stage
from workers.api.bodies import whole_body
from workers.api.callers import Caller, OnceKey, may
from workers.api.paging import Page, paged
from workers.api.problems import WithProblem
from workers.office import Entry, NewRequestInput, OpenedAnswer, Story, Told, Verdict, read_reference
from workers.office.asked import Because
from workers.office.finding import MOST_IDENTIFIERS
from workers.office.importing import MAX_BYTES, ImportResult
from workers.office.packing import MadePack
from workers.office.particulars import AskedParticulars
from workers.office.typed import FIRST_DAY, LAST_DAY, Typed

router = APIRouter(tags=["requests"])

Reads = Annotated[Caller, may(Scope.REQUESTS_READ)]
Opens = Annotated[Caller, may(Scope.REQUESTS_OPEN)]
Finds = Annotated[Caller, may(Scope.PERSONAL_READ)]
Once = Annotated[OnceKey, Depends()]


def _reference(
    request_id: Annotated[
        str, Path(description="The request's reference.", examples=["HB-7K2M-X4QT-90AB"], max_length=40)
    ],
) -> str:
    try:
        return read_reference(request_id)
    except BadInput:
        raise UnknownRequest from None


Reference = Annotated[str, Depends(_reference)]
Filtered = Annotated[RequestId | None, Query(description="Of this request.")]
Controller = Annotated[
    str | None,
    Query(pattern=r"^[a-z0-9][a-z0-9_.-]{0,79}$", description="Of this controller; else of all you work for."),
]


class Queue(Page[Entry]):
    """One page of the queue."""

    ORDER = QUEUE


class SearchList(Page[SearchRow]):
    """Searches that found nobody, and so no request to leave a mark on."""

    ORDER = SEARCHES


class Timeline(Page[Told]):
    """What happened to a request."""

    ORDER = Order("n", n={"n": int})


class NewRequest(AskedParticulars, Typed):
    """A request as the person made it. What is left out comes from the controller's policy."""

    right: str = Field(description="access, portability, erasure, rectification, …")
    reason: str = Field(default="as the person asked", repr=False)
    controller: str | None = None
    regime: str | None = None
    jurisdiction: str | None = Field(default=None, description="Where the person lives: DK, CA-QC, US-CA.")
    language: str | None = None
    channel: str = "email"
    received_at: str | None = Field(default=None, description="ISO date or time; unset for now.")
    name: str | None = Field(default=None, repr=False)
    emails: tuple[str, ...] = Field(default=(), repr=False)
    phones: tuple[str, ...] = Field(default=(), repr=False)
    identifiers: tuple[str, ...] = Field(default=(), repr=False, description="kind=value")
    note: str | None = Field(default=None, repr=False)


class Search(Because):
    """By what a person is known, and why they are searched for."""

    identifiers: tuple[Identifier, ...] = Field(
        min_length=1, max_length=MOST_IDENTIFIERS, repr=False, description="Whole: nothing is found by a part of one."
    )
    controller: str | None = Field(default=None, max_length=80, description="Of this controller; else of all of yours.")


@router.get("/requests")
async def queue(
    who: Reads,
    turn: Annotated[Turn, paged(QUEUE)],
    controller: Controller = None,
    stage: Stage | None = None,
    right: Right | None = None,
    outcome: Outcome | None = None,
    open_: Annotated[bool | None, Query(alias="open", description="Only open or only closed ones; else all.")] = None,
    overdue: Annotated[bool | None, Query(description="Only those whose term is over, or not.")] = None,
    due_before: Annotated[
        date | None, Query(ge=FIRST_DAY, le=LAST_DAY, description="Due on an earlier day than this.")
    ] = None,
    waits_for: Annotated[str | None, Query(max_length=80, description="Held up by this system.")] = None,
    held: Annotated[Literal["me", "nobody"] | None, Query(description="By the token's account, or by nobody.")] = None,
) -> Queue:
    """The queue, soonest due first."""
    wanted = RequestFilter(
        controller=controller,
        stage=stage,
        right=right,
        outcome=outcome,
        open=open_,
        overdue=overdue,
        due_before=due_before,
        waits_for=waits_for,
        held=who.office.actor(who.account) if held == "me" else held,
        limit=turn.limit,
        sort=turn.sort,
        cursor=turn.given,
    )
    return Queue.placed(await who.office.requests(wanted), wanted.limit)


@router.post("/requests", status_code=201, responses={200: {"model": OpenedAnswer, "description": "It was open"}})
async def open_request(who: Opens, once: Once, asked: NewRequest, response: Response) -> OpenedAnswer:
    """Open a request. The same person's request for the same right that is open already is the answer, with 200."""
    given = asked.model_dump(exclude_unset=True)

    async def do(act_id: str) -> OpenedAnswer:
        return await who.office.open_request(NewRequestInput(**given, opened_by=who.account, idempotency_key=act_id))

    opened = await once.kept(who, OpenedAnswer, do, asked)
    response.headers["location"] = f"requests/{opened.id}"
    response.status_code = 201 if opened.created else 200
    return opened


@router.post(
    "/requests/import",
    openapi_extra={"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def import_requests(
    who: Opens,
    once: Once,
    request: Request,
    skip_bad: Annotated[bool, Query(description="Open the good rows although others are bad.")] = False,
    check_only: Annotated[bool, Query(description="Open none.")] = False,
) -> ImportResult:
    """Open many from CSV: all rows are checked before the first is opened.

    The same file again under the same key opens nothing more, and is answered as it was the first time.
    """
    content = await whole_body(request, {"text/csv"}, MAX_BYTES)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise WithProblem(422, "bad_input", "The file is not UTF-8.", "Save it as UTF-8.", field="file") from None
    if check_only:
        return await who.office.import_requests(text, by=who.account, skip_bad=skip_bad, check_only=True)

    async def do(act_id: str) -> ImportResult:
        return await who.office.import_requests(text, by=who.account, skip_bad=skip_bad, run=act_id)

    return await once.kept(who, ImportResult, do, content, skip_bad, nothing=lambda result: not result.opened)


@router.post("/requests/find")
async def find(who: Finds, said: Search) -> Queue:
    """The requests of a person, by an exact identifier. Leaves a mark on each."""
    found = await who.office.find_requests(
        said.identifiers, by=who.account, reason=said.reason, controller=said.controller
    )
    return Queue(items=found)


@router.get("/searches")
async def searches(who: Reads, turn: Annotated[Turn, paged(SEARCHES)]) -> SearchList:
    """Searches for a person that found nobody, the newest first; why, for who may look at personal data."""
    found = await who.office.searches(turn.limit, sort=turn.sort, cursor=turn.given)
    return SearchList.placed(found, turn.limit)


@router.get("/requests/{request_id}")
async def story(who: Reads, reference: Reference) -> Story:
    """Where a request stands, what was done, and what can be done now."""
    return await who.office.show(reference)


@router.get("/requests/{request_id}/timeline")
async def timeline(who: Reads, reference: Reference, turn: Annotated[Turn, paged(Timeline.ORDER)]) -> Timeline:
    """Everything that happened, as the evidence has it, in order."""
    return Timeline.of(await who.office.timeline(reference), turn)


@router.get("/requests/{request_id}/evidence")
async def evidence(
    who: Reads,
    reference: Reference,
    head: Annotated[str | None, Query(description="The last hash that you noted.")] = None,
) -> Verdict:
    """Check the request's chain of evidence."""
    return await who.office.verify_evidence(reference, head)


@router.get(
    "/requests/{request_id}/evidence/pack",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}, "description": "The pack"}},
)
async def pack(who: Reads, reference: Reference) -> Response:
    """What was done, to be checked offline: a page, the same for programs, and what it takes to check it."""
    return pack_response(await who.office.evidence_pack(reference, by=who.account))


def pack_response(made: MadePack) -> Response:
    """A pack as a file."""
    headers = {"content-disposition": f'attachment; filename="{made.request_id}.evidence.zip"'}
    return Response(made.content, media_type="application/zip", headers=headers)
