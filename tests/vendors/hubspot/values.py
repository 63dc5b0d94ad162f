"""Whether a value may be written into a property.

The sentence and the codes are those that HubSpot's issue trackers show ("Property values were not valid",
PROPERTY_DOESNT_EXIST, INVALID_OPTION); the other codes are not verified.
"""

import json
import re
from datetime import date, datetime

from tests.vendors.hubspot.crm import Crm, Record
from tests.vendors.hubspot.errors import detail, invalid, refusal
from tests.vendors.hubspot.schema import Property

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def check(crm: Crm, record: Record, changes: dict[str, str]) -> None:
    """Raise the 400 that names every value that cannot be written, or the 409 for an address that is taken."""
    defined = crm.schema.of(record.kind.name)
    wrong = [(name, *found) for name, value in changes.items() if (found := _fault(defined.get(name), name, value))]
    if wrong:
        reports = [
            {"isValid": False, "message": message, "error": code, "name": name, "localizedErrorMessage": message}
            for name, code, message in wrong
        ]
        errors = [detail(message, code, context={"propertyName": [name]}) for name, code, message in wrong]
        raise invalid(f"Property values were not valid: {json.dumps(reports)}", errors)
    email = changes.get("email")
    if record.kind.name == "contacts" and email:
        taken = crm.find_by(record.kind, "email", email)
        if taken and taken is not record:
            raise refusal(409, "CONFLICT", f"Contact already exists. Existing ID: {taken.id}")


def _fault(known: Property | None, name: str, value: str) -> tuple[str, str] | None:
    if known is None:
        return "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'
    if known.read_only:
        return "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.'
    if not value:
        return None
    if name == "email" and not _EMAIL.fullmatch(value):
        return "INVALID_EMAIL", "Email address is invalid"
    if known.options:
        given = value.strip(";").split(";") if known.multiple else [value]
        if not set(given) <= set(known.options):
            return "INVALID_OPTION", f"A value was not one of the allowed options: {list(known.options)}"
    # https://developers.hubspot.com/changelog/breaking-change-enhanced-validations-for-non-string-properties-in-hubspots-crmobject-apis
    if known.type != "string" and value != value.strip():
        return "INVALID_VALUE", f'The value of "{name}" has leading or trailing spaces'
    return _type_fault(known, value)


def _type_fault(known: Property, value: str) -> tuple[str, str] | None:
    try:
        match known.type:
            case "number":
                float(value)
            case "date":
                date.fromisoformat(value)
            case "datetime":
                moment(value)
            case "bool" if value not in ("true", "false"):
                return "INVALID_BOOLEAN", f'The value of "{known.name}" must be true or false'
            case _:
                pass
    except ValueError:
        return f"INVALID_{known.type.upper()}", f'The value of "{known.name}" is not a valid {known.type}'
    return None


def moment(value: str) -> float:
    """A datetime's seconds since the epoch, from ISO 8601 or milliseconds."""
    return int(value) / 1000 if value.isdecimal() else datetime.fromisoformat(value).timestamp()
