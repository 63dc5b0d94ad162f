"""The kinds of object that the CRM holds, and what a caller needs to see each.

Names, ids and default properties: https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm and
https://developers.hubspot.com/docs/guides/crm/understanding-the-crm (object type ids). Scopes:
https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/scopes. That e-mails without
``sales-email-read`` are a 403, and not e-mails without their text, is not verified.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of object; ``defaults`` come back when no property is asked for."""

    name: str
    singular: str
    type_id: str
    read: tuple[str, ...]
    write: tuple[str, ...]
    defaults: tuple[str, ...]
    created: str = "hs_createdate"
    modified: str = "hs_lastmodifieddate"


_CONTACT_READ = ("crm.objects.contacts.read",)
_CONTACT_WRITE = ("crm.objects.contacts.write",)
_ENGAGEMENT = ("hs_createdate", "hs_lastmodifieddate", "hs_object_id")

KINDS: tuple[Kind, ...] = (
    Kind(
        "contacts",
        "contact",
        "0-1",
        _CONTACT_READ,
        _CONTACT_WRITE,
        ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
        "createdate",
        "lastmodifieddate",
    ),
    Kind(
        "companies",
        "company",
        "0-2",
        ("crm.objects.companies.read",),
        ("crm.objects.companies.write",),
        ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
        "createdate",
    ),
    Kind(
        "deals",
        "deal",
        "0-3",
        ("crm.objects.deals.read",),
        ("crm.objects.deals.write",),
        (
            "amount",
            "closedate",
            "createdate",
            "dealname",
            "dealstage",
            "hs_lastmodifieddate",
            "hs_object_id",
            "pipeline",
        ),
        "createdate",
    ),
    Kind(
        "tickets",
        "ticket",
        "0-5",
        ("tickets",),
        ("tickets",),
        (
            "content",
            "createdate",
            "hs_lastmodifieddate",
            "hs_object_id",
            "hs_pipeline",
            "hs_pipeline_stage",
            "hs_ticket_category",
            "hs_ticket_priority",
            "subject",
        ),
        "createdate",
    ),
    Kind("notes", "note", "0-46", _CONTACT_READ, _CONTACT_WRITE, _ENGAGEMENT),
    # The content of e-mails has a scope of its own.
    Kind("emails", "email", "0-49", ("sales-email-read",), _CONTACT_WRITE, _ENGAGEMENT),
    Kind("calls", "call", "0-48", _CONTACT_READ, _CONTACT_WRITE, _ENGAGEMENT),
    Kind("meetings", "meeting", "0-47", _CONTACT_READ, _CONTACT_WRITE, _ENGAGEMENT),
    Kind("tasks", "task", "0-27", _CONTACT_READ, _CONTACT_WRITE, _ENGAGEMENT),
)
_BY_NAME = {name: kind for kind in KINDS for name in (kind.name, kind.singular, kind.type_id)}

# https://developers.hubspot.com/docs/guides/api/crm/associations/associations-v4 (association type id values)
TYPE_IDS: dict[tuple[str, str], int] = {
    ("contacts", "companies"): 279,
    ("companies", "contacts"): 280,
    ("contacts", "deals"): 4,
    ("deals", "contacts"): 3,
    ("contacts", "tickets"): 15,
    ("tickets", "contacts"): 16,
    ("contacts", "notes"): 201,
    ("notes", "contacts"): 202,
    ("contacts", "emails"): 197,
    ("emails", "contacts"): 198,
    ("contacts", "calls"): 193,
    ("calls", "contacts"): 194,
    ("contacts", "meetings"): 199,
    ("meetings", "contacts"): 200,
    ("contacts", "tasks"): 203,
    ("tasks", "contacts"): 204,
    ("companies", "deals"): 342,
    ("deals", "companies"): 341,
    ("companies", "tickets"): 340,
    ("tickets", "companies"): 339,
    ("companies", "notes"): 189,
    ("notes", "companies"): 190,
    ("deals", "notes"): 213,
    ("notes", "deals"): 214,
    ("tickets", "notes"): 227,
    ("notes", "tickets"): 228,
}


def kind_named(name: str) -> Kind | None:
    """The kind by its plural, its singular or its type id; None for no such kind."""
    return _BY_NAME.get(name)
