from django.db import migrations, models
from django.db.models import Q

ORIGINS = ["contract", "implied", "sla", "tool"]

# Until now only rules of contracts had a pointer as their key. The next sync gives them the key
# that outlives a new version of the contract, and finds them by the pointer.
FROM_CONTRACTS = """
UPDATE quality_qualitycheck SET origin = 'contract', pointer = left(key, 400)
WHERE key LIKE '/%';
"""


class Migration(migrations.Migration):
    dependencies = [("quality", "0003_results_by_month")]

    operations = [
        migrations.AddField(
            "qualitycheck",
            "origin",
            models.CharField(
                choices=[
                    ("contract", "Rule of the contract"),
                    ("implied", "Implied by the schema"),
                    ("sla", "Service level"),
                    ("tool", "Another tool"),
                ],
                default="tool",
                max_length=10,
            ),
        ),
        migrations.AddField("qualitycheck", "pointer", models.CharField(blank=True, max_length=400)),
        migrations.AddField("qualitycheck", "demand", models.CharField(blank=True, max_length=500)),
        migrations.AddField("qualitycheck", "note", models.CharField(blank=True, max_length=300)),
        migrations.AddField("qualitycheck", "schedule", models.CharField(blank=True, max_length=100)),
        migrations.AddField("qualitycheck", "taken_at", models.DateTimeField(null=True)),
        migrations.RunSQL(FROM_CONTRACTS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "qualitycheck",
            models.CheckConstraint(condition=Q(origin__in=ORIGINS), name="check_origin_known"),
        ),
    ]
