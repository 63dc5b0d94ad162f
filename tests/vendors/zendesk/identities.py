"""The identities of users.

https://developer.zendesk.com/api-reference/ticketing/users/user_identities/
"""

from starlette.responses import Response

from tests.vendors.shared.calls import Call, json_answer, no_content
from tests.vendors.shared.routing import Routes
from tests.vendors.zendesk import rendering
from tests.vendors.zendesk.account import Account, number, page
from tests.vendors.zendesk.errors import not_found, record_invalid

routes: Routes[Account] = Routes()


@routes.on("GET", "/api/v2/users/{user_id}/identities", needs=("users",))
def list_identities(account: Account, call: Call) -> Response:
    """``ListUserIdentities``: cursor or offset pagination; ``type[]`` filters."""
    account.staff(call)
    one, types = account.user(call), call.query.getlist("type[]")
    found = [rendering.identity(account, one, each) for each in one.identities if not types or each.type in types]
    return json_answer(page(account, call, "identities", found))


@routes.on("DELETE", "/api/v2/users/{user_id}/identities/{identity_id}", needs=("users",))
def delete_identity(account: Account, call: Call) -> Response:
    """``DeleteUserIdentity``: 204. That the primary one cannot be deleted while it has that rank is not verified."""
    account.staff(call)
    one, wanted = account.user(call), number(call.params["identity_id"])
    found = next((each for each in one.identities if each.id == wanted), None)
    if found is None:
        raise not_found()
    if found.primary:
        raise record_invalid("base", "The primary identity cannot be deleted")
    one.identities.remove(found)
    account.store.index_user(one)
    return no_content()
