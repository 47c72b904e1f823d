-- What an orchestrator outside waits with: the token that wakes the execution of a run's leg.
CREATE TABLE waits (
    run_id       uuid PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
    workspace_id uuid NOT NULL,
    leg          int NOT NULL,
    token        text NOT NULL,
    since        timestamptz NOT NULL DEFAULT troupe_now()
);
CALL protect('waits');
CREATE POLICY engine ON waits TO troupe_engine USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON waits TO troupe_engine;

-- What is due and free, of all workspaces: for a sweep that looks for runs that nobody comes for.
CREATE INDEX runs_overdue ON runs (due) WHERE worker IS NULL AND due IS NOT NULL;
