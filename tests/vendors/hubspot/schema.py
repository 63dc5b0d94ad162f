"""The properties that each kind of object has.

https://developers.hubspot.com/docs/guides/api/crm/properties
"""

from dataclasses import dataclass, field
from typing import Literal

PropertyType = Literal["string", "number", "date", "datetime", "enumeration", "bool", "phone_number"]
Sensitivity = Literal["non_sensitive", "sensitive", "highly_sensitive"]
_FIELD_TYPES: dict[str, str] = {
    "string": "text",
    "number": "number",
    "date": "date",
    "datetime": "date",
    "enumeration": "select",
    "bool": "booleancheckbox",
    "phone_number": "phonenumber",
}


@dataclass(frozen=True)
class Property:
    """One property's definition."""

    name: str
    label: str
    type: PropertyType = "string"
    options: tuple[str, ...] = ()
    read_only: bool = False
    unique: bool = False
    multiple: bool = False
    custom: bool = False
    sensitivity: Sensitivity = "non_sensitive"
    group: str = "contactinformation"

    @property
    def field_type(self) -> str:
        """How the form shows it."""
        return "checkbox" if self.multiple else _FIELD_TYPES[self.type]


def _text(*names: str) -> tuple[Property, ...]:
    return tuple(Property(name, name.replace("_", " ").capitalize()) for name in names)


def _moments(*names: str) -> tuple[Property, ...]:
    return tuple(Property(name, name, "datetime", read_only=True) for name in names)


_ID = Property("hs_object_id", "Record ID", "number", read_only=True, unique=True)
_MERGED = Property("hs_merged_object_ids", "Merged record IDs", "enumeration", read_only=True, multiple=True)
_OWNER = Property("hubspot_owner_id", "Owner", "enumeration")
_STAMPS = _moments("hs_createdate", "hs_lastmodifieddate")

CALCULATED = {
    "phone": "hs_searchable_calculated_phone_number",
    "mobilephone": "hs_searchable_calculated_mobile_number",
}
"""A number -> what HubSpot makes of it for searches. "These properties follow a standardized format with only area
code and local number": https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm."""

_CONTACTS = (
    _ID,
    _MERGED,
    _OWNER,
    Property("email", "Email", unique=True),
    Property("hs_additional_emails", "Additional email addresses", "enumeration", multiple=True),
    Property("lifecyclestage", "Lifecycle stage", "enumeration", ("subscriber", "lead", "customer", "other")),
    Property("hs_email_optout", "Unsubscribed from all email", "bool", read_only=True),
    Property("date_of_birth", "Date of birth"),
    Property("num_notes", "Number of sales activities", "number", read_only=True),
    Property("customer_number", "Customer number", unique=True, custom=True),
    Property("signed_up_on", "Signed up on", "date", custom=True),
    Property("newsletters", "Newsletters", "enumeration", ("weekly", "offers"), multiple=True, custom=True),
    Property("health_remark", "Health remark", custom=True, sensitivity="sensitive"),
    *_moments("createdate", "lastmodifieddate"),
    *_text("firstname", "lastname", "phone", "mobilephone", "address", "city", "zip", "country", "company", "jobtitle"),
    *_text("message", "twitterhandle"),
    *(Property(name, name, read_only=True) for name in CALCULATED.values()),
)
_ENGAGEMENT = (_ID, _OWNER, *_STAMPS, Property("hs_timestamp", "Activity date", "datetime"))

SCHEMA: dict[str, tuple[Property, ...]] = {
    "contacts": _CONTACTS,
    "companies": (
        _ID,
        _MERGED,
        _OWNER,
        *_moments("createdate", "hs_lastmodifieddate"),
        *_text("name", "domain", "phone"),
    ),
    "deals": (
        _ID,
        _OWNER,
        *_moments("createdate", "hs_lastmodifieddate"),
        Property("amount", "Amount", "number"),
        Property("closedate", "Close date", "datetime"),
        *_text("dealname", "dealstage", "pipeline", "description"),
    ),
    "tickets": (
        _ID,
        _OWNER,
        *_moments("createdate", "hs_lastmodifieddate"),
        *_text("subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_category", "hs_ticket_priority"),
    ),
    "notes": (*_ENGAGEMENT, *_text("hs_note_body", "hs_attachment_ids")),
    "emails": (
        *_ENGAGEMENT,
        *_text("hs_email_subject", "hs_email_text", "hs_email_html", "hs_email_direction", "hs_email_headers"),
        Property("hs_email_from_email", "From", read_only=True),
        Property("hs_email_to_email", "To", read_only=True),
    ),
    "calls": (*_ENGAGEMENT, *_text("hs_call_title", "hs_call_body", "hs_call_to_number", "hs_call_recording_url")),
    "meetings": (*_ENGAGEMENT, *_text("hs_meeting_title", "hs_meeting_body", "hs_internal_meeting_notes")),
    "tasks": (*_ENGAGEMENT, *_text("hs_task_subject", "hs_task_body", "hs_task_status")),
}


@dataclass
class Schema:
    """The definitions of one account, to which a test may add."""

    properties: dict[str, dict[str, Property]] = field(
        default_factory=lambda: {kind: {each.name: each for each in listed} for kind, listed in SCHEMA.items()}
    )

    def of(self, kind: str) -> dict[str, Property]:
        """The properties of a kind, by name."""
        return self.properties[kind]

    def add(self, kind: str, added: Property) -> None:
        """Define one more."""
        self.properties[kind][added.name] = added
