-- Accounts at outside services: their secrets, sealed; what each connection can do.

-- `sealed` is AES-256-GCM under a data key of its own, which the keys port wrapped; both are bound to workspace and id.
CREATE TABLE credentials (
    workspace_id uuid NOT NULL,
    id           uuid PRIMARY KEY,
    wrapped      bytea NOT NULL,
    sealed       bytea NOT NULL,
    hosts        text[] NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT troupe_now(),
    rotated_at   timestamptz,
    last_used_at timestamptz
);
CREATE INDEX ON credentials (workspace_id, id);
CALL protect('credentials');

CREATE TABLE connections (
    workspace_id  uuid NOT NULL,
    id            uuid PRIMARY KEY,
    name          text COLLATE "C" NOT NULL,
    connector     text NOT NULL,
    config        jsonb NOT NULL,
    credential_id uuid REFERENCES credentials,
    status        text NOT NULL CHECK (status IN ('ok', 'failed')),
    account       text NOT NULL DEFAULT '',
    error         jsonb,
    checked_at    timestamptz,
    tools_at      timestamptz,
    last_used_at  timestamptz,
    created_by    text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT troupe_now(),
    UNIQUE (workspace_id, name)
);
CREATE INDEX ON connections (workspace_id, id);
CALL protect('connections');

-- A tool is offered while `approved_hash` is its `hash`. `search` has names under A, tags and hints under B, what it
-- says of itself under C; `lengths` are the numbers of words in each. Under row-level security Postgres tries `@@` only
-- on rows of the own workspace, so the index that counts is the one by workspace.
CREATE TABLE connection_tools (
    workspace_id  uuid NOT NULL,
    connection_id uuid NOT NULL REFERENCES connections ON DELETE CASCADE,
    id            uuid PRIMARY KEY,
    name          text COLLATE "C" NOT NULL,
    title         text NOT NULL,
    description   text NOT NULL,
    input_schema  jsonb NOT NULL,
    effect        text NOT NULL CHECK (effect IN ('pure', 'read', 'idempotent', 'once')),
    locator       jsonb NOT NULL,
    tags          text[] NOT NULL,
    hash          text NOT NULL,
    approved_hash text,
    search        tsvector NOT NULL,
    lengths       int[] NOT NULL,
    UNIQUE (connection_id, name)
);
CREATE INDEX ON connection_tools (workspace_id, connection_id, id);
CALL protect('connection_tools');
