"""The permanent deletion of a contact."""

from starlette.responses import Response

from tests.vendors.hubspot import bodies
from tests.vendors.hubspot.errors import invalid, not_found
from tests.vendors.hubspot.kinds import KINDS
from tests.vendors.hubspot.portal import Portal
from tests.vendors.shared.calls import Call, no_content
from tests.vendors.shared.routing import Routes

routes: Routes[Portal] = Routes()
CONTACTS = KINDS[0]


@routes.on("POST", "/crm/v3/objects/contacts/gdpr-delete", needs=("crm.objects.contacts.write",))
def gdpr_delete(portal: Portal, call: Call) -> Response:
    """https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/gdpr/gdpr-delete-contact.

    204. "If email address is not found, the email address will be added to a blocklist and prevent it from being used
    in the future." The contact and its associations go; notes, e-mails, tickets and other "non-contact associated data"
    stay, and can no longer be found from the contact (https://developers.hubspot.com/changelog/gdpr-deletion). Not
    verified: that archived contacts can be deleted so, that an unknown id is a 404, and that a contact is found by an
    additional address.
    """
    asked = bodies.read(call, bodies.GdprDelete)
    if asked.idProperty not in (None, "email"):
        raise invalid("idProperty must be 'email'")
    for archived in (False, True):
        record = (
            portal.crm.find_by(CONTACTS, "email", asked.objectId, archived=archived)
            if asked.idProperty
            else portal.crm.find(CONTACTS, asked.objectId, archived=archived)
        )
        if record:
            portal.crm.remove(record)
            return no_content()
    if asked.idProperty is None:
        raise not_found("objectId", asked.objectId)
    portal.crm.blocklist.add(asked.objectId.lower())
    return no_content()
