"""Namespaces that a team answers for."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts.actors import Actor
from catalog.lineage import services
from catalog.lineage.models import NamespaceClaim
from catalog.lineage.policies import may_hold_namespaces
from catalog.lineage.selectors.namespaces import open_namespaces
from core.errors import Conflict, Invalid
from core.paging import keyset_page
from core.problems import Problem

PAGE_SIZE = 50


@require_GET
def namespaces(request: HttpRequest) -> HttpResponse:
    """`?cursor=`: the claimed namespaces by name, and those that the viewer's teams may claim."""
    return _page(request)


@require_POST
def claim(request: HttpRequest) -> HttpResponse:
    """Claim one for a team; what was typed stays when it is refused."""
    namespace = request.POST.get("namespace", "").strip()
    team = request.POST.get("team", "").strip()
    try:
        claimed = services.claim_namespace(namespace=namespace, team=team, actor=_actor(request))
    except (Conflict, Invalid) as refusal:
        problems = refusal.problems if isinstance(refusal, Invalid) else []
        return _page(request, refused=problems or [Problem("", "refused", str(refusal))])
    messages.success(request, f"{claimed.team.name} answers for {namespace} now.")
    return redirect("lineage:namespaces")


@require_POST
def release(request: HttpRequest) -> HttpResponse:
    """Open one to everybody again."""
    namespace = request.POST.get("namespace", "")
    services.release_namespace(namespace=namespace, actor=_actor(request))
    messages.success(request, f"Everybody may write to {namespace} again.")
    return redirect("lineage:namespaces")


def _page(request: HttpRequest, *, refused: Sequence[Problem] = ()) -> HttpResponse:
    actor = _actor(request)
    page = keyset_page(
        NamespaceClaim.objects.visible_to(actor).select_related("team", "claimed_by"),
        order=("namespace",),
        size=PAGE_SIZE,
        cursor=request.GET.get("cursor"),
    )
    address = reverse("lineage:namespaces")
    context = {
        "rows": [(each, may_hold_namespaces(actor, each.team_id)) for each in page.rows],
        "open": open_namespaces(actor),
        "may_name": actor.sees_all_metadata,
        "typed": request.POST,
        "problems": refused,
        "more": f"{address}?{urlencode({'cursor': page.next_cursor})}" if page.next_cursor else "",
    }
    status = 422 if refused else 200
    return render(request, "catalog/lineage/namespaces.html", context, status=status)


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor
