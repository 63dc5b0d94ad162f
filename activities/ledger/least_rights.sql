-- The least that Habeas's processes need, for a role that does not own the tables. Run as the owner, after migrating:
--
--     psql -v role=habeas_app -f least_rights.sql habeas
--
-- The owner (who migrates) could take the triggers off the evidence; this role cannot, and may only add to it.

GRANT USAGE ON SCHEMA public TO :"role";

GRANT SELECT, INSERT, UPDATE ON
    request, request_key, pause, evidence_head, act, challenge, proof, letter, artifact, link, system_result,
    object_outcome, error, restriction, deletion_hold, legal_hold, notice, task, expiry_trouble,
    api_token, webhook, heartbeat, finding, finding_told
TO :"role";

-- Keys of writes, after some weeks; counts of forms, after a day.
GRANT SELECT, INSERT, UPDATE, DELETE ON keyed_write, form_sent TO :"role";

-- Searches that found nobody stay; only their reasons are emptied, after some years.
GRANT SELECT, INSERT, UPDATE ON search TO :"role";

-- Endings that a person is still to be told of.
GRANT SELECT, INSERT, UPDATE, DELETE ON untold_ending TO :"role";

-- Staff who sign out, or whose time is over; visits of persons, which end with the key; requests that are put back.
GRANT SELECT, INSERT, UPDATE, DELETE ON staff_session, visit, request_holder TO :"role";

-- Proposals that were refused, fingerprints of closed requests, sealed documents whose key is destroyed.
GRANT SELECT, INSERT, UPDATE, DELETE ON document, webhook_delivery TO :"role";
GRANT SELECT, INSERT, DELETE ON
    open_subject, past_subject, copy_subject, copy_wait, callback, suppression
TO :"role";
GRANT DELETE ON act TO :"role";

GRANT SELECT, INSERT ON
    evidence, anchor, anchored_head, code_try, legal_hold_subject, expiry, outgoing_event, replay
TO :"role";
GRANT SELECT ON alembic_version TO :"role";
GRANT EXECUTE ON FUNCTION request_at_hand(text, text[], boolean, boolean, integer) TO :"role";
