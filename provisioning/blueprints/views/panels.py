"""What this room has to say on the page of a resource: what made it, with what, and what next."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from provisioning.blueprints import policies
from provisioning.blueprints.extensions import desk
from provisioning.blueprints.formats.differences import differences
from provisioning.blueprints.models import Resource
from provisioning.blueprints.services import resource_of
from provisioning.jobs.models import Instance


def resource_actions(request: HttpRequest, instance: Instance) -> SafeString | None:
    """Buttons for those who may change it."""
    resource = _resource(request, instance)
    actor = request.actor  # type: ignore[attr-defined]
    if resource is None or instance.observed_state == "absent":
        return None
    if not policies.can_change(actor, instance):
        return None
    context = {
        "instance": instance,
        "is_open": desk().is_open(instance_id=instance.pk),
        "newest": _newer(resource),
    }
    return _drawn(request, "_resource_actions", context)


def resource_parameters(request: HttpRequest, instance: Instance) -> SafeString | None:
    """What was asked for, and the results."""
    resource = _resource(request, instance)
    if resource is None:
        return None
    properties = resource.version.content.properties
    rows = differences(properties, {}, resource.parameters)
    return _drawn(request, "_resource_parameters", {"resource": resource, "rows": rows})


def resource_origin(request: HttpRequest, instance: Instance) -> SafeString | None:
    """From which version of which blueprint, and until when."""
    resource = _resource(request, instance)
    if resource is None:
        return None
    return _drawn(request, "_resource_origin", {"resource": resource, "newest": _newer(resource)})


def _newer(resource: Resource) -> int | None:
    """The number of a version that it can be upgraded to."""
    current = resource.version.blueprint.current
    newest = current.number if current else 0
    return newest if newest > resource.version.number else None


def _resource(request: HttpRequest, instance: Instance) -> Resource | None:
    """The record, read once for all panels of the page."""
    known: dict[Any, Resource | None] = request.__dict__.setdefault("_resources", {})
    if instance.pk not in known:
        known[instance.pk] = resource_of(instance.pk)
    return known[instance.pk]


def _drawn(request: HttpRequest, name: str, context: dict[str, Any]) -> SafeString:
    return render_to_string(f"provisioning/blueprints/{name}.html", context, request)
