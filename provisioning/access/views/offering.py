"""Letting others ask to write into a port."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.actors import Actor
from core.errors import Invalid, NotFound
from provisioning.access import services


@require_POST
def offer(request: HttpRequest) -> HttpResponse:
    """Offer writing into the port in `port`, or take the offer back."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    offered = request.POST.get("offered") == "yes"
    try:
        port = services.find_port(request.POST.get("port", ""), actor)
    except NotFound as error:
        raise Http404 from error
    try:
        services.offer_writes(port=port, offered=offered, actor=actor)
    except Invalid as error:
        messages.error(request, error.problems[0].message)
    else:
        words = "may ask" if offered else "cannot ask any more"
        messages.success(request, f"Others {words} to write into {port.fqn}.")
    return redirect(port)
