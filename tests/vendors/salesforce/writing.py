"""Whether values may be written, and writing them.

Codes: https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
(StatusCode). The sentences are as forums quote them, not verified.
"""

import re
from datetime import date, datetime
from typing import Any

from tests.vendors.salesforce import ids
from tests.vendors.salesforce.definitions import Field, Object
from tests.vendors.salesforce.errors import Fault, deleted, insufficient_access, unparsable
from tests.vendors.salesforce.org import Org
from tests.vendors.salesforce.store import Row, Values
from tests.vendors.shared.calls import Call, Json, Refusal, json_answer

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_JSON_TYPES: dict[str, tuple[type, ...]] = {"boolean": (bool,), "int": (int,), "double": (int, float)}


def create(org: Org, call: Call, kind: Object, given: Json) -> Row:
    """Make a record; a Fault, or the 400 of the duplicate rule, when it may not be."""
    if not kind.createable:
        raise Fault("INVALID_TYPE_FOR_OPERATION", f"entity type {kind.name} does not support create")
    values = _checked(org, kind, given, creating=True)
    missing = tuple(
        each.name
        for each in kind.fields
        if each.required and each.createable and each.type != "boolean" and values.get(each.name) is None
    )
    if missing:
        raise Fault("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing)
    _check_duplicates(org, call, kind, values, None)
    return org.store.insert(kind.name, values, org.user_id)


def change(org: Org, call: Call, row: Row, given: Json) -> None:
    """Change a record; a Fault, or the 400 of the duplicate rule, when it may not be."""
    kind = row.object
    if not kind.updateable or kind.name in org.rights.no_edit or _is_shadow(row):
        raise insufficient_access()
    # https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_emailmessage.htm
    if kind.name == "EmailMessage" and row.values["Status"] == "3":
        raise insufficient_access()
    # https://help.salesforce.com/s/articleView?id=000384333; "View and Edit Converted Leads" is granted by name only.
    if kind.name == "Lead" and row.values["IsConverted"] and "EditConvertedLeads" not in org.rights.permissions:
        raise Fault("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    values = _checked(org, kind, given, creating=False)
    if kind.name == "Account" and row.values["IsPersonAccount"] and "Name" in values:
        raise _not_writable("Name")
    _check_duplicates(org, call, kind, values, row)
    org.store.update(row, values, org.user_id)


def _checked(org: Org, kind: Object, given: Json, *, creating: bool) -> Values:
    values: Values = {}
    for name, value in given.items():
        if name == "attributes":
            continue
        known = org.rights.field(kind, name)
        if known is None:
            raise Fault("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")
        if name.lower() == "id":
            raise Fault("INVALID_FIELD", "The Id field should not be specified in the sobject data.")
        writable = known.createable if creating else known.updateable
        if not writable or (kind.name, known.name) in org.rights.read_only_fields:
            raise _not_writable(known.name)
        values[known.name] = _value(org, known, value)
    return values


def _not_writable(name: str) -> Fault:
    return Fault(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        f"Unable to create/update fields: {name}. Please check the security settings of this field and verify that "
        "it is read/write for your profile or permission set.",
        (name,),
    )


def _value(org: Org, known: Field, value: Any) -> Any:
    if value is None or value == "":
        if known.required:
            message = f"Required fields are missing: [{known.name}]"
            raise Fault("REQUIRED_FIELD_MISSING", message, (known.name,))
        return None
    wanted = _JSON_TYPES.get(known.type, (str,))
    if not isinstance(value, wanted) or (isinstance(value, bool) and known.type != "boolean"):
        raise unparsable(
            f"Cannot deserialize instance of {known.type} from {type(value).__name__} value {value!r} or request may "
            "be missing a required field at [line:1, column:2]"
        )
    if isinstance(value, str):
        _check_text(org, known, value)
        return ids.long_form(value) if known.type == "reference" else value
    return value


def _check_text(org: Org, known: Field, value: str) -> None:
    if known.length and len(value) > known.length:
        shown = f"{known.name}: data value too large: {value[:20]} (max length={known.length})"
        raise Fault("STRING_TOO_LONG", shown, (known.name,))
    match known.type:
        case "email" if not _EMAIL.fullmatch(value):
            raise Fault("INVALID_EMAIL_ADDRESS", f"{known.name}: invalid email address: {value}", (known.name,))
        case "picklist" if known.values and value not in known.values:
            message = f"{known.name}: bad value for restricted picklist field: {value}"
            raise Fault("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, (known.name,))
        case "date" | "datetime":
            try:
                date.fromisoformat(value) if known.type == "date" else datetime.fromisoformat(value)
            except ValueError as wrong:
                raise unparsable(
                    f"Cannot deserialize instance of {known.type} from VALUE_STRING value {value}"
                ) from wrong
        case "reference":
            _check_reference(org, known, value)
        case _:
            pass


def _check_reference(org: Org, known: Field, value: str) -> None:
    if ids.long_form(value) is None:
        raise Fault("MALFORMED_ID", f"{known.name}: id value of incorrect type: {value}", (known.name,))
    target = org.store.find(value)
    if target is None or target.object.name not in known.reference_to:
        raise Fault("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if target.deleted_at:
        raise deleted()


def _check_duplicates(org: Org, call: Call, kind: Object, values: Values, row: Row | None) -> None:
    """https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_duplicaterules.htm.

    A rule that blocks: the save goes through with ``Sforce-Duplicate-Rule-Header: allowSave=true``. The body is not
    verified.
    """
    address = values.get("Email")
    if kind.name not in org.duplicate_rules or not address:
        return
    if "allowsave=true" in call.headers.get("sforce-duplicate-rule-header", "").replace(" ", "").lower():
        return
    same = [other for other in org.store.all(kind.name) if str(other.values["Email"]).lower() == address.lower()]
    if [other for other in same if other is not row]:
        result = {"allowSave": True, "duplicateRule": f"Standard_{kind.name}_Duplicate_Rule", "errorMessage": None}
        one = {"duplicateResut": result, "errorCode": "DUPLICATES_DETECTED", "message": "Use one of these records?"}
        raise Refusal(json_answer([one], 400))


def _is_shadow(row: Row) -> bool:
    return row.object.name == "Contact" and bool(row.values["IsPersonAccount"])
