"""Tables of the watchdog: what it found, whom it told, and that it lives. Codes only."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text

from activities.ledger.tables import code_check, metadata, moment, request_column

__all__ = ["finding", "finding_told", "heartbeat", "metadata"]

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("name", Text, primary_key=True, comment="worker; watch: a round begun; watched: a round done"),
    Column("at", moment(), nullable=False),
    code_check("name"),
    comment="signs of life",
)

finding = Table(
    "finding",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False, comment="a request, a system, a controller or a process"),
    Column("controller", Text),
    Column("system", Text),
    request_column(nullable=True),
    Column("code", Text),
    Column("count", BigInteger, nullable=False),
    Column("since", moment(), nullable=False),
    Column("seen_at", moment(), nullable=False),
    Column("ended_at", moment()),
    code_check("kind"),
    code_check("code"),
    Index("uq_finding_standing", "kind", "about", unique=True, postgresql_where=text("ended_at IS NULL")),
    comment="what is wrong, or was: a request gone quiet, a timer that did not fire, a system down too long",
)

finding_told = Table(
    "finding_told",
    metadata,
    Column("finding_id", Text, ForeignKey("finding.id"), primary_key=True),
    Column("channel", Text, primary_key=True, comment="mail:operators, mail:CONTROLLER or webhook"),
    Column("times", Integer, nullable=False),
    Column("at", moment(), nullable=False),
    Column("over_at", moment(), comment="when it was told that it is over"),
    CheckConstraint("times > 0", name="times"),
    comment="what people were told of a finding",
)
