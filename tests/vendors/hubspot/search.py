"""Searches.

https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm (Limits): 200 results a page, 10,000 in all
(beyond them a 400), five filterGroups of six filters each and 18 filters in all, a query of at most 3,000 characters,
one sort rule, five searches a second; new and changed objects appear "after a few moments"; archived ones never do.
HubSpot's sources differ: the OpenAPI file says six groups, the changelog of August 2024 ten filters in a group and 25
in all. Here the strictest holds.
"""

from starlette.responses import Response

from tests.vendors.hubspot import bodies
from tests.vendors.hubspot.errors import detail, invalid
from tests.vendors.hubspot.kinds import Kind
from tests.vendors.hubspot.matching import group_matches, query_matches, sort_key
from tests.vendors.hubspot.portal import Portal
from tests.vendors.hubspot.rendering import simple
from tests.vendors.shared.calls import Call, Json, Refusal, json_answer
from tests.vendors.shared.routing import Routes

routes: Routes[Portal] = Routes()
MOST_RESULTS = 10_000


@routes.on("POST", "/crm/v3/objects/{objectType}/search")
def search(portal: Portal, call: Call) -> Response:
    """``post-/crm/v3/objects/contacts/search``.

    The sentences of the refusals are not verified, nor that an unknown property in a filter is refused while one that
    is only asked for is ignored.
    """
    kind = portal.kind(call)
    asked = bodies.read(call, bodies.SearchRequest)
    start = _check(portal, kind, asked)
    defined = portal.crm.schema.of(kind.name)
    hits = {
        record_id: values
        for (kind_name, record_id), values in portal.crm.index.visible().items()
        if kind_name == kind.name
        and (not asked.filterGroups or any(group_matches(group, defined, values) for group in asked.filterGroups))
        and (not asked.query or query_matches(kind.name, asked.query, values))
    }
    order = sorted(hits, key=int)
    for sort in asked.sorts:
        name, backwards = _sort(sort)
        order.sort(key=lambda record_id: sort_key(defined, hits[record_id], name), reverse=backwards)
    made: Json = {"total": len(order), "results": []}
    for record_id in order[start : start + asked.limit]:
        # The index may still show what is gone; it then shows what it knew.
        record = portal.crm.find(kind, record_id) or portal.crm.find(kind, record_id, archived=True)
        shown = {**hits[record_id]}
        if record:
            made["results"].append({**simple(record, asked.properties, portal, shown), "archived": False})
        else:
            made["results"].append(_ghost(portal, kind, record_id, shown, asked.properties))
    if start + asked.limit < len(order):
        made["paging"] = {"next": {"after": str(start + asked.limit)}}
    return json_answer(made)


def _check(portal: Portal, kind: Kind, asked: bodies.SearchRequest) -> int:
    filters = [one for group in asked.filterGroups for one in group.filters]
    if len(asked.filterGroups) > 5:
        raise _problem("The maximum number of filterGroups is 5")
    if any(not 1 <= len(group.filters) <= 6 for group in asked.filterGroups) or len(filters) > 18:
        raise _problem("A filterGroup has 1 to 6 filters, a search at most 18")
    if not 1 <= asked.limit <= 200:
        raise _problem("limit must be from 1 to 200")
    if asked.query is not None and len(asked.query) > 3000:
        raise _problem("query must have at most 3000 characters")
    if len(asked.sorts) > 1:
        raise _problem("Only one sort rule is possible")
    defined = portal.crm.schema.of(kind.name)
    for one in filters:
        if one.propertyName not in defined:
            raise _problem(f"Property '{one.propertyName}' does not exist")
        _check_operands(one)
    for sort in asked.sorts:
        if _sort(sort)[0] not in defined:
            raise _problem(f"Property '{_sort(sort)[0]}' does not exist")
    after = asked.after or "0"
    if not after.isdecimal():
        raise _problem("after is not a paging cursor")
    if int(after) + asked.limit > MOST_RESULTS:
        raise _problem(f"Paging through search results is limited to {MOST_RESULTS}")
    return int(after)


def _check_operands(one: bodies.Filter) -> None:
    match one.operator:
        case "IN" | "NOT_IN":
            right = bool(one.values) and one.value is None and one.highValue is None
        case "BETWEEN":
            right = one.value is not None and one.highValue is not None and one.values is None
        case "HAS_PROPERTY" | "NOT_HAS_PROPERTY":
            right = one.value is None and one.values is None and one.highValue is None
        case _:
            right = one.value is not None and one.values is None and one.highValue is None
    if not right:
        raise _problem(f"The operator {one.operator} does not go with the value, values or highValue given")


def _sort(sort: str | bodies.Sort) -> tuple[str, bool]:
    if isinstance(sort, bodies.Sort):
        return sort.propertyName, sort.direction == "DESCENDING"
    return sort.removeprefix("-"), sort.startswith("-")


def _problem(message: str) -> Refusal:
    return invalid("There was a problem with the request.", [detail(message)])


def _ghost(portal: Portal, kind: Kind, record_id: str, values: dict[str, str], properties: list[str]) -> Json:
    defined = portal.crm.schema.of(kind.name)
    wanted = [name for name in properties if name in defined] or list(kind.defaults)
    return {
        "id": record_id,
        "properties": {
            name: values.get(name) for name in sorted({*wanted, "hs_object_id", kind.created, kind.modified})
        },
        "createdAt": values[kind.created],
        "updatedAt": values[kind.modified],
        "archived": False,
    }
