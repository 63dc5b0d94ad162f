"""What the settings say of a Salesforce org, and what of it Salesforce cannot do: that is refused at the start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, StringConstraints

from activities.connectors.api import ApiSettings
from activities.connectors.salesforce.kinds import ACCOUNT, CONTACT, INDIVIDUAL, KINDS, LEAD, OWN_KIND, PEOPLE, Kind
from activities.connectors.settings import (
    CollectionSettings,
    Region,
    SpokenSettings,
    collection_faults,
    raise_faults,
    read_settings,
)
from habeas.connector import Collection, Treatment
from habeas.model import IdentifierKind
from habeas.particulars import PurposeId

__all__ = ["EMAILS", "HISTORIED", "SalesforceSettings", "collections_of", "kinds_of", "may_anonymise", "read"]

EMAILS: Mapping[str, str] = {CONTACT: "Email", LEAD: "Email", ACCOUNT: "PersonEmail"}
HISTORIED = (CONTACT, LEAD, ACCOUNT, "Case")
"""Objects whose fields may be tracked: old values stay in ``ContactHistory`` and its siblings."""
_NAME = r"[A-Za-z][A-Za-z0-9_]{0,79}"
ObjectName = Annotated[str, StringConstraints(pattern=rf"^{_NAME}$")]
FieldName = Annotated[str, StringConstraints(pattern=rf"^{_NAME}$")]
FieldPath = Annotated[str, StringConstraints(pattern=rf"^{_NAME}\.{_NAME}$")]
"""``Contact.Customer_Number__c``."""
_RECTIFIABLE: Mapping[str, tuple[str, ...]] = {
    CONTACT: (
        *("Salutation", "FirstName", "LastName", "Email", "Phone", "MobilePhone", "HomePhone", "OtherPhone"),
        *("Birthdate", "Title", "Department", "MailingStreet", "MailingCity", "MailingPostalCode", "MailingCountry"),
    ),
    LEAD: (
        *("FirstName", "LastName", "Company", "Email", "Phone", "MobilePhone"),
        *("Street", "City", "PostalCode", "Country"),
    ),
    ACCOUNT: ("FirstName", "LastName", "PersonEmail", "Phone", "PersonMobilePhone", "PersonBirthdate"),
}


class SalesforceSettings(ApiSettings, SpokenSettings):
    """One Salesforce org's table in the settings."""

    url: str
    """The org's own address: ``https://MYDOMAIN.my.salesforce.com``."""
    version: Annotated[str, StringConstraints(pattern=r"^\d{2}\.0$")] = "67.0"
    client_id: str = Field(min_length=1)
    """The consumer key of the connected app, or external client app."""
    client_secret: SecretStr | None = None
    """For the OAuth 2.0 client credentials flow."""
    username: str | None = None
    """For the JWT bearer flow instead: who the app acts for."""
    private_key: SecretStr | None = None
    """For the JWT bearer flow: the key, in PEM, whose certificate the app has."""
    audience: str = "https://login.salesforce.com"
    """For the JWT bearer flow: ``https://test.salesforce.com`` for a sandbox."""
    identifiers: Mapping[IdentifierKind, tuple[FieldPath, ...]] = Field(default_factory=dict)
    """Kinds of identifier -> the fields that hold them, of contacts, leads and person accounts; ``email`` adds to
    the standard addresses."""
    region: Region | None = None
    """The country of phone numbers without its code. Unset: such a number is nobody's who has one with a code."""
    rectifiable: Mapping[ObjectName, tuple[FieldName, ...]] = Field(default_factory=lambda: _RECTIFIABLE)
    restriction: tuple[FieldPath, ...] = ()
    """Checkboxes that say that data is only stored: ``Contact.Restricted__c``, or a flag of ``Individual``."""
    purposes: Mapping[PurposeId, tuple[FieldPath, ...]] = Field(default_factory=dict)
    """What people can object to -> the checkboxes that say so: ``Contact.HasOptedOutOfEmail``."""
    bin: Literal["accept", "wait", "empty"] | None = None
    """What is deleted lies in the recycle bin for 15 days: it counts as erased, is waited for, or taken out at once."""
    history: Literal["accept", "delete"] | None = None
    """Old values of tracked fields stay beside what is anonymised: that is accepted, or they are deleted."""
    ignored: frozenset[ObjectName] = frozenset()
    """Objects that point at people and hold nothing of them, or that the org does not use."""
    modify_all_records: bool = False
    """The user has "Modify All Records" on every object that is changed or deleted, instead of "Modify All Data": the
    API does not tell that of a user."""
    confirm_after: float = Field(default=0.0, ge=0, le=86_400)
    collections: Mapping[ObjectName, CollectionSettings]


