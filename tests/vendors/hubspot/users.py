"""Users of the account: staff, whom nobody may take for data subjects.

https://developers.hubspot.com/docs/guides/api/settings/users/user-provisioning
"""

from starlette.responses import Response

from tests.vendors.hubspot.errors import not_found
from tests.vendors.hubspot.portal import Portal, cut, number
from tests.vendors.hubspot.seed import Owner
from tests.vendors.shared.calls import Call, json_answer, no_content
from tests.vendors.shared.routing import Routes

routes: Routes[Portal] = Routes()


@routes.on("GET", "/settings/v3/users", needs=("settings.users.read",))
@routes.on("GET", "/settings/v3/users/", needs=("settings.users.read",))
def list_users(portal: Portal, call: Call) -> Response:
    """``get-/settings/v3/users_getPage``: pages of ``limit``, by default and at most 100."""
    return json_answer(
        cut(
            call, [owner.as_user() for owner in portal.staff.values()], number(call, "limit", 100, 100), portal.base_url
        )
    )


@routes.on("GET", "/settings/v3/users/{userId}", needs=("settings.users.read",))
def read_user(portal: Portal, call: Call) -> Response:
    """``get-/settings/v3/users/{userId}_getById``: by id, or by address with ``idProperty=EMAIL``."""
    return json_answer(_user(portal, call).as_user())


@routes.on("DELETE", "/settings/v3/users/{userId}", needs=("settings.users.write",))
def delete_user(portal: Portal, call: Call) -> Response:
    """``delete-/settings/v3/users/{userId}_archive``: takes a colleague's account away; 204."""
    del portal.staff[_user(portal, call).user_id]
    return no_content()


def _user(portal: Portal, call: Call) -> Owner:
    by_email = call.query.get("idProperty") == "EMAIL"
    for owner in portal.staff.values():
        if call.params["userId"].lower() == (owner.email.lower() if by_email else str(owner.user_id)):
            return owner
    raise not_found("userId", call.params["userId"])
