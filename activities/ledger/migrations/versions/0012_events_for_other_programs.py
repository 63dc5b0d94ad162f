"""Other programs are told what happens: events in one line, webhooks, what they have not taken yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_CODE = "^[a-z0-9][a-z0-9_.:-]{0,79}$"


def _moment(name: str, *, nullable: bool = True, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, comment=comment)


def upgrade() -> None:
    op.add_column(
        "evidence_head",
        sa.Column(
            "told",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="up to which event other programs are told",
        ),
    )
    # What happened before anybody could listen is nobody's news.
    op.execute("UPDATE evidence_head SET told = n")
    op.create_index(
        "ix_evidence_head_untold", "evidence_head", ["request_id"], postgresql_where=sa.text("told < n"), unique=False
    )
    op.create_table(
        "outgoing_event",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id", "n"],
            ["evidence.request_id", "evidence.n"],
            name=op.f("fk_outgoing_event_request_id_n"),
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_outgoing_event")),
        sa.UniqueConstraint("request_id", "n", name=op.f("uq_outgoing_event_request_id_n")),
        comment="evidence that other programs are told of, in one line; given its place after it is committed",
    )
    _make_webhook()
    _make_delivery()


def _make_webhook() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("controller", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.ARRAY(sa.Text()), nullable=False, comment="which types of events; none for all"),
        sa.Column("secret", sa.LargeBinary(), nullable=True, comment="sealed by a house key; gone with the webhook"),
        sa.Column("master_key_id", sa.Text(), nullable=False),
        _moment("created_at", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="of the last event that was put into its line"),
        _moment("taken_at", comment="when it last took one"),
        sa.Column("answered", sa.Text(), nullable=True, comment="what came of the last try, as a code"),
        _moment("tested_at", comment="when a test was last sent"),
        sa.Column(
            "test_answered", sa.Text(), nullable=True, comment="what came of that test; null while it is under way"
        ),
        _moment("disabled_at", comment="since when it is sent nothing; its line is kept"),
        _moment("removed_at"),
        sa.Column("removed_by", sa.Text(), nullable=True),
        sa.CheckConstraint("id ~ '^[0-9a-f]{12}$'", name=op.f("ck_webhook_id")),
        sa.CheckConstraint("removed_at IS NOT NULL OR secret IS NOT NULL", name=op.f("ck_webhook_secret")),
        sa.CheckConstraint(f"answered ~ '{_CODE}'", name=op.f("ck_webhook_answered")),
        sa.CheckConstraint(f"test_answered ~ '{_CODE}'", name=op.f("ck_webhook_test_answered")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        comment="addresses of other programs that are told what happens to a controller's requests",
    )
    op.create_index(
        "uq_webhook_url", "webhook", ["controller", "url"], unique=True, postgresql_where=sa.text("removed_at IS NULL")
    )


def _make_delivery() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True, comment="null for a test"),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _moment("first_tried_at"),
        _moment("next_at", nullable=False, comment="not before; while it is being sent, when another may"),
        _moment("given_up_at"),
        sa.CheckConstraint("(position IS NULL) = (request_id IS NULL)", name=op.f("ck_webhook_delivery_of_an_event")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id")),
        sa.ForeignKeyConstraint(["position"], ["outgoing_event.position"], name=op.f("fk_webhook_delivery_position")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_webhook_delivery_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("webhook_id", "position", name=op.f("uq_webhook_delivery_webhook_id_position")),
        comment="events that a webhook has not taken yet; a taken one leaves its row",
    )
    waiting = sa.text("given_up_at IS NULL")
    op.create_index("ix_webhook_delivery_next", "webhook_delivery", ["webhook_id", "next_at"], postgresql_where=waiting)
    op.create_index(
        "ix_webhook_delivery_line",
        "webhook_delivery",
        ["webhook_id", "request_id", "position"],
        postgresql_where=waiting,
    )


def downgrade() -> None:
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")
    op.drop_table("outgoing_event")
    op.drop_index("ix_evidence_head_untold", "evidence_head")
    op.drop_column("evidence_head", "told")
