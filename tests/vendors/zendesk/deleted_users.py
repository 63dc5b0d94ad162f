"""Deleted users, and deleting them for good.

https://developer.zendesk.com/api-reference/ticketing/users/users/#list-deleted-users
"""

from starlette.responses import Response

from tests.vendors.shared.calls import Call, json_answer
from tests.vendors.shared.routing import Routes
from tests.vendors.zendesk import rendering
from tests.vendors.zendesk.account import Account, number, page
from tests.vendors.zendesk.errors import forbidden, not_found, record_invalid, too_many
from tests.vendors.zendesk.records import User

routes: Routes[Account] = Routes()
_SCOPE = ("users",)


def _deleted(account: Account, call: Call) -> User:
    one = account.store.users.get(number(call.params["deleted_user_id"]))
    if one is None or not one.deleted_at:
        raise not_found()
    return one


@routes.on("GET", "/api/v2/deleted_users", needs=_SCOPE)
def list_deleted(account: Account, call: Call) -> Response:
    """``ListDeletedUsers``: permanently deleted ones too.

    Of those "email and phone are null, the name property is Permanently Deleted User", but only some time after the
    deletion (https://support.zendesk.com/hc/en-us/community/posts/4903915270554).
    """
    account.staff(call)
    found = [rendering.deleted_user(account, one) for one in account.store.users.values() if one.deleted_at]
    return json_answer(page(account, call, "deleted_users", found))


@routes.on("GET", "/api/v2/deleted_users/{deleted_user_id}", needs=_SCOPE)
def show_deleted(account: Account, call: Call) -> Response:
    """``ShowDeletedUser``: "users that have been deleted but not permanently yet"."""
    account.staff(call)
    one = _deleted(account, call)
    if one.purge_asked_at:
        raise not_found()
    return json_answer({"deleted_user": rendering.deleted_user(account, one)})


@routes.on("DELETE", "/api/v2/deleted_users/{deleted_user_id}", needs=_SCOPE)
def delete_permanently(account: Account, call: Call) -> Response:
    """``PermanentlyDeleteUser``: only a user who is deleted already; 700 in ten minutes, then 429 with Retry-After.

    Again: 422 "Only one deletion request needed per user" (community post 7638499688730; the envelope is not verified).
    """
    caller = account.staff(call)
    if caller.role != "admin" and not caller.may_delete_users:
        raise forbidden()
    one = _deleted(account, call)
    window = account.window("permanent user deletion", 700, 10)
    if not window.take():
        raise too_many(window.wait())
    if one.purge_asked_at:
        raise record_invalid("base", "Only one deletion request needed per user")
    one.purge_asked_at, one.purged_by = account.clock.now(), caller.id
    return json_answer({"deleted_user": rendering.deleted_user(account, one)})
