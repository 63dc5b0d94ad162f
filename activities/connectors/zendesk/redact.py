"""Taking everything out of one comment, in closed and archived tickets too."""

from __future__ import annotations

from activities.connectors.zendesk.markup import is_blank, marked
from activities.connectors.zendesk.rest import INVALID, Rest, Row, number, rows, text
from activities.connectors.zendesk.stored import REDACTED

__all__ = ["redact"]


async def redact(rest: Rest, ticket_id: int, comment: Row) -> bool:
    """``RedactTicketCommentInAgentWorkspace``. False if Zendesk refuses: not all channels' comments can be redacted.

    The older ``RedactStringInComment`` and ``RedactCommentAttachment`` do not work in closed tickets. The account must
    have the Agent Workspace. The copy of the e-mail that a comment came by is redacted by a job, some time later, that
    nothing tells of.
    """
    html = text(comment, "html_body")
    body: Row = {"ticket_id": ticket_id}
    if not is_blank(html):
        body["html_body"] = marked(html)
    urls = [text(one, "content_url") for one in rows(comment, "attachments") if text(one, "file_name") != REDACTED]
    if urls:
        body["external_attachment_urls"] = [*urls]
    answer = await rest.put(f"comment_redactions/{number(comment)}", body, also=(INVALID,))
    return answer.status != INVALID
