"""A processor is instructed by a letter whose link ends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_KINDS = "'recipient', 'controller'"
_ROLES = "'subject', 'staff', 'recipient', 'controller'"
_COMMENTS = {
    "kind": (
        "recipient: told of a change; controller: the request sent on",
        "recipient: told; controller: sent on; processor: instructed",
    ),
    "recipient": (
        "the policy's recipient, or a fingerprint of an address",
        "the policy's recipient, a system, or a fingerprint of an address",
    ),
    "occasion": (
        "what ended after the request did; empty for the request's own end",
        "what ended after the request did, or the processor's task; empty for the request's own end",
    ),
}


def upgrade() -> None:
    op.add_column(
        "notice",
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="from when the link is refused; null for never",
        ),
    )
    _allow("notice", "kind", f"{_KINDS}, 'processor'")
    _allow("letter", "recipient_role", f"{_ROLES}, 'processor'")
    for column, (_, after) in _COMMENTS.items():
        op.alter_column("notice", column, comment=after)


def downgrade() -> None:
    for column, (before, _) in _COMMENTS.items():
        op.alter_column("notice", column, comment=before)
    # The older table has no room for them. That they were written to stands in the evidence.
    op.execute("DELETE FROM notice WHERE kind = 'processor'")
    op.execute("UPDATE letter SET recipient_role = 'recipient' WHERE recipient_role = 'processor'")
    _allow("letter", "recipient_role", _ROLES)
    _allow("notice", "kind", _KINDS)
    op.drop_column("notice", "expires_at")


def _allow(table: str, column: str, listed: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({listed})")
