"""Where the law sets no last day for an extended term, the day that the notice named is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    named = sa.Column("extended_until", sa.Date(), comment="the day that the notice of the extension named")
    op.add_column("request", named)


def downgrade() -> None:
    op.drop_column("request", "extended_until")
