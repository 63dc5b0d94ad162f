"""Records as Zendesk writes them."""

from tests.vendors.shared.calls import Json
from tests.vendors.shared.clock import seconds_stamp
from tests.vendors.zendesk.account import Account
from tests.vendors.zendesk.records import Attachment, Comment, Identity, Rating, Suspended, Ticket, User


def user(account: Account, one: User) -> Json:
    """https://developer.zendesk.com/api-reference/ticketing/users/users/#json-format."""
    return {
        **_user_core(account, one, "users"),
        "verified": any(identity.verified for identity in one.identities),
        "external_id": one.external_id,
        "tags": one.tags,
        "alias": "",
        "shared": False,
        "shared_agent": False,
        "last_login_at": None,
        "signature": None,
        "details": one.details,
        "notes": one.notes,
        "suspended": one.suspended,
        "restricted_agent": one.role != "admin",
        "moderator": one.role != "end-user",
        "ticket_restriction": "requested" if one.role == "end-user" else None,
        "only_private_comments": False,
        "user_fields": one.fields,
    }


def deleted_user(account: Account, one: User) -> Json:
    """``DeletedUserObject``.

    In the documentation's examples the address is null as soon as a user is deleted softly, while the name is still
    there: a missing address proves no permanent deletion. Its text says so of permanently deleted ones only: an account
    can be told to keep it until then.
    """
    email = one.email if account.keeps_deleted_addresses and not one.purge_asked_at else None
    return {**_user_core(account, one, "deleted_users"), "email": email}


def _user_core(account: Account, one: User, place: str) -> Json:
    return {
        "id": one.id,
        "url": f"{account.base_url}/api/v2/{place}/{one.id}.json",
        "name": one.name,
        "email": one.email,
        "created_at": seconds_stamp(one.created_at),
        "updated_at": seconds_stamp(one.updated_at),
        "time_zone": "Copenhagen",
        "phone": one.phone,
        "shared_phone_number": None,
        "photo": attachment(account, one.photo) if one.photo else None,
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": None,
        "role": one.role,
        "active": one.deleted_at is None,
    }


def identity(account: Account, owner: User, one: Identity) -> Json:
    """https://developer.zendesk.com/api-reference/ticketing/users/user_identities/#json-format."""
    stamp = seconds_stamp(owner.created_at)
    return {
        "id": one.id,
        "url": f"{account.base_url}/api/v2/users/{owner.id}/identities/{one.id}.json",
        "user_id": owner.id,
        "type": one.type,
        "value": one.value,
        "verified": one.verified,
        "primary": one.primary,
        "created_at": stamp,
        "updated_at": stamp,
        "undeliverable_count": 0,
        "deliverable_state": "deliverable",
    }


def ticket(account: Account, one: Ticket) -> Json:
    """https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#json-format."""
    rating = next((each for each in account.store.ratings.values() if each.ticket_id == one.id), None)
    first = one.comments[0] if one.comments else None
    fields = [{"id": field_id, "value": value} for field_id, value in one.fields.items()]
    return {
        "id": one.id,
        "url": f"{account.base_url}/api/v2/tickets/{one.id}.json",
        "external_id": one.external_id,
        "via": {"channel": first.channel if first else "web", "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": seconds_stamp(one.created_at),
        "updated_at": seconds_stamp(one.updated_at),
        "type": None,
        "subject": one.subject,
        "raw_subject": one.subject,
        "description": first.body if first else "",
        "priority": None,
        "status": one.status,
        "recipient": None,
        "requester_id": one.requester_id,
        "submitter_id": one.requester_id,
        "assignee_id": one.assignee_id,
        "organization_id": None,
        "group_id": None,
        "collaborator_ids": one.cc_ids,
        "follower_ids": [],
        "email_cc_ids": one.cc_ids,
        "forum_topic_id": None,
        "problem_id": None,
        "has_incidents": False,
        "is_public": True,
        "due_at": None,
        "tags": one.tags,
        "custom_fields": fields,
        "fields": fields,
        "satisfaction_rating": {"score": rating.score, "id": rating.id, "comment": rating.comment} if rating else None,
        "followup_ids": [],
        "allow_channelback": False,
        "allow_attachments": True,
    }


def comment(account: Account, one: Comment) -> Json:
    """https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/#json-format."""
    return {
        "id": one.id,
        "type": "Comment",
        "author_id": one.author_id,
        "body": one.body,
        "html_body": one.html_body,
        "plain_body": one.body,
        "public": one.public,
        "attachments": [attachment(account, each) for each in one.attachments],
        "audit_id": one.id + 1,
        "via": {"channel": one.channel, "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": seconds_stamp(one.created_at),
        "metadata": {"system": {"ip_address": one.ip_address} if one.ip_address else {}, "custom": {}},
    }


def attachment(account: Account, one: Attachment) -> Json:
    """https://developer.zendesk.com/api-reference/ticketing/tickets/ticket-attachments/#json-format."""
    url = f"{account.base_url}/attachments/token/{one.token}/?name={one.file_name}"
    return {
        "id": one.id,
        "url": f"{account.base_url}/api/v2/attachments/{one.id}.json",
        "file_name": one.file_name,
        "content_url": url,
        "mapped_content_url": url,
        "content_type": one.content_type,
        "size": len(one.content),
        "width": None,
        "height": None,
        "inline": False,
        "deleted": False,
        "malware_access_override": False,
        "malware_scan_result": "malware_not_found",
        "thumbnails": [],
    }


def rating(account: Account, one: Rating) -> Json:
    """https://developer.zendesk.com/api-reference/ticketing/ticket-management/satisfaction_ratings/#json-format."""
    stamp = seconds_stamp(one.created_at)
    return {
        "id": one.id,
        "url": f"{account.base_url}/api/v2/satisfaction_ratings/{one.id}.json",
        "assignee_id": None,
        "group_id": None,
        "requester_id": one.requester_id,
        "ticket_id": one.ticket_id,
        "score": one.score,
        "comment": one.comment,
        "reason": None,
        "created_at": stamp,
        "updated_at": stamp,
    }


def suspended(account: Account, one: Suspended) -> Json:
    """https://developer.zendesk.com/api-reference/ticketing/tickets/suspended_tickets/#json-format."""
    stamp = seconds_stamp(one.created_at)
    return {
        "id": one.id,
        "url": f"{account.base_url}/api/v2/suspended_tickets/{one.id}.json",
        "author": {"id": None, "name": one.author_name, "email": one.author_email},
        "subject": one.subject,
        "content": one.content,
        "cause": one.cause,
        "cause_id": 0,
        "message_id": f"<{one.id}@mail.example>",
        "ticket_id": None,
        "recipient": None,
        "brand_id": 1,
        "attachments": [attachment(account, each) for each in one.attachments],
        "error_messages": None,
        "via": {"channel": "email", "source": {"from": {"address": one.author_email}, "to": {}, "rel": None}},
        "created_at": stamp,
        "updated_at": stamp,
    }
