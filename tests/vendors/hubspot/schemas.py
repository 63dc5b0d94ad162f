"""Kinds of object that an account makes for itself.

https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/schemas/get-schemas
"""

from starlette.responses import Response

from tests.vendors.hubspot.kinds import KINDS
from tests.vendors.hubspot.portal import Portal, flag
from tests.vendors.shared.calls import Call, Json, json_answer
from tests.vendors.shared.routing import Routes

routes: Routes[Portal] = Routes()
_TYPE_IDS = {kind.name: kind.type_id for kind in KINDS}


@routes.on("GET", "/crm-object-schemas/v3/schemas", needs=("crm.schemas.custom.read",))
def list_schemas(portal: Portal, call: Call) -> Response:
    """``get-/crm-object-schemas/v3/schemas_getAll``: not paged, archived ones on request; there are none here."""
    numbered = enumerate(sorted(portal.custom_objects), start=1)
    made = [] if flag(call, "archived") else [_schema(portal, number, name) for number, name in numbered]
    return json_answer({"results": made})


def _schema(portal: Portal, number: int, name: str) -> Json:
    """``ObjectSchema``, as far as it says what an object is associated with."""
    own = f"2-{number}"
    return {
        "id": str(number),
        "objectTypeId": own,
        "name": name,
        "fullyQualifiedName": f"p{portal.portal_id}_{name}",
        "labels": {"singular": name.title(), "plural": f"{name.title()}s"},
        "requiredProperties": [],
        "properties": [],
        "associations": [
            {"id": str(way), "name": f"{name}_to_{to}", "fromObjectTypeId": own, "toObjectTypeId": _TYPE_IDS[to]}
            for way, to in enumerate(portal.custom_objects[name], start=1)
        ],
    }
