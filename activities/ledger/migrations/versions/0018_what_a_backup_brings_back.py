"""What a backup brings back: who was erased, as keyed fingerprints, and who looked at what came back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None

_HASH = "^[0-9a-f]{64}$"


def upgrade() -> None:
    op.create_table(
        "suppression",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False, comment="HMAC of an identifier under the master key"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"fingerprint ~ '{_HASH}'", name=op.f("ck_suppression_fingerprint")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_suppression_request_id")),
        sa.PrimaryKeyConstraint("request_id", "fingerprint", name=op.f("pk_suppression")),
        comment="who was erased, so that systems can ask; rows go when the request's key is destroyed",
    )
    op.create_index("ix_suppression_fingerprint", "suppression", ["fingerprint"])
    op.create_table(
        "replay",
        sa.Column("digest", sa.Text(), nullable=False, comment="of what a restored backup had brought back"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False, comment="sealed under the house key"),
        sa.Column("master_key_id", sa.Text(), nullable=False),
        sa.CheckConstraint(f"digest ~ '{_HASH}'", name=op.f("ck_replay_digest")),
        sa.PrimaryKeyConstraint("digest", "actor", name=op.f("pk_replay")),
        comment="who saw what a restored backup had brought back, before it is erased once more",
    )


def downgrade() -> None:
    op.drop_table("replay")
    op.drop_table("suppression")
