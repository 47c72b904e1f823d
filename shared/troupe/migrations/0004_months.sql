-- `steps` by months: a run's id holds the time it was made (UUIDv7, RFC 9562 section 5.7), so a month is a range of ids.
-- What was kept until now stays where it is and becomes the month in which this is applied, with all before it.

CREATE FUNCTION first_id(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

DO $$ DECLARE
    ends timestamptz := date_trunc('month', troupe_now(), 'UTC') + interval '1 month';
    name text := to_char(troupe_now() AT TIME ZONE 'UTC', '"steps_"YYYY_MM');
BEGIN
    ALTER TABLE steps DETACH PARTITION steps_default;
    EXECUTE format('ALTER TABLE steps_default RENAME TO %I', name);
    EXECUTE format('ALTER INDEX steps_default_pkey RENAME TO %I', name || '_pkey');
    CREATE TABLE steps_default PARTITION OF steps DEFAULT WITH (fillfactor = 45);
    -- Ids of a clock that was ahead go where such ids go. Security is FORCED, so even the owner sees nothing else.
    EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', name);
    ALTER TABLE steps NO FORCE ROW LEVEL SECURITY;
    EXECUTE format('WITH ahead AS (DELETE FROM %I WHERE run_id >= first_id(%L) RETURNING *)'
                   ' INSERT INTO steps SELECT * FROM ahead', name, ends);
    ALTER TABLE steps FORCE ROW LEVEL SECURITY;
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE steps ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)', name, first_id(ends));
    ALTER TABLE steps_default ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
END $$;

-- Partitions for this month and `ahead` more, those that are not there; how many were made. They are as `steps_default`
-- is. A table is made first and attached then, so that nobody who writes to a month waits. Rows of a month that came
-- before its partition are moved out of `steps_default`. Made and dropped as the owner, for the engine's role.
CREATE FUNCTION make_months(ahead int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
DECLARE
    starts timestamptz; name text; made int := 0; newest text; options text;
BEGIN
    PERFORM pg_advisory_xact_lock(7022601331046);
    SELECT max(relname) INTO newest FROM pg_class
        WHERE oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'steps'::regclass) AND relname <> 'steps_default';
    SELECT array_to_string(reloptions, ', ') INTO options FROM pg_class WHERE oid = 'steps_default'::regclass;
    FOR n IN 0..ahead LOOP
        starts := date_trunc('month', troupe_now()) + make_interval(months => n);
        name := to_char(starts, '"steps_"YYYY_MM');
        CONTINUE WHEN name <= newest;
        EXECUTE format('CREATE TABLE %I (LIKE steps INCLUDING ALL) WITH (%s)', name, options);
        LOCK TABLE ONLY steps_default IN ACCESS EXCLUSIVE MODE;
        ALTER TABLE steps_default NO FORCE ROW LEVEL SECURITY;
        EXECUTE format('WITH early AS (DELETE FROM steps_default WHERE run_id >= %L AND run_id < %L RETURNING *)'
                       ' INSERT INTO %I SELECT * FROM early',
                       first_id(starts), first_id(starts + interval '1 month'), name);
        ALTER TABLE steps_default FORCE ROW LEVEL SECURITY;
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE steps ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       name, first_id(starts), first_id(starts + interval '1 month'));
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

-- Drop the months that ended before `oldest` was made, the id of the oldest run that is kept; how many. Never this month.
CREATE FUNCTION drop_months(oldest uuid) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET timezone = 'UTC' SET lock_timeout = '500ms' AS $$
DECLARE
    name text; dropped int := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(7022601331046);
    FOR name IN
        SELECT relname FROM pg_class
        WHERE oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'steps'::regclass)
          AND relname <> 'steps_default' AND relname < to_char(troupe_now(), '"steps_"YYYY_MM')
          AND first_id(to_timestamp(substr(relname, 7), 'YYYY_MM') + interval '1 month') <= oldest
    LOOP
        EXECUTE format('DROP TABLE %I', name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;

REVOKE EXECUTE ON FUNCTION make_months(int), drop_months(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_months(int), drop_months(uuid) TO troupe_engine;
SELECT make_months(3);
