"""Edges and datasets note the transaction that changed them; what is removed is kept in mind."""

EDGES = {"product": "productedge", "dataset": "datasetedge", "column": "columnedge"}
FUNCTIONS = """
CREATE FUNCTION lineage_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.change := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE FUNCTION lineage_note_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO lineage_removededge (level, source, target)
    SELECT TG_ARGV[0], source_id::text, target_id::text FROM gone WHERE ended_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER dataset_notes_change BEFORE UPDATE OF port_id, posted_by_id ON lineage_dataset
    FOR EACH ROW WHEN (
        OLD.port_id IS DISTINCT FROM NEW.port_id
        OR OLD.posted_by_id IS DISTINCT FROM NEW.posted_by_id
    ) EXECUTE FUNCTION lineage_note_change();
"""
OF_EDGES = """
CREATE TRIGGER {table}_notes_change BEFORE UPDATE OF ended_at ON lineage_{table}
    FOR EACH ROW WHEN (OLD.ended_at IS DISTINCT FROM NEW.ended_at)
    EXECUTE FUNCTION lineage_note_change();
CREATE TRIGGER {table}_notes_removal AFTER DELETE ON lineage_{table}
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION lineage_note_removal('{level}');
"""
DROPPED = """
DROP TRIGGER {table}_notes_change ON lineage_{table};
DROP TRIGGER {table}_notes_removal ON lineage_{table};
"""
CHANGES = FUNCTIONS + "".join(
    OF_EDGES.format(table=table, level=level) for level, table in EDGES.items()
)
NO_CHANGES = "".join(DROPPED.format(table=table) for table in EDGES.values()) + """
DROP TRIGGER dataset_notes_change ON lineage_dataset;
DROP FUNCTION lineage_note_change;
DROP FUNCTION lineage_note_removal;
"""
# Who sees a dataset that no port offers also depends on whether it stands behind a system.
_NOTES = """
DROP TRIGGER dataset_notes_change ON lineage_dataset;
CREATE TRIGGER dataset_notes_change BEFORE UPDATE OF {columns} ON lineage_dataset
    FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION lineage_note_change();
"""


def notes_change_of(*columns: str) -> str:
    """The trigger on datasets, for a change of any of the columns."""
    old, new = (", ".join(f"{row}.{name}" for name in columns) for row in ("OLD", "NEW"))
    return _NOTES.format(columns=", ".join(columns), old=old, new=new)


SYSTEMS = notes_change_of("port_id", "system_port_id", "posted_by_id")
NO_SYSTEMS = notes_change_of("port_id", "posted_by_id")
