"""Users.

https://developer.zendesk.com/api-reference/ticketing/users/users/
"""

import re

from starlette.responses import Response

from tests.vendors.shared.calls import Call, Json, json_answer
from tests.vendors.shared.clock import seconds_stamp
from tests.vendors.shared.routing import Routes
from tests.vendors.zendesk import rendering
from tests.vendors.zendesk.account import Account, body_object, many, page
from tests.vendors.zendesk.errors import forbidden, not_found, record_invalid
from tests.vendors.zendesk.records import Identity, User

routes: Routes[Account] = Routes()
_SCOPE = ("users",)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ANONYMOUS: Json = {"id": None, "name": "Anonymous user", "email": "invalid@example.com", "role": "end-user"}


@routes.on("GET", "/api/v2/users/me", public=True)
def show_self(account: Account, call: Call) -> Response:
    """``ShowCurrentUser``: the trap of a ping.

    Without credentials this is a 200 for an anonymous user (not verified).
    """
    if "authorization" not in call.headers:
        return json_answer({"user": _ANONYMOUS})
    return json_answer({"user": rendering.user(account, account.caller(call))})


@routes.on("GET", "/api/v2/users", needs=_SCOPE)
def list_users(account: Account, call: Call) -> Response:
    """``ListUsers``: live users; ``role`` and ``external_id`` filter; cursor or offset pagination."""
    account.staff(call)
    role, external_id = call.query.get("role"), call.query.get("external_id")
    found = [
        rendering.user(account, one)
        for one in account.store.users.values()
        if not one.deleted_at and role in (None, one.role) and external_id in (None, one.external_id)
    ]
    return json_answer(page(account, call, "users", found))


@routes.on("GET", "/api/v2/users/count", needs=_SCOPE)
def count(account: Account, call: Call) -> Response:
    """``CountUsers``: live users, "approximate"."""
    account.staff(call)
    value = sum(one.deleted_at is None for one in account.store.users.values())
    return json_answer({"count": {"value": value, "refreshed_at": seconds_stamp(account.clock.now())}})


@routes.on("GET", "/api/v2/users/show_many", needs=_SCOPE)
def show_many(account: Account, call: Call) -> Response:
    """``ShowManyUsers``: at most 100 ids; unknown ones are left out."""
    account.staff(call)
    found = [account.store.users[one] for one in many(call) if one in account.store.users]
    users = [rendering.user(account, one) for one in found if not one.purge_asked_at]
    return json_answer({"users": users, "next_page": None, "previous_page": None, "count": len(users)})


@routes.on("GET", "/api/v2/users/{user_id}", needs=_SCOPE)
def show(account: Account, call: Call) -> Response:
    """``ShowUser``.

    That a soft-deleted user is still shown, inactive, is not verified; nor the 404 after the permanent one.
    """
    account.staff(call)
    return json_answer({"user": rendering.user(account, account.user(call))})


@routes.on("GET", "/api/v2/users/{user_id}/related", needs=_SCOPE)
def related(account: Account, call: Call) -> Response:
    """``ShowUserRelated``: how many tickets of each kind."""
    account.staff(call)
    one = account.user(call)
    tickets = [each for each in account.store.tickets.values() if not each.deleted_at]
    counts = {
        "assigned_tickets": sum(each.assignee_id == one.id for each in tickets),
        "requested_tickets": sum(each.requester_id == one.id for each in tickets),
        "ccd_tickets": sum(one.id in each.cc_ids for each in tickets),
        "organization_subscriptions": 0,
    }
    return json_answer({"user_related": counts})


@routes.on("PUT", "/api/v2/users/{user_id}", needs=_SCOPE)
def update(account: Account, call: Call) -> Response:
    """``UpdateUser``.

    ``email``: on update, a secondary address is added; the primary one stays (JSON format table, and
    https://support.zendesk.com/hc/en-us/articles/4408885830682). Unknown attributes are ignored (not verified).
    """
    caller, one = account.staff(call), account.user(call)
    if one.deleted_at:
        raise not_found()
    if one.role != "end-user" and caller.role != "admin":
        raise forbidden()
    changes = body_object(call, "user")
    _check(account, one, changes)
    for name in ("name", "phone", "notes", "details", "external_id", "tags", "suspended"):
        if name in changes:
            setattr(one, name, changes[name])
    one.fields |= changes.get("user_fields", {})
    email = changes.get("email")
    if email and not any(identity.value.lower() == email.lower() for identity in one.identities):
        one.identities.append(Identity("email", email, verified=False, id=account.store.new_id()))
    one.updated_at = account.clock.now()
    account.store.index_user(one)
    return json_answer({"user": rendering.user(account, one)})


