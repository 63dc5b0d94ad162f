"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# One trigger for every statement, also one that touches no row: whoever tries hears of it.
APPEND_ONLY = """
CREATE FUNCTION refuse_change_of_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'evidence is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$
"""
APPEND_ONLY_TRIGGER = """
CREATE TRIGGER evidence_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_evidence()
"""


def upgrade() -> None:
    op.create_table(
        "request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("controller", sa.Text(), nullable=False),
        sa.Column("right", sa.Text(), nullable=False),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column(
            "idempotency",
            sa.Text(),
            nullable=True,
            comment="HMAC of the caller's key under the master key; null once the key is destroyed",
        ),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("acknowledge_by", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="the instant at which due_on ends where the clock runs",
        ),
        sa.Column("extended", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("extended_due_on", sa.Date(), nullable=True),
        sa.Column("notice_latest_on", sa.Date(), nullable=True),
        sa.Column("paused_from", sa.Date(), nullable=True),
        sa.Column("blocked_on", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
        sa.Column("overdue", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("citation", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True, comment="when its workflow was started"),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "queue_on",
            sa.Date(),
            sa.Computed("COALESCE(extended_due_on, due_on, 'infinity'::date)", persisted=True),
            nullable=False,
            comment="the date that counts, for the order of the queue",
        ),
        sa.CheckConstraint("id ~ '^HB(-[0-9A-HJKMNP-TV-Z]{4}){3}$'", name=op.f("ck_request_id")),
        sa.CheckConstraint(
            "outcome IN ('fulfilled', 'partly_fulfilled', 'nothing_found', 'refused', 'withdrawn', 'unverified')",
            name=op.f("ck_request_outcome"),
        ),
        sa.CheckConstraint(
            "stage IN ('received', 'verifying', 'locating', 'clarifying', 'collecting', 'reviewing', "
            "'fulfilling', 'confirming', 'notifying', 'closed')",
            name=op.f("ck_request_stage"),
        ),
        sa.CheckConstraint(
            "\"right\" IN ('access', 'portability', 'erasure', 'rectification', 'restriction', "
            "'objection', 'opt_out_sale', 'limit_sensitive', 'withdraw_consent', 'appeal', "
            "'complaint', 'grievance')",
            name=op.f("ck_request_right"),
        ),
        sa.CheckConstraint("closed_at IS NULL OR outcome IS NOT NULL", name=op.f("ck_request_closed_with_outcome")),
        sa.CheckConstraint("extended OR extended_due_on IS NULL", name=op.f("ck_request_extended")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
        sa.UniqueConstraint("controller", "idempotency", name=op.f("uq_request_controller_idempotency")),
        comment="facts of a request that identify nobody",
    )
    op.create_index(
        "ix_request_open",
        "request",
        ["controller", "queue_on", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_request_queue", "request", ["queue_on", "id"], unique=False)
    op.create_index(
        "ix_request_unstarted",
        "request",
        ["opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("started_at IS NULL AND closed_at IS NULL"),
    )
    op.create_table(
        "act",
        sa.Column("id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True, comment="sealed; null once the key is destroyed"),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind ~ '^[a-z0-9][a-z0-9_.:-]{0,79}$'", name=op.f("ck_act_kind")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_act_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act")),
        comment="what staff, or the person, asked the request's workflow to do",
    )
    op.create_index(op.f("ix_act_request_id"), "act", ["request_id"], unique=False)
    op.create_table(
        "artifact",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind ~ '^[a-z0-9][a-z0-9_.:-]{0,79}$'", name=op.f("ck_artifact_kind")),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_artifact_sha256")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_artifact_size")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_artifact_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artifact")),
        comment="packages in the storage, encrypted under the request's key",
    )
    op.create_index(op.f("ix_artifact_request_id"), "artifact", ["request_id"], unique=False)
    op.create_table(
        "challenge",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="HMAC of the code under the request's key"),
        sa.Column("address", sa.LargeBinary(), nullable=True, comment="sealed; null once the key is destroyed"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("code ~ '^[0-9a-f]{64}$'", name=op.f("ck_challenge_code")),
        sa.CheckConstraint("tries_left >= 0", name=op.f("ck_challenge_tries_left")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_challenge_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge")),
        sa.UniqueConstraint("request_id", "number", name=op.f("uq_challenge_request_id_number")),
        comment="one-time codes sent to an address on record; the highest number is the one that counts",
    )
    op.create_table(
        "document",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("name ~ '^[a-z0-9][a-z0-9_./:-]{0,159}$'", name=op.f("ck_document_name")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_document_request_id")),
        sa.PrimaryKeyConstraint("request_id", "name", name=op.f("pk_document")),
        comment="personal data, sealed under the request's key",
    )
    op.create_table(
        "error",
        sa.Column("correlation", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=True, comment="sealed; null once the key is destroyed"),
        sa.Column(
            "master_key_id",
            sa.Text(),
            nullable=True,
            comment="for errors of no request: the master key whose house key seals the detail",
        ),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("code ~ '^[a-z0-9][a-z0-9_.:-]{0,79}$'", name=op.f("ck_error_code")),
        sa.CheckConstraint("(request_id IS NULL) = (master_key_id IS NOT NULL)", name=op.f("ck_error_sealed_by")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_error_request_id")),
        sa.PrimaryKeyConstraint("correlation", name=op.f("pk_error")),
        comment="errors in full, sealed; elsewhere only the correlation appears",
    )
    op.create_index(op.f("ix_error_request_id"), "error", ["request_id"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("dedupe", sa.Text(), nullable=False),
        sa.CheckConstraint("hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_evidence_hash")),
        sa.CheckConstraint("n > 0", name=op.f("ck_evidence_n")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_evidence_request_id")),
        sa.PrimaryKeyConstraint("request_id", "n", name=op.f("pk_evidence")),
        sa.UniqueConstraint("request_id", "dedupe", name=op.f("uq_evidence_request_id_dedupe")),
        comment="what happened: append-only, hash-chained per request, identifies nobody",
    )
    op.create_table(
        "evidence_head",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_evidence_head_request_id")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_evidence_head")),
        comment="the end of each request's chain; its lock puts writers in a line",
    )
    op.create_table(
        "letter",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("dedupe", sa.Text(), nullable=False),
        sa.Column("recipient_role", sa.Text(), nullable=False),
        sa.Column(
            "content",
            sa.LargeBinary(),
            nullable=True,
            comment="address, subject and bodies, sealed; null once the key is destroyed",
        ),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.CheckConstraint("kind ~ '^[a-z0-9][a-z0-9_.:-]{0,79}$'", name=op.f("ck_letter_kind")),
        sa.CheckConstraint("recipient_role IN ('subject', 'staff')", name=op.f("ck_letter_recipient_role")),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed', 'bounced')", name=op.f("ck_letter_state")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_letter_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("request_id", "dedupe", name=op.f("uq_letter_request_id_dedupe")),
        comment="letters, and what became of them",
    )
    op.create_table(
        "object_outcome",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False, comment="HMAC of collection and key under the request's key"),
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("law", sa.Text(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "fate IN ('erased', 'anonymised', 'retained', 'not_found', 'blocked', 'failed')",
            name=op.f("ck_object_outcome_fate"),
        ),
        sa.CheckConstraint("object ~ '^[0-9a-f]{64}$'", name=op.f("ck_object_outcome_object")),
        sa.CheckConstraint("reason ~ '^[a-z0-9][a-z0-9_.:-]{0,79}$'", name=op.f("ck_object_outcome_reason")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_object_outcome_request_id")),
        sa.PrimaryKeyConstraint("request_id", "system", "object", name=op.f("pk_object_outcome")),
        comment="what became of each object, without saying which it was",
    )
    op.create_index(
        "ix_object_outcome_until",
        "object_outcome",
        ["until"],
        unique=False,
        postgresql_where=sa.text("until IS NOT NULL"),
    )
    op.create_table(
        "open_subject",
        sa.Column("controller", sa.Text(), nullable=False),
        sa.Column("right", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.CheckConstraint("fingerprint ~ '^[0-9a-f]{64}$'", name=op.f("ck_open_subject_fingerprint")),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["request.id"],
            name=op.f("fk_open_subject_request_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("controller", "right", "fingerprint", name=op.f("pk_open_subject")),
        comment="who has an open request, as keyed fingerprints; rows go when the request closes",
    )
    op.create_index(op.f("ix_open_subject_request_id"), "open_subject", ["request_id"], unique=False)
    op.create_table(
        "pause",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=False),
        sa.Column("end_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "reason IN ('identity', 'clarification', 'fee', 'particulars')", name=op.f("ck_pause_reason")
        ),
        sa.CheckConstraint("end_on >= start_on", name=op.f("ck_pause_order")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_pause_request_id")),
        sa.PrimaryKeyConstraint("request_id", "id", name=op.f("pk_pause")),
        comment="when the clock stood still",
    )
    op.create_table(
        "request_key",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column(
            "wrapped",
            sa.LargeBinary(),
            nullable=True,
            comment="the request's key under the master key; null once destroyed",
        ),
        sa.Column("master_key_id", sa.Text(), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name=op.f("ck_request_key_destroyed")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_request_key_request_id")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_request_key")),
        comment="one key per request; without it its sealed data is gone for good",
    )
    op.create_table(
        "system_result",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("correlation", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("error_code ~ '^[a-z0-9][a-z0-9_.:-]{0,79}$'", name=op.f("ck_system_result_error_code")),
        sa.CheckConstraint("phase ~ '^[a-z0-9][a-z0-9_.:-]{0,79}$'", name=op.f("ck_system_result_phase")),
        sa.CheckConstraint("state ~ '^[a-z0-9][a-z0-9_.:-]{0,79}$'", name=op.f("ck_system_result_state")),
        sa.CheckConstraint("system ~ '^[a-z0-9][a-z0-9_.:-]{0,79}$'", name=op.f("ck_system_result_system")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_system_result_request_id")),
        sa.PrimaryKeyConstraint("request_id", "system", "phase", name=op.f("pk_system_result")),
        comment="how far each connected system has come",
    )
    op.create_table(
        "code_try",
        sa.Column("challenge_id", sa.Text(), nullable=False),
        sa.Column("proof_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="HMAC of what was tried, under the request's key"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["challenge_id"], ["challenge.id"], name=op.f("fk_code_try_challenge_id")),
        sa.PrimaryKeyConstraint("challenge_id", "proof_id", "code", name=op.f("pk_code_try")),
        comment="tries that were counted, so that the same try is never counted twice",
    )
    op.create_table(
        "link",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("artifact_id", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("finished_at IS NULL OR claimed_at IS NOT NULL", name=op.f("ck_link_finished")),
        sa.CheckConstraint("octet_length(token_sha256) = 32", name=op.f("ck_link_token_sha256")),
        sa.ForeignKeyConstraint(["artifact_id"], ["artifact.id"], name=op.f("fk_link_artifact_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_link_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_link_token_sha256")),
        comment="one-time links to packages; only the token's hash is here",
    )
    op.create_index(op.f("ix_link_artifact_id"), "link", ["artifact_id"], unique=False)
    op.create_index(op.f("ix_link_request_id"), "link", ["request_id"], unique=False)
    op.create_table(
        "proof",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("challenge_id", sa.Text(), nullable=True),
        sa.Column("how", sa.LargeBinary(), nullable=True, comment="what staff attested, sealed"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(method = 'code') = (challenge_id IS NOT NULL)", name=op.f("ck_proof_challenge")),
        sa.CheckConstraint("method IN ('code', 'attested')", name=op.f("ck_proof_method")),
        sa.ForeignKeyConstraint(["challenge_id"], ["challenge.id"], name=op.f("fk_proof_challenge_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_proof_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof")),
        comment="how a person's identity was proven",
    )
    op.create_index(op.f("ix_proof_request_id"), "proof", ["request_id"], unique=False)
    op.execute(APPEND_ONLY)
    op.execute(APPEND_ONLY_TRIGGER)


def downgrade() -> None:
    op.drop_index(op.f("ix_proof_request_id"), table_name="proof")
    op.drop_table("proof")
    op.drop_index(op.f("ix_link_request_id"), table_name="link")
    op.drop_index(op.f("ix_link_artifact_id"), table_name="link")
    op.drop_table("link")
    op.drop_table("code_try")
    op.drop_table("system_result")
    op.drop_table("request_key")
    op.drop_table("pause")
    op.drop_index(op.f("ix_open_subject_request_id"), table_name="open_subject")
    op.drop_table("open_subject")
    op.drop_index("ix_object_outcome_until", table_name="object_outcome", postgresql_where=sa.text("until IS NOT NULL"))
    op.drop_table("object_outcome")
    op.drop_table("letter")
    op.drop_table("evidence_head")
    op.drop_table("evidence")
    op.drop_index(op.f("ix_error_request_id"), table_name="error")
    op.drop_table("error")
    op.drop_table("document")
    op.drop_table("challenge")
    op.drop_index(op.f("ix_artifact_request_id"), table_name="artifact")
    op.drop_table("artifact")
    op.drop_index(op.f("ix_act_request_id"), table_name="act")
    op.drop_table("act")
    op.drop_index(
        "ix_request_unstarted",
        table_name="request",
        postgresql_where=sa.text("started_at IS NULL AND closed_at IS NULL"),
    )
    op.drop_index("ix_request_queue", table_name="request")
    op.drop_index("ix_request_open", table_name="request", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_table("request")
    op.execute("DROP FUNCTION refuse_change_of_evidence()")
