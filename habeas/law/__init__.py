"""The law of each request: which rights there are, when the answer is due, and why.

Regimes are data under ``regimes/``, every figure with its article and how sure we are; the arithmetic over them knows
no regime. Importing this is light: files and holidays are read when first asked for, and kept.
"""

from habeas.law.both import bounded
from habeas.law.case import Case, Deadlines, Pause
from habeas.law.citations import cited, is_citation, laws_in
from habeas.law.compute import compute
from habeas.law.data import Authority, Ground, Regime
from habeas.law.duties import Appeal, AskedOf, Counted, DenialRule, Duty, FeeRule, FreeRule, HoldRule, Remedies
from habeas.law.library import (
    BEYOND_FREE,
    authorities,
    counted,
    denial,
    extension_allowed,
    extension_ends_as_told,
    extension_grounds,
    fee_rule,
    free_requests,
    hold_after_refusal,
    kept_after_refusal,
    notice_contents,
    pauses_allowed,
    recipients_duty,
    records_kept,
    reflection_days,
    refusal_grounds,
    regime,
    regimes,
    remedies,
    right_known,
    rights,
    undisclosed,
    verification,
)
from habeas.law.places import default_clock_tz, hours_apart, is_country
from habeas.law.provisions import Told, provision, reason_codes, restriction_provision, told

__all__ = [
    "BEYOND_FREE",
    "Appeal",
    "AskedOf",
    "Authority",
    "Case",
    "Counted",
    "Deadlines",
    "DenialRule",
    "Duty",
    "FeeRule",
    "FreeRule",
    "Ground",
    "HoldRule",
    "Pause",
    "Regime",
    "Remedies",
    "Told",
    "authorities",
    "bounded",
    "cited",
    "compute",
    "counted",
    "default_clock_tz",
    "denial",
    "extension_allowed",
    "extension_ends_as_told",
    "extension_grounds",
    "fee_rule",
    "free_requests",
    "hold_after_refusal",
    "hours_apart",
    "is_citation",
    "is_country",
    "kept_after_refusal",
    "laws_in",
    "notice_contents",
    "pauses_allowed",
    "provision",
    "reason_codes",
    "recipients_duty",
    "records_kept",
    "reflection_days",
    "refusal_grounds",
    "regime",
    "regimes",
    "remedies",
    "restriction_provision",
    "right_known",
    "rights",
    "told",
    "undisclosed",
    "verification",
]
