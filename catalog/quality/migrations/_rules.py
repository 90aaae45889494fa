"""Results stand by month; the timeline of an incident is only added to."""

# Django makes no partitioned tables: its model of this one is in the state only.
RESULTS_BY_MONTH = """
CREATE TABLE quality_checkresult (
    check_run_id bigint NOT NULL
        CONSTRAINT quality_checkresult_check REFERENCES quality_qualitycheck (id)
        DEFERRABLE INITIALLY DEFERRED,
    at timestamptz NOT NULL DEFAULT statement_timestamp(),
    outcome varchar(8) NOT NULL,
    evaluated bigint,
    failed bigint,
    value double precision,
    message text NOT NULL DEFAULT '',
    source varchar(40) NOT NULL DEFAULT 'portal',
    operation_id uuid,
    PRIMARY KEY (check_run_id, at)
) PARTITION BY RANGE (at);
CREATE TABLE quality_checkresult_rest PARTITION OF quality_checkresult DEFAULT;
"""
NO_RESULTS = "DROP TABLE quality_checkresult"
# The application's role owns no table and may make none. These two do it with the rights of who
# migrates, for months of this one table alone.
MONTHS = """
CREATE FUNCTION quality_set_month_apart(first date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    month text := 'quality_checkresult_' || to_char(first, 'YYYY_MM');
    since timestamptz := first::timestamp AT TIME ZONE 'UTC';
    until timestamptz := (first + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    IF first <> date_trunc('month', first)::date THEN
        RAISE EXCEPTION 'no first day of a month: %', first;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.quality_checkresult INCLUDING ALL)', month);
    EXECUTE format(
        'WITH moved AS (DELETE FROM public.quality_checkresult_rest'
        ' WHERE at >= %L AND at < %L RETURNING *) INSERT INTO public.%I SELECT * FROM moved',
        since, until, month);
    EXECUTE format(
        'ALTER TABLE public.quality_checkresult ATTACH PARTITION public.%I'
        ' FOR VALUES FROM (%L) TO (%L)', month, since, until);
END $$;
CREATE FUNCTION quality_drop_month(first date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('DROP TABLE public.%I', 'quality_checkresult_' || to_char(first, 'YYYY_MM'));
END $$;
"""
NO_MONTHS = """
DROP FUNCTION quality_drop_month(date);
DROP FUNCTION quality_set_month_apart(date);
"""
TIMELINE = """
CREATE FUNCTION quality_timeline_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the timeline of an incident is append-only';
END $$;
CREATE TRIGGER incident_event_append_only BEFORE UPDATE ON quality_incidentevent
    FOR EACH ROW EXECUTE FUNCTION quality_timeline_is_append_only();
"""
NO_TIMELINE = """
DROP TRIGGER incident_event_append_only ON quality_incidentevent;
DROP FUNCTION quality_timeline_is_append_only();
"""
