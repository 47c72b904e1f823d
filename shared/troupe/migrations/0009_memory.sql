-- What agents keep from run to run: each entry with where it comes from, and which runs' journals hold its text too.

CREATE TABLE memories (
    workspace_id uuid NOT NULL,
    id           uuid PRIMARY KEY,
    agent_id     uuid NOT NULL REFERENCES definitions,
    text         text NOT NULL,
    trusted      bool NOT NULL,  -- by a person, or by an agent that had read nothing from outside
    run_id       uuid,
    step         text,
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT troupe_now(),
    changed_at   timestamptz,
    embedded_by  text,           -- the model whose vector it is; none yet where it is null
    vector       vector
);
CREATE INDEX ON memories (workspace_id, agent_id, id);
CALL protect('memories');

CREATE TABLE memory_uses (
    workspace_id uuid NOT NULL,
    memory_id    uuid NOT NULL REFERENCES memories ON DELETE CASCADE,
    run_id       uuid NOT NULL,
    PRIMARY KEY (memory_id, run_id)
);
CALL protect('memory_uses');
