"""What was made before resources were kept gets its record, from the request that made it."""

from django.db import migrations


def record(apps, schema_editor):
    Request = apps.get_model("requests", "Request")
    Instance = apps.get_model("jobs", "Instance")
    Resource = apps.get_model("blueprints", "Resource")
    Version = apps.get_model("blueprints", "BlueprintVersion")
    versions = {
        (each.blueprint.slug, each.number): each
        for each in Version.objects.select_related("blueprint")
    }
    made = Request.objects.filter(kind="service", state="succeeded").order_by("number")
    for request in made.iterator():
        key = (request.subject.get("blueprint"), request.subject.get("version"))
        instance = Instance.objects.filter(pk=request.instance_id).first()
        if instance is None or key not in versions:
            continue
        Resource.objects.get_or_create(
            instance=instance,
            defaults={
                "version": versions[key],
                "parameters": request.parameters,
                "place": instance.name.rpartition(".")[2][:63],
                "generation": instance.observed_generation,
            },
        )


class Migration(migrations.Migration):
    dependencies = [
        ("requests", "0001_initial"),
        ("blueprints", "0002_any_team_publishes"),
    ]

    operations = [migrations.RunPython(record, migrations.RunPython.noop)]
