"""Single records.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_retrieve.htm and its siblings
"""

from starlette.responses import Response

from tests.vendors.salesforce.deleting import delete
from tests.vendors.salesforce.errors import Fault, not_found, refusal
from tests.vendors.salesforce.org import Org, body, version_path
from tests.vendors.salesforce.running import attributes, shown
from tests.vendors.salesforce.writing import change, create
from tests.vendors.shared.calls import Call, json_answer, no_content
from tests.vendors.shared.routing import Routes

routes: Routes[Org] = Routes()
_RECORD = "/services/data/{version}/sobjects/{sobject}/{id}"


@routes.on("POST", "/services/data/{version}/sobjects/{sobject}", needs=("api",))
def create_record(org: Org, call: Call) -> Response:
    """201 with the id.

    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_basic_info_post.htm.
    """
    try:
        row = create(org, call, org.kind(call), body(call))
    except Fault as fault:
        raise fault.refusal() from fault
    return json_answer({"id": row.id, "success": True, "errors": []}, 201)


@routes.on("GET", _RECORD, needs=("api",))
def read_record(org: Org, call: Call) -> Response:
    """All fields, or those of ``fields``; an unknown one is a 400 INVALID_FIELD.

    That a record in the recycle bin is answered with ENTITY_IS_DELETED here too is not verified.
    """
    kind = org.kind(call)
    row = org.row(call, kind)
    names = [name for name in call.query.get("fields", "").split(",") if name]
    fields = list(org.rights.fields(kind))
    if names:
        found = [org.rights.field(kind, name) for name in names]
        unknown = [name for name, each in zip(names, found, strict=True) if each is None]
        if unknown:
            raise refusal(400, "INVALID_FIELD", f"No such column '{unknown[0]}' on sobject of type {kind.name}")
        fields = [each for each in found if each]
    path = version_path(call)
    return json_answer({**attributes(row, path), **{each.name: shown(row, each, path) for each in fields}})


@routes.on("PATCH", _RECORD, needs=("api",))
def update_record(org: Org, call: Call) -> Response:
    """204; https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_update_fields.htm."""
    row = org.row(call, org.kind(call))
    try:
        change(org, call, row, body(call))
    except Fault as fault:
        raise fault.refusal() from fault
    return no_content()


@routes.on("DELETE", _RECORD, needs=("api",))
def delete_record(org: Org, call: Call) -> Response:
    """204: into the recycle bin.

    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_delete_record.htm.
    """
    row = org.row(call, org.kind(call))
    try:
        delete(org, row)
    except Fault as fault:
        raise fault.refusal() from fault
    return no_content()


@routes.on("GET", "/services/data/{version}/sobjects/{sobject}/{id}/VersionData", needs=("api",))
def read_file(org: Org, call: Call) -> Response:
    """A file's content.

    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_blob_retrieve.htm.
    """
    kind = org.kind(call)
    if kind.name != "ContentVersion":
        raise not_found()
    return Response(org.store.files.get(org.row(call, kind).id, b""), media_type="application/octet-stream")
