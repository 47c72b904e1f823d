-- A workspace's own model providers. The key of one is a credential, bound to the host that it is sent to.

CREATE TABLE providers (
    workspace_id  uuid NOT NULL,
    name          text COLLATE "C" NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('openai', 'anthropic', 'google', 'bedrock')),
    base_url      text,
    prices        jsonb NOT NULL,
    credential_id uuid REFERENCES credentials,
    changed_by    text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT troupe_now(),
    changed_at    timestamptz NOT NULL DEFAULT troupe_now(),
    PRIMARY KEY (workspace_id, name)
);
CALL protect('providers');

-- The runs of one definition, by time: its figures. Neither column ever changes, so updates of a run stay in its page.
CREATE INDEX runs_of ON runs (subject, id) WHERE subject IS NOT NULL;
