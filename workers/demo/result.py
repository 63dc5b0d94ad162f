"""What the demonstration ends with, for programs."""

from __future__ import annotations

from datetime import date

from habeas.model import Frozen, Outcome, RequestId, Right


class Export(Frozen):
    """The package as the person downloaded it."""

    path: str
    sha256: str
    size: int
    files: int


class RequestResult(Frozen):
    """One request at its end."""

    id: RequestId
    right: Right
    regime: str
    outcome: Outcome
    due_on: date | None
    systems: dict[str, dict[str, int]]
    """System -> outcome (``collected``, ``erased``, ``anonymised``, ``retained`` …) -> number of objects."""
    export: Export | None = None
    letters: tuple[str, ...]
    """The kinds of letters that were sent, in order."""
    evidence: int
    """Events in the chain of evidence, which was checked."""


class DemoResult(Frozen):
    """The demonstration's last word."""

    requests: tuple[RequestResult, ...]
    data_dir: str
