"""What a request's workflow is started with."""

from __future__ import annotations

from operator import not_

from pydantic import Field

from habeas.model import Frozen, RequestId, Right

STEPS = 3
"""Of requests that are started now. Since 2 what is ours is done where the workflow is, and systems that answer at once
are asked together; with it goes every change of the steps that was made before it. Since 3 a stage is written down with
the first that is done in it.
"""


class RequestStart(Frozen):
    """The workflow's only input. Its id is the request's id."""

    request_id: RequestId
    controller: str
    right: Right
    regime: str
    steps: int = 1
    """How its steps are made, by the release that started it: 1 is one by one; see `STEPS`."""
    anew: bool = Field(default=False, exclude_if=not_)
    """Another workflow had begun it, and is lost or outdated: what the ledger knows of who asks stays."""
