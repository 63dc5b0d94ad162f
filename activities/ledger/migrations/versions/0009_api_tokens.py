"""Tokens of the API."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False, comment="of 32 random bytes: nothing to guess"),
        sa.Column(
            "account",
            sa.LargeBinary(),
            nullable=True,
            comment="whose acts they are; sealed by a house key, gone with the token",
        ),
        sa.Column("actor", sa.Text(), nullable=False, comment="the account as a keyed hash, as evidence has it"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "controllers",
            sa.ARRAY(sa.Text()),
            nullable=False,
            comment="whose requests, of those that the account works for",
        ),
        sa.Column("master_key_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True, comment="to the day"),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.CheckConstraint("id ~ '^[0-9a-f]{12}$'", name=op.f("ck_api_token_id")),
        sa.CheckConstraint("octet_length(secret_sha256) = 32", name=op.f("ck_api_token_secret_sha256")),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_api_token_expires_at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        comment="tokens of the API: who acts by them, what they may do, until when",
    )


def downgrade() -> None:
    op.drop_table("api_token")
