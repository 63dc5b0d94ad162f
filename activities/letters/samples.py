"""Made-up facts for every kind of letter: to look at it before it is sent, and to check a controller's words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from pydantic import SecretStr

from activities.letters import facts as of
from activities.letters import sealed as own
from activities.letters.checklist import given
from activities.letters.own import (
    DID,
    ChangedGroup,
    ContestedFact,
    HeldCategory,
    NewValue,
    RefusedPart,
    Shown,
)
from activities.letters.parts import (
    Attention,
    Authority,
    Controller,
    ErasedGroup,
    Ground,
    KeptGroup,
    Kind,
    LetterFacts,
    MissingSystem,
    WithheldGroup,
)
from activities.letters.sample_words import in_words_of
from activities.letters.wording import LANGUAGES
from habeas import law
from habeas.errors import UnknownRegime
from habeas.model import Right
from habeas.particulars import Scope

__all__ = ["default_right", "sample"]

REQUEST = "HB-7K3M-9Q2X-4TDW"
_AT = datetime(2026, 3, 10, 11, 30, tzinfo=UTC)
_URL = "https://privacy.controller.example"
_GONE = ErasedGroup(system="Customer relations", category="contact", count=12)
_KEPT = KeptGroup(
    system="Billing", category="transactions", count=8, law="Bookkeeping Act s. 12", until=date(2031, 12, 31)
)
_MISSING = (MissingSystem(title="Phone system"),)
_NOT_TOLD = (WithheldGroup(what="Fair organisers", reason="we no longer know which of them had the data"),)
_WHO = (Shown(kind="email", value="alex@person.example"), Shown(kind="customer_number", value="40721"))

_RIGHTS = {
    Kind.COMPLETION_ERASURE: Right.ERASURE,
    Kind.PARTIAL_REFUSAL: Right.ERASURE,
    Kind.COMPLETION_CHANGE: Right.RECTIFICATION,
    Kind.RESTRICTION_LIFTING: Right.RESTRICTION,
    Kind.REMEDY_DECISION: Right.APPEAL,
    Kind.RECIPIENT_NOTICE: Right.ERASURE,
    Kind.RECIPIENT_REMINDER: Right.ERASURE,
    Kind.NOT_A_RIGHT: Right.PORTABILITY,
}


def default_right(kind: Kind) -> Right:
    """The right that a letter of this kind is about, where none is named."""
    return _RIGHTS.get(kind, Right.ACCESS)


def sample(
    kind: Kind,
    *,
    controller: Controller,
    regime: str = "EU-GDPR",
    jurisdiction: str = "DK",
    right: Right | None = None,
    authority: Authority | None = None,
    timezone: str = "Europe/Copenhagen",
    language: str = LANGUAGES[0],
) -> LetterFacts:
    """Complete facts of a letter of this kind, about nobody; their words in the language, where we speak it.

    Raises:
        UnknownRegime: there is no such regime or jurisdiction.
    """
    asked = right or default_right(kind)
    open_to = given(regime, jurisdiction, asked)
    common: dict[str, Any] = {
        "request_id": REQUEST,
        "controller": controller,
        "right": asked,
        "regime": regime,
        "jurisdiction": jurisdiction,
        "received_on": date(2026, 3, 2),
        "today": date(2026, 3, 10),
        "timezone": timezone,
        "person_name": None if kind.reader != "subject" else "Alex Example",
        "authority": authority or _authority(regime, jurisdiction),
        "scope": Scope.CATEGORIES if kind is Kind.CATEGORIES else Scope.COPY,
        "appeal": controller.contact if open_to.appeal else None,
        "appeal_within_days": open_to.appeal_days,
        "complain_within": open_to.time_limit,
        "record_kept_until": date(2029, 3, 10),
    }
    if kind.to_staff:
        common |= {"stage": "reviewing", "desk_url": f"{_URL}/requests/{REQUEST}"}
    letter, special = _special(kind, asked)
    made = letter(**(common | special | _by_law(kind, regime, jurisdiction, asked)))
    return in_words_of(made, language)


def _by_law(kind: Kind, regime: str, jurisdiction: str, right: Right) -> dict[str, Any]:
    """The grounds that this law really has, with their articles."""
    if kind is Kind.REFUSAL:
        grounds = law.refusal_grounds(regime, jurisdiction, right)
        ground = next((one for one in grounds if one.code == "legal_obligation"), next(iter(grounds), None))
        return {"grounds": (Ground(code=ground.code, provision=ground.cite),)} if ground else {}
    clock = law.regime(regime, jurisdiction).clock(right)
    if kind is Kind.EXTENSION and clock and clock.extension:
        codes = clock.extension.grounds[:1]
        provision = {"provision": clock.extension.cite}
        return provision | ({"grounds": tuple(Ground(code=code) for code in codes)} if codes else {})
    return {}


def _authority(regime: str, jurisdiction: str) -> Authority:
    try:
        known = law.authorities(regime, jurisdiction)
    except UnknownRegime:
        known = ()
    return Authority(name=known[0].name, url=known[0].url) if known else Authority(name="The authority of the place")


def _special(kind: Kind, right: Right) -> tuple[type[LetterFacts], dict[str, Any]]:
    table = _first() | _answers() | _changes(right) | _outward(right) | _staff()
    return table[kind]


def _first() -> dict[Kind, tuple[type[LetterFacts], dict[str, Any]]]:
    code = {"code": SecretStr("4930-2718"), "expires_at": _AT, "confirm_url": f"{_URL}/v/1"}
    dates = {"due_on": date(2026, 4, 2), "new_due_on": date(2026, 6, 2)}
    provision = "Article 12(3)"
    return {
        Kind.ACKNOWLEDGEMENT: (of.Acknowledgement, {"due_on": date(2026, 4, 2)}),
        Kind.CODE: (of.CodeLetter, code),
        Kind.CODE_REMINDER: (of.CodeReminder, code | {"closes_on": date(2026, 3, 17)}),
        Kind.EXTENSION: (
            of.Extension,
            dates | {"grounds": (Ground(code="complexity"),), "provision": provision},
        ),
        Kind.REFUSAL: (
            of.Refusal,
            {"grounds": (Ground(code="legal_obligation", provision="Article 17(3)(b)"),)},
        ),
        Kind.WITHDRAWAL: (of.Withdrawal, {}),
        Kind.UNVERIFIED: (of.Unverified, {}),
        Kind.NOTHING_FOUND: (
            of.NothingFound,
            {"systems": ("Customer relations", "Billing"), "searched_by": ("email", "phone")},
        ),
    }


def _answers() -> dict[Kind, tuple[type[LetterFacts], dict[str, Any]]]:
    held = HeldCategory(
        title="Contact details",
        statutory="Identifiers",
        sources=("you",),
        purposes=("to deliver what you order", "to answer you"),
        disclosed_to=("Parcel service",),
    )
    shown = held.model_copy(update={"title": "Visits to our pages", "statutory": "Internet activity", "sold": True})
    refused = (RefusedPart(what="Notes", ground="rights_of_others", provision="Article 15(4)"),)
    return {
        Kind.COMPLETION_ACCESS: (
            of.CompletionAccess,
            {
                "link_url": f"{_URL}/d/1",
                "link_expires_at": _AT,
                "records": 1234,
                "systems": ("Customer relations", "Billing"),
                "withheld": (WithheldGroup(what="Password", reason="it is kept as a fingerprint only"),),
                "missing": _MISSING,
                "refused": refused,
            },
        ),
        Kind.QUESTION: (
            own.QuestionLetter,
            {"text": "Which of your two accounts is this about?", "reply_by": date(2026, 3, 24), "clock_waits": True},
        ),
        Kind.FEE: (
            own.FeeLetter,
            {"amount": "20 EUR", "why": "This is the fourth copy of the same data within a year."},
        ),
        Kind.DELAY: (
            own.DelayLetter,
            {"why": "A storage that we keep off line has to be read first.", "expected_on": date(2026, 4, 20)},
        ),
        Kind.PARTIAL_REFUSAL: (own.PartialRefusalLetter, {"refused": refused, "kept": (_KEPT,)}),
        Kind.NOT_A_RIGHT: (own.NotARight, {"offered": (Right.ACCESS, Right.RECTIFICATION, Right.ERASURE)}),
        Kind.CATEGORIES: (own.CategoriesLetter, {"held": (held, shown), "look_back_months": 12}),
        Kind.FORWARDED: (own.Forwarded, {"who": ("Harbour School",)}),
        Kind.REMEDY_DECISION: (
            own.RemedyDecisionLetter,
            {"granted": False, "why": "The invoice has to be kept for five years.", "about": "HB-2222-3333-4444"},
        ),
    }


def _changes(right: Right) -> dict[Kind, tuple[type[LetterFacts], dict[str, Any]]]:
    passed = {"recipients_told": ("Parcel service", "Payment service"), "recipients_not_told": _NOT_TOLD}
    mended = right is Right.RECTIFICATION
    done = ChangedGroup(system="Customer relations", category="contact", what="email" if mended else None, count=1)
    contested = ContestedFact(what="Date of birth", why="the copy of your passport says otherwise")
    return {
        Kind.COMPLETION_ERASURE: (
            of.CompletionErasure,
            passed
            | {
                "erased": (_GONE,),
                "anonymised": (ErasedGroup(system="Support", category="communication", count=1),),
                "kept": (_KEPT,),
                "missing": _MISSING,
            },
        ),
        Kind.COMPLETION_CHANGE: (
            own.CompletionChange,
            passed
            | {
                "done": (done,) if mended or right is Right.RESTRICTION else (),
                "contested": (contested,) if mended else (),
                "purposes": () if mended or right is Right.RESTRICTION else ("Newsletter",),
            },
        ),
        Kind.RESTRICTION_LIFTING: (
            own.RestrictionLifting,
            {"lifts_on": date(2026, 3, 24), "why": "We have checked the data, and it is correct."},
        ),
    }


def _outward(right: Right) -> dict[Kind, tuple[type[LetterFacts], dict[str, Any]]]:
    notice = {
        "recipient": "Parcel service",
        "did": DID.get(right, "erased"),
        "subject_name": "Alex Example",
        "identifiers": _WHO,
        "categories": ("Contact details",),
        "corrections": (NewValue(what="email", old="old@person.example", new="alex@person.example"),)
        if right is Right.RECTIFICATION
        else (),
        "acknowledge_url": f"{_URL}/n/1",
        "by": date(2026, 3, 17),
        "provision": "GDPR Article 19",
    }
    forward = {
        "subject_name": "Alex Example",
        "identifiers": _WHO,
        "systems": ("Content store",),
        "acknowledge_url": f"{_URL}/n/2",
        "by": date(2026, 3, 17),
    }
    return {
        Kind.RECIPIENT_NOTICE: (own.RecipientNotice, notice),
        Kind.RECIPIENT_REMINDER: (own.RecipientReminder, notice),
        Kind.FORWARD_NOTICE: (own.ForwardLetter, forward),
        Kind.FORWARD_REMINDER: (own.ForwardReminder, forward),
    }


def _staff() -> dict[Kind, tuple[type[LetterFacts], dict[str, Any]]]:
    task = {"task": "t-1", "system": "paper", "title": "Filing cabinet", "phase": "find", "due_on": date(2026, 3, 20)}
    return {
        Kind.STAFF_REMINDER: (of.StaffReminder, {"due_on": date(2026, 3, 15), "blocked_on": ("billing",)}),
        Kind.STAFF_ALARM: (of.StaffAlarm, {"due_on": date(2026, 3, 9)}),
        Kind.STAFF_ATTENTION: (
            of.StaffAttention,
            {"about": Attention.AMBIGUOUS_MATCH, "system": "crm", "correlation": "c-1"},
        ),
        Kind.STAFF_TASK: (own.StaffTask, task),
        Kind.STAFF_TASK_REMINDER: (own.StaffTaskReminder, task),
        Kind.STAFF_ESCALATION: (
            own.StaffEscalation,
            {"who": "Parcel service", "asked_on": date(2026, 2, 20), "reminders": 2},
        ),
        Kind.STAFF_BOUNCE: (own.StaffBounce, {"letter": "completion_access", "status": "5.1.1"}),
    }
