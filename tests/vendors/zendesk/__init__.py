"""Zendesk Support: users, tickets, comments, attachments, ratings, suspended tickets, background jobs."""

from tests.vendors.zendesk.records import Attachment, Comment, Identity, Rating, Status, Suspended, Ticket, User
from tests.vendors.zendesk.server import ADMIN, API_TOKEN, OauthToken, Zendesk

__all__ = [
    "ADMIN",
    "API_TOKEN",
    "Attachment",
    "Comment",
    "Identity",
    "OauthToken",
    "Rating",
    "Status",
    "Suspended",
    "Ticket",
    "User",
    "Zendesk",
]
