"""The people of the samples that tests and the demonstration ask for by role. Everybody else is generated."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["ACCESS", "ERASURE", "SAMPLES", "SHARED_MAILBOX", "TWO_ADDRESSES", "UNKNOWN_TO_CRM", "Role", "SamplePerson"]


class Role(StrEnum):
    """What a sample person is there to show."""

    ACCESS = "access"
    """Clean, with rows in all three stores; support knows only the second address, billing a plus-address."""
    ERASURE = "erasure"
    """Clean, in all three stores; old invoices may go, recent ones must stay."""
    SHARED_MAILBOX = "shared_mailbox"
    """Two contacts with one mailbox: who asks cannot be told from the address."""
    UNKNOWN_TO_CRM = "unknown_to_crm"
    """A customer of the billing store that no other store knows."""
    TWO_ADDRESSES = "two_addresses"
    """One contact with two addresses; support has an account for each, billing knows the second."""


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """Somebody whose rows are known beforehand. No two of them have an address, a number or a row in common."""

    role: Role
    name: str
    email: str
    """The address on record, in lower case; stores may spell it otherwise."""
    given: str
    family: str
    locale: str
    language: str
    phone: str
    customer_no: str | None
    """The billing store's number."""
    second_email: str | None = None
    """Another address of theirs, known to the CRM's alternate addresses."""
    billing_email: str | None = None
    """How the billing store spells the address, if otherwise."""
    also: str | None = None
    """The full name of the one who shares the mailbox."""


ACCESS = SamplePerson(
    role=Role.ACCESS,
    name="Signe Holm",
    email="signe.holm@example.com",
    given="Signe",
    family="Holm",
    locale="da_DK",
    language="da",
    phone="+45 31 90 00 01",
    customer_no="K100001",
    second_email="s.holm.privat@example.org",
    billing_email="signe.holm+regning@example.com",
)
ERASURE = SamplePerson(
    role=Role.ERASURE,
    name="Rowan Ashdown",
    email="rowan.ashdown@example.com",
    given="Rowan",
    family="Ashdown",
    locale="en_GB",
    language="en",
    phone="+44 7700 900002",
    customer_no="K100002",
)
SHARED_MAILBOX = SamplePerson(
    role=Role.SHARED_MAILBOX,
    name="Henrik Vestergaard",
    email="familien.vestergaard@example.com",
    given="Henrik",
    family="Vestergaard",
    locale="da_DK",
    language="da",
    phone="+45 31 90 00 03",
    customer_no="K100003",
    also="Lone Vestergaard",
)
UNKNOWN_TO_CRM = SamplePerson(
    role=Role.UNKNOWN_TO_CRM,
    name="Camille Garnier-Roche",
    email="camille.garnier-roche@example.org",
    given="Camille",
    family="Garnier-Roche",
    locale="fr_FR",
    language="fr",
    phone="+33 6 39 98 00 05",
    customer_no="K100005",
)
TWO_ADDRESSES = SamplePerson(
    role=Role.TWO_ADDRESSES,
    name="Jürgen Weißmüller",
    email="juergen.weissmueller@example.com",
    given="Jürgen",
    family="Weißmüller",
    locale="de_DE",
    language="de",
    phone="+49 171 39 90006",
    customer_no="K100006",
    second_email="jw@weissmueller.example",
    billing_email="jw@weissmueller.example",
)
SAMPLES = (ACCESS, ERASURE, SHARED_MAILBOX, UNKNOWN_TO_CRM, TWO_ADDRESSES)
