"""The sections of a policy file and their fields. What must hold between fields is in `habeas.policy.rules`."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, StringConstraints

from habeas.access import Role
from habeas.errors import BadInput
from habeas.fields import Origin
from habeas.languages import Language
from habeas.law.data import Regime
from habeas.law.library import regime, rights
from habeas.law.places import zone
from habeas.model import Frozen, Right, SystemName, normalise
from habeas.particulars import PurposeId
from habeas.written import same_words


def _zone(name: str) -> str:
    try:
        zone(name)
    except BadInput:
        raise ValueError("not an IANA time zone: write it as Europe/Copenhagen") from None
    return name


def _phone(text: str) -> str:
    if not any(map(str.isdigit, text)):
        raise ValueError("not a number that can be called: write it as +45 33 19 32 00")
    return text


def _url(text: str) -> str:
    found = urlsplit(text)
    if found.scheme not in {"https", "http"} or not found.hostname or any(char.isspace() for char in text):
        raise ValueError("not an address of the web: write it as https://example.org")
    return text


def _email(value: str) -> str:
    return normalise("email", value)


def _line(text: str) -> str:
    if any(unicodedata.category(char) in _BREAKS or char in _TURNS for char in text):
        raise ValueError("one line, without control characters or such as turn the direction of writing")
    return text


_BREAKS = frozenset({"Cc", "Zl", "Zp"})
_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Letters, subjects and addresses would read otherwise than they are written (Unicode TR36, 3.2)."""
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000), AfterValidator(_line)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=500), AfterValidator(_line)]
"""Why a safe default is turned off, in words that an auditor can read."""
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,60}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,60}$")]
RegimeCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,3}(-[A-Z0-9]{1,12}){1,2}$")]
Jurisdiction = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
"""ISO 3166-1 or 3166-2: ``DK``, ``GB-SCT``."""
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Email = Annotated[str, AfterValidator(_email)]
Phone = Annotated[Words, AfterValidator(_phone)]
Url = Annotated[Words, AfterValidator(_url)]
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
    phone: Phone | None = None
    website: Url | None = None


class RegimeEntry(Frozen):
    """A law that the controller answers under, and for whom."""

    code: RegimeCode
    jurisdictions: tuple[Jurisdiction, ...] = Field(min_length=1, description="where the people it is for live")
    calendar: Jurisdiction | None = None
    """Whose holidays its terms are counted with; unset for the person's own jurisdiction.

    In the EU the term is counted where the answering establishment is (Regulation 1182/71, art. 2(1)).
    """
    options: tuple[Code, ...] = ()
    """Which of the law's other readings are chosen, where authorities differ (`habeas law regimes` lists them)."""
    target_days: Days | None = None
    """Calendar days from receipt by which staff aim to answer where the law names no day, and none is promised; unset
    for what its practice suggests, else 30. A target and no term: the person is told of none."""

    def calendar_elsewhere(self, home: str) -> str | None:
        """The calendar, where it is of another place than the establishment: neither a part of it nor what it is in."""
        if self.calendar is None or f"{self.calendar}-".startswith(f"{home}-"):
            return None
        return None if f"{home}-".startswith(f"{self.calendar}-") else self.calendar


class Applicable(Frozen):
    """The regime of one person's request, and the jurisdiction its term is counted in."""

    regime: str
    jurisdiction: str
    instead_of: str | None = None
    """The regime of the place where the person lives, where it does not give the right and this one does."""

    @property
    def law(self) -> Regime:
        """The regime as it is there."""
        return regime(self.regime, self.jurisdiction)

    def gives(self, right: Right, on: date | None = None) -> bool:
        """Whether this law gives a right; with a day, on that day."""
        return right in rights(self.regime, self.jurisdiction, on)


class Strength(StrEnum):
    """How firmly a term was promised. An extension by law, once announced, replaces an effort and no hard promise."""

    HARD = "hard"
    EFFORTS = "efforts"


class Promise(Frozen):
    """What the controller promised beyond the law. A promise shortens a term, it never lengthens one."""

    days: Days | None = None
    """Calendar days from receipt, never rolled."""
    strength: Strength = Strength.HARD
    delay_notice: bool = False
    """When the answer is not there by the promised day, the person is told the reason and the date expected: by staff,
    and where they stay silent by the clock, which says what is known and names no day but the law's."""
    delay_days_before: int = Field(default=1, ge=0, le=30)
    """How long before the end of the promised day the clock's own notice goes out."""
    delay_ask_days_before: tuple[Days, ...] = (4, 1)
    """How long before that staff are asked for the reason and the day; each is a letter to them."""
    reasons_at_once: tuple[Name, ...] = ()
    """If anything of these stays, for whatever reason, the person hears what stays and why as soon as the plan is
    approved, and not only when all is done."""


class IdentityMethod(StrEnum):
    """How a person may prove who they are."""

    CODE = "code"
    ATTESTATION = "attestation"


