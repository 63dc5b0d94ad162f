"""What Stripe has and the stateful peer behind it lacks."""

from tests.vendors.stripe.account import KEY, Account
from tests.vendors.stripe.server import Stripe

__all__ = ["KEY", "Account", "Stripe"]
