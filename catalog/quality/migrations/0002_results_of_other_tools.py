import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


# of results of one check at one moment, the first stays
DROP_DOUBLES = """
DELETE FROM quality_checkresult AS later USING quality_checkresult AS first
WHERE later.check_run_id = first.check_run_id AND later.at = first.at AND later.id > first.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ('accounts', '0003_made_by_jobs'),
        ('quality', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='UnmatchedResult',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('source', models.CharField(max_length=40)),
                ('namespace', models.CharField(blank=True, max_length=500)),
                ('dataset', models.CharField(blank=True, max_length=1000)),
                ('key', models.CharField(max_length=500)),
                ('identity', models.UUIDField()),
                ('name', models.CharField(max_length=300)),
                ('dimension', models.CharField(choices=[('accuracy', 'Accuracy'), ('completeness', 'Completeness'), ('conformity', 'Conformity'), ('consistency', 'Consistency'), ('coverage', 'Coverage'), ('timeliness', 'Timeliness'), ('uniqueness', 'Uniqueness')], max_length=20)),
                ('weight', models.FloatField()),
                ('at', models.DateTimeField()),
                ('outcome', models.CharField(choices=[('pass', 'Passed'), ('warn', 'Warned'), ('fail', 'Failed'), ('error', 'Could not be run')], max_length=8)),
                ('evaluated', models.BigIntegerField(null=True)),
                ('failed', models.BigIntegerField(null=True)),
                ('value', models.FloatField(null=True)),
                ('message', models.TextField(blank=True)),
                ('received_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.RemoveIndex(
            model_name='checkresult',
            name='result_by_check',
        ),
        migrations.AlterField(
            model_name='checkresult',
            name='check_run',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='results', to='quality.qualitycheck'),
        ),
        migrations.RunSQL(DROP_DOUBLES, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='checkresult',
            constraint=models.UniqueConstraint(fields=('check_run', 'at'), name='result_once'),
        ),
        migrations.AddField(
            model_name='unmatchedresult',
            name='team',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.team'),
        ),
        migrations.AddConstraint(
            model_name='unmatchedresult',
            constraint=models.UniqueConstraint(fields=('team', 'identity'), name='unmatched_result_once'),
        ),
    ]
