-- A scope may have a budget a day and one a month: each reserves for itself.

ALTER TABLE reservations DROP CONSTRAINT reservations_pkey, ADD PRIMARY KEY (run_id, key, attempt, scope, bucket);
