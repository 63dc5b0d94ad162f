"""Zendesk Support: users, their tickets and comments, what they wrote in others' tickets, ratings, suspended tickets.

``https://developer.zendesk.com/api-reference/ticketing/`` is meant by "Zendesk's reference" in the rooms here.
"""

from activities.connectors.zendesk.connector import ZendeskConnector

__all__ = ["ZendeskConnector"]
