"""Salesforce: contacts, leads and person accounts, their cases, activities, e-mails, files, campaigns, own objects.

By "the object reference" the rooms here mean
``https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/``, by "the REST guide"
``https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/``.
"""

from activities.connectors.salesforce.connector import SalesforceConnector

__all__ = ["SalesforceConnector"]
