"""One chain over all evidence: anchors at intervals, each over the ends of the requests' chains at that moment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_HASH = "^[0-9a-f]{64}$"
_TABLES = ("anchor", "anchored_head")


def upgrade() -> None:
    op.add_column(
        "evidence_head",
        sa.Column(
            "anchored",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="up to which event anchors cover the chain",
        ),
    )
    op.create_index(
        "ix_evidence_head_unanchored", "evidence_head", ["request_id"], postgresql_where=sa.text("anchored < n")
    )
    op.create_table(
        "anchor",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False, comment="of the Merkle tree over the heads that it covers"),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False, comment="how many it covers that none before it did"),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_anchor_number")),
        sa.CheckConstraint(f"hash ~ '{_HASH}'", name=op.f("ck_anchor_hash")),
        sa.CheckConstraint(f"root ~ '{_HASH}'", name=op.f("ck_anchor_root")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_anchor")),
        comment="one chain over all evidence, made at intervals: append-only, and kept outside of the database too",
    )
    op.create_table(
        "anchored_head",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint(f"hash ~ '{_HASH}'", name=op.f("ck_anchored_head_hash")),
        sa.ForeignKeyConstraint(["number"], ["anchor.number"], name=op.f("fk_anchored_head_number")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_anchored_head_request_id")),
        sa.PrimaryKeyConstraint("number", "request_id", name=op.f("pk_anchored_head")),
        comment="which event was the last of a request's chain when an anchor was made; append-only",
    )
    op.create_index("ix_anchored_head_request_id", "anchored_head", ["request_id", "n"])
    for table in _TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_evidence()"
        )


def downgrade() -> None:
    op.drop_table("anchored_head")
    op.drop_table("anchor")
    op.drop_index("ix_evidence_head_unanchored", "evidence_head")
    op.drop_column("evidence_head", "anchored")
