"""The definitions of properties."""

from starlette.responses import Response

from tests.vendors.hubspot.errors import invalid
from tests.vendors.hubspot.portal import Portal
from tests.vendors.hubspot.schema import Property
from tests.vendors.shared.calls import Call, Json, json_answer
from tests.vendors.shared.clock import START, millisecond_stamp
from tests.vendors.shared.routing import Routes

routes: Routes[Portal] = Routes()
_SENSITIVE = ("crm.objects.contacts.sensitive.read.v2",)


@routes.on("GET", "/crm/v3/properties/{objectType}")
def list_properties(portal: Portal, call: Call) -> Response:
    """``get-/crm/v3/properties/{objectType}_getAll``, https://developers.hubspot.com/docs/guides/api/crm/properties.

    Not paged. Sensitive ones come only when ``dataSensitivity`` asks for them, and with a scope of their own.
    """
    kind = portal.kind(call)
    wanted = call.query.get("dataSensitivity", "non_sensitive")
    if wanted not in ("non_sensitive", "sensitive", "highly_sensitive"):
        raise invalid("dataSensitivity must be non_sensitive, sensitive or highly_sensitive")
    if wanted != "non_sensitive":
        portal.permit(call, _SENSITIVE)
    defined = [each for each in portal.crm.schema.of(kind.name).values() if each.sensitivity == wanted]
    return json_answer({"results": [_render(each) for each in defined]})


def _render(each: Property) -> Json:
    stamp = millisecond_stamp(START)
    options = [
        {"label": option.capitalize(), "value": option, "displayOrder": place, "hidden": False}
        for place, option in enumerate(each.options)
    ]
    return {
        "name": each.name,
        "label": each.label,
        "type": each.type,
        "fieldType": each.field_type,
        "description": "",
        "groupName": each.group,
        "options": options,
        "displayOrder": -1,
        "calculated": False,
        "externalOptions": each.name == "hubspot_owner_id",
        "archived": False,
        "hasUniqueValue": each.unique,
        "hidden": False,
        "hubspotDefined": not each.custom,
        "formField": not each.read_only,
        "dataSensitivity": each.sensitivity,
        "modificationMetadata": {
            "archivable": each.custom,
            "readOnlyDefinition": not each.custom,
            "readOnlyValue": each.read_only,
        },
        "createdAt": stamp,
        "updatedAt": stamp,
    }
