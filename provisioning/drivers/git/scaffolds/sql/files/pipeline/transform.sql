-- Fills the table. Runs as one transaction; make it safe to run again.
CREATE TABLE IF NOT EXISTS ${schema}.${table} (
    id bigint PRIMARY KEY,
    loaded_at timestamptz NOT NULL DEFAULT now()
);
