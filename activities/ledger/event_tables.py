"""Tables of what other programs are told: events in the order in which they are told, webhooks, what is under way."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from activities.ledger.access_tables import metadata
from activities.ledger.tables import code_check, moment, request_column

__all__ = ["metadata", "outgoing_event", "webhook", "webhook_delivery"]

outgoing_event = Table(
    "outgoing_event",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("request_id", Text, nullable=False),
    Column("n", Integer, nullable=False),
    ForeignKeyConstraint(["request_id", "n"], ["evidence.request_id", "evidence.n"]),
    UniqueConstraint("request_id", "n"),
    comment="evidence that other programs are told of, in one line; given its place after it is committed",
)

webhook = Table(
    "webhook",
    metadata,
    Column("id", Text, primary_key=True),
    Column("controller", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("types", ARRAY(Text), nullable=False, comment="which types of events; none for all"),
    Column("secret", LargeBinary, comment="sealed by a house key; gone with the webhook"),
    Column("master_key_id", Text, nullable=False),
    Column("created_at", moment(), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("position", BigInteger, nullable=False, comment="of the last event that was put into its line"),
    Column("taken_at", moment(), comment="when it last took one"),
    Column("answered", Text, comment="what came of the last try, as a code"),
    Column("tested_at", moment(), comment="when a test was last sent"),
    Column("test_answered", Text, comment="what came of that test; null while it is under way"),
    Column("disabled_at", moment(), comment="since when it is sent nothing; its line is kept"),
    Column("removed_at", moment()),
    Column("removed_by", Text),
    CheckConstraint("id ~ '^[0-9a-f]{12}$'", name="id"),
    CheckConstraint("removed_at IS NOT NULL OR secret IS NOT NULL", name="secret"),
    code_check("answered"),
    code_check("test_answered"),
    Index("uq_webhook_url", "controller", "url", unique=True, postgresql_where=text("removed_at IS NULL")),
    comment="addresses of other programs that are told what happens to a controller's requests",
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("webhook_id", Text, ForeignKey("webhook.id"), nullable=False),
    Column("position", BigInteger, ForeignKey("outgoing_event.position"), comment="null for a test"),
    request_column(nullable=True),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("first_tried_at", moment()),
    Column("next_at", moment(), nullable=False, comment="not before; while it is being sent, when another may"),
    Column("given_up_at", moment()),
    UniqueConstraint("webhook_id", "position"),
    CheckConstraint("(position IS NULL) = (request_id IS NULL)", name="of_an_event"),
    Index("ix_webhook_delivery_next", "webhook_id", "next_at", postgresql_where=text("given_up_at IS NULL")),
    Index(
        "ix_webhook_delivery_line",
        "webhook_id",
        "request_id",
        "position",
        postgresql_where=text("given_up_at IS NULL"),
    ),
    comment="events that a webhook has not taken yet; a taken one leaves its row",
)
