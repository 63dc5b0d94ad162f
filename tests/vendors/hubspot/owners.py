"""Owners: users of the account, seen from the CRM.

https://developers.hubspot.com/docs/guides/api/crm/owners
"""

from starlette.responses import Response

from tests.vendors.hubspot.errors import not_found
from tests.vendors.hubspot.portal import Portal, cut, flag, number
from tests.vendors.shared.calls import Call, json_answer
from tests.vendors.shared.routing import Routes

routes: Routes[Portal] = Routes()
_SCOPES = ("crm.objects.owners.read",)


@routes.on("GET", "/crm/v3/owners", needs=_SCOPES)
@routes.on("GET", "/crm/v3/owners/", needs=_SCOPES)
def list_owners(portal: Portal, call: Call) -> Response:
    """``get-/crm/v3/owners``: ``email`` filters; pages of ``limit``, by default 100, at most 500 (the guide)."""
    email = call.query.get("email", "").lower()
    found = [
        owner.as_owner()
        for owner in portal.staff.values()
        if owner.archived == flag(call, "archived") and (not email or owner.email.lower() == email)
    ]
    return json_answer(cut(call, found, number(call, "limit", 100, 500), portal.base_url))


@routes.on("GET", "/crm/v3/owners/{ownerId}", needs=_SCOPES)
def read_owner(portal: Portal, call: Call) -> Response:
    """``get-/crm/v3/owners/{ownerId}``: by ``id`` or, with ``idProperty=userId``, by the user's id."""
    by_user = call.query.get("idProperty") == "userId"
    for owner in portal.staff.values():
        if call.params["ownerId"] == str(owner.user_id if by_user else owner.id):
            return json_answer(owner.as_owner())
    raise not_found("ownerId", call.params["ownerId"])
