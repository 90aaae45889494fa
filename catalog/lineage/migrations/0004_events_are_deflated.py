import zlib

import orjson
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CHUNK = 500


def deflate(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    events = apps.get_model("lineage", "LineageEvent").objects
    for event in events.only("body").iterator(chunk_size=CHUNK):
        events.filter(pk=event.pk).update(packed=zlib.compress(orjson.dumps(event.body), 1))


class Migration(migrations.Migration):
    dependencies = [("lineage", "0003_runs_have_parents")]

    operations = [
        migrations.AddField("lineageevent", "packed", models.BinaryField(default=b"")),
        migrations.RunPython(deflate, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField("lineageevent", "body"),
        migrations.RenameField("lineageevent", "packed", "body"),
        migrations.AlterField("lineageevent", "body", models.BinaryField()),
    ]