class Proof(StrEnum):
    """What must prove an identity: nothing, either method, or both."""

    NONE = "none"
    CODE = "code"
    ATTESTATION = "attestation"
    BOTH = "both"


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
    rights: Mapping[Right, Proof] = Field(default_factory=dict)
    """By right, where another proof is asked than `methods` say (an opt-out of sale needs none: 11 CCR 7026)."""
    sensitive: Proof | None = None
    """For a copy, a correction or an erasure that reaches a sensitive category: the stricter proof.

    An answer by category alone hands over no piece of data, and is never asked for both proofs (11 CCR 7062)."""


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
    change_approvals: int = Field(default=1, ge=1, le=5)
    """Rectification, restriction, and an objection that must be weighed. What the law wants done at once needs none."""
    export_before_erasure: bool = False
    """Nothing is erased before the person got a copy of it: without one, an erasure is not approved."""


class ErasurePolicy(Frozen):
    """When and in which order an approved erasure is carried out."""

    wait_days: int = Field(default=0, ge=0, le=20)
    """After the last approval: until then the person may withdraw, and nothing has been touched."""
    after: Mapping[SystemName, tuple[SystemName, ...]] = Field(default_factory=dict)
    """System -> those that must be done before it: ``crm = ["support", "billing"]``."""


class ClockPolicy(Frozen):
    """What happens as the term runs."""

    remind_days_before: tuple[Days, ...] = (10, 5, 1)
    paused_remind_days: Days = 14
    """While the clock is paused, staff are reminded of it every so many days."""
    extend_days_before: Days = 3
    extend_automatically: bool = False
    extend_ground: Code | None = None
    """A code of the regime's closed list (``complexity``, ``number_of_requests``)."""
    extend_reason: Text | None = None
    extend_open_days: Days | None = None
    """By how many days the clock itself puts the answer off where the law sets no last day (New Zealand, Singapore)."""


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


class Term(Frozen):
    """A length of time, and what says so."""

    law: Words | None = None
    """Law, duty or promise. Of what is kept the person reads it as the system's map says it."""
    ground: Code | None = None
    """Of what is kept: by which ground of the request's own law (`habeas.law.reason_codes`)."""
    years: int = Field(default=0, ge=0, le=200)
    months: int = Field(default=0, ge=0, le=600)
    days: int = Field(default=0, ge=0, le=36500)
    to: Literal["year_end"] | None = None
    """``year_end``: the time begins when the year of the object's day has ended."""
    partly: bool = False
    """Of what is kept: only in some of the places where data of the category lies; the systems' maps say in which."""


class ControlledBy(Frozen):
    """Somebody else decides over this data, and we only process it: requests about it are sent on to them."""

    who: Text
    """As the person is told."""
    field: Name | None = None
    """The field of each record that holds the e-mail address of whoever controls it."""
    to: Email | None = None
    """Or one address for all."""
    ours: tuple[str, ...] = ()
    """What the field holds where we decide ourselves, as of our own record of a customer; ``""``: where it is empty.
    Our own address, and that of whoever asks, need not be named: nobody is sent on to themselves."""

    def named(self, data: Mapping[str, JsonValue]) -> str:
        """What a record says of who decides over it, as it stands there; empty where it says nothing."""
        if self.to:
            return self.to
        value = data.get(str(self.field))
        return "" if value is None else str(value).strip()

    def is_ours(self, named: str, addresses: Collection[str]) -> bool:
        """Whether we answer for a record ourselves.

        Args:
            named: as `named` has it.
            addresses: ours, and those of whoever asks, as far as they are shown to be theirs.
        """
        if self.field and same_words(named) in {same_words(one) for one in self.ours}:
            return True
        address = address_of(named)
        return address is not None and address in {address_of(one) for one in addresses}


def address_of(text: str) -> str | None:
    """An e-mail address in its normal form; None where it is none."""
    try:
        return normalise("email", text)
    except ValueError:
        return None


class PurposeKind(StrEnum):
    """What may be stopped, and by which right."""

    DIRECT_MARKETING = "direct_marketing"
    """Objection, at once (GDPR art. 21(3))."""
    LEGITIMATE_INTEREST = "legitimate_interest"
    """Objection, weighed by a human (art. 21(1))."""
    CONSENT = "consent"
    """Withdrawal of consent, at once (art. 7(3))."""
    SALE = "sale"
    """Opt-out of sale and sharing (Cal. Civ. Code 1798.120), at once."""
    SENSITIVE = "sensitive"
    """Limit of use of sensitive data (1798.121), at once."""


class Purpose(Frozen):
    """A purpose for which the person may have the use of their data stopped."""

    id: PurposeId
    title: Text
    kinds: tuple[PurposeKind, ...] = Field(min_length=1)
    categories: tuple[Name, ...] = ()
    """The categories that are used for it. Recipients of these hear that it has stopped, where the law says so; unset:
    of all whose use this may be (sold or shared ones, sensitive ones, those based on consent or on a legitimate
    interest). What is named for an opt-out or a limit is marked as such itself."""


