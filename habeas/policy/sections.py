"""The sections of a policy file and their fields. What must hold between fields is in `habeas.policy.rules`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints

from habeas.model import Frozen, SystemName, normalise


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("not an IANA time zone: write it as Europe/Copenhagen") from None
    return name


def _email(value: str) -> str:
    return normalise("email", value)


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=500)]
"""Why a safe default is turned off, in words that an auditor can read."""
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,60}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,60}$")]
RegimeCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,3}(-[A-Z0-9]{1,12}){1,2}$")]
Jurisdiction = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
"""ISO 3166-1 or 3166-2: ``DK``, ``GB-SCT``."""
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
Email = Annotated[str, AfterValidator(_email)]
Zone = Annotated[str, AfterValidator(_zone)]
Text = Mapping[str, Words]
"""One text in every language of the controller."""
Texts = Mapping[str, Annotated[tuple[Words, ...], Field(min_length=1)]]
"""Several texts in every language of the controller."""
Days = Annotated[int, Field(ge=1, le=3650)]


class Controller(Frozen):
    """Who answers, and how to reach them."""

    id: Name
    name: Words
    address: Words
    email: Email
    establishment: Jurisdiction
    clock_tz: Zone
    languages: tuple[Language, ...] = Field(min_length=1, description="the first is used when nothing else is known")
    privacy_officer: Email = Field(description="gets reminders and alarms")
    dpo: Email | None = None
    phone: Words | None = None
    website: Words | None = None


class RegimeEntry(Frozen):
    """A law that the controller answers under, and for whom."""

    code: RegimeCode
    jurisdictions: tuple[Jurisdiction, ...] = Field(min_length=1, description="where the people it is for live")
    calendar: Jurisdiction | None = None
    """Whose holidays its terms are counted with; unset for the person's own jurisdiction.

    In the EU the term is counted where the answering establishment is (Regulation 1182/71, art. 2(1)).
    """


class Applicable(Frozen):
    """The regime of one person's request, and the jurisdiction its term is counted in."""

    regime: str
    jurisdiction: str


class Promise(Frozen):
    """What the controller promised beyond the law. A promise shortens a term, it never lengthens one."""

    days: Days | None = None


class IdentityMethod(StrEnum):
    """How a person may prove who they are."""

    CODE = "code"
    ATTESTATION = "attestation"


class IdentityPolicy(Frozen):
    """How identity is proven before anything is disclosed or erased."""

    required: bool = True
    i_know: Reason | None = None
    """Why identity is not asked for; needed to turn it off."""
    methods: tuple[IdentityMethod, ...] = Field(default=(IdentityMethod.CODE, IdentityMethod.ATTESTATION), min_length=1)
    sources: tuple[SystemName, ...] = ()
    """Systems whose addresses count as 'on record', the most trusted first: codes go there, not to a claimed one."""
    code_minutes: int = Field(default=30, ge=5, le=7 * 24 * 60)
    code_tries: int = Field(default=5, ge=1, le=20)
    codes_max: int = Field(default=5, ge=1, le=50, description="codes that one request may be sent in all")
    remind_after_days: tuple[Days, ...] = (3, 10)
    expires_after_days: Days = 21
    """Then the request closes as unverified."""


class Access(StrEnum):
    """When a human looks at an export before it is released."""

    ALWAYS = "always"
    FREE_TEXT = "free_text"
    NEVER = "never"


class ReviewPolicy(Frozen):
    """Who looks before something is done."""

    access: Access = Access.FREE_TEXT
    access_approvals: int = Field(default=1, ge=1, le=5)
    erasure_approvals: int = Field(default=2, ge=1, le=5)
    i_know: Reason | None = None
    """Why one person may erase alone; needed for fewer than two approvals."""


class ClockPolicy(Frozen):
    """What happens as the term runs."""

    remind_days_before: tuple[Days, ...] = (10, 5, 1)
    extend_days_before: Days = 3
    extend_automatically: bool = False
    extend_ground: Code | None = None
    """A code of the regime's closed list (``complexity``, ``number_of_requests``)."""
    extend_reason: Text | None = None


class AtDeadline(StrEnum):
    """What to do with a package that still lacks a system when the term is nearly over."""

    RELEASE_PARTIAL = "release_partial"
    WAIT = "wait"


class ReleasePolicy(Frozen):
    """How a package is handed over."""

    link_hours: int = Field(default=168, ge=1, le=90 * 24)
    at_deadline: AtDeadline = AtDeadline.WAIT
    days_before: Days = 2


class RecordPolicy(Frozen):
    """The request's own retention."""

    keep_days: Days
    """After closing; then the request's key is destroyed."""


class LettersPolicy(Frozen):
    """Letters in the controller's own words."""

    folder: Path
    """Templates that replace the built-in ones of the same name; relative to the policy file."""


class LegalBasis(StrEnum):
    """GDPR art. 6(1)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL = "vital"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTEREST = "legitimate_interest"


class Category(Frozen):
    """What one kind of data is for: the answer to GDPR art. 15(1)(a)-(d) and (g)."""

    id: Name
    title: Text
    purposes: Texts
    legal_basis: LegalBasis
    source: Text
    recipients: tuple[Name, ...] = ()
    retention: Text


class RecipientRole(StrEnum):
    """What a recipient is to the controller."""

    PROCESSOR = "processor"
    CONTROLLER = "controller"
    JOINT_CONTROLLER = "joint_controller"
    AUTHORITY = "authority"


class Recipient(Frozen):
    """Whom data is disclosed to; outside the country, under which safeguards (GDPR art. 15(2))."""

    id: Name
    name: Words
    role: RecipientRole
    country: Country
    safeguards: Text | None = None


class Authority(Frozen):
    """Where a person may complain, when the regime's own entry does not fit."""

    name: Words
    url: Words
    address: Words | None = None
