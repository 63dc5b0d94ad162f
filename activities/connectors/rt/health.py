"""Whether RT lets us do what we will need: each permission tried, and nothing changed."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

from activities.connectors.api import Refused
from activities.connectors.rt.dumps import Dumps
from activities.connectors.rt.munge import Munge
from activities.connectors.rt.rest import Rest, is_
from activities.connectors.rt.web import Web
from habeas.connector import Health
from habeas.errors import HabeasError

__all__ = ["ping"]

_SERIES = "5."
_UNAUTHORISED = 401


async def ping(rest: Rest, web: Web, dumps: Dumps, munge: Munge | None, *, erases: bool) -> Health:
    """Never raises for "no"."""
    try:
        version = await rest.version()
        wrong = [one async for one in _wrong(rest, web, dumps, munge, erases)]
    except HabeasError as error:
        hint = ""
        if isinstance(error, Refused) and error.status == _UNAUTHORISED:
            hint = " Make a token for its user in RT: Logged in as > Settings > Auth Tokens."
        return Health(ok=False, detail=f"{error.detail}{hint}")
    if not version.startswith(_SERIES):
        wrong.append(f"It is Request Tracker {version}; tried is 5.0.")
    return Health(ok=not wrong, detail=" ".join(wrong), fits=version.startswith(_SERIES))


async def _wrong(rest: Rest, web: Web, dumps: Dumps, munge: Munge | None, erases: bool) -> AsyncIterator[str]:
    if await rest.users(is_("EmailAddress", f"{secrets.token_hex(8)}@nobody.invalid"), ("EmailAddress",)):
        yield "Its search of users gives everybody, whoever is asked for."
    for kind in ("transactions", "attachments"):
        async for _ in rest.search(kind, [is_("id", 0)], ("id",)):
            yield f"Its search of {kind} gives everything, whatever is asked."
            break
    unshreddable = await web.unshreddable()
    if unshreddable:
        yield unshreddable
        return
    if not await web.accepts_forms():
        yield "RT does not take the address in `url` for its own: set `web_url` to its $WebBaseURL and $WebPath."
    if erases:
        told = await dumps.check()
        if told:
            yield told
    if munge is not None:
        told = await munge.check()
        if told:
            yield told
