"""Which request waits for which callback of a connected system."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "callback",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False, comment="the system's own, and by the contract nobody's data"),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_callback_request_id")),
        sa.PrimaryKeyConstraint("system", "handle", name=op.f("pk_callback")),
        comment="work under way in a system that will call back, and the request that waits for it",
    )
    op.create_index("ix_callback_request", "callback", ["request_id"])


def downgrade() -> None:
    op.drop_table("callback")
