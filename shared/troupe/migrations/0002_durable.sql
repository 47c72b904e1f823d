-- The journal. The engine's role sees these tables of every workspace and nothing else.

-- One row renewed per process, not per run. Holds no tenant data.
CREATE TABLE workers (
    id          uuid PRIMARY KEY,
    epoch       int NOT NULL DEFAULT 1,
    lease_until timestamptz NOT NULL,
    locked      bool  -- never written: the right to update it is the right to lock the row
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE, DELETE ON workers TO troupe_engine;
GRANT SELECT, UPDATE (locked) ON workers TO troupe_app;  -- transact() locks its worker's row

CREATE TABLE runs (
    id             uuid PRIMARY KEY,
    workspace_id   uuid NOT NULL,
    parent_id      uuid,
    parent_key     text,
    root_id        uuid NOT NULL,
    program        text NOT NULL,
    major          int NOT NULL DEFAULT 1,
    version_id     uuid,
    subject        text,
    origin_id      uuid,
    origin_step    text,
    repeats        jsonb,
    dry_run        bool NOT NULL DEFAULT false,
    only_node      text,
    input          json,  -- json, not jsonb: a replay is given the very text, its keys in their order
    input_ref      text,
    output         json,
    output_ref     text,
    error          jsonb,
    status         text NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'running', 'review', 'waiting', 'completed', 'failed', 'terminated')),
    reason         text,
    worker         uuid,
    epoch          int NOT NULL DEFAULT 0,
    wake           int NOT NULL DEFAULT 0,
    stop           text,
    due            timestamptz,
    wakes_on       jsonb,
    pending        int NOT NULL DEFAULT 0,
    refill         int NOT NULL DEFAULT 0,
    leg            int NOT NULL DEFAULT 1,
    recoveries     int NOT NULL DEFAULT 0,
    alone          bool NOT NULL DEFAULT false,
    seq            int NOT NULL DEFAULT 1,
    budget_usd     float8,
    input_tokens   bigint NOT NULL DEFAULT 0,
    output_tokens  bigint NOT NULL DEFAULT 0,
    cost_usd       float8 NOT NULL DEFAULT 0,
    seconds        float8 NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL DEFAULT troupe_now(),
    started_at     timestamptz,
    ended_at       timestamptz,
    CHECK (worker IS NULL OR due IS NULL),
    -- Nothing rests without something that wakes it: a holder, a time, a child, a named signal or a person.
    CHECK (status IN ('completed', 'failed', 'terminated') OR worker IS NOT NULL OR due IS NOT NULL OR wakes_on IS NOT NULL)
) WITH (fillfactor = 70);
CREATE INDEX runs_due ON runs (workspace_id, due) WHERE worker IS NULL AND due IS NOT NULL;
CREATE INDEX runs_held ON runs (worker) WHERE worker IS NOT NULL;
CREATE INDEX runs_children ON runs (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX runs_listed ON runs (workspace_id, id DESC) WHERE parent_id IS NULL;
CALL protect('runs');

-- What an update leaves alone comes first: Postgres logs only the changed end of a row. A null saves its bytes twice.
CREATE TABLE steps (
    run_id        uuid NOT NULL,
    workspace_id  uuid NOT NULL,
    effect_key    uuid,
    started_at    timestamptz NOT NULL,
    key           text COLLATE "C" NOT NULL CHECK (octet_length(key) <= 512),
    effect        text,
    block         text,
    input_hash    bytea,
    epoch         int NOT NULL,
    attempt       int NOT NULL,
    state         text NOT NULL
        CHECK (state IN ('intent', 'retry', 'waiting', 'done', 'failed', 'skipped', 'unknown')),
    seq           int,
    seconds       float4,
    ended_at      timestamptz,
    due           timestamptz,
    input_tokens  int,
    output_tokens int,
    cost_usd      float8,
    simulated     bool,
    ref           text,
    origin        jsonb,
    result        json,
    PRIMARY KEY (run_id, key)
) PARTITION BY RANGE (run_id);
CREATE TABLE steps_default PARTITION OF steps DEFAULT WITH (fillfactor = 45);  -- room for each row's one update
CREATE INDEX steps_approvals ON steps (workspace_id, started_at DESC) WHERE block = '$approval';
CALL protect('steps');
ALTER TABLE steps_default ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- Changes of a run's status; the ends of steps are the steps' own rows, by seq.
CREATE TABLE run_events (
    run_id       uuid NOT NULL,
    seq          int NOT NULL,
    workspace_id uuid NOT NULL,
    type         text NOT NULL,
    at           timestamptz NOT NULL DEFAULT troupe_now(),
    data         jsonb,
    PRIMARY KEY (run_id, seq)
);
CALL protect('run_events');

CREATE TABLE signals (
    id           uuid NOT NULL,
    run_id       uuid NOT NULL,
    workspace_id uuid NOT NULL,
    name         text COLLATE "C" NOT NULL,
    dedupe       text COLLATE "C" NOT NULL,
    payload      json,
    created_at   timestamptz NOT NULL DEFAULT troupe_now(),
    PRIMARY KEY (run_id, name, dedupe)
);
CALL protect('signals');

CREATE TABLE outbox (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    kind         text NOT NULL,
    body         jsonb NOT NULL,
    due          timestamptz NOT NULL DEFAULT troupe_now(),
    tries        int NOT NULL DEFAULT 0,
    error        text,
    sent         timestamptz
);
CREATE INDEX outbox_due ON outbox (due) WHERE sent IS NULL;
CALL protect('outbox');

-- What may be spent, and what is: a bucket is a day, a month or a run. `used_usd` counts reservations in full until they
-- settle.
CREATE TABLE budgets (
    workspace_id uuid NOT NULL,
    scope        text COLLATE "C" NOT NULL,
    period       text NOT NULL CHECK (period IN ('run', 'day', 'month')),
    limit_usd    float8 NOT NULL CHECK (limit_usd >= 0),
    PRIMARY KEY (workspace_id, scope, period)
);
CALL protect('budgets');

CREATE TABLE budget_use (
    workspace_id uuid NOT NULL,
    scope        text COLLATE "C" NOT NULL,
    bucket       text COLLATE "C" NOT NULL,
    used_usd     float8 NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, scope, bucket)
) WITH (fillfactor = 50);
CALL protect('budget_use');

CREATE TABLE reservations (
    run_id       uuid NOT NULL,
    key          text COLLATE "C" NOT NULL,
    attempt      int NOT NULL,
    scope        text COLLATE "C" NOT NULL,
    bucket       text COLLATE "C" NOT NULL,
    workspace_id uuid NOT NULL,
    amount       float8 NOT NULL,
    settled      float8,
    state        text NOT NULL CHECK (state IN ('held', 'settled', 'refunded')),
    created_at   timestamptz NOT NULL DEFAULT troupe_now(),
    PRIMARY KEY (run_id, key, attempt, scope)
);
CALL protect('reservations');

DO $$ DECLARE tab text; BEGIN
    FOREACH tab IN ARRAY ARRAY['runs', 'steps', 'run_events', 'signals', 'outbox', 'budgets', 'budget_use', 'reservations'] LOOP
        EXECUTE format('CREATE POLICY engine ON %I TO troupe_engine USING (true) WITH CHECK (true)', tab);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO troupe_engine', tab);
    END LOOP;
END $$;
