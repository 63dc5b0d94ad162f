"""Finding a person, by an exact identifier that is sent and never stands in an address; who searched is evidence."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from habeas.access import Scope
from habeas.errors import BadInput, NotAllowed
from habeas.model import Stage
from workers.desk.door import Signed, Staff
from workers.desk.forms import Choice, Control, Slip, slip_of, text_of, typed
from workers.desk.staff_page import forbidden, staff_page
from workers.office import Entry, split_identifier
from workers.office.intake import identifier

__all__ = ["finding_pages"]

_KINDS = ("email", "phone", "customer_number")
_OTHER = "other"
_FIELDS = {"email": "value", "phone": "value", "customer_number": "value", "identifier": "value"}


def finding_pages() -> APIRouter:
    """The routes of finding a person."""
    router = APIRouter()

    @router.get("/find")
    async def form(who: Staff) -> Response:
        if not who.office.reach(Scope.PERSONAL_READ):
            return forbidden(who, Scope.PERSONAL_READ)
        return _page(who, FormData())

    @router.post("/find")
    async def find(who: Staff, request: Request) -> Response:
        """The requests of a person; each gets a mark."""
        if not who.office.reach(Scope.PERSONAL_READ):
            return forbidden(who, Scope.PERSONAL_READ)
        form = await request.form()
        kind, value = text_of(form, "kind", 40), text_of(form, "value", 400)
        try:
            wanted = identifier(kind, value, "value") if kind in _KINDS else split_identifier(value)
            found = await who.office.find_requests((wanted,), by=who.account, reason=text_of(form, "reason", 2001))
        except NotAllowed:
            return forbidden(who, Scope.PERSONAL_READ)
        except BadInput as error:
            return _page(who, form, (slip_of(error, ("value", "reason"), _FIELDS, who.say),), 422)
        return _page(who, form, found=found)

    return router


def _page(
    who: Signed,
    form: FormData,
    slips: tuple[Slip, ...] = (),
    status: int = 200,
    found: tuple[Entry, ...] | None = None,
) -> Response:
    say = who.say
    kinds = (
        *(Choice(one, say.named("identifiers", one)) for one in _KINDS),
        Choice(_OTHER, say.text("fields.identifier")),
    )
    controls = (
        Control("kind", say.text("finding.kind"), "select", choices=kinds),
        Control("value", say.text("finding.value"), "text", most=320, hint=say.text("finding.value_hint")),
        Control("reason", say.text("finding.reason"), "text", most=2000),
    )
    return staff_page(
        "find.html",
        who,
        status,
        controls=controls,
        given={"kind": _KINDS[0]} | typed(form),
        slips=slips,
        entries=found,
        outcomes=any(one.stage is Stage.CLOSED for one in found or ()),
    )
