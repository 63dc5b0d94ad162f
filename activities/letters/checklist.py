"""What each law asks of each notice, as the calendar says it. A letter that lacks one of these is not sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from activities.letters.blocks import Element
from activities.letters.parts import Kind
from habeas import law
from habeas.model import REMEDIES, PauseReason, Right

__all__ = ["ELEMENTS", "NOTICES", "Given", "given", "refusing", "remedies", "required"]

E = Element

ELEMENTS: Mapping[str, Element] = {
    "received": E.RECEIPT,
    "will_be_investigated": E.INVESTIGATED,
    "verification_process": E.VERIFICATION,
    "expected_date": E.EXPECTED_DATE,
    "why_doubt": E.WHY_DOUBT,
    "what_is_needed": E.WHAT_IS_NEEDED,
    # Told as it is: a term that may wait runs on until somebody pauses it.
    "clock_waits": E.CLOCK,
    "clock_runs": E.CLOCK_RUNS,
    "extended": E.NEW_DATE,
    "new_date": E.NEW_DATE,
    "reasons": E.REASONS,
    "provision": E.PROVISION,
    "basis_in_detail": E.PROVISION,
    "authority": E.AUTHORITY,
    "about_extension": E.ABOUT_EXTENSION,
    "court": E.COURT,
    "complaint_to_controller": E.CONTROLLER_COMPLAINT,
    "appeal": E.APPEAL,
    "appeal_if_any": E.APPEAL_OR_NONE,
    "remedy_time": E.TIME_LIMIT,
    "procedure": E.PROCEDURE,
    "help": E.HELP,
    "what_was_deleted": E.DONE,
    "action_taken": E.ACTION_TAKEN,
    "complied_or_not": E.ACTION_TAKEN,
    "decision": E.ACTION_TAKEN,
    "copy_or_attestation": E.COPY_OR_ATTESTATION,
    "recipients_told": E.RECIPIENTS,
    "record_kept": E.RECORD_KEPT,
    "opt_out_status": E.OPT_OUT_STATUS,
}
"""The calendar's codes of notice contents -> what of a letter fulfils them."""

NOTICES: Mapping[Kind, str] = {
    Kind.ACKNOWLEDGEMENT: "acknowledge",
    Kind.CODE: "identity",
    Kind.CODE_REMINDER: "identity",
    Kind.EXTENSION: "extension",
    Kind.REFUSAL: "refusal",
    # Closing for want of identity is a refusal too (GDPR 12(2), 12(4)).
    Kind.UNVERIFIED: "refusal",
    Kind.COMPLETION_ACCESS: "closing",
    Kind.COMPLETION_ERASURE: "closing",
    Kind.COMPLETION_CHANGE: "closing",
    Kind.KEPT_ENDED: "ended",
    Kind.CATEGORIES: "closing",
    Kind.NOTHING_FOUND: "closing",
    Kind.PARTIAL_REFUSAL: "refusal",
    Kind.NOT_A_RIGHT: "refusal",
    # No law has a list for these; what they must say is ours.
    Kind.QUESTION: "question",
    Kind.FEE: "fee",
    Kind.DELAY: "delay",
    Kind.RESTRICTION_LIFTING: "lifting",
    Kind.FORWARDED: "forwarded",
    Kind.REMEDY_DECISION: "remedy",
}

# What every such letter says, whether its law has a word on it or not.
_ALWAYS: Mapping[str, frozenset[Element]] = {
    "acknowledge": frozenset({E.RECEIPT}),
    "identity": frozenset({E.WHAT_IS_NEEDED}),
    "extension": frozenset({E.REASONS, E.NEW_DATE}),
    "refusal": frozenset({E.REASONS}),
    "closing": frozenset({E.ACTION_TAKEN}),
    "question": frozenset({E.WHAT_IS_NEEDED, E.CLOCK}),
    "fee": frozenset({E.WHAT_IS_NEEDED, E.REASONS, E.CLOCK}),
    "delay": frozenset({E.REASONS, E.NEW_DATE}),
    "ended": frozenset({E.ACTION_TAKEN}),
    "lifting": frozenset({E.NEW_DATE}),
    "forwarded": frozenset({E.ACTION_TAKEN}),
    "remedy": frozenset({E.ACTION_TAKEN}),
}
# Nobody appeals to the controller, or complains to it, about its answer to an appeal or a complaint.
_SECOND = frozenset({E.APPEAL, E.APPEAL_OR_NONE, E.CONTROLLER_COMPLAINT})
_OPTING_OUT = frozenset({Right.OPT_OUT_SALE, Right.LIMIT_SENSITIVE})
# Recipients are told of what was corrected, erased or restricted (UK GDPR 19), and the person that they are.
_PASSED_ON = frozenset({Right.ERASURE, Right.RECTIFICATION, Right.RESTRICTION})
_TELLING_WHAT_WAS_DONE = frozenset({Kind.COMPLETION_ERASURE, Kind.COMPLETION_CHANGE})
# Whoever's data was changed gets a copy of it, whoever's was deleted an attestation (P-39.1 s.35).
_COPIED = frozenset({Right.ERASURE, Right.RECTIFICATION})
# A right that is not given has no provision to name, and nothing was done.
_OF_NO_RIGHT = frozenset({E.PROVISION, E.DONE})
_OF_UNVERIFIED = frozenset({E.REASONS, E.AUTHORITY, E.COURT, E.CONTROLLER_COMPLAINT})


