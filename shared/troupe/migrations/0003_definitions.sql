-- Versioned definitions of workflows and agents: an immutable version each time the text changes, names that move.

CREATE TABLE definitions (
    workspace_id uuid NOT NULL,
    id           uuid PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('workflow', 'agent')),
    name         text COLLATE "C" NOT NULL,
    path         text,  -- the file it was applied from
    created_at   timestamptz NOT NULL DEFAULT troupe_now(),
    UNIQUE (workspace_id, kind, name)
);
CALL protect('definitions');

-- A version without a definition is a text that was run as it is, once per hash.
CREATE TABLE versions (
    workspace_id  uuid NOT NULL,
    id            uuid PRIMARY KEY,
    definition_id uuid REFERENCES definitions,
    number        int NOT NULL,
    hash          text NOT NULL,
    title         text NOT NULL DEFAULT '',
    text          text NOT NULL,
    input_schema  jsonb NOT NULL,
    output_schema jsonb NOT NULL,
    created_by    text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT troupe_now(),
    UNIQUE (definition_id, number)
);
CREATE INDEX versions_loose ON versions (workspace_id, hash) WHERE definition_id IS NULL;
CALL protect('versions');

CREATE TABLE aliases (
    workspace_id  uuid NOT NULL,
    definition_id uuid NOT NULL REFERENCES definitions,
    name          text COLLATE "C" NOT NULL,
    version_id    uuid NOT NULL REFERENCES versions,
    moved_at      timestamptz NOT NULL DEFAULT troupe_now(),
    PRIMARY KEY (definition_id, name)
);
CALL protect('aliases');