class Channel(Frozen):
    """A way in which requests officially arrive."""

    kind: Code
    """``email``, ``phone``, ``web``, ``letter``, ``in_person``, ``chat``."""
    to: Words
    scope: Words | None = None
    """What it is for, where not for everything."""


class PromiseLine(Frozen):
    """One promise of the published policy: the line that makes it, what it promises, and the keys here that keep it."""

    line: Annotated[str, StringConstraints(pattern=r"^L\d+(-L?\d+)?( L\d+(-L?\d+)?)*$")]
    """Of the text: ``L163``, ``L130-135``, ``L113 L119``."""
    says: Words
    keeps: tuple[Words, ...] = ()
    """Dotted keys of this file: ``promise.days``, ``categories.transactions.keep``."""
    note: Words | None = None
    """How it is kept where no key does: ``by law``; or why nothing here need keep it."""
    not_held: Words | None = None
    """Why Habeas does not see to it, or not to a part of it: somebody else must."""


class StaffPolicy(Frozen):
    """Who works for this controller. With several controllers in one installation, each must name its own."""

    accounts: tuple[Words, ...] = ()
    """These may do everything."""
    roles: dict[Role, tuple[Words, ...]] = Field(default_factory=dict)
    """These what their roles let them; see `habeas.access`."""

    @property
    def people(self) -> frozenset[str]:
        """All who are named."""
        return frozenset(self.accounts).union(*self.roles.values())


class LegalBasis(StrEnum):
    """GDPR art. 6(1)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL = "vital"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTEREST = "legitimate_interest"


def _listed(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value not in set(LegalBasis):
        raise ValueError(f"is one of {', '.join(LegalBasis)}, or a list of them")
    return (value,)


class Category(Frozen):
    """What one kind of data is for: the answer to GDPR art. 15(1)(a)-(d) and (g)."""

    id: Name
    title: Text
    purposes: Texts
    legal_bases: Annotated[tuple[LegalBasis, ...], BeforeValidator(_listed)] = Field(alias="legal_basis", min_length=1)
    """An invoice is kept for the contract and because a law wants it: each of them, or the one."""
    source: Text
    recipients: tuple[Name, ...] = ()
    only_with: Mapping[Name, PurposeId] = Field(default_factory=dict)
    """Recipients that get it only of people who chose a purpose: ``{ advertisers = "advertisers" }``. By what systems
    say of that choice it is known of whom they have it."""
    sources: tuple[Name, ...] = ()
    """Those it comes from, as far as they must hear of corrections (Québec, CCQ art. 40); described in recipients."""
    retention: Text
    origin: Origin = Origin.PERSON
    """Of what systems do not say more particularly, by collection or by field."""
    sensitive: bool = False
    sold: bool = False
    """Sold (Cal. Civ. Code 1798.140(ad)), whether shared as well or not."""
    shared: bool = False
    """Shared for cross-context advertising (1798.140(ah)), for money or not, or what may count as that; not sold."""
    statutory: Words | None = None
    """The category as the statute names it (Cal. Civ. Code 1798.140(v)); for answers by category."""
    keep: Term | None = None
    """Kept on erasure, for so long and by that law; nothing is kept without. Systems' maps must say the same."""
    expires: Term | None = None
    """Erased after this, whoever asks or not. Systems' maps must say the same."""
    not_held: Words | None = None
    """Who deletes it of people who never asked, where Habeas does not: `retention` is kept by this, or by `expires`."""
    controlled_by: ControlledBy | None = None

    @property
    def opted_out(self) -> bool:
        """Whether an opt-out of sale and sharing is about it."""
        return self.sold or self.shared


class RecipientRole(StrEnum):
    """What a recipient is to the controller."""

    PROCESSOR = "processor"
    CONTROLLER = "controller"
    JOINT_CONTROLLER = "joint_controller"
    AUTHORITY = "authority"
    SOURCE = "source"
    """It gave us data and gets none."""


class Recipient(Frozen):
    """Whom data is disclosed to; outside the country, under which safeguards (GDPR art. 15(2))."""

    id: Name
    name: Words
    role: RecipientRole
    country: Country
    safeguards: Text | None = None
    email: Email | None = None
    """Where it is told of what was done with the data (GDPR art. 19; 11 CCR 7026(f), 7027(g))."""
    received_until: date | None = None
    """The last day on which it got data; unset while it still does. Laws that look back a while ask after it."""
    not_told: Text | None = None
    """Why it is not told (impossible or disproportionate): the person reads this."""
    gets_nothing: Reason | None = None
    """Why no category names it: there is no merger by now, say. Without that, whoever is described here is named."""
    remind_after_days: tuple[Days, ...] = (7, 14)
    escalate_after_days: Days = 21
    """Then the privacy officer is told that it has not acknowledged."""


class Authority(Frozen):
    """Where a person may complain, when the regime's own entry does not fit."""

    name: Words
    url: Url
    address: Words | None = None
