"""A recipient that had the data before the time that the law looks back to stands in the list, and is not told."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BEFORE = "'queued', 'sent', 'failed', 'acknowledged', 'escalated', 'not_told'"


def upgrade() -> None:
    _states(f"{_BEFORE}, 'too_long_ago'")


def downgrade() -> None:
    op.execute("UPDATE notice SET state = 'not_told' WHERE state = 'too_long_ago'")
    _states(_BEFORE)


def _states(listed: str) -> None:
    op.drop_constraint(op.f("ck_notice_state"), "notice", type_="check")
    op.create_check_constraint(op.f("ck_notice_state"), "notice", f"state IN ({listed})")
