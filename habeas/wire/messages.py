"""What is sent: the arguments of the contract's methods. What is answered are the contract's own models."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from habeas.connector import Change, RecordRef, SystemPlan, Veto
from habeas.model import Frozen, Identifier

__all__ = [
    "PREFIX",
    "ChangeCall",
    "CollectCall",
    "EraseCall",
    "ExpireCall",
    "ExpiredCall",
    "Finished",
    "LocateCall",
    "Problem",
    "Vetoes",
    "VetoesCall",
]

PREFIX = "/habeas/v1"
"""Every call is a POST below it: ``/habeas/v1/locate``."""


class LocateCall(Frozen):
    """``POST locate`` -> `Located`."""

    identifiers: tuple[Identifier, ...] = Field(repr=False)


class CollectCall(Frozen):
    """``POST collect`` -> one `Page`; the next is asked for with its cursor."""

    roots: tuple[RecordRef, ...] = Field(repr=False)
    cursor: str | None = None


class EraseCall(Frozen):
    """``POST erase`` -> `EraseAnswer`; ``POST confirm`` -> `ConfirmAnswer`."""

    plan: SystemPlan = Field(repr=False)
    handle: str | None = None


class VetoesCall(Frozen):
    """``POST vetoes`` -> `Vetoes`."""

    plan: SystemPlan = Field(repr=False)


class Vetoes(Frozen):
    """What stands in the way."""

    vetoes: tuple[Veto, ...] = ()


class ChangeCall(Frozen):
    """``POST change`` -> `ChangeAnswer`; ``POST confirm-change`` -> `ConfirmAnswer`."""

    change: Change = Field(repr=False)
    handle: str | None = None


class ExpiredCall(Frozen):
    """``POST expired`` -> one `Page`."""

    today: date
    cursor: str | None = None


class ExpireCall(Frozen):
    """``POST expire`` -> `ConfirmAnswer`."""

    plan: SystemPlan = Field(repr=False)


class Problem(Frozen):
    """Why a call was not carried out. Status 503 for ``transient``, 409 for ``terminal``, 422 for ``quarantine``."""

    error: Literal["transient", "terminal", "quarantine"]
    detail: str = ""
    """For staff, who find it sealed at the request; no personal data, all the same."""
    retry_after: float | None = None


class Finished(Frozen):
    """What the service sends to Habeas when work that it answered `Awaiting` for is done."""

    handle: str = Field(min_length=1, max_length=500)
