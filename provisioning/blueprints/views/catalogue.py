"""The list of services."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from provisioning.blueprints.models import Blueprint
from provisioning.blueprints.selectors import lead_times


@require_GET
def services(request: HttpRequest) -> HttpResponse:
    """What teams can ask for, with what they get and how long it took others."""
    actor = request.actor  # type: ignore[attr-defined]
    blueprints = Blueprint.objects.visible_to(actor).select_related("owner", "current")
    measured = lead_times()
    cards = [
        {
            "blueprint": blueprint,
            "gets": blueprint.current.content.gets,
            "lead": measured.get(blueprint.slug),
        }
        for blueprint in blueprints
        if blueprint.current is not None
    ]
    return render(request, "provisioning/blueprints/services.html", {"cards": cards})
