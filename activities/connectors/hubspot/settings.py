"""What the settings say of a HubSpot account, and what of it HubSpot cannot do: that is refused at the start."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from activities.connectors.api import ApiSettings
from activities.connectors.hubspot.kinds import CONTACTS, KINDS, SHARED
from activities.connectors.settings import CollectionSettings, Region, read_settings
from habeas.connector import Collection, Treatment
from habeas.errors import ConfigurationError
from habeas.model import IdentifierKind
from habeas.particulars import PurposeId
from habeas.plan import undecided

__all__ = ["ALL", "HubSpotSettings", "collections_of", "may_become", "read"]

ALL = "all"
_ENDS = frozenset({Treatment.DELETE, Treatment.ANONYMISE})
"""Whatever ends a contact, ends that they share in something."""
_OWN_KINDS = frozenset({"email", "phone"})


def _sendable(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]+", token.get_secret_value()):
        raise ValueError("must be printable ASCII without spaces, as a header is")
    return token


PropertyName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,99}$")]
Token = Annotated[SecretStr, AfterValidator(_sendable)]


class HubSpotSettings(ApiSettings):
    """One HubSpot account's table in the settings."""

    url: str = "https://api.hubapi.com"
    token: Token
    """A private app's access token."""
    collections: Mapping[str, CollectionSettings]
    bin: Literal["accept", "wait"] | None = None
    """What is deleted but for contacts lies in HubSpot's bin for 90 days: it counts as erased, or is waited for."""
    history: Literal["accept"] | None = None
    """HubSpot keeps the old values of what is anonymised in its history, and no API clears that."""
    contact_stays: bool = False
    """A contact is kept as long as something of theirs that must stay; False: that stays alone, but for what is held
    and what others share in."""
    identifiers: Mapping[IdentifierKind, PropertyName] = Field(default_factory=dict)
    """Further kinds of identifier -> the property of a contact that holds them (``hs_object_id`` for HubSpot's)."""
    region: Region | None = None
    """The country of phone numbers without its code. Unset: such a number is nobody's who has one with a code."""
    rectifiable: tuple[PropertyName, ...] = (
        *("email", "firstname", "lastname", "phone", "mobilephone", "address", "city", "zip", "country"),
        *("company", "jobtitle"),
    )
    """Properties of a contact that may be corrected."""
    restriction: PropertyName | None = None
    """A property of contacts, of the type "single checkbox", that says that a contact is restricted."""
    purposes: Mapping[PurposeId, int | Literal["all"]] = Field(default_factory=dict)
    """What contacts can object to -> the id of the kind of newsletter that ends then, or ``all`` e-mail."""
    subscriptions: bool = True
    """Which newsletters a contact gets is read with them. False for an account without marketing e-mail."""
    addresses_in_urls: Literal["accept"] | None = None
    """Newsletters are read and ended by address. Unless this accepts the address in URLs, the account must have what
    HubSpot lets send it in the body: Marketing Hub Enterprise."""
    custom_objects: bool = True
    """Whether the account may have kinds of object of its own. Those of contacts stop a request, but for `ignored`."""
    ignored: tuple[str, ...] = ()
    """Names of the account's own kinds of object that are associated with contacts, and dealt with elsewhere."""
    sensitive: tuple[Literal["sensitive", "highly_sensitive"], ...] = ("sensitive",)
    """Properties of contacts that are so are read too. Empty for an account without sensitive data."""
    confirm_after: float = Field(default=60.0, ge=0, le=86_400)
    """Seconds until HubSpot's searches know what was changed: "a few moments"."""


def read(system: str, settings: Mapping[str, Any]) -> HubSpotSettings:
    """The settings, if HubSpot can do what they ask.

    Raises:
        ConfigurationError: a setting is missing or wrong, a collection is not decided, or HubSpot cannot do it; names
            each.
    """
    found = read_settings(HubSpotSettings, system, settings)
    faults = [*_faults(found)]
    if not faults:
        faults = [f"collections: {fault}" for fault in undecided(collections_of(found))]
    if faults:
        raise ConfigurationError(" ".join(f"systems.{system}.{fault}." for fault in faults), system=system)
    return found


def collections_of(settings: HubSpotSettings) -> tuple[Collection, ...]:
    """As the manifest has them."""
    decided = settings.collections
    contacts = decided[CONTACTS].collection(
        CONTACTS,
        anchor=KINDS[CONTACTS].anchor,
        free_text=KINDS[CONTACTS].free_text,
        rectifiable=settings.rectifiable,
        restrictable=settings.restriction is not None,
        when_referenced=Treatment.RETAIN if settings.contact_stays else Treatment.DELETE,
    )
    others = [
        # HubSpot lets anything go, whatever points at it.
        decided[name].collection(name, anchor=kind.anchor, free_text=kind.free_text, when_referenced=Treatment.DELETE)
        for name, kind in KINDS.items()
        if name != CONTACTS
    ]
    texts = tuple(dict.fromkeys(text for name, kind in KINDS.items() if name != CONTACTS for text in kind.free_text))
    shared = decided[SHARED].collection(SHARED, anchor="createdate", free_text=texts, bound=_ENDS)
    return (contacts, *others, shared)


def may_become(settings: HubSpotSettings, name: str) -> set[Treatment]:
    """What may become of a collection's objects, sooner or later."""
    one = settings.collections.get(name)
    if one is None:
        return set()
    return {one.treatment, one.after} if one.treatment is Treatment.RETAIN else {one.treatment}


def _faults(settings: HubSpotSettings) -> Iterator[str]:
    names = (*KINDS, SHARED)
    for name in [name for name in names if name not in settings.collections]:
        yield f"collections.{name} is missing: say what it is and what erasure does to it"
    for name in [name for name in settings.collections if name not in names]:
        yield f"collections.{name}: HubSpot has no such collection here; there are {', '.join(names)}"
    if Treatment.ANONYMISE in may_become(settings, CONTACTS):
        yield "collections.contacts: HubSpot keeps the old values of a contact: it can be deleted or retained"
    if Treatment.DELETE in may_become(settings, SHARED):
        yield "collections.shared: what others share in can be anonymised (no longer theirs) or retained"
    for kind in sorted(_OWN_KINDS & settings.identifiers.keys()):
        yield f"identifiers.{kind}: HubSpot has its own properties for that"
    yield from _undecided_copies(settings)


def _undecided_copies(settings: HubSpotSettings) -> Iterator[str]:
    own = [name for name in KINDS if name != CONTACTS]
    deleted = [name for name in own if Treatment.DELETE in may_become(settings, name)]
    if deleted and settings.bin is None:
        yield (
            f"bin is missing: {', '.join(deleted)} stay in HubSpot's bin for 90 days; "
            'say "accept" if they count as erased, or "wait"'
        )
    anonymised = [name for name in own if Treatment.ANONYMISE in may_become(settings, name)]
    if anonymised and settings.history is None:
        yield (
            f"history is missing: HubSpot keeps the old values of {', '.join(anonymised)}, and no API clears them; "
            'delete or retain them, or say "accept"'
        )
    if anonymised and settings.contact_stays:
        yield f"contact_stays: {', '.join(anonymised)} cannot be anonymised while their contact stays"
