"""What a blueprint made is put on record when it is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models.functions import Now
from django.urls import reverse

from catalog.products.names import slugified
from core import outbox
from provisioning.blueprints.formats.defaults import with_defaults
from provisioning.blueprints.formats.document import BlueprintDoc
from provisioning.blueprints.formats.outputs import Result, results
from provisioning.blueprints.models import BlueprintVersion, Resource
from provisioning.jobs import services as jobs
from provisioning.jobs.models import Operation


def resource_of(instance_id: UUID) -> Resource | None:
    """The record of an instance that a blueprint made, with all that a change asks about."""
    found = Resource.objects.select_related(
        "instance__owner",
        "instance__domain",
        "version__blueprint__current",
        "version__blueprint__owner",
    )
    return found.filter(pk=instance_id).first()


def record_made(
    *, operation: Operation, version: BlueprintVersion, parameters: Mapping[str, Any]
) -> Resource:
    """Record that the instance is as `parameters` say; called when its operation has succeeded."""
    blueprint = version.content
    given = with_defaults(blueprint.parameters, parameters)
    instance = operation.instance
    assert instance is not None  # only checks lack one
    instance.refresh_from_db()
    place = slugified(str(given.get("name", ""))) or str(given.get("port", ""))
    made = results(list(blueprint.outputs), _values(blueprint, given, operation, place))
    rows = [
        {"label": each.label, "value": _shown(each), "url": _url(each.url, each.entry)}
        for each in made
    ]
    record = {
        "version": version,
        "parameters": dict(parameters),
        "generation": instance.generation,
        "results": rows,
        **_days(blueprint, given),
        "changed_at": Now(),
    }
    resource, _ = Resource.objects.update_or_create(
        instance=instance,
        defaults=record,
        create_defaults={**record, "place": place[:63]},
    )
    jobs.note_made(
        operation=operation,
        plan=f"{blueprint.name}@{version.number}",
        links=[row for row in rows if row["url"]],
    )
    outbox.emit(
        "resource.changed",
        key=instance.pk,
        instance_id=str(instance.pk),
        blueprint=blueprint.name,
        version=version.number,
    )
    return resource


def _days(blueprint: BlueprintDoc, given: Mapping[str, Any]) -> dict[str, dt.date | None]:
    """When it ends, and when to tell so."""
    rule = blueprint.expires
    if rule is None or not given.get(rule.parameter):
        return {"expires_on": None, "warn_on": None}
    until = dt.date.fromisoformat(given[rule.parameter])
    return {"expires_on": until, "warn_on": until - dt.timedelta(days=rule.warn_days)}


def _values(
    blueprint: BlueprintDoc, given: Mapping[str, Any], operation: Operation, place: str
) -> dict[str, Any]:
    """What placeholders of outputs stand for; what the steps found out included."""
    instance = operation.instance
    assert instance is not None
    steps = operation.result.get("steps", {})
    found = {
        f"steps.{each.id}.{name}": value
        for n, each in enumerate(blueprint.steps_for(given))
        for name, value in steps.get(str(n), {}).items()
    }
    return {
        **{f"parameters.{name}": value for name, value in given.items()},
        **found,
        "name": given.get("name", place),
        "slug": place,
        "place": place,
        "fqn": instance.name,
        "domain": instance.domain.path,
        "team": instance.owner.slug,
        "instance": str(instance.pk),
    }


def _shown(result: Result) -> str:
    """Of a page of the portal, what it is about: `/domains/sales/` is `sales`."""
    is_page = result.url.startswith("/")
    return result.value.strip("/").rpartition("/")[2] if is_page else result.value


def _url(url: str, entry: str) -> str:
    return reverse("products:product", kwargs={"fqn": entry}) if entry else url
