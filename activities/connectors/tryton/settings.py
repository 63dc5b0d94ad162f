"""What the settings say of a Tryton database, and what of it Tryton cannot do: that is refused at the start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, StringConstraints

from activities.connectors.api import ApiSettings
from activities.connectors.settings import (
    CollectionSettings,
    Region,
    SpokenSettings,
    Words,
    collection_faults,
    raise_faults,
    read_settings,
)
from activities.connectors.tryton.kinds import (
    ADDRESSES,
    ATTACHMENTS,
    CARD,
    DOCUMENTS,
    EMAILS,
    IDENTIFIERS,
    KINDS,
    MECHANISMS,
    PARTIES,
    RESOURCES,
    Kind,
)
from habeas.connector import Collection, Treatment
from habeas.particulars import PurposeId

__all__ = ["RECTIFIABLE", "ModelSettings", "TrytonSettings", "collections_of", "kinds_of", "read"]

_DELETE, _ANONYMISE, _RETAIN = Treatment.DELETE, Treatment.ANONYMISE, Treatment.RETAIN
_OWN_KINDS = frozenset({"email", "phone"})
_HANGING = (ATTACHMENTS, EMAILS, DOCUMENTS)

RECTIFIABLE: Mapping[str, tuple[str, ...]] = {
    PARTIES: ("name",),
    MECHANISMS: ("value", "name", "comment"),
    IDENTIFIERS: ("code",),
    ADDRESSES: (
        *("party_name", "attn", "street_unstructured", "street_name", "building_name", "building_number"),
        *("unit_number", "floor_number", "room_number", "post_box", "private_bag", "post_office"),
        *("postal_code", "city"),
    ),
}
"""Fields that may be corrected."""

IdentifierKind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_-]+)*$")]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,80}$")]


class ModelSettings(CollectionSettings):
    """A model of a further module whose records are a party's."""

    fields: tuple[FieldName, ...] = Field(min_length=1)
    """Its fields that lead to the party."""
    anchor: FieldName = "create_date"
    free_text: tuple[FieldName, ...] = ()
    clear: tuple[FieldName, ...] = ()
    """What anonymising empties."""


class TrytonSettings(ApiSettings, SpokenSettings):
    """One Tryton database's table in the settings."""

    url: str
    database: Annotated[str, StringConstraints(min_length=1)]
    user: Annotated[str, StringConstraints(min_length=1, pattern=r"^[^:]+$")]
    password: SecretStr
    collections: Mapping[str, CollectionSettings]
    models: Mapping[Name, ModelSettings] = Field(default_factory=dict)
    """What other modules keep of parties: the model's name -> what it is."""
    ignored: Mapping[Name, Words] = Field(default_factory=dict)
    """``model.field`` that leads to a party and is nobody's data -> why."""
    files: Literal["accept"] | None = None
    """Tryton removes the files of deleted attachments after 90 days (``[attachment] retention_days``): accepted."""
    identifiers: Mapping[IdentifierKind, str] = Field(default_factory=dict)
    """Further kinds of identifier -> the type of a party's identifier (``eu_vat``), or ``code``, the party's own."""
    region: Region | None = None
    """The country of phone numbers without its code. Unset: such a number is nobody's who has one with a code."""
    restriction: Words | None = None
    """The category that marks a party as restricted."""
    purposes: Mapping[PurposeId, Words] = Field(default_factory=dict)
    """What parties can object to -> the category that says that they do."""


def read(system: str, settings: Mapping[str, Any]) -> TrytonSettings:
    """The settings, if Tryton can do what they ask.

    Raises:
        ConfigurationError: a setting is missing or wrong, a collection is not decided, or Tryton cannot do it; names
            each.
    """
    found = read_settings(TrytonSettings, system, settings)
    raise_faults(system, [*_faults(found)], lambda: collections_of(found))
    return found


def kinds_of(settings: TrytonSettings) -> dict[str, Kind]:
    """All kinds of object, with those of further modules, by collection."""
    further = {
        model: Kind(
            model,
            model,
            one.fields,
            (_DELETE, _ANONYMISE, _RETAIN),
            anchors=tuple(dict.fromkeys((one.anchor, "create_date"))),
            free_text=one.free_text,
            blanks=dict.fromkeys(one.clear),
        )
        for model, one in settings.models.items()
    }
    return {**KINDS, **further}


def collections_of(settings: TrytonSettings) -> tuple[Collection, ...]:
    """As the manifest has them."""
    kinds = kinds_of(settings)
    hanging = {
        ATTACHMENTS: tuple(text for name, texts in RESOURCES.items() if name != "ir.email" for text in texts),
        EMAILS: RESOURCES["ir.email"],
        DOCUMENTS: tuple(text for texts in RESOURCES.values() for text in texts),
    }
    return (
        *(
            (settings.models.get(name) or settings.collections[name]).collection(
                name,
                anchor=kind.anchors[0],
                free_text=kind.free_text,
                rectifiable=RECTIFIABLE.get(name, ()),
                restrictable=name == PARTIES and settings.restriction is not None,
                when_referenced=kind.when_referenced,
            )
            for name, kind in kinds.items()
        ),
        *(
            settings.collections[name].collection(name, anchor="create_date", free_text=texts, when_referenced=_DELETE)
            for name, texts in hanging.items()
        ),
    )


def _faults(settings: TrytonSettings) -> Iterator[str]:
    possible = {name: kind.possible for name, kind in KINDS.items()} | dict.fromkeys(_HANGING, (_DELETE, _RETAIN))
    yield from collection_faults("Tryton", possible, settings.collections)
    for kind in sorted(_OWN_KINDS & settings.identifiers.keys()):
        yield f"identifiers.{kind}: Tryton has its own contact mechanisms for that"
    for model, one in settings.models.items():
        if _ANONYMISE in one.treatments and not one.clear:
            yield f"models.{model}: say in `clear` which fields anonymising empties"
    decided = settings.collections
    if any(name not in decided for name in CARD):
        return
    yield from _apart(decided)
    deleting = [name for name in (ATTACHMENTS, DOCUMENTS) if name in decided and _DELETE in decided[name].treatments]
    if deleting and settings.files is None:
        yield (
            f"files is missing: Tryton removes the files of deleted {' and '.join(deleting)} after 90 days "
            '(its setting `retention_days`); say "accept" if they count as erased'
        )


def _apart(decided: Mapping[str, CollectionSettings]) -> Iterator[str]:
    """Tryton's wizard erases a party with its addresses, identifiers and contact mechanisms, and what hangs on them."""
    with_party = (*CARD[1:], ATTACHMENTS)
    if decided[PARTIES].treatment is _RETAIN:
        return
    for name in [name for name in with_party if name in decided]:
        if decided[name].category != decided[PARTIES].category:
            yield f"collections.{name}: Tryton erases it together with its party: it needs the same category"
        if decided[name].treatment is _RETAIN:
            yield f"collections.{name}: Tryton erases it together with its party: it cannot be retained alone"
