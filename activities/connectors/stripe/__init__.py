"""Stripe: customers and what they paid, anonymised, deleted or redacted, with what the law keeps left in place."""

from activities.connectors.stripe.connector import StripeConnector

__all__ = ["StripeConnector"]
