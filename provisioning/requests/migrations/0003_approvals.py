import django.db.models.deletion
import django.db.models.fields.json
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_made_by_jobs'),
        ('jobs', '0006_targets_are_looked_at_again'),
        ('requests', '0002_resources_of_what_was_made'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Approval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('round', models.PositiveSmallIntegerField(default=1)),
                ('stage', models.PositiveSmallIntegerField(default=1)),
                ('role', models.CharField(blank=True, max_length=12)),
                ('quorum', models.PositiveSmallIntegerField(default=1)),
                ('state', models.CharField(choices=[('planned', 'Later'), ('waiting', 'Waiting'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('closed', 'Not needed any more')], default='planned', max_length=8)),
                ('hours', models.PositiveSmallIntegerField(default=24)),
                ('escalate_role', models.CharField(blank=True, max_length=12)),
                ('opened_at', models.DateTimeField(null=True)),
                ('due_at', models.DateTimeField(null=True)),
                ('escalated_at', models.DateTimeField(null=True)),
                ('reminded_at', models.DateTimeField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['request', 'round', 'stage', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Delegation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ends_at', models.DateTimeField()),
                ('note', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['-ends_at', 'id'],
            },
        ),
        migrations.AddField(
            model_name='decision',
            name='instead_of',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decisions_by_deputies', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='decision',
            name='round',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='request',
            name='round',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddIndex(
            model_name='request',
            index=models.Index(django.db.models.fields.json.KeyTransform('product_id', 'subject'), condition=models.Q(('state', 'waiting')), name='request_waiting_by_product'),
        ),
        migrations.AddField(
            model_name='approval',
            name='escalate_team',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='approvals_overdue', to='accounts.team'),
        ),
        migrations.AddField(
            model_name='approval',
            name='request',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='approvals', to='requests.request'),
        ),
        migrations.AddField(
            model_name='approval',
            name='team',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='approvals', to='accounts.team'),
        ),
        migrations.AddField(
            model_name='decision',
            name='approval',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='decisions', to='requests.approval'),
        ),
        migrations.AddField(
            model_name='delegation',
            name='from_user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='delegations', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='delegation',
            name='to_user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='delegations_held', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='approval',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='approval_waiting_by_due'),
        ),
        migrations.AddIndex(
            model_name='approval',
            index=models.Index(fields=['team', 'request'], name='approval_by_team'),
        ),
        migrations.AddConstraint(
            model_name='approval',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('role', ''), ('team__isnull', False)), models.Q(('role__in', ('steward', 'platform')), ('team__isnull', True)), _connector='OR'), name='approval_is_of_a_team_or_a_role'),
        ),
        migrations.AddConstraint(
            model_name='approval',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['planned', 'waiting', 'approved', 'rejected', 'closed'])), name='approval_state_known'),
        ),
        migrations.AddConstraint(
            model_name='approval',
            constraint=models.CheckConstraint(condition=models.Q(('quorum__gte', 1)), name='approval_needs_somebody'),
        ),
        migrations.AddConstraint(
            model_name='approval',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'waiting'), _negated=True), models.Q(('due_at__isnull', False), ('opened_at__isnull', False)), _connector='OR'), name='approval_waits_until_a_time'),
        ),
        migrations.AddConstraint(
            model_name='approval',
            constraint=models.UniqueConstraint(fields=('request', 'round', 'stage', 'team', 'role'), name='approval_once_per_side', nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name='delegation',
            index=models.Index(fields=['to_user', 'ends_at'], name='delegation_by_deputy'),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.CheckConstraint(condition=models.Q(('from_user', models.F('to_user')), _negated=True), name='delegation_to_another'),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='delegation_ends_later'),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(("escalate_role__in", ["", "steward", "platform"])),
                name="approval_goes_on_to_a_known_role",
            ),
        ),
    ]
