"""What a column seems to be by its name alone. A guess: somebody confirms it, or says that it is not so."""

from __future__ import annotations

import re
from collections.abc import Mapping

from habeas.fields import SensitiveType

__all__ = ["looks_derived", "looks_like"]

_NUMBER = r"_?(no|nr|num|number)"
_ID = rf"(_?id|{_NUMBER})"
_SENSITIVE: Mapping[SensitiveType, re.Pattern[str]] = {
    SensitiveType.SECURITY_ANSWER: re.compile(r"(security|secret|recovery)_?(question|answer)"),
    SensitiveType.PASSWORD: re.compile(r"passw(or)?d|passwd|passcode|passphrase|(^|_)(pwd|pin)(_|$)"),
    SensitiveType.BIOMETRIC: re.compile(
        r"biometr|finger_?print|retina|(^|_)iris(_|$)|(^|_)(face|voice|palm)_?(id|print|template|embedding|encoding|vector)"
    ),
    SensitiveType.MEDICAL_ID: re.compile(
        rf"(^|_)(mrn|nhs{_ID}|medicare|medicaid)(_|$)|(health|medical|insurance|member_?card)_?(record|card|policy)?{_ID}$"
    ),
    SensitiveType.GOVERNMENT_ID: re.compile(
        r"(^|_)(ssn|sin|nino|cpr|fnr|itin|cpf|bsn|nif|dni|personnummer|fodselsnummer)(_|$)|social_?security|passport"
        rf"|driv(er|ing)s?_?licen[cs]e|(national|identity|personal|citizen|tax_?payer){_ID}$|(^|_)(tax|id)_?(id|card|no|number)$"
    ),
    SensitiveType.FINANCIAL_ACCOUNT: re.compile(
        rf"(^|_)(iban|bban|pan)(_|$)|(bank|giro|credit|debit)_?(account|card)|(^|_)(account|card)({_NUMBER})?$"
    ),
}
_DERIVED = re.compile(r"(^|_)(score|risk|segment|churn|propensity|ltv|lifetime_value|credit_limit)(_|$)")


def looks_like(column: str) -> SensitiveType | None:
    """The type that some laws never let out which a column of this name seems to hold."""
    name = column.lower()
    return next((holds for holds, form in _SENSITIVE.items() if form.search(name)), None)


def looks_derived(column: str) -> bool:
    """Whether a column of this name seems to hold what was worked out about a person."""
    return bool(_DERIVED.search(column.lower()))
