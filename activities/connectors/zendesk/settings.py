"""What the settings say of a Zendesk account, and what of it Zendesk cannot do: that is refused at the start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator

from activities.connectors.api import ApiSettings
from activities.connectors.settings import (
    CollectionSettings,
    Region,
    SpokenSettings,
    collection_faults,
    raise_faults,
    read_settings,
)
from activities.connectors.zendesk.kinds import Kind
from habeas.connector import Collection, Treatment
from habeas.model import Frozen, IdentifierKind
from habeas.particulars import PurposeId

__all__ = [
    "MarkSettings",
    "ZendeskSettings",
    "collections_of",
    "read",
    "rectifiable",
]

_POSSIBLE: Mapping[str, tuple[Treatment, ...]] = {
    Kind.USERS: (Treatment.DELETE, Treatment.ANONYMISE, Treatment.RETAIN),
    Kind.TICKETS: (Treatment.DELETE, Treatment.ANONYMISE, Treatment.RETAIN),
    Kind.COMMENTS: (Treatment.DELETE, Treatment.ANONYMISE, Treatment.RETAIN),
    Kind.COPIED: (Treatment.ANONYMISE, Treatment.RETAIN),
    Kind.CONTRIBUTIONS: (Treatment.ANONYMISE, Treatment.RETAIN),
    Kind.RATINGS: (Treatment.ANONYMISE, Treatment.RETAIN),
    Kind.SUSPENDED: (Treatment.DELETE, Treatment.RETAIN),
}
"""A ticket of somebody else's is never deleted; a rating, and a single comment, Zendesk cannot delete."""

_RECTIFIABLE = ("name", "alias", "phone", "details", "notes", "external_id")
"""Not the address: to write one adds a second, and the first stays (Zendesk's reference, Users, JSON format)."""
_ANCHORS: Mapping[str, str] = {Kind.TICKETS: "updated_at"}  # a closed ticket does not change any more
_FREE_TEXT: Mapping[str, tuple[str, ...]] = {
    Kind.USERS: ("notes", "details"),
    Kind.TICKETS: ("subject", "raw_subject"),
    Kind.COMMENTS: ("body",),
    Kind.COPIED: ("subject",),
    Kind.CONTRIBUTIONS: ("body",),
    Kind.RATINGS: ("comment",),
    Kind.SUSPENDED: ("subject", "content"),
}
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]


class MarkSettings(Frozen):
    """How something is noted at a user: by a tag, or by a checkbox among the user fields."""

    tag: _Name | None = None
    user_field: _Name | None = None
    """The field's key."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.tag is None) == (self.user_field is None):
            raise ValueError("either a tag or a user_field")
        return self


class ZendeskSettings(ApiSettings, SpokenSettings):
    """One Zendesk account's table in the settings."""

    url: str
    """``https://SUBDOMAIN.zendesk.com``."""
    email: str | None = None
    """Whose API token it is: an administrator's."""
    token: SecretStr | None = None
    """An API token."""
    oauth_token: SecretStr | None = None
    """Instead of these two: an OAuth access token of an administrator's, with the scopes read and write."""
    file_hosts: tuple[str, ...] = ("https://*.zdusercontent.com",)
    """Where attachments lie. Called without credentials."""
    region: Region | None = None
    """The country of phone numbers without its code. Unset: such a number is nobody's who has one with a code."""
    external_id: IdentifierKind | None = None
    """Which kind of identifier the users' ``external_id`` is, if it is one: ``customer``."""
    subjects: Literal["erase", "keep"] = "erase"
    """What becomes of the subject of a ticket that stays without its person. Zendesk does not let one of a closed
    ticket be changed: such a ticket is then blocked; or it is kept, as subjects name nobody here."""
    user_fields: tuple[_Name, ...] = ()
    """Keys of custom user fields that may be corrected."""
    restrict: MarkSettings | None = None
    """How a user is marked whose data is only stored."""
    purposes: Mapping[PurposeId, MarkSettings] = Field(default_factory=dict)
    """How a user is marked who objects to a purpose."""
    applications: tuple[_Name, ...] = ("support",)
    """Zendesk's products in this account, as ``compliance_deletion_statuses`` names them (support, chat, explore …):
    a user is erased once each has said so, and every other that began."""
    confirm_after: float = Field(default=6 * 3600.0, ge=0)
    """Seconds until the second look: Zendesk's products delete one after the other, hours apart."""
    collections: Mapping[str, CollectionSettings]


def read(system: str, settings: Mapping[str, Any]) -> ZendeskSettings:
    """The settings, if Zendesk can do what they ask.

    Raises:
        ConfigurationError: a setting is missing or wrong, a collection is not decided, or Zendesk cannot do it; names
            each.
    """
    found = read_settings(ZendeskSettings, system, settings)
    raise_faults(system, [*_faults(found)], lambda: collections_of(found))
    return found


def rectifiable(settings: ZendeskSettings) -> tuple[str, ...]:
    """Fields of a user that may be corrected, as `collect` names them."""
    return (*_RECTIFIABLE, *(f"user_fields.{key}" for key in settings.user_fields))


def collections_of(settings: ZendeskSettings) -> tuple[Collection, ...]:
    """As the manifest has them."""
    return tuple(
        settings.collections[name].collection(
            name,
            anchor=_ANCHORS.get(name, "created_at"),
            free_text=_FREE_TEXT[name],
            rectifiable=rectifiable(settings) if name == Kind.USERS else (),
            restrictable=name == Kind.USERS and settings.restrict is not None,
            # Who is deleted reads along nowhere.
            bound=frozenset({Treatment.DELETE, Treatment.ANONYMISE} if name == Kind.COPIED else ()),
        )
        for name in _POSSIBLE
    )


def _faults(settings: ZendeskSettings) -> Iterator[str]:
    if (settings.oauth_token is None) == (settings.token is None) or (settings.email is None) != (
        settings.token is None
    ):
        yield "token: give email and token, or oauth_token alone"
    yield from collection_faults("Zendesk", _POSSIBLE, settings.collections)
    decided = settings.collections
    tickets, comments = decided.get(Kind.TICKETS), decided.get(Kind.COMMENTS)
    if tickets and comments and comments.treatment is Treatment.DELETE is not tickets.treatment:
        yield f"collections.{Kind.COMMENTS}: Zendesk deletes a comment only with its ticket; anonymise redacts it"
