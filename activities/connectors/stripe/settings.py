"""What the settings say of a Stripe account, and what of it Stripe cannot do: that is refused at the start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, StringConstraints

from activities.connectors.api import ApiSettings
from activities.connectors.settings import (
    CollectionSettings,
    SpokenSettings,
    collection_faults,
    raise_faults,
    read_settings,
)
from activities.connectors.stripe.kinds import (
    ADDRESS,
    CHARGES,
    CREDITS,
    CUSTOMERS,
    DISPUTES,
    DRAFTS,
    INVOICES,
    ITEMS,
    KINDS,
    METHODS,
    PAYMENTS,
    PENDING,
    SUBSCRIPTIONS,
    TAX_IDS,
)
from habeas.connector import Collection, Treatment
from habeas.model import Frozen
from habeas.particulars import PurposeId

__all__ = ["ONLY_REDACTED", "RECTIFIABLE", "RedactionSettings", "StripeSettings", "collections_of", "read"]

_DELETE, _ANONYMISE, _RETAIN = Treatment.DELETE, Treatment.ANONYMISE, Treatment.RETAIN

ONLY_REDACTED = frozenset({INVOICES, ITEMS, PAYMENTS, CHARGES, DISPUTES, CREDITS, SUBSCRIPTIONS})
"""Neither deleted nor changed by the API: "Transactions don't support deletion and can only be redacted after 90 days".

https://docs.stripe.com/privacy/deletion-requests
"""

_POSSIBLE: Mapping[str, tuple[Treatment, ...]] = {
    CUSTOMERS: (_DELETE, _ANONYMISE, _RETAIN),
    METHODS: (_ANONYMISE, _RETAIN),
    TAX_IDS: (_DELETE, _RETAIN),
    DRAFTS: (_DELETE, _RETAIN),
    PENDING: (_DELETE, _RETAIN),
    **dict.fromkeys((INVOICES, ITEMS, PAYMENTS, CHARGES, DISPUTES, CREDITS, SUBSCRIPTIONS), (_ANONYMISE, _RETAIN)),
}

_CUSTOMERS_OWN = frozenset({METHODS, TAX_IDS, DRAFTS, PENDING})
"""What goes, or can be used no more, with its deleted customer: https://docs.stripe.com/api/customers/delete."""

RECTIFIABLE = ("name", "email", "phone", *(f"address_{part}" for part in ADDRESS))
"""Fields of a customer that may be corrected."""

_FREE_TEXT: Mapping[str, tuple[str, ...]] = {
    CUSTOMERS: ("description", "metadata"),
    METHODS: ("metadata",),
    SUBSCRIPTIONS: ("description", "metadata"),
    **dict.fromkeys((DRAFTS, INVOICES), ("description", "footer", "custom_fields", "metadata")),
    **dict.fromkeys((PENDING, ITEMS, PAYMENTS, CHARGES), ("description", "metadata")),
    CREDITS: ("memo", "metadata"),
    DISPUTES: ("evidence", "metadata"),
}
"""What whoever calls Stripe writes as they like (https://docs.stripe.com/api/metadata); see also `Kind.texts`."""

_Version = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$")]


class RedactionSettings(Frozen):
    """That Stripe's redaction jobs (public preview) are used. What they did cannot be undone."""

    validation: Literal["error", "fix"] = "error"
    """``fix`` lets Stripe cancel and void what stands in the way, where it can: a decision of its own."""
    version: _Version = "2026-04-22.preview"


class StripeSettings(ApiSettings, SpokenSettings):
    """One Stripe account's table in the settings."""

    key: SecretStr
    """A restricted key (``rk_live_…``)."""
    url: str = "https://api.stripe.com"
    version: _Version = "2025-09-30.clover"
    search: bool = True
    """Stripe's search, which finds by phone and in any case of letters. There is none in India."""
    cancel_subscriptions: bool = False
    """Live subscriptions are cancelled with the erasure of their customer; otherwise they stand in its way."""
    redaction: RedactionSettings | None = None
    objections: Mapping[PurposeId, Annotated[str, StringConstraints(pattern=r"^[^\[\]]{1,40}$")]] = Field(
        default_factory=dict
    )
    """Purpose -> the key in a customer's metadata that says, with ``true``, that they object to it."""
    collections: Mapping[str, CollectionSettings]


def read(system: str, settings: Mapping[str, Any]) -> StripeSettings:
    """The settings, if Stripe can do what they ask.

    Raises:
        ConfigurationError: a setting is missing or wrong, a collection is not decided, or Stripe cannot do it; names
            each.
    """
    found = read_settings(StripeSettings, system, settings)
    raise_faults(system, [*_faults(found)], lambda: collections_of(found))
    return found


def collections_of(settings: StripeSettings) -> tuple[Collection, ...]:
    """As the manifest has them."""
    return tuple(
        settings.collections[name].collection(
            name,
            anchor=KINDS[name].anchors[0],
            free_text=_FREE_TEXT.get(name, ()),
            rectifiable=RECTIFIABLE if name == CUSTOMERS else (),
            # Stripe keeps what a deleted customer paid, and finalised invoices have their own copy of the address.
            when_referenced=_DELETE,
            bound=frozenset({_DELETE} if name in _CUSTOMERS_OWN else ()),
        )
        for name in _POSSIBLE
    )


def _faults(settings: StripeSettings) -> Iterator[str]:
    yield from collection_faults("Stripe", _POSSIBLE, settings.collections)
    for name in ONLY_REDACTED & settings.collections.keys():
        if settings.redaction is None and settings.collections[name].treatment is _ANONYMISE:
            yield f"collections.{name}: only a redaction job can anonymise it: add the table `redaction`, or retain it"
