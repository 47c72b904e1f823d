-- WebSockets that a gateway holds, and the runs that each of them follows. `after`: the seq up to which it has heard.
CREATE TABLE sockets (
    id           text PRIMARY KEY,
    workspace_id uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('token', 'session', 'member')),
    bearer       uuid NOT NULL,  -- the token or the member it was opened by
    opened_at    timestamptz NOT NULL DEFAULT troupe_now()
);
CALL protect('sockets');

CREATE TABLE subscriptions (
    run_id       uuid NOT NULL,
    socket_id    text NOT NULL REFERENCES sockets ON DELETE CASCADE,
    workspace_id uuid NOT NULL,
    after        int NOT NULL,
    PRIMARY KEY (run_id, socket_id)
);
CREATE INDEX ON subscriptions (socket_id);
CALL protect('subscriptions');

-- A socket is found by its id alone when the gateway speaks of it; nobody else knows that id.
CREATE POLICY spoken_of ON sockets FOR SELECT USING (id = (SELECT nullif(current_setting('troupe.bearer', true), '')));

-- Whoever advances a run learns where it is followed, and nothing of who does.
CREATE POLICY followed ON subscriptions FOR SELECT TO troupe_engine USING (true);
GRANT SELECT (run_id, workspace_id) ON subscriptions TO troupe_engine;

-- A socket lasts two hours at most; one whose end was not told is taken away by the sweep.
CREATE POLICY over ON sockets TO troupe_engine USING (opened_at < troupe_now() - interval '1 day');
GRANT SELECT (id, opened_at), DELETE ON sockets TO troupe_engine;
