"""RT's web interface, for what REST2 cannot do: wiping for good, anonymising, finding deleted tickets.

The token signs these calls too; RT's forms also want a Referer of its own address (its guard against forged requests).
Pages are told by their forms, not by their words: those are in the language of the token's user.
"""

from __future__ import annotations

import html
import re
from pathlib import PurePosixPath

from activities.connectors.api import Answer, ApiClient
from habeas.errors import Terminal, Transient

__all__ = ["Web"]

_SHREDDER = "Admin/Tools/Shredder/index.html"
_NO_FOLDER = 'class="file-path"'
"""RT names the folder that it needs, in whatever language the user reads."""
_FORM = 'id="shredder-search-form"'
_PAGE_OF_RT = 'id="comp-'
"""In every page of RT's, errors too (``html/Elements/Header``)."""
_DUMP = re.compile(r"/Admin/Tools/Shredder/Dumps/([\w.-]+)\"")
_LISTED_TICKET = re.compile(r'name="WipeoutObject"[^>]*\bvalue="RT::Ticket-[^"]*?(\d+)"')
_MOST_LISTED = 100
_GONE = 404
_SENT_TO_LOGIN = (301, 302, 303)


class Web:
    """The web interface of one RT, as a user with the right SuperUser sees it."""

    def __init__(self, system: str, api: ApiClient) -> None:
        self._system = system
        self._api = api

    async def wipe(self, *objects: str) -> str | None:
        """Wipe objects from RT's database, with all that hangs on them (``Ticket-17``, ``User-5``, ``Transaction-9``).

        Whatever says that a wiped user made or changed it, says Nobody then. RT answers the same whether it wiped or
        not: look afterwards. https://docs.bestpractical.com/rt/5.0.3/RT/Shredder.html

        Returns:
            The name of the file into which RT wrote what it wiped; None if it names none.

        Raises:
            Terminal: RT does not let us.
            Transient: it is somebody else who answers.
        """
        form = {
            "Plugin": "Users",
            "Users:replace_relations": "Nobody",
            "Users:status": "disabled",
            "Users:name": "~nobody~",  # the plugin lists users afterwards: have it list none
            "Users:limit": "1",
            "Wipeout": "1",
            "WipeoutObject": list(objects),
        }
        page = self._page(await self._api.call("POST", _SHREDDER, form=form, also=_SENT_TO_LOGIN))
        named = _DUMP.search(page)
        return PurePosixPath(html.unescape(named[1])).name if named else None

    async def deleted_tickets(self, watcher: int) -> list[int]:
        """Ids of tickets in status ``deleted`` that somebody watches: no other search of RT's gives them."""
        found: list[int] = []
        while True:
            query = f"Watcher.id = {watcher} AND Status = 'deleted' AND id > {found[-1] if found else 0}"
            form = {
                "Plugin": "Tickets",
                "Tickets:query": query,
                "Tickets:limit": str(_MOST_LISTED),
                "Search": "1",
            }
            page = self._page(await self._api.call("POST", _SHREDDER, form=form, also=_SENT_TO_LOGIN))
            if _FORM not in page:
                raise self._not_let_in()
            listed = sorted({int(one) for one in _LISTED_TICKET.findall(page)} - set(found))
            found += listed
            if len(listed) < _MOST_LISTED:
                return sorted(found)

    async def anonymise(self, user: int) -> None:
        """Blank a user's fields and give them a meaningless name. Their old values stay in their history.

        https://docs.bestpractical.com/rt/5.0.3/RT/User.html (AnonymizeUser)
        """
        form = {"id": str(user), "Anonymize": "1", "clear_customfields": "On"}
        await self._api.call("POST", "Admin/Users/Modify.html", form=form, also=_SENT_TO_LOGIN)

    async def unshreddable(self) -> str | None:
        """Why RT does not show its Shredder to our token's user; None if it does."""
        page = (await self._api.call("GET", _SHREDDER, also=_SENT_TO_LOGIN)).content.decode(errors="replace")
        if _FORM in page:
            return None
        if _NO_FOLDER in page:
            return "RT cannot write to its $ShredderStoragePath: make the folder, writable by RT's web server."
        return "The token's user lacks the right SuperUser, given in RT's Admin > Global > User Rights."

    async def accepts_forms(self) -> bool:
        """Whether RT takes our Referer for its own: else every form gets a page that asks whether we meant it."""
        form = {"Plugin": "Tickets", "Tickets:query": "id = 0", "Tickets:limit": "1", "Search": "1"}
        answer = await self._api.call("POST", _SHREDDER, form=form, also=_SENT_TO_LOGIN)
        return _FORM in answer.content.decode(errors="replace")

    async def dump(self, name: str) -> bytes | None:
        """What RT gives for a file in the folder that it writes dumps to; None if there is none."""
        answer = await self._api.call("GET", f"Admin/Tools/Shredder/Dumps/{name}", also=(_GONE, *_SENT_TO_LOGIN))
        return None if answer.status == _GONE else answer.content

    def _page(self, answer: Answer) -> str:
        if answer.status in _SENT_TO_LOGIN:
            raise self._not_let_in()
        page = answer.content.decode(errors="replace")
        if _PAGE_OF_RT not in page:
            raise Transient(f"{self._system} answered with a page that is not Request Tracker's.", system=self._system)
        return page

    def _not_let_in(self) -> Terminal:
        detail = f"{self._system} does not let our token use its Shredder: `habeas system check` says why."
        return Terminal(detail, system=self._system)
