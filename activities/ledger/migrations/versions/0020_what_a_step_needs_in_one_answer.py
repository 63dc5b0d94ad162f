"""What a step needs of a request, locked and read in one answer."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# Volatile, so that each of its statements sees what was committed before it: what is read after the lock is what
# whoever held it left. It runs with the rights of whoever calls it. FOR NO KEY UPDATE: rows that refer to the request
# may be written meanwhile, or writers would wait for each other.
AT_HAND = """
CREATE FUNCTION request_at_hand(
    wanted text, controllers text[], locked boolean, largest integer,
    OUT facts json, OUT head_n integer, OUT head_hash text, OUT wrapped bytea, OUT master_key_id text,
    OUT names text[], OUT sealed bytea[], OUT about json
) RETURNS SETOF record LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF locked THEN
        PERFORM FROM request r JOIN evidence_head h ON h.request_id = r.id
        WHERE r.id = wanted AND (controllers IS NULL OR r.controller = ANY (controllers))
        FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RETURN;
        END IF;
        -- A proposal that is read here is not taken back before it was accepted.
        PERFORM FROM act a WHERE a.request_id = wanted AND a.accepted_at IS NULL FOR NO KEY UPDATE;
    END IF;
    RETURN QUERY
    SELECT to_json(r), h.n, h.hash, k.wrapped, k.master_key_id, d.names, d.sealed,
        json_build_object(
            'pauses', (
                SELECT json_agg(x ORDER BY x.start, x.id)
                FROM (SELECT p.id, p.reason, p.start_on AS start, p.end_on AS "end"
                    FROM pause p WHERE p.request_id = r.id) x
            ),
            'proofs', (
                SELECT json_agg(x ORDER BY x.proven_at DESC, x.id) FROM proof x WHERE x.request_id = r.id
            ),
            'challenges', (
                SELECT json_agg(x) FROM (
                    SELECT c.* FROM challenge c WHERE c.request_id = r.id ORDER BY c.number DESC LIMIT 1
                ) x
            ),
            'acts', (
                SELECT json_agg(x ORDER BY x.proposed_at, x.id) FROM act x WHERE x.request_id = r.id
            ),
            'letters', (
                SELECT json_agg(x ORDER BY x.queued_at, x.id)
                FROM (SELECT l.id, l.request_id, l.kind, l.language, l.dedupe, l.recipient_role, l.queued_at, l.state,
                    l.state_at, l.message_id FROM letter l WHERE l.request_id = r.id) x
            ),
            'waits', (
                SELECT json_agg(x ORDER BY x.request_id)
                FROM (SELECT w.request_id FROM copy_wait w JOIN request e ON e.id = w.request_id
                    WHERE w.copy = r.id AND e.closed_at IS NULL
                    AND (controllers IS NULL OR e.controller = ANY (controllers))) x
            )
        )
    FROM request r
    JOIN evidence_head h ON h.request_id = r.id
    LEFT JOIN request_key k ON k.request_id = r.id
    CROSS JOIN LATERAL (
        SELECT array_agg(o.name) AS names,
            array_agg(CASE WHEN octet_length(o.sealed) <= largest THEN o.sealed END) AS sealed
        FROM document o WHERE o.request_id = r.id
    ) d
    WHERE r.id = wanted AND (controllers IS NULL OR r.controller = ANY (controllers));
END
$$
"""


def upgrade() -> None:
    op.execute(AT_HAND)


def downgrade() -> None:
    op.execute("DROP FUNCTION request_at_hand(text, text[], boolean, integer)")
