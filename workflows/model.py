"""What a request's workflow is started with."""

from __future__ import annotations

from habeas.model import Frozen, RequestId, Right

STEPS = 2
"""Of requests that are started now: what is ours is done where the workflow is, and systems that answer at once are
asked together. With it goes every change of the steps that was made before it.
"""


class RequestStart(Frozen):
    """The workflow's only input. Its id is the request's id."""

    request_id: RequestId
    controller: str
    right: Right
    regime: str
    steps: int = 1
    """How its steps are made, by the release that started it: 1 is one by one; see `STEPS`."""
