"""What would be: of an act before it is done, of a request before it is opened. Nothing is changed by asking."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from fastapi import APIRouter, Body
from pydantic import Field, create_model

from habeas.access import Scope
from habeas.acts import ActKind
from habeas.model import Frozen
from workers.api.callers import Caller, may
from workers.api.requests import NewRequest, Opens, Reference
from workers.office import NewRequestInput
from workers.office.asked import ASKED
from workers.office.foreseeing import Demands
from workers.office.previewing import Preview

router = APIRouter(tags=["requests"])

_SHOWN = {kind: model for kind, model in ASKED.items() if kind is not ActKind.PROVE}
"""A code is tried, not previewed."""


class Intended(Frozen):
    """An act that is not done yet, with what would be said."""

    act: ActKind
    said: Frozen


def _intended(kind: ActKind, said: type[Frozen]) -> type[Intended]:
    fields: dict[str, Any] = {
        "act": (Literal[kind], Field(description="Which.")),
        "said": (said, Field(description=f"As the body of `/acts/{kind}`.")),
    }
    return create_model(f"Intended_{kind}", __base__=Intended, __doc__=f"To {kind.replace('_', ' ')}.", **fields)


_INTENDED: Any = Annotated[
    Union[tuple(_intended(kind, said) for kind, said in _SHOWN.items())],  # noqa: UP007  # made from a table
    Body(discriminator="act"),
]


@router.post("/requests/demands")
async def demands(who: Opens, asked: NewRequest) -> Demands:
    """What the law and the policy would demand of this request: dates, proof, approvals, and why. It is not opened."""
    return await who.office.demands(NewRequestInput(**asked.model_dump(exclude_unset=True), opened_by=who.account))


async def _preview(who: Annotated[Caller, may(Scope.REQUESTS_READ)], reference: Reference, intended: Any) -> Preview:
    """What an act would do now: dates, approvals, and the letter. It takes the act's own scope, too."""
    return await who.office.preview(intended.act, reference, intended.said, by=who.account)


_preview.__annotations__["intended"] = _INTENDED
router.post("/requests/{request_id}/preview", name="preview")(_preview)
