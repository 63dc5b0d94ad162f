"""Run by Alembic, always on a connection that `activities.ledger.migrate` has opened."""

from __future__ import annotations

from alembic import context

from activities.ledger.anchor_tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
