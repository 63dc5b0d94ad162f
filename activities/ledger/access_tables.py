"""Tables of who may come in."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY

from activities.ledger.duty_tables import metadata
from activities.ledger.tables import HEX_SHA256, moment, request_column

__all__ = ["api_token", "form_sent", "keyed_write", "metadata", "search", "staff_session", "visit"]

api_token = Table(
    "api_token",
    metadata,
    Column("id", Text, primary_key=True),
    Column("secret_sha256", LargeBinary, nullable=False, comment="of 32 random bytes: nothing to guess"),
    Column("account", LargeBinary, comment="whose acts they are; sealed by a house key, gone with the token"),
    Column("actor", Text, nullable=False, comment="the account as a keyed hash, as evidence has it"),
    Column("title", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("controllers", ARRAY(Text), nullable=False, comment="whose requests, of those that the account works for"),
    Column("master_key_id", Text, nullable=False),
    Column("created_at", moment(), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", moment(), nullable=False),
    Column("used_at", moment(), comment="to the day"),
    Column("revoked_at", moment()),
    Column("revoked_by", Text),
    CheckConstraint("id ~ '^[0-9a-f]{12}$'", name="id"),
    CheckConstraint("octet_length(secret_sha256) = 32", name="secret_sha256"),
    CheckConstraint("expires_at > created_at", name="expires_at"),
    comment="tokens of the API: who acts by them, what they may do, until when",
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("id_sha256", LargeBinary, primary_key=True, comment="of the cookie's 32 random bytes: nothing to guess"),
    Column("account", LargeBinary, nullable=False, comment="who signed in; sealed by a house key"),
    Column("actor", Text, nullable=False, comment="the account as a keyed hash, as evidence has it"),
    Column("master_key_id", Text, nullable=False),
    Column("created_at", moment(), nullable=False),
    Column("used_at", moment(), nullable=False, comment="to the minute"),
    Column("expires_at", moment(), nullable=False, comment="however much it is used"),
    CheckConstraint("octet_length(id_sha256) = 32", name="id_sha256"),
    CheckConstraint("expires_at > created_at", name="expires_at"),
    Index("ix_staff_session_actor", "actor"),
    comment="staff who are signed in; a row goes when its session ends",
)

visit = Table(
    "visit",
    metadata,
    Column("id", Text, primary_key=True),
    request_column(nullable=False),
    Column("code", Text, comment="HMAC under the request's key; null where the proof of identity opened it"),
    Column("tries_left", Integer, nullable=False),
    Column("created_at", moment(), nullable=False),
    Column("expires_at", moment(), nullable=False, comment="until when it can be opened"),
    Column("session_sha256", LargeBinary, comment="of the cookie's 32 random bytes"),
    Column("ends_at", moment(), comment="an open one's end"),
    CheckConstraint(f"code ~ '{HEX_SHA256}'", name="code"),
    CheckConstraint("octet_length(session_sha256) = 32", name="session_sha256"),
    CheckConstraint("(session_sha256 IS NULL) = (ends_at IS NULL)", name="open"),
    CheckConstraint("tries_left >= 0", name="tries_left"),
    UniqueConstraint("session_sha256"),
    Index("ix_visit_request_id", "request_id", "created_at"),
    comment="visits of persons to their own pages; gone with the request's key",
)

keyed_write = Table(
    "keyed_write",
    metadata,
    Column("key", Text, primary_key=True, comment="HMAC of the write's idempotency key"),
    Column("content", Text, nullable=False, comment="HMAC of what was sent under it: other content is another write"),
    Column("answer", LargeBinary, comment="sealed by a house key, where it cannot be made again"),
    Column("master_key_id", Text, nullable=False),
    Column("at", moment(), nullable=False),
    CheckConstraint(f"key ~ '{HEX_SHA256}'", name="key"),
    CheckConstraint(f"content ~ '{HEX_SHA256}'", name="content"),
    Index("ix_keyed_write_at", "at"),
    comment="writes that came over the API under a key; gone after some weeks",
)

form_sent = Table(
    "form_sent",
    metadata,
    Column("id", Text, primary_key=True),
    Column("address", Text, nullable=False, comment="HMAC of controller and address"),
    Column("at", moment(), nullable=False),
    CheckConstraint(f"address ~ '{HEX_SHA256}'", name="address"),
    Index("ix_form_sent_address", "address", "at"),
    Index("ix_form_sent_at", "at"),
    comment="how often a form came with an address that nobody has proven; gone after a day",
)

search = Table(
    "search",
    metadata,
    Column("id", Text, primary_key=True),
    Column("actor", Text, nullable=False, comment="who searched, as a keyed hash, as evidence has it"),
    Column("controllers", ARRAY(Text), nullable=False, comment="among whose requests"),
    Column("reason", LargeBinary, comment="sealed by a house key; emptied after some years"),
    Column("master_key_id", Text, nullable=False),
    Column("at", moment(), nullable=False),
    Index("ix_search_at", "at"),
    comment="searches for a person that found nobody, and so no request to leave a mark on",
)
