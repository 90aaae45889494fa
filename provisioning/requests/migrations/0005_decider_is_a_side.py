import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("requests", "0004_sides_of_earlier_requests")]

    operations = [
        migrations.RemoveConstraint(
            model_name='request',
            name='request_waits_for_somebody',
        ),
        migrations.RemoveIndex(
            model_name='request',
            name='request_waiting_by_decider',
        ),
        migrations.RemoveField(
            model_name='request',
            name='decider',
        ),
        migrations.RemoveField(
            model_name='request',
            name='due_at',
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.UniqueConstraint(fields=('request', 'round', 'decided_by'), name='decision_once_per_person'),
        ),
        migrations.AlterField(
            model_name="decision",
            name="approval",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="decisions",
                to="requests.approval",
            ),
        ),
    ]
