"""The collections of a Zendesk account."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Kind"]


class Kind(StrEnum):
    """Each by its name in settings, plans and evidence."""

    USERS = "users"
    TICKETS = "tickets"
    COMMENTS = "comments"
    """In tickets that the person requested."""
    COPIED = "copied_tickets"
    """Other people's tickets that the person is copied on."""
    CONTRIBUTIONS = "contributions"
    """The person's own comments in those."""
    RATINGS = "ratings"
    SUSPENDED = "suspended_tickets"
