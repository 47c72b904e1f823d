-- Which model a workspace means by `default`, `cheap`, `fast` and `best`.

CREATE TABLE model_routes (
    workspace_id uuid NOT NULL,
    name         text COLLATE "C" NOT NULL CHECK (name IN ('default', 'cheap', 'fast', 'best')),
    model        text NOT NULL,
    changed_at   timestamptz NOT NULL DEFAULT troupe_now(),
    PRIMARY KEY (workspace_id, name)
);
CALL protect('model_routes');
