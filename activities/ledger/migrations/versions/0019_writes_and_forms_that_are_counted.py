"""Which content came under an idempotency key, how often a form came with an address, and searches in vain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_HMAC = "^[0-9a-f]{64}$"


def upgrade() -> None:
    op.create_table(
        "keyed_write",
        sa.Column("key", sa.Text(), nullable=False, comment="HMAC of the write's idempotency key"),
        sa.Column(
            "content",
            sa.Text(),
            nullable=False,
            comment="HMAC of what was sent under it: other content is another write",
        ),
        sa.Column("answer", sa.LargeBinary(), comment="sealed by a house key, where it cannot be made again"),
        sa.Column("master_key_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"key ~ '{_HMAC}'", name=op.f("ck_keyed_write_key")),
        sa.CheckConstraint(f"content ~ '{_HMAC}'", name=op.f("ck_keyed_write_content")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_keyed_write")),
        comment="writes that came over the API under a key; gone after some weeks",
    )
    op.create_index("ix_keyed_write_at", "keyed_write", ["at"])
    op.create_table(
        "form_sent",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="HMAC of controller and address"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"address ~ '{_HMAC}'", name=op.f("ck_form_sent_address")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_sent")),
        comment="how often a form came with an address that nobody has proven; gone after a day",
    )
    op.create_index("ix_form_sent_address", "form_sent", ["address", "at"])
    op.create_index("ix_form_sent_at", "form_sent", ["at"])
    op.create_table(
        "search",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False, comment="who searched, as a keyed hash, as evidence has it"),
        sa.Column("controllers", sa.ARRAY(sa.Text()), nullable=False, comment="among whose requests"),
        sa.Column("reason", sa.LargeBinary(), comment="sealed by a house key; emptied after some years"),
        sa.Column("master_key_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search")),
        comment="searches for a person that found nobody, and so no request to leave a mark on",
    )
    op.create_index("ix_search_at", "search", ["at"])


def downgrade() -> None:
    op.drop_table("search")
    op.drop_table("form_sent")
    op.drop_table("keyed_write")
