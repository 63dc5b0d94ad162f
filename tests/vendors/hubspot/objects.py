"""Single objects: read, list, change, archive.

https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/guide and its siblings of other kinds.
"""

from starlette.responses import Response

from tests.vendors.hubspot import bodies
from tests.vendors.hubspot.crm import Record
from tests.vendors.hubspot.kinds import kind_named
from tests.vendors.hubspot.portal import Portal, cut, flag, listed, number
from tests.vendors.hubspot.rendering import simple, with_history
from tests.vendors.hubspot.values import check
from tests.vendors.shared.calls import Call, Json, json_answer, no_content
from tests.vendors.shared.routing import Routes

routes: Routes[Portal] = Routes()


def _full(portal: Portal, call: Call, record: Record) -> Json:
    made = with_history(
        simple(record, listed(call, "properties"), portal), record, listed(call, "propertiesWithHistory")
    )
    associations: Json = {}
    for name in listed(call, "associations"):
        to_kind = kind_named(name)
        links = portal.crm.links(record, to_kind) if to_kind else []
        if to_kind and links:
            kind = f"{record.kind.singular}_to_{to_kind.singular}"
            associations[to_kind.name] = {"results": [{"id": link.to_id, "type": kind} for link in links]}
    if associations:
        made["associations"] = associations
    return made


@routes.on("GET", "/crm/v3/objects/{objectType}")
def list_objects(portal: Portal, call: Call) -> Response:
    """``get-/crm/v3/objects/contacts``.

    Pages of ``limit`` (default 10; the guide says at most 100, 50 with history).
    """
    kind = portal.kind(call)
    most = 50 if listed(call, "propertiesWithHistory") else 100
    size = number(call, "limit", 10, most)
    records = portal.crm.all(kind, archived=flag(call, "archived"))
    return json_answer(cut(call, [_full(portal, call, record) for record in records], size, portal.base_url))


@routes.on("GET", "/crm/v3/objects/{objectType}/{objectId}")
def read_object(portal: Portal, call: Call) -> Response:
    """``get-/crm/v3/objects/contacts/{contactId}``.

    The id of a record that was merged answers with the record it was merged into, whose id is another
    (https://developers.hubspot.com/changelog/updated-merge-functionality-for-contacts-and-companies). That
    ``idProperty=email`` finds additional addresses too is not verified.
    """
    kind = portal.kind(call)
    return json_answer(_full(portal, call, portal.record(call, kind, archived=flag(call, "archived"))))


@routes.on("PATCH", "/crm/v3/objects/{objectType}/{objectId}")
def update_object(portal: Portal, call: Call) -> Response:
    """``patch-/crm/v3/objects/contacts/{contactId}``.

    "Read-only and non-existent properties will result in an error. Properties values can be cleared by passing an empty
    string." What was there before stays in the history.
    """
    kind = portal.kind(call, write=True)
    record = portal.record(call, kind)
    changes = bodies.read(call, bodies.Update).properties
    check(portal.crm, record, changes)
    portal.crm.set(record, changes)
    return json_answer(simple(record, [*record.kind.defaults, *changes], portal))


@routes.on("DELETE", "/crm/v3/objects/{objectType}/{objectId}")
def archive_object(portal: Portal, call: Call) -> Response:
    """``delete-/crm/v3/objects/contacts/{contactId}``: into the bin, for 90 days.

    That 204 is the answer for an unknown or archived id too is not verified.
    """
    kind = portal.kind(call, write=True)
    record = portal.crm.find(kind, call.params["objectId"])
    if record:
        portal.crm.archive(record)
    return no_content()
