"""Rows that break a quality check, as the reader's own access shows them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.actors import Actor
from catalog.quality.models import QualityCheck
from core.errors import Invalid, InvalidTransition, Unavailable
from core.htmx import wants_fragment
from provisioning.access import services


@require_POST
@never_cache
@vary_on_headers("HX-Request")
def examples(request: HttpRequest, pk: int) -> HttpResponse:
    """Up to twenty keys of rows that break the check now; that somebody looked is written down."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    checks = QualityCheck.objects.visible_to(actor).filter(active=True)
    check = get_object_or_404(checks.select_related("port__product"), pk=pk)
    product = check.port.product
    try:
        found = services.failing_rows(check=check, actor=actor)
    except (Invalid, InvalidTransition, Unavailable) as error:
        if wants_fragment(request):
            context: dict[str, Any] = {"examples": None, "trouble": str(error)}
            return render(request, "provisioning/access/_examples.html", context)
        messages.error(request, str(error))
        return redirect(f"{product.get_absolute_url()}?tab=quality")
    context = {
        "check": check,
        "product": product,
        "examples": found,
        "crumbs": [
            {"label": product.name, "url": f"{product.get_absolute_url()}?tab=quality"},
            {"label": check.name, "url": ""},
        ],
    }
    template = "_examples" if wants_fragment(request) else "examples"
    return render(request, f"provisioning/access/{template}.html", context)
