import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# as catalog.lineage.keys: the first half of SHA-256, as a UUID
FILL_KEYS = r"""
UPDATE lineage_dataset SET
    key = encode(substr(sha256(convert_to(namespace, 'UTF8') || '\x00'::bytea
                               || convert_to(name, 'UTF8')), 1, 16), 'hex')::uuid,
    node_key = encode(substr(sha256(convert_to(node_id, 'UTF8')), 1, 16), 'hex')::uuid;
UPDATE lineage_job SET
    key = encode(substr(sha256(convert_to(namespace, 'UTF8') || '\x00'::bytea
                               || convert_to(name, 'UTF8')), 1, 16), 'hex')::uuid,
    node_key = encode(substr(sha256(convert_to('job:' || namespace || ':' || name, 'UTF8')),
                             1, 16), 'hex')::uuid;
"""


class Migration(migrations.Migration):
    dependencies = [
        ('accounts', '0003_made_by_jobs'),
        ('lineage', '0001_initial'),
        ('products', '0009_takes_writes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Column',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=1000)),
                ('key', models.UUIDField(unique=True)),
                ('node_key', models.UUIDField(db_index=True)),
                ('first_seen', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('last_seen', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='ColumnEdge',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('origin', models.CharField(choices=[('lineage', 'Seen by lineage'), ('dbt', 'Told by a dbt project'), ('sql', 'Read from SQL'), ('declared', 'Declared by the owner'), ('manual', 'Drawn by a person')], db_default='lineage', max_length=12)),
                ('first_seen', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('last_seen', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(null=True)),
                ('change', models.BigIntegerField(db_default=django.db.models.expressions.RawSQL('pg_current_xact_id()::text::bigint', ()), db_index=True)),
                ('transformation', models.CharField(blank=True, db_default='', max_length=80)),
                ('masking', models.BooleanField(db_default=False)),
            ],
        ),
        migrations.CreateModel(
            name='JobDataset',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('side', models.CharField(choices=[('in', 'Reads'), ('out', 'Writes')], max_length=3)),
                ('first_seen', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('last_seen', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Symlink',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('namespace', models.CharField(max_length=500)),
                ('name', models.CharField(max_length=1000)),
                ('kind', models.CharField(blank=True, max_length=40)),
                ('key', models.UUIDField(unique=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='dataset',
            name='dataset_once',
        ),
        migrations.RemoveConstraint(
            model_name='datasetedge',
            name='dataset_edge_once',
        ),
        migrations.RemoveConstraint(
            model_name='job',
            name='job_once',
        ),
        migrations.AddField(
            model_name='dataset',
            name='claimed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='dataset',
            name='claimed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='dataset',
            name='dropped_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='dataset',
            name='key',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='dataset',
            name='node_key',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='datasetedge',
            name='change',
            field=models.BigIntegerField(db_default=django.db.models.expressions.RawSQL('pg_current_xact_id()::text::bigint', ()), db_index=True),
        ),
        migrations.AddField(
            model_name='datasetedge',
            name='ended_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='datasetedge',
            name='made_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='datasetedge',
            name='origin',
            field=models.CharField(choices=[('lineage', 'Seen by lineage'), ('dbt', 'Told by a dbt project'), ('sql', 'Read from SQL'), ('declared', 'Declared by the owner'), ('manual', 'Drawn by a person')], db_default='lineage', max_length=12),
        ),
        migrations.AddField(
            model_name='datasetedge',
            name='reason',
            field=models.CharField(blank=True, db_default='', max_length=500),
        ),
        migrations.AddField(
            model_name='job',
            name='key',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='node_key',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='posted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.team'),
        ),
        migrations.AddField(
            model_name='productedge',
            name='change',
            field=models.BigIntegerField(db_default=django.db.models.expressions.RawSQL('pg_current_xact_id()::text::bigint', ()), db_index=True),
        ),
        migrations.AddField(
            model_name='productedge',
            name='ended_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(FILL_KEYS, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='dataset',
            name='key',
            field=models.UUIDField(unique=True),
        ),
        migrations.AlterField(
            model_name='dataset',
            name='node_key',
            field=models.UUIDField(db_index=True),
        ),
        migrations.AlterField(
            model_name='job',
            name='key',
            field=models.UUIDField(unique=True),
        ),
        migrations.AlterField(
            model_name='job',
            name='node_key',
            field=models.UUIDField(db_index=True),
        ),
        migrations.AlterField(
            model_name='dataset',
            name='node_id',
            field=models.CharField(max_length=1600),
        ),
        migrations.AlterField(
            model_name='datasetedge',
            name='job',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='edges', to='lineage.job'),
        ),
        migrations.AlterField(
            model_name='lineageevent',
            name='received_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True),
        ),
        migrations.AlterField(
            model_name='productedge',
            name='origin',
            field=models.CharField(choices=[('lineage', 'Seen by lineage'), ('dbt', 'Told by a dbt project'), ('sql', 'Read from SQL'), ('declared', 'Declared by the owner'), ('manual', 'Drawn by a person')], db_default='lineage', max_length=12),
        ),
        migrations.AddIndex(
            model_name='dataset',
            index=models.Index(condition=models.Q(('port__isnull', True)), fields=['-first_seen', '-id'], name='dataset_unmatched'),
        ),
        migrations.AddIndex(
            model_name='datasetedge',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['source'], include=('target',), name='dataset_out'),
        ),
        migrations.AddIndex(
            model_name='datasetedge',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['target'], include=('source',), name='dataset_in'),
        ),
        migrations.AddIndex(
            model_name='run',
            index=models.Index(fields=['last_event_at'], name='run_by_age'),
        ),
        migrations.AddConstraint(
            model_name='datasetedge',
            constraint=models.UniqueConstraint(condition=models.Q(('job__isnull', False)), fields=('source', 'target', 'job'), name='dataset_edge_once'),
        ),
        migrations.AddConstraint(
            model_name='datasetedge',
            constraint=models.UniqueConstraint(condition=models.Q(('job__isnull', True)), fields=('source', 'target', 'origin'), name='dataset_edge_without_job_once'),
        ),
        migrations.AddConstraint(
            model_name='datasetedge',
            constraint=models.CheckConstraint(condition=models.Q(('origin', 'manual'), ('reason', ''), _negated=True), name='manual_edge_has_reason'),
        ),
        migrations.AddField(
            model_name='column',
            name='dataset',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='columns', to='lineage.dataset'),
        ),
        migrations.AddField(
            model_name='columnedge',
            name='job',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='column_edges', to='lineage.job'),
        ),
        migrations.AddField(
            model_name='columnedge',
            name='source',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='edges_out', to='lineage.column'),
        ),
        migrations.AddField(
            model_name='columnedge',
            name='target',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='edges_in', to='lineage.column'),
        ),
        migrations.AddField(
            model_name='jobdataset',
            name='dataset',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='jobs', to='lineage.dataset'),
        ),
        migrations.AddField(
            model_name='jobdataset',
            name='job',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='datasets', to='lineage.job'),
        ),
        migrations.AddField(
            model_name='symlink',
            name='dataset',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='symlinks', to='lineage.dataset'),
        ),
        migrations.AddIndex(
            model_name='columnedge',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['source'], include=('target',), name='column_out'),
        ),
        migrations.AddIndex(
            model_name='columnedge',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['target'], include=('source',), name='column_in'),
        ),
        migrations.AddConstraint(
            model_name='columnedge',
            constraint=models.UniqueConstraint(condition=models.Q(('job__isnull', False)), fields=('source', 'target', 'job'), name='column_edge_once'),
        ),
        migrations.AddConstraint(
            model_name='columnedge',
            constraint=models.UniqueConstraint(condition=models.Q(('job__isnull', True)), fields=('source', 'target', 'origin'), name='column_edge_without_job_once'),
        ),
        migrations.AddConstraint(
            model_name='columnedge',
            constraint=models.CheckConstraint(condition=models.Q(('source', models.F('target')), _negated=True), name='column_edge_no_loop'),
        ),
        migrations.AddConstraint(
            model_name='jobdataset',
            constraint=models.UniqueConstraint(fields=('job', 'dataset', 'side'), name='job_dataset_once'),
        ),
    ]
