"""Tryton: parties, and what they were invoiced."""

from activities.connectors.tryton.connector import TrytonConnector

__all__ = ["TrytonConnector"]
