"""Salesforce: records, SOQL, the recycle bin, field history, bulk deletion, Privacy Center."""

from tests.vendors.salesforce.policies import Policy
from tests.vendors.salesforce.server import Salesforce

__all__ = ["Policy", "Salesforce"]
