"""One's own login to a resource: made, shown once, ended."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.actors import Actor
from core.errors import ConcurrencyError, Invalid, InvalidTransition, NotFound
from provisioning.jobs.models import Instance
from provisioning.logins import services
from provisioning.logins.models import Login
from provisioning.logins.selectors import workplace_of
from provisioning.logins.views.panels import card


@require_GET
@never_cache
def logins(request: HttpRequest, instance_id: UUID) -> HttpResponse:
    """The card of the resource's page, while a job is at work."""
    found = _found(request, instance_id)
    if workplace_of(found) is None:
        return redirect(found)
    context = card(request.actor, found)  # type: ignore[attr-defined]
    return render(request, "provisioning/logins/_logins.html", context)


@require_POST
def make(request: HttpRequest, instance_id: UUID) -> HttpResponse:
    """Have a login made for the viewer, or a new password for it."""
    found = _found(request, instance_id)
    try:
        services.make_login(instance=found, actor=request.actor)  # type: ignore[attr-defined]
    except (Invalid, InvalidTransition, ConcurrencyError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "It is being made. That takes a few seconds.")
    return redirect(found)


@require_POST
@never_cache
def reveal(request: HttpRequest, instance_id: UUID) -> HttpResponse:
    """The password, once: this answer is the only place where it ever stands."""
    found = _found(request, instance_id)
    try:
        login = services.reveal_login(instance=found, actor=request.actor)  # type: ignore[attr-defined]
    except (Invalid, InvalidTransition, NotFound) as error:
        messages.error(request, str(error))
        return redirect(found)
    crumbs = [
        {"label": "Resources", "url": "/resources/"},
        {"label": found.name, "url": found.get_absolute_url()},
        {"label": "Password"},
    ]
    context = {"instance": found, "login": login, "crumbs": crumbs}
    return render(request, "provisioning/logins/login.html", context)


@require_POST
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Drop a login; its sessions end."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    visible = Login.objects.visible_to(actor).for_lists()
    login = get_object_or_404(visible.select_related("instance__owner"), pk=pk)
    try:
        services.end_login(login=login, actor=actor)
    except (InvalidTransition, ConcurrencyError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The login is being dropped; its sessions end.")
    return redirect(login.instance)


def _found(request: HttpRequest, instance_id: UUID) -> Instance:
    visible = Instance.objects.visible_to(request.actor)  # type: ignore[attr-defined]
    return get_object_or_404(visible.select_related("owner"), pk=instance_id)
