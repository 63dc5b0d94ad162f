"""Who asked before: fingerprints by which the law's free requests, and repeated ones, are counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "past_subject",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False, comment="HMAC of a proven identifier under the master key"),
        sa.CheckConstraint("fingerprint ~ '^[0-9a-f]{64}$'", name=op.f("ck_past_subject_fingerprint")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_past_subject_request_id")),
        sa.PrimaryKeyConstraint("request_id", "fingerprint", name=op.f("pk_past_subject")),
        comment="who asked before, as keyed fingerprints; rows go when the request's key is destroyed",
    )
    op.create_index(op.f("ix_past_subject_fingerprint"), "past_subject", ["fingerprint"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_past_subject_fingerprint"), table_name="past_subject")
    op.drop_table("past_subject")
