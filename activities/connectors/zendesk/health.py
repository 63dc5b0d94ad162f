"""Whether Zendesk lets us do what we will need: each permission tried, and nothing changed."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

from activities.connectors.api import Refused
from activities.connectors.zendesk.rest import GONE, INVALID, Rest, number
from habeas.connector import Health
from habeas.errors import HabeasError

__all__ = ["ping"]

_UNAUTHORISED, _FORBIDDEN = 401, 403
_EXPECTED = (GONE, INVALID)
_LISTS = (
    ("deleted_users", "deleted_users", "users:read"),
    ("suspended_tickets", "suspended_tickets", "tickets:read"),
    ("deleted_tickets", "deleted_tickets", "tickets:read"),
    ("satisfaction_ratings", "satisfaction_ratings", "satisfaction_ratings:read"),
)
_NOBODY = 0
"""An id that no record has: what would change it changes nothing."""


async def ping(rest: Rest) -> Health:
    """Never raises for "no"."""
    try:
        wrong = [one async for one in _wrong(rest)]
    except HabeasError as error:
        return Health(ok=False, detail=error.detail)
    return Health(ok=not wrong, detail=" ".join(wrong))


async def _wrong(rest: Rest) -> AsyncIterator[str]:
    try:
        me = await rest.get("users/me", "user")
    except Refused as error:
        if error.status != _UNAUTHORISED:
            raise
        me = None
    # Whoever is not known is answered too: as a user without an id (``ShowCurrentUser``).
    if me is None or not number(me):
        yield "Zendesk does not accept the credentials: look at email and token, or oauth_token, and at API access."
        return
    if me.get("role") != "admin":
        yield f"The credentials are of a user with the role {me.get('role')}; needed is an administrator (role admin)."
        return
    if await _refused(rest, "GET", f"users/{_NOBODY}"):
        yield "The OAuth token lacks the scope users:read."
        return
    for path, name, scope in _LISTS:
        try:
            await rest.page(path, name, size=1)
        except Refused as error:
            if error.status != _FORBIDDEN:
                raise
            yield f"The credentials may not list {path}: an OAuth token needs the scope {scope}."
    if await rest.search_users(query=f'email:"{secrets.token_hex(8)}@nobody.invalid"'):
        yield "Its search of users finds somebody, whoever is asked for."
    for method, path, scope in _DRY_RUNS:
        if await _refused(rest, method, path):
            place = path.split("/")[0]
            more = ", and the account the Agent Workspace" if place == "comment_redactions" else ""
            yield f"The credentials may not {method} {place}: an OAuth token needs the scope {scope}{more}."


_DRY_RUNS = (
    ("GET", f"tickets/{_NOBODY}", "tickets:read"),
    ("PUT", f"users/{_NOBODY}", "users:write"),
    ("DELETE", f"users/{_NOBODY}", "users:write"),
    ("DELETE", f"deleted_users/{_NOBODY}", "users:write"),
    ("DELETE", f"tickets/{_NOBODY}", "tickets:write"),
    ("PUT", f"comment_redactions/{_NOBODY}", "tickets:write"),
    ("DELETE", f"suspended_tickets/{_NOBODY}", "tickets:write"),
)


async def _refused(rest: Rest, method: str, path: str) -> bool:
    try:
        if method == "GET":
            await rest.raw(f"api/v2/{path}", also=(GONE,))
        elif method == "PUT":
            await rest.put(path, {"user": {}} if path.startswith("users") else {"ticket_id": _NOBODY}, _EXPECTED)
        else:
            await rest.delete(path, also=_EXPECTED)
    except Refused as error:
        if error.status != _FORBIDDEN:
            raise
        return True
    return False
