-- Conversations with agents. What the agent said is nowhere but in the journals of the messages' runs.

CREATE TABLE conversations (
    workspace_id uuid NOT NULL,
    id           uuid PRIMARY KEY,
    agent_id     uuid NOT NULL REFERENCES definitions,
    pin          text NOT NULL DEFAULT '',  -- '@alias' or '@number', as it was given
    title        text NOT NULL DEFAULT '',
    input        jsonb NOT NULL DEFAULT '{}',
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT troupe_now()
);
CREATE INDEX ON conversations (workspace_id, id);
CREATE INDEX ON conversations (agent_id);
CALL protect('conversations');

-- A tree by parent_id; retries and edits are siblings and name the message they came from. `number` is the order of
-- coming. The run's id is given at once, its row comes when the message is no longer queued.
CREATE TABLE messages (
    workspace_id    uuid NOT NULL,
    id              uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    number          int NOT NULL,
    parent_id       uuid REFERENCES messages ON DELETE CASCADE,
    origin_id       uuid REFERENCES messages ON DELETE SET NULL,
    run_id          uuid NOT NULL UNIQUE,
    text            text NOT NULL,
    attachments     jsonb NOT NULL DEFAULT '[]',
    input           jsonb NOT NULL DEFAULT '{}',
    status          text NOT NULL CHECK (status IN ('queued', 'running', 'done', 'failed', 'stopped')),
    error           jsonb,  -- why its run could not be started
    created_by      text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT troupe_now(),
    UNIQUE (conversation_id, number)
);
CREATE INDEX messages_open ON messages (conversation_id, number) WHERE status IN ('queued', 'running');
CREATE INDEX ON messages (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX ON messages (origin_id) WHERE origin_id IS NOT NULL;
CALL protect('messages');

-- A run of a conversation stays as long as the conversation does: of the messages the engine sees the runs' ids.
CREATE POLICY keeps ON messages FOR SELECT TO troupe_engine USING (true);
GRANT SELECT (run_id) ON messages TO troupe_engine;
