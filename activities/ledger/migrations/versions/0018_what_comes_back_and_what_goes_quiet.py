"""What comes back, and what goes quiet: who was erased, who saw what a restore brought; what the watchdog found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None

_HASH = "^[0-9a-f]{64}$"
_CODE = "^[a-z0-9][a-z0-9_.:-]{0,79}$"


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
    _watch()


def _watch() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.Text(), nullable=False, comment="worker; watch: a round begun; watched: a round done"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"name ~ '{_CODE}'", name=op.f("ck_heartbeat_name")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
        comment="signs of life",
    )
    op.create_table(
        "finding",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False, comment="a request, a system, a controller or a process"),
        sa.Column("controller", sa.Text()),
        sa.Column("system", sa.Text()),
        sa.Column("request_id", sa.Text()),
        sa.Column("code", sa.Text()),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(f"kind ~ '{_CODE}'", name=op.f("ck_finding_kind")),
        sa.CheckConstraint(f"code ~ '{_CODE}'", name=op.f("ck_finding_code")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_finding_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        comment="what is wrong, or was: a request gone quiet, a timer that did not fire, a system down too long",
    )
    op.create_index(
        "uq_finding_standing", "finding", ["kind", "about"], unique=True, postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_table(
        "finding_told",
        sa.Column("finding_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False, comment="mail:operators, mail:CONTROLLER or webhook"),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("over_at", sa.DateTime(timezone=True), comment="when it was told that it is over"),
        sa.CheckConstraint("times > 0", name=op.f("ck_finding_told_times")),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_finding_told_finding_id")),
        sa.PrimaryKeyConstraint("finding_id", "channel", name=op.f("pk_finding_told")),
        comment="what people were told of a finding",
    )


def downgrade() -> None:
    op.drop_table("finding_told")
    op.drop_table("finding")
    op.drop_table("heartbeat")
    op.drop_table("replay")
    op.drop_table("suppression")
