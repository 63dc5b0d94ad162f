"""Associations, version 4.

https://developers.hubspot.com/docs/guides/api/crm/associations/associations-v4. The OpenAPI file asks for any one of
many scopes; here the one that reads the objects of the path's first kind.
"""

from starlette.responses import Response

from tests.vendors.hubspot import bodies
from tests.vendors.hubspot.batch import answer, standard_error
from tests.vendors.hubspot.errors import invalid
from tests.vendors.hubspot.portal import Portal, cut, named_kind, number
from tests.vendors.hubspot.rendering import associated
from tests.vendors.shared.calls import Call, Json, json_answer, no_content
from tests.vendors.shared.routing import Routes

routes: Routes[Portal] = Routes()
PAGE = 500


@routes.on("GET", "/crm/v4/objects/{objectType}/{objectId}/associations/{toObjectType}")
def list_associations(portal: Portal, call: Call) -> Response:
    """``get-/crm/v4/objects/{objectType}/{objectId}/associations/{toObjectType}_getPage``: "Limit 500 per call"."""
    kind, to_kind = portal.kind(call), named_kind(call, "toObjectType")
    links = portal.crm.links(portal.record(call, kind), to_kind)
    return json_answer(
        cut(call, [associated(link) for link in links], number(call, "limit", PAGE, PAGE), portal.base_url)
    )


@routes.on("DELETE", "/crm/v4/objects/{objectType}/{objectId}/associations/{toObjectType}/{toObjectId}")
def delete_associations(portal: Portal, call: Call) -> Response:
    """https://developers.hubspot.com/docs/api-reference/2026-03/crm/associations/associate-records/delete-association.

    "deletes all associations between two records". Not verified: the scope, that 204 is the answer where there were
    none, and 404 where the first record is unknown.
    """
    kind, to_kind = portal.kind(call, write=True), named_kind(call, "toObjectType")
    record, other = portal.record(call, kind), portal.crm.find(to_kind, call.params["toObjectId"])
    if other:
        portal.crm.unlink(record, other)
    return no_content()


@routes.on("POST", "/crm/v4/associations/{objectType}/{toObjectType}/batch/read")
def read_associations(portal: Portal, call: Call) -> Response:
    """``post-/crm/v4/associations/{fromObjectType}/{toObjectType}/batch/read_getPage``: at most 1,000 inputs.

    Each result pages on its own: ``paging.next.after`` goes back in beside its id. Objects without an association are
    errors of a 207; that error's category and sentence are not verified.
    """
    kind, to_kind = portal.kind(call), named_kind(call, "toObjectType")
    inputs = bodies.read(call, bodies.BatchAssociations).inputs
    if len(inputs) > 1000:
        raise invalid(f"Batch size must not exceed 1000: {len(inputs)} inputs were given")
    results: list[Json] = []
    errors: list[Json] = []
    for given in inputs:
        record = portal.crm.find(kind, given.id)
        links = portal.crm.links(record, to_kind) if record else []
        if not links:
            message = f"No {to_kind.singular} is associated with {kind.singular} {given.id}."
            context = {"fromObjectId": [given.id], "fromObjectType": [kind.type_id], "toObjectType": [to_kind.type_id]}
            errors.append(standard_error(message, context))
            continue
        page = cut(call, [associated(link) for link in links], PAGE, portal.base_url, given.after or "0")
        results.append({"from": {"id": given.id}, "to": page.pop("results"), **page})
    return answer(portal, results, errors)