def required(kind: Kind, regime: str, jurisdiction: str, right: Right) -> frozenset[Element]:
    """What a letter of this kind must contain under this law; nothing for letters that no law speaks of.

    Raises:
        UnknownRegime: there is no such regime or jurisdiction.
    """
    notice = NOTICES.get(kind)
    if notice is None:
        return frozenset()
    asked = _ALWAYS[notice] | _asked(regime, jurisdiction, notice)
    if kind is Kind.ACKNOWLEDGEMENT and not _acknowledged(regime, jurisdiction, right):
        asked -= {E.EXPECTED_DATE}
    if right is not Right.COMPLAINT:
        asked -= {E.INVESTIGATED}
    if right in REMEDIES:
        asked -= _SECOND
    if right is not Right.ERASURE:
        asked -= {E.DONE}
    if right not in _PASSED_ON or kind not in _TELLING_WHAT_WAS_DONE:
        asked -= {E.RECIPIENTS}
    if right not in _COPIED or kind not in _TELLING_WHAT_WAS_DONE:
        asked -= {E.COPY_OR_ATTESTATION}
    if right not in _OPTING_OUT or kind is not Kind.COMPLETION_CHANGE:
        asked -= {E.OPT_OUT_STATUS}
    if kind is Kind.FEE and law.reflection_days(regime, right, PauseReason.FEE, jurisdiction):
        asked |= {E.CONFIRM_BY}
    if kind is Kind.NOT_A_RIGHT:
        asked -= _OF_NO_RIGHT
    return asked & _OF_UNVERIFIED if kind is Kind.UNVERIFIED else asked


def _acknowledged(regime: str, jurisdiction: str, right: Right) -> bool:
    """Whether the law wants receipt of this right confirmed: of one that only the controller gives it knows no date."""
    clock = law.regime(regime, jurisdiction).clock(right)
    return clock is not None and clock.acknowledge is not None


def refusing(regime: str, jurisdiction: str, right: Right) -> frozenset[Element]:
    """How a letter that refuses this right, be it in part, tells of the remedy: by its name, until when and from when.

    Raises:
        UnknownRegime: there is no such regime or jurisdiction.
    """
    asked, found = _asked(regime, jurisdiction, "refusal"), given(regime, jurisdiction, right)
    named = {E.REMEDY_NAME} if found.name and E.AUTHORITY in asked else set()
    timed = {E.TIME_LIMIT, E.TIME_START} if found.counted_from else asked & {E.TIME_LIMIT}
    return frozenset(named | timed)


def remedies(regime: str, jurisdiction: str, right: Right) -> frozenset[Element]:
    """The remedies that this law wants told with a refusal of this right."""
    return _asked(regime, jurisdiction, "refusal") - (_SECOND if right in REMEDIES else frozenset())


class Given(NamedTuple):
    """The ways open to whoever disagrees, beside authority and court."""

    appeal: bool
    """To the controller."""
    appeal_days: int | None
    """Within how many days it decides."""
    time_limit: str | None
    """A code of `habeas.law.duties.RemedyTime`."""
    counted_from: str | None
    """From when: a code of `habeas.law.duties.RemedyStart`."""
    name: str | None
    """What the authority is asked for, where it is no complaint: a code of `habeas.law.duties.RemedyName`."""
    court_after: str | None
    """After what a court may be gone to, where not at once: a code of `habeas.law.duties.CourtAfter`."""
    procedure: str | None
    """How it is done, where the law wants it told: a code of the catalogues."""


def given(regime: str, jurisdiction: str, right: Right) -> Given:
    """What this law gives a person who disagrees with the answer to this right.

    Raises:
        UnknownRegime: there is no such regime or jurisdiction.
    """
    found = law.remedies(regime, jurisdiction, right)
    days = found.appeal.within_days if found.appeal else None
    appeal = E.APPEAL in remedies(regime, jurisdiction, right) or days is not None
    return Given(appeal, days, found.time_limit, found.counted_from, found.name, found.court_after, found.procedure)


def _asked(regime: str, jurisdiction: str, notice: str) -> frozenset[Element]:
    found = {ELEMENTS[code] for code in law.notice_contents(regime, jurisdiction, notice)}
    # Utah wants the reasons only (Utah Code 13-61-203), and of some states no appeal was read; its sisters name one.
    return frozenset(found if Right.APPEAL in law.rights(regime, jurisdiction) else found - {E.APPEAL})
