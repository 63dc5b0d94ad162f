"""Made-up facts for every kind of letter: to look at it before it is sent, and to check a controller's words."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pydantic import SecretStr

from activities.authority import told
from activities.letters import facts as of
from activities.letters import sealed as own
from activities.letters.checklist import given
from activities.letters.exists import SOME_DAYS, default_right
from activities.letters.lawful import LOOKED_AT, Lawful
from activities.letters.own import (
    DID,
    ChangedGroup,
    ContestedFact,
    HeldCategory,
    NewValue,
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
from habeas.model import Right
from habeas.particulars import Scope

__all__ = ["default_right", "sample"]

REQUEST = "HB-7K3M-9Q2X-4TDW"
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_ASKED = {
    Right.ERASURE: "erase",
    Right.RECTIFICATION: "rectify",
    Right.RESTRICTION: "restrict",
    Right.OBJECTION: "stop",
}
"""What a processor is asked for by the right; else it looks."""
_SOME_AUTHORITY = (Authority(name="The authority of the place"),)
_NEW = NewValue(what="email", old="old@person.example", new="alex@person.example")
_URL = "https://privacy.controller.example"
_GONE = ErasedGroup(system="Customer relations", category="contact", count=12)
_KEPT = KeptGroup(
    system="Billing", category="transactions", count=8, law="Bookkeeping Act s. 12", until=date(2031, 12, 31)
)
_MISSING = (MissingSystem(title="Phone system"),)
_NOT_TOLD = (WithheldGroup(what="Fair organisers", reason="we no longer know which of them had the data"),)
_WHO = (Shown(kind="email", value="alex@person.example"), Shown(kind="customer_number", value="40721"))


def sample(
    kind: Kind,
    *,
    controller: Controller,
    regime: str = "EU-GDPR",
    jurisdiction: str = "DK",
    right: Right | None = None,
    authority: Authority | None = None,
    promised: Collection[Right] = (),
    promised_days: int | None = SOME_DAYS,
    offers: Collection[Right] | None = None,
    received_on: date | None = None,
    timezone: str = "Europe/Copenhagen",
    language: str = LANGUAGES[0],
) -> LetterFacts:
    """Complete facts of a letter of this kind, about nobody; their words in the language, where we speak it.

    What the law says of it (dates, grounds, articles, fees, duties) is the law's own; see `why_not` for whether it has
    such a letter at all.

    Args:
        kind: which letter.
        controller: who writes it.
        regime: whose law.
        jurisdiction: where it is the law.
        right: what was asked; unset for the usual one.
        authority: the policy's own, if it names one.
        promised: rights that the controller gives beyond the law.
        promised_days: within how many days the controller promises an answer.
        offers: what a denial offers instead; unset for all that the law knows, as to a controller that sells data.
        received_on: unset for a day on which the law is in force.
        timezone: IANA name.
        language: BCP 47.

    Raises:
        UnknownRegime: there is no such regime or jurisdiction.
    """
    asked = right or default_right(kind, regime, jurisdiction)
    open_to, lawful = (
        given(regime, jurisdiction, asked),
        Lawful(regime, jurisdiction, asked, language, promised, received_on, promised_days),
    )
    received = lawful.received_on
    common: dict[str, Any] = {
        "request_id": REQUEST,
        "controller": controller,
        "right": asked,
        "regime": regime,
        "jurisdiction": jurisdiction,
        "received_on": received,
        "today": received + LOOKED_AT,
        "timezone": timezone,
        "person_name": None if kind.reader != "subject" else "Alex Example",
        "authorities": (authority,) if authority else told(regime, jurisdiction, language) or _SOME_AUTHORITY,
        "scope": Scope.CATEGORIES if kind is Kind.CATEGORIES else Scope.COPY,
        "appeal": controller.contact if open_to.appeal else None,
        "appeal_within_days": open_to.appeal_days,
        "complain_within": open_to.time_limit,
        "offers": tuple(lawful.offers if offers is None else offers) if kind.reader == "subject" else (),
        "record_kept_until": received.replace(year=received.year + 3),
    }
    if kind.to_staff:
        common |= {"stage": "reviewing", "desk_url": f"{_URL}/requests/{REQUEST}"}
    letter, special = _special(kind, asked, received + LOOKED_AT)
    made = letter(**(common | special | lawful.facts(kind)))
    return in_words_of(made, language)


def _at(today: date) -> datetime:
    return datetime.combine(today, time(11, 30), tzinfo=UTC)


def _special(kind: Kind, right: Right, today: date) -> tuple[type[LetterFacts], dict[str, Any]]:
    table = _first(today) | _answers(today) | _changes(right, today) | _outward(right, today) | _staff(today)
    return table[kind]


def _first(today: date) -> dict[Kind, tuple[type[LetterFacts], dict[str, Any]]]:
    # Asking everybody for a code is no doubt about anybody: the term runs on.
    code = {
        "code": SecretStr("4930-2718"),
        "expires_at": _at(today),
        "confirm_url": f"{_URL}/v/1",
        "clock_waits": False,
    }
    return {
        Kind.ACKNOWLEDGEMENT: (of.Acknowledgement, {}),
        Kind.CODE: (of.CodeLetter, code),
        Kind.CODE_REMINDER: (of.CodeReminder, code | {"closes_on": today + _WEEK}),
        Kind.VISIT_CODE: (of.VisitCodeLetter, {"code": code["code"], "expires_at": code["expires_at"]}),
        Kind.EXTENSION: (of.Extension, {}),
        Kind.REFUSAL: (of.Refusal, {"grounds": (Ground(code="legal_obligation"),)}),
        Kind.WITHDRAWAL: (of.Withdrawal, {}),
        Kind.UNVERIFIED: (of.Unverified, {}),
        Kind.NOTHING_FOUND: (
            of.NothingFound,
            {"systems": ("Customer relations", "Billing"), "searched_by": ("email", "phone")},
        ),
    }


def _answers(today: date) -> dict[Kind, tuple[type[LetterFacts], dict[str, Any]]]:
    held = HeldCategory(
        title="Contact details",
        statutory="Identifiers",
        sources=("you",),
        purposes=("to deliver what you order", "to answer you"),
        disclosed_to=("Parcel service",),
    )
    shown = held.model_copy(update={"title": "Visits to our pages", "statutory": "Internet activity", "sold": True})
    return {
        Kind.COMPLETION_ACCESS: (
            of.CompletionAccess,
            {
                "link_url": f"{_URL}/d/1",
                "link_expires_at": _at(today),
                "records": 1234,
                "systems": ("Customer relations", "Billing"),
                "withheld": (WithheldGroup(what="Password", reason="it is kept as a fingerprint only"),),
                "missing": _MISSING,
            },
        ),
        Kind.QUESTION: (
            own.QuestionLetter,
            {"text": "Which of your two accounts is this about?", "reply_by": today + 2 * _WEEK},
        ),
        Kind.FEE: (own.FeeLetter, {}),
        Kind.DELAY: (
            own.DelayLetter,
            {"why": "A storage that we keep off line has to be read first."},
        ),
        Kind.PARTIAL_REFUSAL: (own.PartialRefusalLetter, {"kept": (_KEPT,)}),
        Kind.NOT_A_RIGHT: (own.NotARight, {}),
        Kind.CATEGORIES: (own.CategoriesLetter, {"held": (held, shown)}),
        Kind.FORWARDED: (own.Forwarded, {"who": ("Harbour School",)}),
        Kind.REMEDY_DECISION: (
            own.RemedyDecisionLetter,
            {"granted": False, "why": "The invoice has to be kept for five years.", "about": "HB-2222-3333-4444"},
        ),
    }


def _changes(right: Right, today: date) -> dict[Kind, tuple[type[LetterFacts], dict[str, Any]]]:
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
        Kind.KEPT_ENDED: (
            of.KeptEnded,
            {
                "told_on": today - 52 * _WEEK,
                "erased": (_GONE,),
                "kept": (_KEPT,),
                "recipients_told": ("Parcel service",),
            },
        ),
        Kind.COMPLETION_CHANGE: (
            own.CompletionChange,
            passed
            | {
                "done": (done,) if mended or right is Right.RESTRICTION else (),
                "contested": (contested,) if mended else (),
                "corrected": (_NEW,) if mended else (),
                "purposes": () if mended or right is Right.RESTRICTION else ("Newsletter",),
            },
        ),
        Kind.RESTRICTION_LIFTING: (
            own.RestrictionLifting,
            {"lifts_on": today + 2 * _WEEK, "why": "We have checked the data, and it is correct."},
        ),
    }


def _outward(right: Right, today: date) -> dict[Kind, tuple[type[LetterFacts], dict[str, Any]]]:
    notice = {
        "recipient": "Parcel service",
        "did": DID.get(right, "erased"),
        "subject_name": "Alex Example",
        "identifiers": _WHO,
        "categories": ("Contact details",),
        "corrections": (_NEW,) if right is Right.RECTIFICATION else (),
        "acknowledge_url": f"{_URL}/n/1",
        "by": today + _WEEK,
    }
    forward = {
        "subject_name": "Alex Example",
        "identifiers": _WHO,
        "records": (Shown(kind="Pupils", value="4711"),),
        "systems": ("Content store",),
        "acknowledge_url": f"{_URL}/n/2",
        "by": today + _WEEK,
    }
    instruction = {
        "language": "en",
        "processor": "Newsletter agency",
        "phase": _ASKED.get(right, "find"),
        "by": today + _WEEK,
        "link_until": today + 4 * _WEEK,
        "provision": "GDPR 28(3)(a)",
        "answer_url": f"{_URL}/n/3",
    }
    return {
        Kind.RECIPIENT_NOTICE: (own.RecipientNotice, notice),
        Kind.RECIPIENT_REMINDER: (own.RecipientReminder, notice),
        Kind.FORWARD_NOTICE: (own.ForwardLetter, forward),
        Kind.FORWARD_REMINDER: (own.ForwardReminder, forward),
        Kind.PROCESSOR_NOTICE: (own.ProcessorNotice, instruction),
        Kind.PROCESSOR_REMINDER: (own.ProcessorReminder, instruction),
    }


def _staff(today: date) -> dict[Kind, tuple[type[LetterFacts], dict[str, Any]]]:
    task = {"task": "t-1", "system": "paper", "title": "Filing cabinet", "phase": "find", "due_on": today + _WEEK}
    return {
        Kind.STAFF_REMINDER: (of.StaffReminder, {"due_on": today + _WEEK, "blocked_on": ("billing",)}),
        Kind.STAFF_ALARM: (of.StaffAlarm, {"due_on": today - _DAY}),
        Kind.STAFF_ATTENTION: (
            of.StaffAttention,
            {"about": Attention.AMBIGUOUS_MATCH, "system": "crm", "correlation": "c-1"},
        ),
        Kind.STAFF_TASK: (own.StaffTask, task),
        Kind.STAFF_TASK_REMINDER: (own.StaffTaskReminder, task),
        Kind.STAFF_ESCALATION: (
            own.StaffEscalation,
            {"who": "Parcel service", "asked_on": today - 2 * _WEEK, "reminders": 2},
        ),
        Kind.STAFF_BOUNCE: (own.StaffBounce, {"letter": "completion_access", "status": "5.1.1"}),
    }
