"""Staff sign in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_session",
        sa.Column(
            "id_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="of the cookie's 32 random bytes: nothing to guess",
        ),
        sa.Column("account", sa.LargeBinary(), nullable=False, comment="who signed in; sealed by a house key"),
        sa.Column("actor", sa.Text(), nullable=False, comment="the account as a keyed hash, as evidence has it"),
        sa.Column("master_key_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False, comment="to the minute"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="however much it is used"),
        sa.CheckConstraint("octet_length(id_sha256) = 32", name=op.f("ck_staff_session_id_sha256")),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_staff_session_expires_at")),
        sa.PrimaryKeyConstraint("id_sha256", name=op.f("pk_staff_session")),
        comment="staff who are signed in; a row goes when its session ends",
    )
    op.create_index("ix_staff_session_actor", "staff_session", ["actor"])


def downgrade() -> None:
    op.drop_table("staff_session")
