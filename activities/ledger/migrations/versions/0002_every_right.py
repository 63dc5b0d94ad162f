"""Every right: changes, restrictions, holds, notices, tasks, expiries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_FATES = ("erased", "anonymised", "retained", "not_found", "blocked", "failed")
_NEW_FATES = ("rectified", "contested", "restricted", "lifted", "stopped")
_ROLES = ("subject", "staff")
_NEW_ROLES = ("recipient", "controller")


def _allow(table: str, column: str, words: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_{column}")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"{column} IN ({', '.join(map(repr, words))})")


def upgrade() -> None:
    op.create_table(
        "expiry",
        sa.Column("controller", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("blocked", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("controller", "system", "collection", "at", name=op.f("pk_expiry")),
        comment="what ended because its term was over, as counts",
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("controller", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=True, comment="only this system; null for all"),
        sa.Column("category", sa.Text(), nullable=True, comment="only this category; null for all"),
        sa.Column("provision", sa.Text(), nullable=False, comment="the law or matter, as letters name it"),
        sa.Column("reason", sa.LargeBinary(), nullable=False, comment="sealed under the house key"),
        sa.Column(
            "master_key_id", sa.Text(), nullable=False, comment="the master key whose house key seals the reason"
        ),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_legal_hold_lifted")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
        comment="what must not be erased while a matter is pending, whoever asks",
    )
    op.create_index(op.f("ix_legal_hold_controller"), "legal_hold", ["controller"], unique=False)
    op.create_table(
        "deletion_hold",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False, comment="HMAC of collection and key under the master key"),
        sa.Column("controller", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("object ~ '^[0-9a-f]{64}$'", name=op.f("ck_deletion_hold_object")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_deletion_hold_request_id")),
        sa.PrimaryKeyConstraint("request_id", "system", "object", name=op.f("pk_deletion_hold")),
        comment="short-lived objects that must not end while somebody's access request is open",
    )
    op.create_index(
        "ix_deletion_hold_standing",
        "deletion_hold",
        ["controller", "system", "object"],
        unique=False,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "legal_hold_subject",
        sa.Column("hold_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False, comment="HMAC of an identifier under the master key"),
        sa.CheckConstraint("fingerprint ~ '^[0-9a-f]{64}$'", name=op.f("ck_legal_hold_subject_fingerprint")),
        sa.ForeignKeyConstraint(["hold_id"], ["legal_hold.id"], name=op.f("fk_legal_hold_subject_hold_id")),
        sa.PrimaryKeyConstraint("hold_id", "fingerprint", name=op.f("pk_legal_hold_subject")),
        comment="whom a hold is about; a hold without rows here is about everybody",
    )
    op.create_index(op.f("ix_legal_hold_subject_fingerprint"), "legal_hold_subject", ["fingerprint"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="recipient: told of a change; controller: the request sent on"
        ),
        sa.Column(
            "recipient", sa.Text(), nullable=False, comment="the policy's recipient, or a fingerprint of an address"
        ),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "acknowledged_by", sa.Text(), nullable=True, comment="'recipient', or the keyed hash of staff who noted it"
        ),
        sa.CheckConstraint("kind IN ('recipient', 'controller')", name=op.f("ck_notice_kind")),
        sa.CheckConstraint(
            "state IN ('queued', 'sent', 'failed', 'acknowledged', 'escalated', 'not_told')",
            name=op.f("ck_notice_state"),
        ),
        sa.CheckConstraint("octet_length(token_sha256) = 32", name=op.f("ck_notice_token_sha256")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_notice_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("request_id", "kind", "recipient", name=op.f("uq_notice_request_id_kind_recipient")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_notice_token_sha256")),
        comment="who was told of a rectification, erasure or restriction, or sent the request, and who acknowledged",
    )
    op.create_index(op.f("ix_notice_request_id"), "notice", ["request_id"], unique=False)
    op.create_table(
        "restriction",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False, comment="HMAC of collection and key under the master key"),
        sa.Column("controller", sa.Text(), nullable=False),
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("object ~ '^[0-9a-f]{64}$'", name=op.f("ck_restriction_object")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_restriction_request_id")),
        sa.PrimaryKeyConstraint("request_id", "system", "object", name=op.f("pk_restriction")),
        comment="objects that nothing may be done with but storing (GDPR art. 18), until lifted",
    )
    op.create_index(
        "ix_restriction_standing",
        "restriction",
        ["controller", "system", "object"],
        unique=False,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reminded", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.Column(
            "counts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("owner", sa.Text(), nullable=True, comment="keyed hash of whoever the settings name for the system"),
        sa.CheckConstraint("phase ~ '^[a-z0-9][a-z0-9_.:-]{0,79}$'", name=op.f("ck_task_phase")),
        sa.CheckConstraint("state IN ('open', 'done', 'cancelled')", name=op.f("ck_task_state")),
        sa.CheckConstraint("system ~ '^[a-z0-9][a-z0-9_.:-]{0,79}$'", name=op.f("ck_task_system")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_task_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        comment="what a human does by hand for a request, in a system that has no API; what they found is sealed",
    )
    op.create_index("ix_task_open", "task", ["due_on", "id"], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_index(op.f("ix_task_request_id"), "task", ["request_id"], unique=False)
    op.add_column(
        "object_outcome", sa.Column("field", sa.Text(), nullable=True, comment="where only one field of it is meant")
    )
    op.add_column(
        "request", sa.Column("scope", sa.Text(), nullable=True, comment="access: a copy, or the categories only")
    )
    op.add_column(
        "request", sa.Column("about", sa.Text(), nullable=True, comment="the request that an appeal is about")
    )
    op.create_index(op.f("ix_request_about"), "request", ["about"], unique=False)
    op.create_foreign_key(op.f("fk_request_about"), "request", "request", ["about"], ["id"])
    op.create_check_constraint(op.f("ck_request_scope"), "request", "scope IN ('copy', 'categories')")
    _allow("object_outcome", "fate", _FATES + _NEW_FATES)
    _allow("letter", "recipient_role", _ROLES + _NEW_ROLES)


def downgrade() -> None:
    """Refused by the database where a row already says what the older schema cannot."""
    _allow("object_outcome", "fate", _FATES)
    _allow("letter", "recipient_role", _ROLES)
    op.drop_constraint(op.f("ck_request_scope"), "request", type_="check")
    op.drop_constraint(op.f("fk_request_about"), "request", type_="foreignkey")
    op.drop_index(op.f("ix_request_about"), table_name="request")
    op.drop_column("request", "about")
    op.drop_column("request", "scope")
    op.drop_column("object_outcome", "field")
    op.drop_index(op.f("ix_task_request_id"), table_name="task")
    op.drop_index("ix_task_open", table_name="task", postgresql_where=sa.text("state = 'open'"))
    op.drop_table("task")
    op.drop_index("ix_restriction_standing", table_name="restriction", postgresql_where=sa.text("lifted_at IS NULL"))
    op.drop_table("restriction")
    op.drop_index(op.f("ix_notice_request_id"), table_name="notice")
    op.drop_table("notice")
    op.drop_index(op.f("ix_legal_hold_subject_fingerprint"), table_name="legal_hold_subject")
    op.drop_table("legal_hold_subject")
    op.drop_index(
        "ix_deletion_hold_standing", table_name="deletion_hold", postgresql_where=sa.text("released_at IS NULL")
    )
    op.drop_table("deletion_hold")
    op.drop_index(op.f("ix_legal_hold_controller"), table_name="legal_hold")
    op.drop_table("legal_hold")
    op.drop_table("expiry")
