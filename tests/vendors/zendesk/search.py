"""Searches, which find more than was meant.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/search/ and
https://support.zendesk.com/hc/en-us/articles/4408886879258 (search reference).
"""

import re

from starlette.responses import Response

from tests.vendors.shared.calls import Call, Json, Refusal, json_answer
from tests.vendors.shared.routing import Routes
from tests.vendors.zendesk import rendering
from tests.vendors.zendesk.account import Account, offset_page
from tests.vendors.zendesk.errors import bad_attribute
from tests.vendors.zendesk.store import Document

routes: Routes[Account] = Routes()
_TERM = re.compile(r'(?:(?P<key>\w+):)?(?:"(?P<phrase>[^"]*)"|(?P<word>\S+))')
_WORDS = re.compile(r"\w+")


@routes.on("GET", "/api/v2/search", needs=("tickets", "users"))
def search(account: Account, call: Call) -> Response:
    """``ListSearchResults``: offset pagination only; at most 1,000 results, and 422 for a page beyond them.

    "It can take up to a few minutes for new tickets, users, and other resources to be indexed." ``count`` tells all.
    The 422's sentence is not verified, nor the 400 without a query.
    """
    account.staff(call)
    query = call.query.get("query")
    if not query:
        raise bad_attribute("query", "It is required.")
    at, size = call.query.get("page", "1"), call.query.get("per_page", "100")
    if at.isdecimal() and size.isdecimal() and int(at) * min(int(size), 100) > 1000:
        description = "Invalid search: Requested response size was greater than Search Response Limits"
        raise Refusal(json_answer({"error": "invalid", "description": description}, 422))
    return json_answer(offset_page(account, call, "results", _find(account, query), facets=None))


@routes.on("GET", "/api/v2/users/search", needs=("users",))
def search_users(account: Account, call: Call) -> Response:
    """``SearchUsers``: by ``query``, free text, or ``external_id``; offset pagination only.

    ``page[size]`` is a 400 here (https://support.zendesk.com/hc/en-us/community/posts/4467682277402).
    """
    account.staff(call)
    query, external_id = call.query.get("query"), call.query.get("external_id")
    if not query and not external_id:
        raise bad_attribute("query", "It is required.")
    found = [one for one in _find(account, query or "", "user") if external_id in (None, one["external_id"])]
    for one in found:
        del one["result_type"]
    return json_answer(offset_page(account, call, "users", found))


def _find(account: Account, query: str, kind: str | None = None) -> list[Json]:
    terms = [(found["key"], found["phrase"] or found["word"] or "") for found in _TERM.finditer(query)]
    kinds = {value for key, value in terms if key == "type"} or {kind or "user", kind or "ticket"}
    asked = [(key, value) for key, value in terms if key != "type"]
    found: list[Json] = []
    for (of_kind, record_id), document in sorted(account.store.index.visible().items()):
        if of_kind in kinds and all(_holds(document, key, value) for key, value in asked):
            if of_kind == "user" and (user := account.store.users.get(record_id)):
                found.append({**rendering.user(account, user), "result_type": "user"})
            elif of_kind == "ticket" and (ticket := account.store.tickets.get(record_id)):
                found.append({**rendering.ticket(account, ticket), "result_type": "ticket"})
    return found


def _holds(document: Document, key: str | None, value: str) -> bool:
    # An address is no single word to the index: its parts must follow one another, wherever they begin and end.
    if key == "email":
        return any(_follows(_words(value), _words(address)) for address in document.get("email", "").split())
    if key is not None:
        return key in document and _follows(_words(value), _words(document[key]))
    return _follows(_words(value), _words(" ".join(document.values())))


def _words(text: str) -> list[str]:
    return _WORDS.findall(text.lower())


def _follows(asked: list[str], words: list[str]) -> bool:
    return any(words[start : start + len(asked)] == asked for start in range(len(words) - len(asked) + 1))
