"""Two contacts become one."""

from starlette.responses import Response

from tests.vendors.hubspot import bodies
from tests.vendors.hubspot.crm import Crm, Record
from tests.vendors.hubspot.errors import invalid, not_found
from tests.vendors.hubspot.gdpr import CONTACTS
from tests.vendors.hubspot.portal import Portal
from tests.vendors.hubspot.rendering import simple
from tests.vendors.shared.calls import Call, json_answer
from tests.vendors.shared.routing import Routes

routes: Routes[Portal] = Routes()


@routes.on("POST", "/crm/v3/objects/contacts/merge", needs=("crm.objects.contacts.write",))
def merge(portal: Portal, call: Call) -> Response:
    """``post-/crm/v3/objects/contacts/merge``.

    The merged record is new, with a new id; both old ids lead to it. The primary record's values win, the other's
    address becomes an additional one
    (https://developers.hubspot.com/changelog/updated-merge-functionality-for-contacts-and-companies,
    https://knowledge.hubspot.com/records/merge-records).
    """
    asked = bodies.read(call, bodies.Merge)
    primary, other = portal.crm.find(CONTACTS, asked.primaryObjectId), portal.crm.find(CONTACTS, asked.objectIdToMerge)
    if primary is None or other is None:
        raise not_found("objectId", asked.primaryObjectId, asked.objectIdToMerge)
    if primary is other:
        raise invalid("A record cannot be merged with itself")
    return json_answer(simple(merge_contacts(portal.crm, primary, other), [], portal))


def merge_contacts(crm: Crm, primary: Record, other: Record) -> Record:
    """Make one record of two."""
    values = {**other.properties, **primary.properties}
    emails = list(dict.fromkeys([*primary.emails(), *other.emails()]))
    old = [record.properties.get("hs_merged_object_ids", "") for record in (primary, other)]
    values["hs_merged_object_ids"] = ";".join(filter(None, [*old, primary.id, other.id]))
    if emails[1:]:
        values["hs_additional_emails"] = ";".join(emails[1:])
    now = crm.clock.now()
    made = Record(CONTACTS, crm.new_id(), values, min(primary.created_at, other.created_at), now)
    crm.add(made, source="MERGE_OBJECTS", at_once=False)
    for record in (other, primary):
        for name, versions in record.history.items():
            made.history[name] = [*versions, *made.history.get(name, [])]
        crm.move_links(record, made)
        crm.remove(record)
        crm.merged_into[record.id] = made.id
    return made
