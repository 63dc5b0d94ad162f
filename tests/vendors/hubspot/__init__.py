"""HubSpot: CRM objects, engagements, subscription preferences, owners and users."""

from tests.vendors.hubspot.seed import Contact, Owner, Subscription, Thing
from tests.vendors.hubspot.server import TOKEN, HubSpot

__all__ = ["TOKEN", "Contact", "HubSpot", "Owner", "Subscription", "Thing"]
