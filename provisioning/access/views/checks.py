"""Rows that break a quality check, as the reader's own access shows them, and its query."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
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
    check = _check(actor, pk)
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
        "crumbs": _crumbs(check),
    }
    template = "_examples" if wants_fragment(request) else "examples"
    return render(request, f"provisioning/access/{template}.html", context)


@require_safe
@never_cache
@vary_on_headers("HX-Request")
def query(request: HttpRequest, pk: int) -> HttpResponse:
    """The SQL that answers a check, for its owners and those who may read the port."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    check = _check(actor, pk)
    context: dict[str, Any] = {"check": check, "product": check.port.product}
    status = 200
    try:
        context["sql"] = services.query_of(check=check, actor=actor)
    except (Invalid, Unavailable) as error:
        context["trouble"], status = str(error), error.status
    context["crumbs"] = _crumbs(check)
    template = "_query" if wants_fragment(request) else "query"
    return render(request, f"provisioning/access/{template}.html", context, status=status)


def _check(actor: Actor, pk: int) -> QualityCheck:
    checks = QualityCheck.objects.visible_to(actor).filter(active=True)
    return get_object_or_404(checks.select_related("port__product"), pk=pk)


def _crumbs(check: QualityCheck) -> list[dict[str, str]]:
    product = check.port.product
    return [
        {"label": product.name, "url": f"{product.get_absolute_url()}?tab=quality"},
        {"label": check.name, "url": ""},
    ]
