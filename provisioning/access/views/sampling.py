"""A few rows of what one may read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.actors import Actor
from core.errors import Invalid, InvalidTransition, Unavailable
from core.htmx import wants_fragment
from provisioning.access import services
from provisioning.access.views.grants import find_grant


@require_POST
@never_cache
@vary_on_headers("HX-Request")
def sample(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Up to ten rows of each table, as the reader's own access shows them; it is written down."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    grant = find_grant(actor, pk)
    try:
        samples = services.sample_rows(grant=grant, actor=actor)
    except (Invalid, InvalidTransition, Unavailable) as error:
        if wants_fragment(request):
            context: dict[str, Any] = {"samples": [], "trouble": str(error)}
            return render(request, "provisioning/access/_sample.html", context)
        messages.error(request, str(error))
        return redirect(grant)
    context = {
        "grant": grant,
        "samples": samples,
        "crumbs": [
            {"label": grant.port.product.name, "url": grant.port.product.get_absolute_url()},
            {"label": f"Access of {grant.consumer}", "url": grant.get_absolute_url()},
            {"label": "Some rows", "url": ""},
        ],
    }
    template = "_sample" if wants_fragment(request) else "sample"
    return render(request, f"provisioning/access/{template}.html", context)
