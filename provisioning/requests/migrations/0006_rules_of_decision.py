import core.ids
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


FORWARD = """
CREATE FUNCTION rule_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a wording of a rule stays as it was written'
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER rule_version_stays BEFORE UPDATE ON requests_ruleversion
    FOR EACH ROW EXECUTE FUNCTION rule_version_stays();
"""
BACKWARD = """
DROP TRIGGER rule_version_stays ON requests_ruleversion;
DROP FUNCTION rule_version_stays();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_made_by_jobs'),
        ('products', '0008_counted_from_indexes'),
        ('requests', '0005_decider_is_a_side'),
    ]

    operations = [
        migrations.CreateModel(
            name='DecisionRule',
            fields=[
                ('id', models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('classification', models.CharField(blank=True, max_length=63)),
                ('position', models.PositiveSmallIntegerField(default=100)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('retired_at', models.DateTimeField(null=True)),
                ('domain', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='decision_rules', to='accounts.domain')),
                ('port', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='decision_rules', to='products.outputport')),
            ],
            options={
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='RuleVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('condition', models.TextField()),
                ('outcome', models.JSONField()),
                ('created_by', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='requests.decisionrule')),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.AddConstraint(
            model_name='decisionrule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('domain__isnull', True), ('port__isnull', True)), models.Q(('classification', ''), ('port__isnull', True)), models.Q(('classification', ''), ('domain__isnull', True)), _connector='OR'), name='decision_rule_has_one_scope'),
        ),
        migrations.AddConstraint(
            model_name='decisionrule',
            constraint=models.UniqueConstraint(condition=models.Q(('retired_at__isnull', True)), fields=('name', 'port', 'domain', 'classification'), name='decision_rule_once_per_scope', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='ruleversion',
            constraint=models.UniqueConstraint(fields=('rule', 'number'), name='rule_version_once'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
