"""Several requests wait for one callback: the system made one piece of work of what they asked."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_KEPT = "work under way in a system that will call back, and the request{} for it"


def upgrade() -> None:
    _keyed_by("system", "handle", "request_id")
    op.create_table_comment("callback", _KEPT.format("s that wait"))


def downgrade() -> None:
    # The first request that got a handle keeps it, as before.
    op.execute(
        """
        DELETE FROM callback AS later USING callback AS first
        WHERE later.system = first.system AND later.handle = first.handle
          AND (later.at, later.request_id) > (first.at, first.request_id)
        """
    )
    _keyed_by("system", "handle")
    op.create_table_comment("callback", _KEPT.format(" that waits"))


def _keyed_by(*columns: str) -> None:
    op.drop_constraint(op.f("pk_callback"), "callback", type_="primary")
    op.create_primary_key(op.f("pk_callback"), "callback", [*columns])
