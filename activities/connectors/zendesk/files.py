"""The bytes of attachments: our credentials go to Zendesk, and not to the host that it sends us to."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from activities.connectors.zendesk.rest import Rest, Row, text
from habeas.connector import File

__all__ = ["file_of"]

_MOVED = (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT)
_NOT_THERE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


async def file_of(rest: Rest, attachment: Row) -> File | None:
    """An attachment, or None where Zendesk does not hold it any more.

    https://developer.zendesk.com/documentation/ticketing/managing-tickets/working-with-url-properties/: a
    ``content_url`` redirects to another host, which must not get credentials. Its host can be another name of the
    account; it is asked for at the one in the settings (that every name answers to every token is not verified).
    """
    parts = urlsplit(text(attachment, "content_url"))
    if attachment.get("deleted") or not parts.path:
        return None
    own = parts.path + (f"?{parts.query}" if parts.query else "")
    answer = await rest.raw(own, also=(*_MOVED, *_NOT_THERE))
    if answer.status in _MOVED:
        answer = await rest.raw(answer.headers.get("location", ""), also=_NOT_THERE)
    if answer.status in _NOT_THERE:
        return None
    media_type = text(attachment, "content_type") or "application/octet-stream"
    return File(name=text(attachment, "file_name") or "attachment", media_type=media_type, content=answer.content)
