"""Short-lived data that does not end: since when, and whether staff were told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expiry_trouble",
        sa.Column("controller", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("objects", sa.BigInteger(), nullable=True, comment="how many; null where the system does not say"),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mended_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("code ~ '^[a-z0-9][a-z0-9_.:-]{0,79}$'", name=op.f("ck_expiry_trouble_code")),
        sa.PrimaryKeyConstraint("controller", "system", "category", "since", name=op.f("pk_expiry_trouble")),
        comment="short-lived data past its term that does not end, and what staff were told of it",
    )


def downgrade() -> None:
    op.drop_table("expiry_trouble")
