"""Many objects in one call.

https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/guide ("batch": at most 100 records).
"""

from starlette.responses import Response

from tests.vendors.hubspot import bodies
from tests.vendors.hubspot.crm import Record
from tests.vendors.hubspot.errors import Context, invalid
from tests.vendors.hubspot.portal import Portal, flag
from tests.vendors.hubspot.rendering import simple, with_history
from tests.vendors.shared.calls import Call, Json, json_answer, no_content
from tests.vendors.shared.clock import millisecond_stamp
from tests.vendors.shared.routing import Routes

routes: Routes[Portal] = Routes()
MOST = 100


def answer(portal: Portal, results: list[Json], errors: list[Json]) -> Response:
    """``BatchResponse…``: 200, or 207 with the errors that some inputs made."""
    stamp = millisecond_stamp(portal.clock.now())
    made: Json = {"status": "COMPLETE", "results": results, "startedAt": stamp, "completedAt": stamp}
    if errors:
        made |= {"numErrors": len(errors), "errors": errors}
    return json_answer(made, 207 if errors else 200)


def standard_error(message: str, context: Context) -> Json:
    """``StandardError``, one of a batch."""
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": message,
        "context": context,
        "errors": [],
        "links": {},
    }


@routes.on("POST", "/crm/v3/objects/{objectType}/batch/read")
def read_batch(portal: Portal, call: Call) -> Response:
    """``post-/crm/v3/objects/contacts/batch/read``.

    Repeated ids come once. 207 where some were not found: HubSpot/hubspot-api-php issue 619; the sentence is not
    verified.
    """
    kind = portal.kind(call)
    asked = bodies.read(call, bodies.BatchRead)
    _limit(len(asked.inputs), 50 if asked.propertiesWithHistory else MOST)
    archived = flag(call, "archived")
    found: dict[str, Record] = {}
    missing: list[str] = []
    for given in asked.inputs:
        by = asked.idProperty
        record = (
            portal.crm.find_by(kind, by, given.id, archived=archived)
            if by
            else portal.crm.find(kind, given.id, archived=archived)
        )
        if record:
            found[record.id] = record
        else:
            missing.append(given.id)
    results = [
        with_history(simple(record, asked.properties, portal), record, asked.propertiesWithHistory)
        for record in found.values()
    ]
    message = (
        f"Could not get some {kind.singular.upper()} objects, they may be deleted or not exist. "
        "Check that ids are valid."
    )
    return answer(portal, results, [standard_error(message, {"ids": missing})] if missing else [])


@routes.on("POST", "/crm/v3/objects/{objectType}/batch/archive")
def archive_batch(portal: Portal, call: Call) -> Response:
    """``post-/crm/v3/objects/contacts/batch/archive``: 204, restorable for 90 days."""
    kind = portal.kind(call, write=True)
    inputs = bodies.read(call, bodies.BatchArchive).inputs
    _limit(len(inputs), MOST)
    for given in inputs:
        record = portal.crm.find(kind, given.id)
        if record:
            portal.crm.archive(record)
    return no_content()


def _limit(count: int, most: int) -> None:
    if count > most:
        raise invalid(f"Batch size must not exceed {most}: {count} inputs were given")
