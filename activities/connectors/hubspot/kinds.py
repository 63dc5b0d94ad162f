"""The kinds of object in HubSpot that may be a person's, and what a caller needs to see and change each.

Names: https://developers.hubspot.com/docs/guides/crm/understanding-the-crm. Scopes:
https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/scopes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["ACTIVITIES", "ASSOCIATED", "CONTACTS", "EMAILS", "KINDS", "SHARED", "STRUCTURE", "Kind"]

CONTACTS, EMAILS, SHARED = "contacts", "emails", "shared"
_READ, _WRITE = "crm.objects.contacts.read", "crm.objects.contacts.write"


@dataclass(frozen=True)
class Kind:
    """One kind of object."""

    name: str
    read: str
    """The scope to see it."""
    write: str
    """The scope to change and delete it."""
    anchor: str
    """The property that a retention runs from."""
    free_text: tuple[str, ...] = ()


_WHO = tuple(
    f"hs_email_{role}_{part}"
    for role in ("from", "sender", "to", "cc", "bcc")
    for part in ("email", "firstname", "lastname")
)
"""Who sent an e-mail and who got it, several in one: also people who are no contacts
(https://developers.hubspot.com/docs/api-reference/latest/crm/activities/emails/guide)."""
KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(CONTACTS, _READ, _WRITE, "createdate", ("message",)),
        Kind("companies", "crm.objects.companies.read", "crm.objects.companies.write", "createdate", ("description",)),
        Kind("deals", "crm.objects.deals.read", "crm.objects.deals.write", "closedate", ("dealname", "description")),
        Kind("tickets", "tickets", "tickets", "closed_date", ("subject", "content")),
        Kind("notes", _READ, _WRITE, "hs_timestamp", ("hs_note_body",)),
        Kind(
            EMAILS,
            "sales-email-read",
            _WRITE,
            "hs_timestamp",
            ("hs_email_subject", "hs_email_text", "hs_email_html", "hs_email_headers", *_WHO),
        ),
        Kind("calls", _READ, _WRITE, "hs_timestamp", ("hs_call_title", "hs_call_body")),
        Kind(
            "meetings",
            _READ,
            _WRITE,
            "hs_timestamp",
            ("hs_meeting_title", "hs_meeting_body", "hs_internal_meeting_notes"),
        ),
        Kind("tasks", _READ, _WRITE, "hs_timestamp", ("hs_task_subject", "hs_task_body")),
    )
}
ASSOCIATED = tuple(name for name in KINDS if name != CONTACTS)
ACTIVITIES = ("notes", EMAILS, "calls", "meetings", "tasks")

STRUCTURE = frozenset(
    {
        *("pipeline", "dealstage", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_category", "hs_ticket_priority"),
        *("hs_email_direction", "hs_email_status", "hs_call_direction", "hs_call_status", "hs_task_status"),
    }
)
"""Properties that say where an object stands, and nothing about anybody: they stay when it is anonymised."""
