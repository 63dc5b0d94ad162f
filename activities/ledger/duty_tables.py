"""Tables of duties that reach beyond one step, or beyond the request: restrictions, holds, notices, tasks, expiries.

Objects are named by a fingerprint under the master key (`Room.object_print`), so that another request can tell that an
object is restricted or held, also after the key of the request that said so is destroyed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from activities.ledger.tables import HEX_SHA256, code_check, metadata, moment, request_column

__all__ = [
    "callback",
    "deletion_hold",
    "expiry",
    "expiry_trouble",
    "legal_hold",
    "legal_hold_subject",
    "metadata",
    "notice",
    "replay",
    "request_holder",
    "restriction",
    "suppression",
    "task",
    "untold_ending",
]

restriction = Table(
    "restriction",
    metadata,
    request_column(primary_key=True),
    Column("system", Text, primary_key=True),
    Column("object", Text, primary_key=True, comment="HMAC of collection and key under the master key"),
    Column("controller", Text, nullable=False),
    Column("collection", Text, nullable=False),
    Column("set_at", moment(), nullable=False),
    Column("lifted_at", moment()),
    CheckConstraint(f"object ~ '{HEX_SHA256}'", name="object"),
    Index("ix_restriction_standing", "controller", "system", "object", postgresql_where=text("lifted_at IS NULL")),
    comment="objects that nothing may be done with but storing (GDPR art. 18), until lifted",
)

deletion_hold = Table(
    "deletion_hold",
    metadata,
    request_column(primary_key=True),
    Column("system", Text, primary_key=True),
    Column("object", Text, primary_key=True, comment="HMAC of collection and key under the master key"),
    Column("controller", Text, nullable=False),
    Column("placed_at", moment(), nullable=False),
    Column("released_at", moment()),
    CheckConstraint(f"object ~ '{HEX_SHA256}'", name="object"),
    Index("ix_deletion_hold_standing", "controller", "system", "object", postgresql_where=text("released_at IS NULL")),
    comment="short-lived objects that must not end while somebody's access request is open",
)

legal_hold = Table(
    "legal_hold",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("controller", Text, nullable=False, index=True),
    Column("system", Text, comment="only this system; null for all"),
    Column("category", Text, comment="only this category; null for all"),
    Column("provision", Text, nullable=False, comment="the law or matter, as letters name it"),
    Column("reason", LargeBinary, nullable=False, comment="sealed under the house key"),
    Column("master_key_id", Text, nullable=False, comment="the master key whose house key seals the reason"),
    Column("placed_at", moment(), nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("lifted_at", moment()),
    Column("lifted_by", Text),
    CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted"),
    comment="what must not be erased while a matter is pending, whoever asks",
)

legal_hold_subject = Table(
    "legal_hold_subject",
    metadata,
    Column("hold_id", UUID(as_uuid=False), ForeignKey("legal_hold.id"), primary_key=True),
    Column("fingerprint", Text, primary_key=True, index=True, comment="HMAC of an identifier under the master key"),
    CheckConstraint(f"fingerprint ~ '{HEX_SHA256}'", name="fingerprint"),
    comment="whom a hold is about; a hold without rows here is about everybody",
)

past_subject = Table(
    "past_subject",
    metadata,
    request_column(primary_key=True),
    Column(
        "fingerprint",
        Text,
        primary_key=True,
        index=True,
        comment="HMAC of a proven identifier under the master key",
    ),
    CheckConstraint(f"fingerprint ~ '{HEX_SHA256}'", name="fingerprint"),
    comment="who asked before, as keyed fingerprints; rows go when the request's key is destroyed",
)

suppression = Table(
    "suppression",
    metadata,
    request_column(primary_key=True),
    Column("fingerprint", Text, primary_key=True, index=True, comment="HMAC of an identifier under the master key"),
    Column("since", moment(), nullable=False),
    CheckConstraint(f"fingerprint ~ '{HEX_SHA256}'", name="fingerprint"),
    comment="who was erased, so that systems can ask; rows go when the request's key is destroyed",
)

replay = Table(
    "replay",
    metadata,
    Column("digest", Text, primary_key=True, comment="of what a restored backup had brought back"),
    Column("actor", Text, primary_key=True),
    Column("since", moment(), nullable=False),
    Column("at", moment(), nullable=False),
    Column("reason", LargeBinary, nullable=False, comment="sealed under the house key"),
    Column("master_key_id", Text, nullable=False),
    CheckConstraint(f"digest ~ '{HEX_SHA256}'", name="digest"),
    comment="who saw what a restored backup had brought back, before it is erased once more",
)

notice = Table(
    "notice",
    metadata,
    Column("id", Text, primary_key=True),
    request_column(index=True),
    Column("kind", Text, nullable=False, comment="recipient: told; controller: sent on; processor: instructed"),
    Column(
        "recipient", Text, nullable=False, comment="the policy's recipient, a system, or a fingerprint of an address"
    ),
    Column("token_sha256", LargeBinary, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("queued_at", moment(), nullable=False),
    Column("state_at", moment(), nullable=False),
    Column("reminded", Integer, nullable=False, server_default=text("0")),
    Column("acknowledged_at", moment()),
    Column("acknowledged_by", Text, comment="'recipient', or the keyed hash of staff who noted it"),
    Column(
        "occasion",
        Text,
        nullable=False,
        server_default=text("''"),
        comment="what ended after the request did, or the processor's task; empty for the request's own end",
    ),
    Column("expires_at", moment(), comment="from when the link is refused; null for never"),
    UniqueConstraint("request_id", "kind", "recipient", "occasion"),
    CheckConstraint("kind IN ('recipient', 'controller', 'processor')", name="kind"),
    CheckConstraint(
        "state IN ('queued', 'sent', 'failed', 'acknowledged', 'escalated', 'not_told', 'too_long_ago')", name="state"
    ),
    CheckConstraint("octet_length(token_sha256) = 32", name="token_sha256"),
    comment="who was told of a rectification, erasure or restriction, or sent the request, and who acknowledged",
)

task = Table(
    "task",
    metadata,
    Column("id", Text, primary_key=True),
    request_column(index=True),
    Column("system", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened_at", moment(), nullable=False),
    Column("due_on", Date),
    Column("reminded", Integer, nullable=False, server_default=text("0")),
    Column("done_at", moment()),
    Column("done_by", Text),
    Column("counts", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("owner", Text, comment="keyed hash of whoever the settings name for the system"),
    CheckConstraint("state IN ('open', 'done', 'cancelled')", name="state"),
    code_check("system"),
    code_check("phase"),
    Index("ix_task_open", "due_on", "id", postgresql_where=text("state = 'open'")),
    comment="what a human does by hand for a request, in a system that has no API; what they found is sealed",
)

expiry = Table(
    "expiry",
    metadata,
    Column("controller", Text, primary_key=True),
    Column("system", Text, primary_key=True),
    Column("collection", Text, primary_key=True),
    Column("at", moment(), primary_key=True),
    Column("erased", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("blocked", BigInteger, nullable=False),
    comment="what ended because its term was over, as counts",
)

untold_ending = Table(
    "untold_ending",
    metadata,
    request_column(primary_key=True),
    Column("at", moment(), primary_key=True, comment="when objects ended, as their outcomes have it"),
    Column("letter", Text, comment="dedupe key of the letter that tells of it; null before it is written"),
    comment="what an erasure had kept has ended, and the person has not been told; a row goes with its letter",
)

expiry_trouble = Table(
    "expiry_trouble",
    metadata,
    Column("controller", Text, primary_key=True),
    Column("system", Text, primary_key=True),
    Column("category", Text, primary_key=True),
    Column("since", moment(), primary_key=True),
    Column("code", Text, nullable=False),
    Column("objects", BigInteger, comment="how many; null where the system does not say"),
    Column("seen_at", moment(), nullable=False),
    Column("told", Integer, nullable=False, server_default=text("0")),
    Column("told_at", moment()),
    Column("mended_at", moment()),
    Column("mended_told_at", moment()),
    code_check("code"),
    comment="short-lived data past its term that does not end, and what staff were told of it",
)

request_holder = Table(
    "request_holder",
    metadata,
    request_column(primary_key=True),
    Column("actor", Text, nullable=False, comment="whoever holds it as a keyed hash, as evidence has it"),
    Column("account", LargeBinary, nullable=False, comment="who that is; sealed by a house key"),
    Column("master_key_id", Text, nullable=False),
    Column("since", moment(), nullable=False),
    Index("ix_request_holder_actor", "actor"),
    comment="which member of staff sees to a request; none for nobody yet",
)

callback = Table(
    "callback",
    metadata,
    Column("system", Text, primary_key=True),
    Column("handle", Text, primary_key=True, comment="the system's own, and by the contract nobody's data"),
    request_column(primary_key=True),
    Column("at", moment(), nullable=False),
    Index("ix_callback_request", "request_id"),
    comment="work under way in a system that will call back, and the requests that wait for it",
)
