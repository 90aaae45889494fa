"""The services that a broker's offers become: seen and refreshed on the page of its target."""

from __future__ import annotations

from collections import Counter

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from core.errors import Invalid
from provisioning.blueprints import policies, services
from provisioning.drivers.models import Target

BROKER = "osb"  # the driver of targets that offer services by themselves


@require_POST
def offers(request: HttpRequest, slug: str) -> HttpResponse:
    """Publish each plan of the broker as a service; again, to follow its changes."""
    actor = request.actor  # type: ignore[attr-defined]
    visible = Target.objects.visible_to(actor).called(slug).filter(driver=BROKER)
    target = visible.select_related("owner").first()
    if target is None:
        raise Http404
    try:
        found = services.register_offers(target=target, actor=actor)
    except Invalid as error:
        for each in error.problems:
            messages.error(request, each.message)
    else:
        did = Counter(action for _, action in found)
        gone = did["withdraw"]
        read, changed = len(found) - gone, did["create"] + did["update"]
        text = f"{read} offers read, {changed} of them new or changed."
        messages.success(request, f"{text} {gone} withdrawn." if gone else text)
    return redirect("drivers:target", slug=slug)


def target_offers(request: HttpRequest, target: Target) -> SafeString | None:
    """The button that makes services of what this broker offers, for those who may."""
    actor = request.actor  # type: ignore[attr-defined]
    if target.driver != BROKER or not policies.can_register_for(actor, target.owner_id):
        return None
    context = {"target": target}
    return render_to_string("provisioning/blueprints/_target_offers.html", context, request)
