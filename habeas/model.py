"""Requests, subjects and the words the whole house uses for them. Frozen, and quiet about people.

Whatever may identify a person is kept out of ``repr`` so that a stray log line cannot give it away.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationInfo,
    field_validator,
)

from habeas.written import normalise

__all__ = [
    "CHANGING",
    "COPIES",
    "REFERENCE",
    "REMEDIES",
    "TERMINAL_STAGES",
    "USES",
    "Frozen",
    "Identifier",
    "Outcome",
    "PauseReason",
    "Request",
    "RequestId",
    "Right",
    "Stage",
    "Subject",
    "SystemName",
    "normalise",
    "request_of",
]


class Frozen(BaseModel):
    """One immutable value. Unknown fields are an error: a typing slip must not become a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Right(StrEnum):
    """What may be asked, and the clocks that run beside the rights (GDPR 12-22 and its cousins)."""

    ACCESS = "access"
    PORTABILITY = "portability"
    ERASURE = "erasure"
    RECTIFICATION = "rectification"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    OPT_OUT_SALE = "opt_out_sale"
    LIMIT_SENSITIVE = "limit_sensitive"
    WITHDRAW_CONSENT = "withdraw_consent"
    APPEAL = "appeal"
    COMPLAINT = "complaint"
    GRIEVANCE = "grievance"


class Stage(StrEnum):
    """Where a request stands, in the order of its life."""

    RECEIVED = "received"
    VERIFYING = "verifying"
    LOCATING = "locating"
    CLARIFYING = "clarifying"
    COLLECTING = "collecting"
    REVIEWING = "reviewing"
    FULFILLING = "fulfilling"
    CONFIRMING = "confirming"
    NOTIFYING = "notifying"
    CLOSED = "closed"


TERMINAL_STAGES = frozenset({Stage.CLOSED})

COPIES = frozenset({Right.ACCESS, Right.PORTABILITY})
"""Rights that are answered with a copy, or with what it would hold."""

CHANGING = frozenset(
    {
        Right.RECTIFICATION,
        Right.RESTRICTION,
        Right.OBJECTION,
        Right.OPT_OUT_SALE,
        Right.LIMIT_SENSITIVE,
        Right.WITHDRAW_CONSENT,
    }
)
"""Rights that change how data is held or used, and neither copy nor erase it."""

USES = CHANGING - {Right.RECTIFICATION, Right.RESTRICTION}
"""Rights about what data is used for: nothing of it is collected but what tells whose it is."""

REMEDIES = frozenset({Right.APPEAL, Right.COMPLAINT, Right.GRIEVANCE})
"""Clocks beside the rights: about how an earlier request, or anything else, was handled."""


class Outcome(StrEnum):
    """How a request ended. Every request gets exactly one."""

    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
    NOTHING_FOUND = "nothing_found"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    UNVERIFIED = "unverified"


class PauseReason(StrEnum):
    """What the clock may wait for, where the regime lets it wait."""

    IDENTITY = "identity"
    CLARIFICATION = "clarification"
    FEE = "fee"
    PARTICULARS = "particulars"


# Crockford base32 without look-alikes: staff read it out on the phone, the person types it.
REFERENCE = re.compile(r"HB(-[0-9A-HJKMNP-TV-Z]{4}){3}")
RequestId = Annotated[str, Field(pattern=rf"^{REFERENCE.pattern}$")]


def request_of(workflow_id: str) -> str | None:
    """The request that a workflow works for, by its id: the request's own, or one that begins with it and a slash."""
    found = REFERENCE.match(workflow_id)
    return found.group() if found and workflow_id[found.end() :][:1] in {"", "/"} else None


SystemName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]

NAME_KINDS = frozenset({"name", "full_name", "first_name", "last_name", "given_name", "family_name", "surname"})
"""No kinds of identifier: nobody is found by a name."""


def _no_name(kind: str) -> str:
    if kind in NAME_KINDS:
        raise ValueError("nobody is found by a name: many people have the same one")
    return kind


IdentifierKind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$"), AfterValidator(_no_name)]
"""``email``, ``phone``, or any other kind that a connector declares; never a name."""


class Identifier(Frozen):
    """One way to know a person: an address, a number. Kinds are open; ``email`` and ``phone`` have their own form.

    Raises:
        ValueError: as `normalise`.
    """

    kind: IdentifierKind
    value: str = Field(repr=False)

    @field_validator("value")
    @classmethod
    def _normalised(cls, value: str, info: ValidationInfo) -> str:
        return normalise(info.data.get("kind", "value"), value)

    def __str__(self) -> str:
        return f"{self.kind}:…"


def _clean_name(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


class Subject(Frozen):
    """Who asks, as claimed. Personal: lives sealed in the ledger and nowhere else."""

    name: Annotated[str, AfterValidator(_clean_name)] | None = Field(default=None, repr=False, max_length=200)
    identifiers: tuple[Identifier, ...] = Field(min_length=1, max_length=50, repr=False)
    note: str | None = Field(default=None, repr=False, max_length=10_000)
    details: dict[str, JsonValue] = Field(default_factory=dict, repr=False)
    """What was asked in particular, as `habeas.particulars.Particulars` writes it."""


class Request(Frozen):
    """The facts of a request that identify nobody: safe for logs, metrics and Temporal."""

    id: RequestId
    controller: str
    right: Right
    regime: str
    jurisdiction: str
    language: str
    received_at: AwareDatetime
    stage: Stage = Stage.RECEIVED
    outcome: Outcome | None = None
    due_on: date | None = None
    extended: bool = False
    extended_until: date | None = None
    """The day that the notice of the extension named; None where the law sets it."""
    closed_at: datetime | None = None