def read(system: str, settings: Mapping[str, Any]) -> SalesforceSettings:
    """The settings, if Salesforce can do what they ask.

    Raises:
        ConfigurationError: a setting is missing or wrong, a collection is not decided, or Salesforce cannot do it;
            names each.
    """
    found = read_settings(SalesforceSettings, system, settings)
    raise_faults(system, [*_faults(found)], lambda: collections_of(found))
    return found


def kinds_of(settings: SalesforceSettings) -> Mapping[str, Kind]:
    """The objects that are decided: Salesforce's in their order, then the others as the settings write them."""
    decided = settings.collections
    known = {name: kind for name, kind in KINDS.items() if name in decided}
    return known | {name: OWN_KIND for name in decided if name not in KINDS}


def collections_of(settings: SalesforceSettings) -> tuple[Collection, ...]:
    """As the manifest has them."""
    marked = {path.partition(".")[0] for path in settings.restriction}
    restrictable = marked | set(PEOPLE if INDIVIDUAL in marked else ())
    return tuple(
        settings.collections[name].collection(
            name,
            anchor=kind.anchor,
            free_text=kind.free_text,
            rectifiable=settings.rectifiable.get(name, ()),
            restrictable=name in restrictable,
            when_referenced=Treatment.ANONYMISE if Treatment.ANONYMISE in kind.possible else Treatment.DELETE,
        )
        for name, kind in kinds_of(settings).items()
    )


def may_anonymise(settings: SalesforceSettings) -> tuple[str, ...]:
    """The objects that may be anonymised, sooner or later: what stays keeps what it points at as an empty shell."""
    stays = any(one.treatment is Treatment.RETAIN for one in settings.collections.values())
    return tuple(
        name
        for name, kind in kinds_of(settings).items()
        if Treatment.ANONYMISE in settings.collections[name].treatments
        or (stays and Treatment.ANONYMISE in kind.possible)
    )


def _faults(settings: SalesforceSettings) -> Iterator[str]:
    by_secret, by_key = settings.client_secret is not None, settings.private_key is not None
    if by_secret == by_key or by_key != (settings.username is not None):
        yield "client_secret: give client_secret alone, or username and private_key"
    own = {name: OWN_KIND.possible for name in settings.collections if name not in KINDS}
    possible = {name: kind.possible for name, kind in KINDS.items() if name not in settings.ignored}
    yield from collection_faults("Salesforce", possible | own, settings.collections)
    if CONTACT in settings.ignored:
        yield f"ignored: {CONTACT} is where people are; it cannot be ignored"
    for name in sorted(settings.ignored & settings.collections.keys()):
        yield f"ignored: {name} is decided in collections too"
    yield from _wrong_fields(settings)
    yield from _undecided_copies(settings)


def _wrong_fields(settings: SalesforceSettings) -> Iterator[str]:
    for kind, paths in settings.identifiers.items():
        for path in [one for one in paths if one.partition(".")[0] not in PEOPLE]:
            yield f"identifiers.{kind}: {path} is no field of {', '.join(PEOPLE)}"
    for name in [name for name in settings.rectifiable if name not in settings.collections]:
        if name not in settings.ignored:
            yield f"rectifiable.{name} is not decided in collections"
    marks = {"restriction": settings.restriction}
    marks |= {f"purposes.{purpose}": paths for purpose, paths in settings.purposes.items()}
    for key, paths in marks.items():
        for path in [one for one in paths if one.partition(".")[0] not in (*PEOPLE, INDIVIDUAL)]:
            yield f"{key}: {path} is no field of {', '.join((*PEOPLE, INDIVIDUAL))}"


def _undecided_copies(settings: SalesforceSettings) -> Iterator[str]:
    deleted = [name for name, one in settings.collections.items() if Treatment.DELETE in one.treatments]
    if deleted and settings.bin is None:
        yield (
            "bin is missing: what is deleted stays in Salesforce's recycle bin for 15 days; "
            'say "accept" if it counts as erased, "wait", or "empty"'
        )
    anonymised = [name for name in HISTORIED if name in may_anonymise(settings)]
    if anonymised and settings.history is None:
        yield (
            f"history is missing: Salesforce keeps the old values of {', '.join(anonymised)} where fields are tracked; "
            'say "accept", or "delete"'
        )
