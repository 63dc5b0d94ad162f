"""The person comes back to their own page: a code by letter, then a short visit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column(
            "code",
            sa.Text(),
            nullable=True,
            comment="HMAC under the request's key; null where the proof of identity opened it",
        ),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="until when it can be opened"),
        sa.Column("session_sha256", sa.LargeBinary(), nullable=True, comment="of the cookie's 32 random bytes"),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True, comment="an open one's end"),
        sa.CheckConstraint("code ~ '^[0-9a-f]{64}$'", name=op.f("ck_visit_code")),
        sa.CheckConstraint("octet_length(session_sha256) = 32", name=op.f("ck_visit_session_sha256")),
        sa.CheckConstraint("(session_sha256 IS NULL) = (ends_at IS NULL)", name=op.f("ck_visit_open")),
        sa.CheckConstraint("tries_left >= 0", name=op.f("ck_visit_tries_left")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_visit_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("session_sha256", name=op.f("uq_visit_session_sha256")),
        comment="visits of persons to their own pages; gone with the request's key",
    )
    op.create_index("ix_visit_request_id", "visit", ["request_id", "created_at"])


def downgrade() -> None:
    op.drop_table("visit")
