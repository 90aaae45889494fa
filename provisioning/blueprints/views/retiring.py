"""Asking for something to be removed, with what goes and what stands against it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core.errors import Invalid
from provisioning.blueprints import policies, services
from provisioning.blueprints.extensions import users_of
from provisioning.blueprints.models import Resource
from provisioning.blueprints.selectors import existing, removal_steps
from provisioning.blueprints.views.shared import resource_for

SHOWN = 100


@require_http_methods(["GET", "POST"])
def retire(request: HttpRequest, instance_id: UUID) -> HttpResponse:
    """GET lists what would be removed; POST with its name typed asks for it."""
    actor = request.actor  # type: ignore[attr-defined]
    resource = resource_for(actor, instance_id)
    policies.require_change(actor, resource.instance)
    if request.method == "GET":
        return _page(request, resource)
    if request.POST.get("confirm", "").strip() != resource.place:
        return _page(request, resource, error=f"Type {resource.place} to go on.")
    try:
        filed = services.request_retirement(
            resource=resource, purpose=request.POST.get("reason", ""), actor=actor
        )
    except Invalid:
        return _page(request, resource, error="Others use it; see above.")
    return redirect(filed.get_absolute_url())


def _page(request: HttpRequest, resource: Resource, *, error: str = "") -> HttpResponse:
    instance = resource.instance
    steps = removal_steps(existing(resource))
    removed = {each.name for each in steps}
    kept = [
        each["name"]
        for each in instance.desired_spec.get("steps", ())
        if each["name"] not in removed
    ]
    context = {
        "resource": resource,
        "instance": instance,
        "effects": list(instance.effects.filter(removed_at=None)[:SHOWN]),
        "steps": [each.name for each in steps],
        "kept": kept,
        "users": users_of(instance),
        "reason_field": {
            "kind": "textarea",
            "name": "reason",
            "id": "f-reason",
            "label": "Why",
            "note": "optional",
            "value": request.POST.get("reason", ""),
        },
        "confirm_field": {
            "kind": "text",
            "name": "confirm",
            "id": "f-confirm",
            "label": f"Type {resource.place} to go on",
            "mono": True,
            "autocomplete": "off",
            "value": request.POST.get("confirm", ""),
            "error": error,
        },
        "crumbs": [
            {"label": "Resources", "url": reverse("jobs:resources")},
            {"label": instance.name, "url": instance.get_absolute_url()},
            {"label": "Retire"},
        ],
    }
    status = 422 if error else 200
    return render(request, "provisioning/blueprints/retire.html", context, status=status)
