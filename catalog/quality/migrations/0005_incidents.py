import core.ids
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


TIMELINE = """
CREATE FUNCTION quality_timeline_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the timeline of an incident is append-only';
END $$;
CREATE TRIGGER incident_event_append_only BEFORE UPDATE ON quality_incidentevent
    FOR EACH ROW EXECUTE FUNCTION quality_timeline_is_append_only();
"""
NO_TIMELINE = """
DROP TRIGGER incident_event_append_only ON quality_incidentevent;
DROP FUNCTION quality_timeline_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0010_not_open"),
        ("quality", "0004_where_checks_come_from"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Incident",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("check", "A rule is broken"),
                            ("sla", "A promise is broken"),
                            ("rows", "An unusual number of rows"),
                            ("freshness", "Unusually old data"),
                            ("score", "The score is too low"),
                            ("late", "The data is late"),
                            ("manual", "Reported by hand"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "severity",
                    models.CharField(
                        choices=[("minor", "Minor"), ("major", "Major"), ("critical", "Critical")],
                        default="major",
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("acknowledged", "Acknowledged"),
                            ("resolved", "Resolved"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("title", models.CharField(max_length=300)),
                ("detail", models.TextField(blank=True)),
                ("broke_at", models.DateTimeField()),
                (
                    "detected_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=1)),
                ("reopened", models.PositiveIntegerField(default=0)),
                (
                    "assignee",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="assigned_incidents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "port",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="incidents",
                        to="products.outputport",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="incidents",
                        to="products.dataproduct",
                    ),
                ),
                (
                    "quality_check",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="incidents",
                        to="quality.qualitycheck",
                    ),
                ),
            ],
            options={
                "ordering": ["-detected_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="IncidentEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("opened", "Opened"),
                            ("reopened", "Opened again"),
                            ("acknowledged", "Acknowledged"),
                            ("assigned", "Assigned"),
                            ("note", "Noted"),
                            ("resolved", "Resolved"),
                        ],
                        max_length=12,
                    ),
                ),
                ("actor", models.CharField(blank=True, max_length=150)),
                ("person", models.CharField(blank=True, max_length=150)),
                ("note", models.TextField(blank=True)),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="quality.incident",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="QualitySettings",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="quality_settings",
                        serialize=False,
                        to="products.dataproduct",
                    ),
                ),
                (
                    "score_threshold",
                    models.FloatField(
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                ("downstream_hops", models.PositiveSmallIntegerField(default=1)),
                ("watches_promises", models.BooleanField(default=True)),
                ("watches_anomalies", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("score_threshold__isnull", True),
                            ("score_threshold__range", (0, 100)),
                            _connector="OR",
                        ),
                        name="quality_settings_threshold_is_percent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("downstream_hops__lte", 3)),
                        name="quality_settings_hops_few",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(fields=["product", "-detected_at"], name="incident_by_product"),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(fields=["-detected_at", "-id"], name="incident_by_time"),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                condition=models.Q(("state__in", ("open", "acknowledged"))),
                fields=["-detected_at", "-id"],
                name="incident_unresolved",
            ),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                condition=models.Q(("state__in", ("open", "acknowledged"))),
                fields=["product"],
                name="incident_of_product",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("quality_check__isnull", False), ("state__in", ("open", "acknowledged"))
                ),
                fields=("quality_check",),
                name="incident_once_per_check",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("cause__in", ("score", "late")), ("state__in", ("open", "acknowledged"))
                ),
                fields=("product", "cause"),
                name="incident_once_per_product_and_cause",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cause__in", ["check", "sla", "rows", "freshness", "score", "late", "manual"])
                ),
                name="incident_cause_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(("severity__in", ["minor", "major", "critical"])),
                name="incident_severity_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("resolved_at__isnull", False), ("state", "resolved")),
                    models.Q(
                        ("resolved_at__isnull", True),
                        models.Q(
                            models.Q(("acknowledged_at__isnull", True), ("state", "open")),
                            models.Q(("acknowledged_at__isnull", False), ("state", "acknowledged")),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="incident_state_has_its_times",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(("broke_at__lte", models.F("detected_at"))),
                name="incident_broke_before_detected",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        ["opened", "reopened", "acknowledged", "assigned", "note", "resolved"],
                    )
                ),
                name="incident_event_kind_known",
            ),
        ),
        migrations.RunSQL(TIMELINE, NO_TIMELINE),
    ]
