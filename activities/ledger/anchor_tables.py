"""Tables of the chain over all requests: anchors, and the ends of requests' chains that each of them covers."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text

from activities.ledger.event_tables import metadata
from activities.ledger.tables import HEX_SHA256, moment, request_column

__all__ = ["anchor", "anchored_head", "metadata"]

anchor = Table(
    "anchor",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", moment(), nullable=False),
    Column("previous", Text, nullable=False),
    Column("root", Text, nullable=False, comment="of the Merkle tree over the heads that it covers"),
    Column("heads", Integer, nullable=False),
    Column("events", BigInteger, nullable=False, comment="how many it covers that none before it did"),
    Column("hash", Text, nullable=False),
    CheckConstraint("number > 0", name="number"),
    CheckConstraint(f"hash ~ '{HEX_SHA256}'", name="hash"),
    CheckConstraint(f"root ~ '{HEX_SHA256}'", name="root"),
    comment="one chain over all evidence, made at intervals: append-only, and kept outside of the database too",
)

anchored_head = Table(
    "anchored_head",
    metadata,
    Column("number", Integer, ForeignKey("anchor.number"), primary_key=True),
    request_column(primary_key=True),
    Column("n", Integer, nullable=False),
    Column("hash", Text, nullable=False),
    CheckConstraint(f"hash ~ '{HEX_SHA256}'", name="hash"),
    Index("ix_anchored_head_request_id", "request_id", "n"),
    comment="which event was the last of a request's chain when an anchor was made; append-only",
)
