from django.db import migrations, models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

CURRENT_TRANSACTION = RawSQL("pg_current_xact_id()::text::bigint", ())
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
FORWARD = FUNCTIONS + "".join(
    OF_EDGES.format(table=table, level=level) for level, table in EDGES.items()
)
BACKWARD = "".join(DROPPED.format(table=table) for table in EDGES.values()) + """
DROP TRIGGER dataset_notes_change ON lineage_dataset;
DROP FUNCTION lineage_note_change;
DROP FUNCTION lineage_note_removal;
"""


class Migration(migrations.Migration):
    dependencies = [("lineage", "0005_runs_are_seen")]
    operations = [
        migrations.AddField(
            "dataset",
            "change",
            models.BigIntegerField(db_default=CURRENT_TRANSACTION, db_index=True),
        ),
        migrations.CreateModel(
            "RemovedEdge",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("product", "Product"),
                            ("dataset", "Dataset"),
                            ("column", "Column"),
                        ],
                        max_length=12,
                    ),
                ),
                ("source", models.CharField(max_length=36)),
                ("target", models.CharField(max_length=36)),
                ("change", models.BigIntegerField(db_default=CURRENT_TRANSACTION)),
                ("removed_at", models.DateTimeField(db_default=Now(), db_index=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["level", "change"], name="removed_edge_since")
                ]
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
