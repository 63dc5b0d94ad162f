"""Records as they are held: what is told of them, and what of them counts as a change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from activities.connectors.api.erasure import fingerprint
from activities.connectors.zendesk.markup import is_blank
from activities.connectors.zendesk.rest import Rest, Row, number, rows, text
from activities.connectors.zendesk.settings import MarkSettings, ZendeskSettings

__all__ = [
    "CLOSED",
    "MARK",
    "REDACTED",
    "addressed",
    "comment_print",
    "copied_print",
    "day",
    "deleted_softly",
    "has_mark",
    "is_anonymous_ticket",
    "is_redacted",
    "is_staff",
    "rating_print",
    "requested",
    "suspended_print",
    "ticket_print",
    "told_user",
    "user_print",
    "user_with_identities",
    "written",
]

CLOSED = "closed"
"""The status of tickets that nobody can change any more."""
MARK = "[erased]"
"""The subject of a ticket that stays without its person."""
REDACTED = "redacted.txt"
"""The name of what is left of an attachment (``RedactCommentAttachment``)."""

_USERS_OWN = ("url", "updated_at", "last_login_at", "photo", "active", "iana_time_zone", "moderator", "verified")
_TICKETS_OWN = (
    *("url", "updated_at", "generated_timestamp", "status", "custom_status_id", "assignee_id", "group_id"),
    *("followup_ids", "follower_ids", "has_incidents", "problem_id", "is_public", "due_at", "priority", "type"),
    *("allow_channelback", "allow_attachments", "sharing_agreement_ids", "encoded_id", "organization_id", "brand_id"),
    # In collections of their own: the first comment, and the rating.
    *("description", "satisfaction_rating"),
)
"""Not what a ticket says of its requester, or changes as agents work on it and time passes."""
_IDENTITY = ("id", "type", "value", "verified", "primary")
_FILE = ("id", "file_name", "content_type", "size")


def is_staff(user: Row) -> bool:
    """Agents and administrators, light ones too. An account that says nothing of its role counts as theirs."""
    return user.get("role") != "end-user"


def told_user(user: Row, identities: Iterable[Row]) -> Row:
    """A user for people: custom fields by their keys, and all addresses and numbers."""
    fields = user.get("user_fields")
    told = {key: value for key, value in user.items() if key not in ("url", "photo", "user_fields")}
    told |= {f"user_fields.{key}": value for key, value in (fields if isinstance(fields, dict) else {}).items()}
    return told | {"identities": [{key: one.get(key) for key in _IDENTITY[1:]} for one in identities]}


def user_print(settings: ZendeskSettings, user: Row, identities: Iterable[Row]) -> str:
    """Without our own marks."""
    marks = [*settings.purposes.values(), *([settings.restrict] if settings.restrict else [])]
    tags, fields = user.get("tags"), user.get("user_fields")
    own_tags, own_fields = {one.tag for one in marks}, {one.user_field for one in marks}
    known: Row = {
        **user,
        "tags": [one for one in tags if one not in own_tags] if isinstance(tags, list) else tags,
        "user_fields": {key: one for key, one in fields.items() if key not in own_fields}
        if isinstance(fields, dict)
        else fields,
        "identities": [{key: one.get(key) for key in _IDENTITY} for one in identities],
    }
    return fingerprint(known, _USERS_OWN)


def has_mark(user: Row, mark: MarkSettings) -> bool:
    """Whether a user bears it."""
    tags, fields = user.get("tags"), user.get("user_fields")
    if mark.tag is not None:
        return isinstance(tags, list) and mark.tag in tags
    return isinstance(fields, dict) and fields.get(mark.user_field or "") in (True, "true")


def ticket_print(ticket: Row) -> str:
    """Over what a ticket itself says."""
    return fingerprint(ticket, _TICKETS_OWN)


def written(ticket: Row) -> tuple[str, ...]:
    """Where a ticket's own fields hold words: of which kind a field is, its value does not say."""
    lists = ("custom_fields", "fields")
    return tuple(name for name in lists if any(text(one, "value") for one in rows(ticket, name)))


def addressed(row: Row) -> tuple[str, ...]:
    """Where a ticket or comment that came by mail has the addresses of everybody whom that went to.

    https://developer.zendesk.com/documentation/ticketing/reference-guides/via-object-reference/
    """
    via = row.get("via")
    source = via.get("source") if isinstance(via, dict) else None
    named = isinstance(source, dict) and (source.get("from") or source.get("to"))
    return (*(("via",) if named else ()), *(("recipient",) if text(row, "recipient") else ()))


def is_anonymous_ticket(ticket: Row) -> bool:
    """Whether its subject and its own fields tell nothing."""
    values = [one.get("value") for one in rows(ticket, "custom_fields")]
    return ticket.get("subject") == MARK and not ticket.get("external_id") and not any(values)


def comment_print(comment: Row) -> str:
    """Over its text and its files."""
    said = ("id", "author_id", "body", "html_body", "public", "created_at")
    known: Row = {key: comment.get(key) for key in said}
    return fingerprint(
        known | {"attachments": [{key: one.get(key) for key in _FILE} for one in rows(comment, "attachments")]}
    )


def is_redacted(comment: Row) -> bool:
    """Whether nothing is left of its text and its files."""
    html = text(comment, "html_body")
    files = all(text(one, "file_name") == REDACTED for one in rows(comment, "attachments"))
    return files and is_blank(html) and is_blank(text(comment, "body"))


def requested(ticket: Row, user_id: int) -> bool:
    """Whether it is that user who asked for it."""
    return number(ticket, "requester_id") == user_id


def copied_print(ticket: Row, user_id: int) -> str:
    """Not over what is others' in it: their ticket goes on while ours waits."""
    return fingerprint({"id": number(ticket), "requested" if requested(ticket, user_id) else "copied": user_id})


def rating_print(rating: Row) -> str:
    """Over who thought what."""
    return fingerprint(rating, ("url", "updated_at", "assignee_id", "group_id"))


def suspended_print(suspended: Row) -> str:
    """Over the whole message."""
    return fingerprint(suspended, ("url", "updated_at", "attachments", "error_messages"))


def day(row: Row, field: str = "created_at") -> date | None:
    """The date of a time, in UTC as Zendesk writes it."""
    try:
        return date.fromisoformat(text(row, field)[:10])
    except ValueError:
        return None


async def deleted_softly(rest: Rest, user_id: int) -> Row | None:
    """A user who is deleted and can still be brought back (``ShowDeletedUser``); None for any other."""
    return await rest.get(f"deleted_users/{user_id}", "deleted_user")


async def user_with_identities(rest: Rest, user_id: int) -> tuple[Row, list[Row]] | None:
    """A user who is not deleted, neither softly nor for good (``ShowUser``, ``ListUserIdentities``)."""
    user = await rest.get(f"users/{user_id}", "user")
    if user is None or user.get("active") is False:
        return None
    return user, [one async for one in rest.pages(f"users/{user_id}/identities", "identities")]
