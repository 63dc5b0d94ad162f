"""What a field of a connected system is, as the law asks: where its value comes from, whether it may be given out."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Origin", "SensitiveType"]


class Origin(StrEnum):
    """Where data comes from; portability covers what the person gave or what was observed of them (WP 242 rev.01)."""

    PERSON = "person"
    OBSERVED = "observed"
    DERIVED = "derived"
    THIRD_PARTY = "third_party"


class SensitiveType(StrEnum):
    """Data that some laws never let out, although they want it said that it is held (11 CCR 7024(d))."""

    GOVERNMENT_ID = "government_id"
    """A social security, driving licence, passport or other number that an authority gave."""
    FINANCIAL_ACCOUNT = "financial_account"
    """The number of a bank account or a payment card."""
    MEDICAL_ID = "medical_id"
    """A health insurance or medical identification number."""
    PASSWORD = "password"  # noqa: S105  a word of the map, no secret
    """A password of an account, in whatever form."""
    SECURITY_ANSWER = "security_answer"
    """A security question, or the answer to one."""
    BIOMETRIC = "biometric"
    """Unique biometric data: what was measured of a body so that it tells who it is."""
