"""A recipient is told again of what ends later of the same request: one notice for each occasion."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ONE_EACH = "uq_notice_request_id_kind_recipient"
_BY_OCCASION = "uq_notice_request_id_kind_recipient_occasion"


def upgrade() -> None:
    op.add_column(
        "notice",
        sa.Column(
            "occasion",
            sa.Text(),
            server_default=sa.text("''"),
            nullable=False,
            comment="what ended after the request did; empty for the request's own end",
        ),
    )
    op.drop_constraint(op.f(_ONE_EACH), "notice", type_="unique")
    op.create_unique_constraint(op.f(_BY_OCCASION), "notice", ["request_id", "kind", "recipient", "occasion"])


def downgrade() -> None:
    # The older key has room for one notice only. The first is kept; that others were sent stands in the evidence.
    op.execute(
        "DELETE FROM notice WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER "
        "(PARTITION BY request_id, kind, recipient ORDER BY queued_at, id) AS nth FROM notice) AS told WHERE nth > 1)"
    )
    op.drop_constraint(op.f(_BY_OCCASION), "notice", type_="unique")
    op.drop_column("notice", "occasion")
    op.create_unique_constraint(op.f(_ONE_EACH), "notice", ["request_id", "kind", "recipient"])
