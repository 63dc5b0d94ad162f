"""What a request's workflow is started with."""

from __future__ import annotations

from habeas.model import Frozen, RequestId, Right


class RequestStart(Frozen):
    """The workflow's only input. Its id is the request's id."""

    request_id: RequestId
    controller: str
    right: Right
    regime: str
