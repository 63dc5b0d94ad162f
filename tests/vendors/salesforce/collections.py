"""Many records in one call.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections.htm:
200 records to write or delete, 2,000 to read. The codes and sentences for too many are not verified.
"""

import copy
from collections.abc import Callable
from typing import TypeVar

from starlette.responses import Response

from tests.vendors.salesforce import ids
from tests.vendors.salesforce.deleting import delete
from tests.vendors.salesforce.errors import Fault, refusal
from tests.vendors.salesforce.org import Org, body, version_path
from tests.vendors.salesforce.running import attributes, shown
from tests.vendors.salesforce.store import Row
from tests.vendors.salesforce.writing import change
from tests.vendors.shared.calls import Call, Json, json_answer
from tests.vendors.shared.routing import Routes

T = TypeVar("T")
routes: Routes[Org] = Routes()
WRITE, READ = 200, 2000
_ROLLED_BACK = Fault("ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back because not all records were valid")


def _find(org: Org, record_id: str) -> Row:
    if ids.long_form(record_id) is None:
        raise Fault("MALFORMED_ID", f"malformed id {record_id}")
    row = org.store.find(record_id)
    if row is None or not org.rights.sees(row.object):
        raise Fault("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if row.deleted_at:
        raise Fault("ENTITY_IS_DELETED", "entity is deleted")
    return row


def _limit(count: int, most: int) -> None:
    if not 1 <= count <= most:
        code = "EXCEEDED_ID_LIMIT" if count else "INVALID_INPUT"
        raise refusal(400, code, f"between 1 and {most} records can be given in one call; {count} were")


def _each(org: Org, given: list[T], work: Callable[[T], Row], *, all_or_none: bool) -> Response:
    """The work for each, with a result for each; with ``all_or_none``, none of it stands when one fails."""
    before = copy.deepcopy(org.store.rows) if all_or_none else {}
    results: list[Json] = []
    for one in given:
        try:
            results.append({"id": work(one).id, "success": True, "errors": []})
        except Fault as fault:
            results.append({"success": False, "errors": [fault.result()]})
    if all_or_none and not all(one["success"] for one in results):
        org.store.rows = before
        rolled_back: Json = {"success": False, "errors": [_ROLLED_BACK.result()]}
        results = [rolled_back if one["success"] else one for one in results]
    return json_answer(results)


@routes.on("DELETE", "/services/data/{version}/composite/sobjects", needs=("api",))
def delete_many(org: Org, call: Call) -> Response:
    """200 with a result each, in order; ``allOrNone`` is false unless it is given.

    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_delete.htm
    """
    given = [one for one in call.query.get("ids", "").split(",") if one]
    _limit(len(given), WRITE)

    def work(record_id: str) -> Row:
        row = _find(org, record_id)
        delete(org, row)
        return row

    return _each(org, given, work, all_or_none=call.query.get("allOrNone", "false").lower() == "true")


@routes.on("PATCH", "/services/data/{version}/composite/sobjects", needs=("api",))
def update_many(org: Org, call: Call) -> Response:
    """200 with a result each, in order; each record has ``attributes.type`` and an ``id``.

    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_update.htm
    """
    given = body(call)
    records = given.get("records", [])
    _limit(len(records), WRITE)

    def work(one: Json) -> Row:
        row = _find(org, str(one.get("id", one.get("Id", ""))))
        if one.get("attributes", {}).get("type") != row.object.name:
            raise Fault("INVALID_TYPE", "The record's attributes do not name its type")
        change(org, call, row, {name: value for name, value in one.items() if name.lower() != "id"})
        return row

    return _each(org, records, work, all_or_none=given.get("allOrNone") is True)


@routes.on("POST", "/services/data/{version}/composite/sobjects/{sobject}", needs=("api",))
def read_many(org: Org, call: Call) -> Response:
    """The records in the order of their ids, null for one that cannot be read; at most 2,000 ids.

    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_retrieve.htm
    """
    kind, given = org.kind(call), body(call)
    wanted, names = given.get("ids"), given.get("fields")
    if not isinstance(wanted, list) or not isinstance(names, list) or not names:
        raise refusal(400, "JSON_PARSER_ERROR", "ids and fields are required, and are lists")
    _limit(len(wanted), READ)
    fields = [org.rights.field(kind, name) for name in names]
    unknown = [name for name, each in zip(names, fields, strict=True) if each is None]
    if unknown:
        raise refusal(400, "INVALID_FIELD", f"No such column '{unknown[0]}' on sobject of type {kind.name}")
    path, made = version_path(call), []
    for one in wanted:
        row = org.store.find(str(one), kind.name)
        known = row if row and not row.deleted_at else None
        values = {each.name: shown(known, each, path) for each in fields if each} if known else {}
        made.append({**attributes(known, path), **values} if known else None)
    return json_answer(made)
