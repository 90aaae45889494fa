"""What the form and the review have in common."""

from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse

from accounts.actors import Actor
from provisioning.blueprints.models import Blueprint, BlueprintVersion
from provisioning.blueprints.services.requesting import current_version

PATH = ("Choose a service", "Describe it", "Review", "Live")


def blueprint_for(request: HttpRequest, slug: str) -> tuple[Blueprint, BlueprintVersion, Actor]:
    """The blueprint that the address names, for the one who asks."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    blueprints = Blueprint.objects.visible_to(actor).select_related("owner", "current")
    blueprint = blueprints.filter(slug=slug).first()
    if blueprint is None or blueprint.current is None:
        raise Http404
    return blueprint, current_version(blueprint), actor


def path_to(now: int, blueprint: Blueprint) -> list[dict[str, str]]:
    """The wizard's path with its `now`-th step current; earlier ones are links."""
    urls = [reverse("blueprints:services"), blueprint.get_absolute_url(), "", ""]
    return [
        {
            "name": name,
            "state": "done" if at < now else "now" if at == now else "wait",
            "url": urls[at] if at < now else "",
        }
        for at, name in enumerate(PATH)
    ]


def crumbs(blueprint: Blueprint, page: str = "") -> list[dict[str, Any]]:
    """Services / this blueprint / page."""
    found = [{"label": "Services", "url": reverse("blueprints:services")}]
    if not page:
        return [*found, {"label": blueprint.title}]
    return [
        *found,
        {"label": blueprint.title, "url": blueprint.get_absolute_url()},
        {"label": page},
    ]
