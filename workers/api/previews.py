"""What would be: of an act before it is done, of a request before it is opened. Nothing is changed by asking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union

from fastapi import APIRouter, Body
from pydantic import Field, create_model

from habeas.access import Scope
from habeas.acts import ActKind
from habeas.model import Frozen
from workers.api.callers import Caller, may
from workers.api.duties import TaskDone, came
from workers.api.requests import NewRequest, Opens, Reference
from workers.api.review import ToRedact, pointed_at
from workers.office import NewRequestInput
from workers.office.effects import PREVIEWED, Finish, TakeOut
from workers.office.foreseeing import Demands
from workers.office.previewing import Preview

router = APIRouter(tags=["requests"])


class TaskAnswer(TaskDone):
    """What came of which task."""

    task: str = Field(max_length=80)


_SHOWN: Mapping[ActKind, type[Frozen]] = {**PREVIEWED, ActKind.FINISH_TASK: TaskAnswer, ActKind.REDACT: ToRedact}


class Intended(Frozen):
    """An act that is not done yet, with what would be said."""

    act: ActKind
    said: Frozen


def _intended(kind: ActKind, said: type[Frozen]) -> type[Intended]:
    fields: dict[str, Any] = {
        "act": (Literal[kind], Field(description="Which.")),
        "said": (said, Field(description="As the body of the act itself.")),
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
    said = intended.said
    if isinstance(said, TaskAnswer):
        said = Finish(task=said.task.lower(), reason=said.reason, said=came(said))
    if isinstance(said, ToRedact):
        said = TakeOut(reason=said.reason, ground=said.ground, asked=pointed_at(said))
    return await who.office.preview(intended.act, reference, said, by=who.account)


_preview.__annotations__["intended"] = _INTENDED
router.post("/requests/{request_id}/preview", name="preview")(_preview)
