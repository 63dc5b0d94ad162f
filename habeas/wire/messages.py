"""What is sent: the arguments of the contract's methods. What is answered are the contract's own models."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from habeas.connector import Change, RecordRef, SystemPlan, Veto
from habeas.model import Frozen, Identifier
from habeas.outcomes import MOST_HANDLE

__all__ = [
    "PREFIX",
    "Call",
    "ChangeCall",
    "CollectCall",
    "EraseCall",
    "ExpireCall",
    "ExpiredCall",
    "Finished",
    "LocateCall",
    "ManifestCall",
    "PingCall",
    "Problem",
    "Vetoes",
    "VetoesCall",
]

PREFIX = "/habeas/v1"
"""Every call is a POST below it: ``/habeas/v1/locate``."""


class Call(Frozen):
    """What every call says of itself. It stands in the body because that is signed, and the path is not."""

    operation: str
    """The path below `PREFIX` that it is meant for."""


class ManifestCall(Call):
    """``POST manifest`` -> `Manifest`."""

    operation: Literal["manifest"]


class PingCall(Call):
    """``POST ping`` -> `Health`."""

    operation: Literal["ping"]


class LocateCall(Call):
    """``POST locate`` -> `Located`."""

    operation: Literal["locate"]
    identifiers: tuple[Identifier, ...] = Field(repr=False)


class CollectCall(Call):
    """``POST collect`` -> one `Page`; the next is asked for with its cursor."""

    operation: Literal["collect"]
    roots: tuple[RecordRef, ...] = Field(repr=False)
    cursor: str | None = None


class EraseCall(Call):
    """``POST erase`` -> `EraseAnswer`; ``POST confirm`` -> `ConfirmAnswer`."""

    operation: Literal["erase", "confirm"]
    plan: SystemPlan = Field(repr=False)
    handle: str | None = None


class VetoesCall(Call):
    """``POST vetoes`` -> `Vetoes`."""

    operation: Literal["vetoes"]
    plan: SystemPlan = Field(repr=False)


class Vetoes(Frozen):
    """What stands in the way."""

    vetoes: tuple[Veto, ...]


class ChangeCall(Call):
    """``POST change`` -> `ChangeAnswer`; ``POST confirm-change`` -> `ConfirmAnswer`."""

    operation: Literal["change", "confirm-change"]
    change: Change = Field(repr=False)
    handle: str | None = None


class ExpiredCall(Call):
    """``POST expired`` -> one `Page`."""

    operation: Literal["expired"]
    today: date
    cursor: str | None = None


class ExpireCall(Call):
    """``POST expire`` -> `ConfirmAnswer`."""

    operation: Literal["expire"]
    plan: SystemPlan = Field(repr=False)


class Problem(Frozen):
    """Why a call was not carried out. Status 503 for ``transient``, 409 for ``terminal``, 422 for ``quarantine``."""

    error: Literal["transient", "terminal", "quarantine"]
    detail: str = ""
    """For staff, who find it sealed at the request; no personal data, all the same."""
    retry_after: float | None = None
    """Seconds. Whoever asks for more than a month is asked again after one."""


class Finished(Frozen):
    """What the service sends to Habeas when work that it answered `Awaiting` for is done."""

    handle: str = Field(min_length=1, max_length=MOST_HANDLE)
