-- Messages that are tried again and given up, the removal of what is old, the owner's password.

ALTER TABLE outbox ADD COLUMN dead timestamptz;  -- when it was given up; `error` says why
DROP INDEX outbox_due;
CREATE INDEX outbox_open ON outbox (workspace_id, due, id) WHERE sent IS NULL AND dead IS NULL;
CREATE INDEX outbox_over ON outbox (coalesce(sent, dead)) WHERE coalesce(sent, dead) IS NOT NULL;

-- A run stays as long as a fork of it does.
CREATE INDEX runs_forks ON runs (origin_id) WHERE origin_id IS NOT NULL;

-- Of two tables that are not its own the engine sees what is over, to remove it: not the answers, not the hashes.
CREATE POLICY over ON requests TO troupe_engine USING (created_at < troupe_now() - interval '90 days');
GRANT SELECT (workspace_id, key, route, created_at), DELETE ON requests TO troupe_engine;
CREATE POLICY over ON tokens TO troupe_engine USING (least(expires_at, revoked_at) < troupe_now() - interval '30 days');
GRANT SELECT (id, expires_at, revoked_at), DELETE ON tokens TO troupe_engine;

ALTER TABLE members ADD COLUMN password text;  -- salted hash; null: nobody signs in as this member with a password
