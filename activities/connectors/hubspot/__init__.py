"""HubSpot's CRM: contacts, what is associated with them, and their choices of newsletters."""

from activities.connectors.hubspot.connector import HubSpotConnector

__all__ = ["HubSpotConnector"]
