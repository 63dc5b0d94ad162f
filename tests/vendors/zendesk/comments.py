"""Comments, and taking words out of them.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/
"""

import re

from starlette.responses import Response

from tests.vendors.shared.calls import Call, json_answer
from tests.vendors.shared.routing import Routes
from tests.vendors.zendesk import rendering
from tests.vendors.zendesk.account import Account, body, number, page
from tests.vendors.zendesk.attachments import redact_file
from tests.vendors.zendesk.errors import not_found, record_invalid
from tests.vendors.zendesk.records import Comment
from tests.vendors.zendesk.tickets import need_deletion

routes: Routes[Account] = Routes()
_SCOPE = ("tickets",)
_BLOCK = "▇"
_MARKED = re.compile(r"<redact>(.*?)</redact>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_REDACTED_TAG = re.compile(r"<(\w+)((?:\s[^<>]*?)?) redact(\s*/?)>")


@routes.on("GET", "/api/v2/tickets/{ticket_id}/comments", needs=_SCOPE)
def list_comments(account: Account, call: Call) -> Response:
    """``ListTicketComments``.

    Cursor or offset pagination, oldest first; ``include=users`` adds authors and copied users.
    """
    account.staff(call)
    one = account.ticket(call)
    made = page(account, call, "comments", [rendering.comment(account, each) for each in one.comments])
    if call.query.get("include") == "users":
        ids = {*(each["author_id"] for each in made["comments"]), *one.cc_ids}
        made["users"] = [rendering.user(account, account.store.users[each]) for each in sorted(ids)]
    return json_answer(made)


@routes.on("PUT", "/api/v2/tickets/{ticket_id}/comments/{comment_id}/redact", needs=_SCOPE)
def redact(account: Account, call: Call) -> Response:
    """``RedactStringInComment``: ``{"text": …}``; each of its characters becomes ▇, for good.

    "Once a ticket is closed, you can no longer redact strings from its comments." That that is a 422, and a text that
    is not there too, is not verified. Callers need the right to delete tickets.
    """
    need_deletion(account, call)
    ticket, comment = account.ticket(call), _comment(account, call)
    text = body(call).get("text")
    if not isinstance(text, str) or not text:
        raise record_invalid("text", "Text: cannot be blank", "BlankValue")
    if ticket.status == "closed":
        raise record_invalid("status", "Status: closed prevents ticket update")
    if text not in comment.body and text not in comment.html_body:
        raise record_invalid("text", "Text: was not found in the comment", "InvalidValue")
    _take_out(comment, text)
    account.store.index_ticket(ticket)
    return json_answer({"comment": rendering.comment(account, comment)})


@routes.on("PUT", "/api/v2/comment_redactions/{comment_id}", needs=_SCOPE)
def redact_in_workspace(account: Account, call: Call) -> Response:
    """``RedactTicketCommentInAgentWorkspace``: works on closed tickets too.

    ``html_body`` is the comment's own with ``<redact>`` around what is to go, and the attribute ``redact`` at elements
    that are to go without their text; ``external_attachment_urls`` are content_urls of files to go. ``ticket_id`` is
    required. That an html_body which differs otherwise is a 422 is not verified, nor what is left of an element.
    """
    need_deletion(account, call)
    given = body(call)
    found = account.store.comment(number(call.params["comment_id"]))
    if found is None:
        raise not_found()
    ticket, comment = found
    if given.get("ticket_id") != ticket.id:
        raise record_invalid("ticket_id", "Ticket: is not valid", "InvalidValue")
    html, urls = given.get("html_body"), given.get("external_attachment_urls", [])
    if html is not None:
        if not isinstance(html, str) or _REDACTED_TAG.sub(r"<\1\2\3>", _MARKED.sub(r"\1", html)) != comment.html_body:
            raise record_invalid("html_body", "Html body: does not match the comment", "InvalidValue")
        for name, attributes, end in _REDACTED_TAG.findall(html):
            comment.html_body = comment.html_body.replace(f"<{name}{attributes}{end}>", f"<{name}>")
        for marked in _MARKED.findall(html):
            _take_out(comment, _TAG.sub("", marked))
    for url in urls:
        attachment = next((each for each in comment.attachments if f"/{each.token}/" in url), None)
        if attachment is None:
            raise record_invalid("external_attachment_urls", "Attachment: was not found", "InvalidValue")
        redact_file(attachment)
    account.store.index_ticket(ticket)
    return json_answer({"comment": rendering.comment(account, comment)})


def _comment(account: Account, call: Call) -> Comment:
    wanted = number(call.params["comment_id"])
    found = next((each for each in account.ticket(call).comments if each.id == wanted), None)
    if found is None:
        raise not_found()
    return found


def _take_out(comment: Comment, text: str) -> None:
    comment.body = comment.body.replace(text, _BLOCK * len(text))
    comment.html_body = comment.html_body.replace(text, _BLOCK * len(text))