def _check(account: Account, one: User, changes: Json) -> None:
    for name in ("name", "phone", "notes", "details", "external_id", "email"):
        value = changes.get(name)
        if value is not None and not isinstance(value, str):
            raise record_invalid(name, f"{name.capitalize()}: is not a string", "InvalidValue")
    if "name" in changes and not changes["name"]:
        raise record_invalid("name", "Name:  is too short (minimum is 1 character)", "TooShort")
    if not isinstance(changes.get("tags", []), list) or not isinstance(changes.get("user_fields", {}), dict):
        raise record_invalid("base", "tags is a list and user_fields an object", "InvalidValue")
    email = changes.get("email")
    if email and not _EMAIL.fullmatch(email):
        raise record_invalid("email", f"Email: {email} is not properly formatted", "InvalidFormat")
    taken = account.store.find_email(email) if email else None
    if taken and taken is not one:
        raise record_invalid("email", f"Email: {email} is already being used by another user", "DuplicateValue")


@routes.on("DELETE", "/api/v2/users/{user_id}", needs=_SCOPE)
def delete(account: Account, call: Call) -> Response:
    """``DeleteUser``: soft; the answer is the user, inactive.

    Agents with permission delete end users, admins all but the account owner. A requester of tickets that are not
    closed cannot be deleted (https://support.zendesk.com/hc/en-us/articles/4408836530586); the 422's sentence is not
    verified, nor that a second call is a 404.
    """
    caller, one = account.staff(call), account.user(call)
    if one.is_owner or (caller.role != "admin" and (one.role != "end-user" or not caller.may_delete_users)):
        raise forbidden()
    if one.deleted_at:
        raise not_found()
    unfinished = [
        each
        for each in account.store.tickets.values()
        if each.requester_id == one.id and each.status != "closed" and not each.deleted_at
    ]
    if unfinished:
        raise record_invalid("base", f"{one.name} is requester on {len(unfinished)} ticket(s) that are not closed.")
    one.deleted_at = one.updated_at = account.clock.now()
    account.store.index_user(one)
    return json_answer({"user": rendering.user(account, one)})


@routes.on("PUT", "/api/v2/users/{user_id}/merge", needs=_SCOPE)
def merge(account: Account, call: Call) -> Response:
    """``MergeEndUsers``: the user of the path goes into the user of the body, who is answered.

    Identities and requested tickets move. Agents and admins cannot be merged (the refusal's body is not verified), nor
    users with more than 10,000 requested tickets.
    """
    account.staff(call)
    one, into = account.user(call), body_object(call, "user")
    by_id, by_email = into.get("id"), into.get("email")
    other = account.store.users.get(by_id) if isinstance(by_id, int) else account.store.find_email(str(by_email or ""))
    if other is None or other.deleted_at or one.deleted_at:
        raise not_found()
    if other is one or one.role != "end-user" or other.role != "end-user":
        raise record_invalid("base", "Only two different end users can be merged")
    merge_users(account, one, other)
    return json_answer({"user": rendering.user(account, other)})


def merge_users(account: Account, one: User, into: User) -> None:
    """Let one user be part of another; the first is deleted."""
    into.identities += [Identity(each.type, each.value, id=each.id) for each in one.identities]
    one.identities = []
    for ticket in account.store.tickets.values():
        if ticket.requester_id == one.id:
            ticket.requester_id = into.id
        ticket.cc_ids = [into.id if each == one.id else each for each in ticket.cc_ids]
        account.store.index_ticket(ticket)
    one.deleted_at = account.clock.now()
    account.store.index_user(one)
    account.store.index_user(into)


@routes.on("GET", "/api/v2/users/{user_id}/compliance_deletion_statuses", needs=_SCOPE)
def compliance_deletion_statuses(account: Account, call: Call) -> Response:
    """``ShowUserComplianceDeletionStatuses``.

    A permanent deletion is first asked for of "all", then each area of compliance (support, chat, …) starts and
    completes on its own, hours apart in the documentation's example. 404 for a user who is not in the account. That a
    user whose deletion nobody asked for has an empty list is not verified.
    """
    account.staff(call)
    one = account.store.users.get(int(call.params["user_id"]) if call.params["user_id"].isdecimal() else 0)
    if one is None:
        raise not_found()
    wanted, events = call.query.get("application"), []
    if one.purge_asked_at:
        events.append((one.purge_asked_at, "request_deletion", "all", one.purged_by))
        for area, (starts, completes) in account.store.areas.items():
            events += [
                (one.purge_asked_at + delay, action, area, None)
                for delay, action in ((starts, "started"), (completes, "complete"))
                if one.purge_asked_at + delay <= account.clock.now()
            ]
    statuses: list[Json] = [
        {
            "id": place,
            "account_subdomain": account.subdomain,
            "action": action,
            "application": area,
            "created_at": seconds_stamp(at),
            "executer_id": by,
            "user_id": one.id,
        }
        for place, (at, action, area, by) in enumerate(sorted(events, key=lambda event: event[0]))
        if wanted in (None, area)
    ]
    made = page(account, call, "compliance_deletion_statuses", statuses)
    for status in made["compliance_deletion_statuses"]:
        del status["id"]
    return json_answer(made)
