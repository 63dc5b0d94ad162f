"""The ledger's tables. What may identify a person is either sealed (``bytea`` under the request's key) or not here.

Columns of codes carry a pattern, so that free text, and with it a person, cannot slip into them.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from habeas.model import Outcome, PauseReason, Right, Stage
from habeas.outcomes import Fate

CODE = r"^[a-z0-9][a-z0-9_.:-]{0,79}$"
NAME = r"^[a-z0-9][a-z0-9_./:-]{0,159}$"
HEX_SHA256 = r"^[0-9a-f]{64}$"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, words: type[Right] | type[Stage] | type[Outcome] | type[PauseReason] | type[Fate]) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


def code_check(column: str, pattern: str = CODE) -> CheckConstraint:
    """A column of codes: free text cannot slip in."""
    return CheckConstraint(f"{column} ~ '{pattern}'", name=column)


def moment() -> DateTime:
    """An instant."""
    return DateTime(timezone=True)


def request_column(*, primary_key: bool = False, nullable: bool = False, index: bool = False) -> Column[str]:
    """The request that a row belongs to."""
    return Column(
        "request_id", Text, ForeignKey("request.id"), primary_key=primary_key, nullable=nullable, index=index or None
    )


request = Table(
    "request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("controller", Text, nullable=False),
    Column("right", Text, nullable=False),
    Column("regime", Text, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("received_at", moment(), nullable=False),
    Column("opened_at", moment(), nullable=False),
    Column("opened_by", Text, nullable=False),
    Column(
        "idempotency", Text, comment="HMAC of the caller's key under the master key; null once the key is destroyed"
    ),
    Column("stage", Text, nullable=False),
    Column("outcome", Text),
    Column("acknowledge_by", Date),
    Column("due_on", Date),
    Column("due_at", moment(), comment="the instant at which due_on ends where the clock runs"),
    Column("extended", Boolean, nullable=False, server_default=false()),
    Column("extended_due_on", Date),
    Column("extended_until", Date, comment="the day that the notice of the extension named"),
    Column("notice_latest_on", Date),
    Column("paused_from", Date),
    Column("blocked_on", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("overdue", Boolean, nullable=False, server_default=false()),
    Column("citation", Text),
    Column("scope", Text, comment="access: a copy, or the categories only"),
    Column("about", Text, ForeignKey("request.id"), index=True, comment="the request that an appeal is about"),
    Column("started_at", moment(), comment="when its workflow was started"),
    Column("closed_at", moment()),
    Column(
        "queue_on",
        Date,
        Computed("COALESCE(extended_due_on, due_on, 'infinity'::date)", persisted=True),
        nullable=False,
        comment="the date that counts, for the order of the queue",
    ),
    Column(
        "categories",
        ARRAY(Text),
        nullable=False,
        server_default=text("'{}'::text[]"),
        comment="the categories of data that it is about, by the policy's ids; none for all",
    ),
    Column(
        "before_erasure",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="a copy that the person wants before anything is erased",
    ),
    CheckConstraint(r"id ~ '^HB(-[0-9A-HJKMNP-TV-Z]{4}){3}$'", name="id"),
    CheckConstraint(_one_of('"right"', Right), name="right"),
    CheckConstraint(_one_of("stage", Stage), name="stage"),
    CheckConstraint(_one_of("outcome", Outcome), name="outcome"),
    CheckConstraint("scope IN ('copy', 'categories')", name="scope"),
    CheckConstraint("closed_at IS NULL OR outcome IS NOT NULL", name="closed_with_outcome"),
    CheckConstraint("extended OR extended_due_on IS NULL", name="extended"),
    UniqueConstraint("controller", "idempotency"),
    Index("ix_request_queue", "queue_on", "id"),
    Index("ix_request_open", "controller", "queue_on", "id", postgresql_where=text("closed_at IS NULL")),
    Index("ix_request_open_queue", "queue_on", "id", postgresql_where=text("closed_at IS NULL")),
    Index("ix_request_unstarted", "opened_at", "id", postgresql_where=text("started_at IS NULL AND closed_at IS NULL")),
    comment="facts of a request that identify nobody",
)

request_key = Table(
    "request_key",
    metadata,
    request_column(primary_key=True),
    Column("wrapped", LargeBinary, comment="the request's key under the master key; null once destroyed"),
    Column("master_key_id", Text, nullable=False),
    Column("destroyed_at", moment()),
    Column("narrowed_at", moment(), comment="when another key took its place, of what is still to be erased alone"),
    CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed"),
    comment="one key per request; without it its sealed data is gone for good",
)

open_subject = Table(
    "open_subject",
    metadata,
    Column("controller", Text, primary_key=True),
    Column("right", Text, primary_key=True),
    Column("fingerprint", Text, primary_key=True),
    # Deferred: the row is claimed first, and the request written in the same statement only if every claim held.
    Column(
        "request_id",
        Text,
        ForeignKey("request.id", deferrable=True, initially="DEFERRED"),
        nullable=False,
        index=True,
    ),
    CheckConstraint(f"fingerprint ~ '{HEX_SHA256}'", name="fingerprint"),
    comment="who has an open request, as keyed fingerprints; rows go when the request closes",
)

copy_subject = Table(
    "copy_subject",
    metadata,
    request_column(primary_key=True),
    Column("fingerprint", Text, primary_key=True, index=True, comment="HMAC of an identifier under the master key"),
    CheckConstraint(f"fingerprint ~ '{HEX_SHA256}'", name="fingerprint"),
    comment="who asked for a copy, so that an erasure of the same person finds it; rows go with the request's key",
)

copy_wait = Table(
    "copy_wait",
    metadata,
    request_column(primary_key=True),
    Column("copy", Text, ForeignKey("request.id"), primary_key=True, index=True),
    comment="which erasure waits, or waited, for which copy",
)

pause = Table(
    "pause",
    metadata,
    request_column(primary_key=True),
    Column("id", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("start_on", Date, nullable=False),
    Column("end_on", Date),
    CheckConstraint(_one_of("reason", PauseReason), name="reason"),
    CheckConstraint("end_on >= start_on", name="order"),
    comment="when the clock stood still",
)

document = Table(
    "document",
    metadata,
    request_column(primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    code_check("name", NAME),
    comment="personal data, sealed under the request's key",
)

evidence_head = Table(
    "evidence_head",
    metadata,
    request_column(primary_key=True),
    Column("n", Integer, nullable=False),
    Column("hash", Text, nullable=False),
    Column(
        "told", Integer, nullable=False, server_default=text("0"), comment="up to which event other programs are told"
    ),
    Column(
        "anchored",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="up to which event anchors cover the chain",
    ),
    Index("ix_evidence_head_untold", "request_id", postgresql_where=text("told < n")),
    Index("ix_evidence_head_unanchored", "request_id", postgresql_where=text("anchored < n")),
    comment="the end of each request's chain; its lock puts writers in a line",
)

evidence = Table(
    "evidence",
    metadata,
    request_column(primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("at", moment(), nullable=False),
    Column("tag", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("dedupe", Text, nullable=False),
    UniqueConstraint("request_id", "dedupe"),
    CheckConstraint("n > 0", name="n"),
    CheckConstraint(f"hash ~ '{HEX_SHA256}'", name="hash"),
    comment="what happened: append-only, hash-chained per request, identifies nobody",
)

act = Table(
    "act",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    request_column(index=True),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("reason", LargeBinary, comment="sealed; null once the key is destroyed"),
    Column("proposed_at", moment(), nullable=False),
    Column("accepted_at", moment()),
    code_check("kind"),
    comment="what staff, or the person, asked the request's workflow to do",
)

challenge = Table(
    "challenge",
    metadata,
    Column("id", Text, primary_key=True),
    request_column(),
    Column("number", Integer, nullable=False),
    Column("code", Text, nullable=False, comment="HMAC of the code under the request's key"),
    Column("address", LargeBinary, comment="sealed; null once the key is destroyed"),
    Column("created_at", moment(), nullable=False),
    Column("expires_at", moment(), nullable=False),
    Column("tries_left", Integer, nullable=False),
    Column("used_at", moment()),
    UniqueConstraint("request_id", "number"),
    CheckConstraint("tries_left >= 0", name="tries_left"),
    CheckConstraint(f"code ~ '{HEX_SHA256}'", name="code"),
    comment="one-time codes sent to an address on record; the highest number is the one that counts",
)

code_try = Table(
    "code_try",
    metadata,
    Column("challenge_id", Text, ForeignKey("challenge.id"), primary_key=True),
    Column("proof_id", Text, primary_key=True),
    Column("code", Text, primary_key=True, comment="HMAC of what was tried, under the request's key"),
    Column("at", moment(), nullable=False),
    Column("proven", Boolean, nullable=False),
    comment="tries that were counted, so that the same try is never counted twice",
)

proof = Table(
    "proof",
    metadata,
    Column("id", Text, primary_key=True),
    request_column(index=True),
    Column("method", Text, nullable=False),
    Column("challenge_id", Text, ForeignKey("challenge.id")),
    Column("how", LargeBinary, comment="what staff attested, sealed"),
    Column("actor", Text, nullable=False),
    Column("proven_at", moment(), nullable=False),
    CheckConstraint("method IN ('code', 'attested')", name="method"),
    CheckConstraint("(method = 'code') = (challenge_id IS NOT NULL)", name="challenge"),
    comment="how a person's identity was proven",
)

letter = Table(
    "letter",
    metadata,
    Column("id", Text, primary_key=True),
    request_column(),
    Column("kind", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("dedupe", Text, nullable=False),
    Column("recipient_role", Text, nullable=False),
    Column("content", LargeBinary, comment="address, subject and bodies, sealed; null once the key is destroyed"),
    Column("queued_at", moment(), nullable=False),
    Column("state", Text, nullable=False),
    Column("state_at", moment(), nullable=False),
    Column("message_id", Text),
    UniqueConstraint("request_id", "dedupe"),
    CheckConstraint(
        "recipient_role IN ('subject', 'staff', 'recipient', 'controller', 'processor')", name="recipient_role"
    ),
    CheckConstraint("state IN ('queued', 'sent', 'failed', 'bounced')", name="state"),
    code_check("kind"),
    comment="letters, and what became of them",
)

artifact = Table(
    "artifact",
    metadata,
    Column("id", Text, primary_key=True),
    request_column(index=True),
    Column("kind", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", moment(), nullable=False),
    Column("verified_at", moment()),
    CheckConstraint(f"sha256 ~ '{HEX_SHA256}'", name="sha256"),
    CheckConstraint("size >= 0", name="size"),
    code_check("kind"),
    comment="packages in the storage, encrypted under the request's key",
)

link = Table(
    "link",
    metadata,
    Column("id", Text, primary_key=True),
    request_column(index=True),
    Column("artifact_id", Text, ForeignKey("artifact.id"), nullable=False, index=True),
    Column("token_sha256", LargeBinary, nullable=False, unique=True),
    Column("created_at", moment(), nullable=False),
    Column("expires_at", moment(), nullable=False),
    Column("claimed_at", moment()),
    Column("finished_at", moment()),
    Column("revoked_at", moment()),
    CheckConstraint("octet_length(token_sha256) = 32", name="token_sha256"),
    CheckConstraint("finished_at IS NULL OR claimed_at IS NOT NULL", name="finished"),
    comment="one-time links to packages; only the token's hash is here",
)

system_result = Table(
    "system_result",
    metadata,
    request_column(primary_key=True),
    Column("system", Text, primary_key=True),
    Column("phase", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("counts", JSONB, nullable=False),
    Column("waiting_since", moment()),
    Column("error_code", Text),
    Column("correlation", Text),
    Column("updated_at", moment(), nullable=False, server_default=func.now()),
    code_check("system"),
    code_check("phase"),
    code_check("state"),
    code_check("error_code"),
    Index("ix_system_result_waiting", "system", "waiting_since", postgresql_where=text("state = 'waiting'")),
    Index("ix_system_result_answer", "system", "updated_at", postgresql_where=text("state = 'done'")),
    comment="how far each connected system has come",
)

object_outcome = Table(
    "object_outcome",
    metadata,
    request_column(primary_key=True),
    Column("system", Text, primary_key=True),
    Column("object", Text, primary_key=True, comment="HMAC of collection and key under the request's key"),
    Column("collection", Text, nullable=False),
    Column("field", Text, comment="where only one field of it is meant"),
    Column("fate", Text, nullable=False),
    Column("reason", Text),
    Column("law", Text),
    Column("until", Date),
    Column("at", moment(), nullable=False),
    CheckConstraint(f"object ~ '{HEX_SHA256}'", name="object"),
    CheckConstraint(_one_of("fate", Fate), name="fate"),
    code_check("reason"),
    Index("ix_object_outcome_until", "until", postgresql_where=text("until IS NOT NULL")),
    comment="what became of each object, without saying which it was",
)

error = Table(
    "error",
    metadata,
    Column("correlation", Text, primary_key=True),
    request_column(nullable=True, index=True),
    Column("code", Text, nullable=False),
    Column("detail", LargeBinary, comment="sealed; null once the key is destroyed"),
    Column("master_key_id", Text, comment="for errors of no request: the master key whose house key seals the detail"),
    Column("at", moment(), nullable=False, server_default=func.now()),
    code_check("code"),
    CheckConstraint("(request_id IS NULL) = (master_key_id IS NOT NULL)", name="sealed_by"),
    comment="errors in full, sealed; elsewhere only the correlation appears",
)
