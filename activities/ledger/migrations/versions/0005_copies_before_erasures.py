"""What a request is about in particular, and the copies that an erasure waits for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "request",
        sa.Column(
            "categories",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'::text[]"),
            nullable=False,
            comment="the categories of data that it is about, by the policy's ids; none for all",
        ),
    )
    op.add_column(
        "request",
        sa.Column(
            "before_erasure",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="a copy that the person wants before anything is erased",
        ),
    )
    op.create_table(
        "copy_subject",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False, comment="HMAC of an identifier under the master key"),
        sa.CheckConstraint("fingerprint ~ '^[0-9a-f]{64}$'", name=op.f("ck_copy_subject_fingerprint")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_copy_subject_request_id")),
        sa.PrimaryKeyConstraint("request_id", "fingerprint", name=op.f("pk_copy_subject")),
        comment="who asked for a copy, so that an erasure of the same person finds it; rows go with the request's key",
    )
    op.create_index(op.f("ix_copy_subject_fingerprint"), "copy_subject", ["fingerprint"], unique=False)
    op.create_table(
        "copy_wait",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("copy", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_copy_wait_request_id")),
        sa.ForeignKeyConstraint(["copy"], ["request.id"], name=op.f("fk_copy_wait_copy")),
        sa.PrimaryKeyConstraint("request_id", "copy", name=op.f("pk_copy_wait")),
        comment="which erasure waits, or waited, for which copy",
    )
    op.create_index(op.f("ix_copy_wait_copy"), "copy_wait", ["copy"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_copy_wait_copy"), table_name="copy_wait")
    op.drop_table("copy_wait")
    op.drop_index(op.f("ix_copy_subject_fingerprint"), table_name="copy_subject")
    op.drop_table("copy_subject")
    op.drop_column("request", "before_erasure")
    op.drop_column("request", "categories")
