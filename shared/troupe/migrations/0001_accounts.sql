-- Roles, workspaces, the people and tokens of one. Every table with tenant data follows `CALL protect(table)`.

DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'troupe_app') THEN CREATE ROLE troupe_app NOLOGIN; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'troupe_engine') THEN CREATE ROLE troupe_engine NOLOGIN; END IF;
    EXECUTE format('GRANT troupe_app, troupe_engine TO %I', current_user);
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server did it just now
END $$;

CREATE EXTENSION IF NOT EXISTS vector;

-- The one clock of leases and dues; a test may move it.
CREATE FUNCTION troupe_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT clock_timestamp() + coalesce(nullif(current_setting('troupe.clock_offset', true), ''), '0')::interval
$$;

-- Row-level security for a tenant table: own workspace only, for owner and app alike.
CREATE PROCEDURE protect(tab regclass) LANGUAGE plpgsql AS $$ BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tab);
    EXECUTE format(
        'CREATE POLICY tenant ON %s USING (workspace_id = (SELECT nullif(current_setting(''troupe.workspace'', true), '''')::uuid))'
        ' WITH CHECK (workspace_id = (SELECT nullif(current_setting(''troupe.workspace'', true), '''')::uuid))', tab);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO troupe_app', tab);
END $$;

CREATE TABLE workspaces (
    workspace_id uuid PRIMARY KEY,
    name         text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT troupe_now()
);
CALL protect('workspaces');

CREATE TABLE members (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id           uuid PRIMARY KEY,
    email        text NOT NULL,
    name         text NOT NULL DEFAULT '',
    role         text NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
    created_at   timestamptz NOT NULL DEFAULT troupe_now(),
    UNIQUE (workspace_id, email)
);
CALL protect('members');

-- What a caller shows to be let in: an API token, a browser's session, a one-time sign-in code. Only hashes are kept.
CREATE TABLE tokens (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id           uuid PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('token', 'session', 'code')),
    member_id    uuid REFERENCES members,
    name         text NOT NULL,
    role         text NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
    prefix       text NOT NULL,
    hash         text NOT NULL UNIQUE,
    created_at   timestamptz NOT NULL DEFAULT troupe_now(),
    expires_at   timestamptz,
    revoked_at   timestamptz
);
CREATE INDEX ON tokens (workspace_id, id);
CALL protect('tokens');
-- The bearer of a secret may see what it opens, before the workspace is known.
CREATE POLICY bearer ON tokens FOR SELECT USING (hash = (SELECT nullif(current_setting('troupe.bearer', true), '')));

-- Answers to requests that carried an Idempotency-Key; kept 90 days.
CREATE TABLE requests (
    workspace_id uuid NOT NULL,
    key          text COLLATE "C" NOT NULL,
    route        text NOT NULL,
    body_hash    text NOT NULL,
    status       int,
    answer       jsonb,
    created_at   timestamptz NOT NULL DEFAULT troupe_now(),
    PRIMARY KEY (workspace_id, key, route)
);
CREATE INDEX ON requests (created_at);
CALL protect('requests');

CREATE TABLE files (
    workspace_id uuid NOT NULL,
    id           uuid PRIMARY KEY,
    name         text NOT NULL,
    type         text NOT NULL,
    size         bigint NOT NULL,
    sha256       text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT troupe_now()
);
CREATE INDEX ON files (workspace_id, name, id);
CALL protect('files');
