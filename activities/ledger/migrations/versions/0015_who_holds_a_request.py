"""Who holds a request; and what makes the queue and the systems' page quick when most requests are closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_holder",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False, comment="whoever holds it as a keyed hash, as evidence has it"),
        sa.Column("account", sa.LargeBinary(), nullable=False, comment="who that is; sealed by a house key"),
        sa.Column("master_key_id", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_request_holder_request_id")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_request_holder")),
        comment="which member of staff sees to a request; none for nobody yet",
    )
    op.create_index("ix_request_holder_actor", "request_holder", ["actor"])
    op.create_index(
        "ix_request_open_queue", "request", ["queue_on", "id"], postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_index(
        "ix_system_result_waiting",
        "system_result",
        ["system", "waiting_since"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_system_result_answer",
        "system_result",
        ["system", "updated_at"],
        postgresql_where=sa.text("state = 'done'"),
    )


def downgrade() -> None:
    op.drop_index("ix_system_result_answer", "system_result")
    op.drop_index("ix_system_result_waiting", "system_result")
    op.drop_index("ix_request_open_queue", "request")
    op.drop_table("request_holder")
