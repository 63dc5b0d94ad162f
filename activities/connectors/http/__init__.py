"""A company's own service, by the protocol of `habeas.wire`."""

from activities.connectors.http.callbacks import CallbackDoor
from activities.connectors.http.connector import HttpConnector

__all__ = ["CallbackDoor", "HttpConnector"]
