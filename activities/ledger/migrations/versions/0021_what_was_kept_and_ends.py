"""What erasures had kept and that ends: of what a person is still to be told; what outlives a request's record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "untold_ending",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), nullable=False, comment="when objects ended, as their outcomes have it"
        ),
        sa.Column("letter", sa.Text(), comment="dedupe key of the letter that tells of it; null before it is written"),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_untold_ending_request_id")),
        sa.PrimaryKeyConstraint("request_id", "at", name=op.f("pk_untold_ending")),
        comment="what an erasure had kept has ended, and the person has not been told; a row goes with its letter",
    )

    op.add_column(
        "request_key",
        sa.Column(
            "narrowed_at",
            sa.DateTime(timezone=True),
            comment="when another key took its place, of what is still to be erased alone",
        ),
    )


def downgrade() -> None:
    op.drop_column("request_key", "narrowed_at")
    op.drop_table("untold_ending")
