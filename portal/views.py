"""Home, domains, teams, health: pages made of several rooms."""

import datetime as dt

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Domain, Membership, Team
from catalog.products.models import DataProduct
from catalog.products.states import LISTED
from core.errors import NotFound
from core.middleware import problem_response, wants_json
from provisioning.access.models import Grant
from provisioning.jobs.models import Worker
from provisioning.requests.models import Request
from provisioning.requests.states import OPEN

WORKER_SILENCE = dt.timedelta(seconds=30)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me, what is mine, what I asked for, what I may read."""
    actor = request.actor  # type: ignore[attr-defined]
    products = DataProduct.objects.visible_to(actor).select_related("domain", "owner")
    context = {
        "to_decide": Request.objects.decidable_by(actor).select_related("requester", "decider")[:6],
        "my_products": products.filter(owner__in=actor.team_ids).order_by("-updated_at")[:8],
        "my_requests": Request.objects.filter(
            Q(requester_id=actor.user_id) | Q(team__in=actor.contributor_team_ids)
        ).select_related("operation", "decider")[:6],
        "my_grants": Grant.objects.held_by(actor)
        .filter(state__in=["pending", "active"])
        .select_related("port__product")
        .order_by("until")[:6],
        "changed": products.filter(status__in=LISTED).order_by("-updated_at")[:6],
        "open_states": OPEN,
    }
    return render(request, "portal/home.html", context)


@require_safe
def domains(request: HttpRequest) -> HttpResponse:
    """The tree of domains with what each offers to the reader."""
    actor = request.actor  # type: ignore[attr-defined]
    visible = DataProduct.objects.visible_to(actor).filter(status__in=LISTED)
    counts = dict(visible.values_list("domain").annotate(n=Count("pk")).order_by())
    rows = [
        {"domain": domain, "depth": domain.path.count("."), "products": counts.get(domain.pk, 0)}
        for domain in Domain.objects.select_related("owner")[:500]
    ]
    return render(request, "portal/domains.html", {"rows": rows})


@require_safe
def domain(request: HttpRequest, path: str) -> HttpResponse:
    """One domain: its products, teams and those below it."""
    actor = request.actor  # type: ignore[attr-defined]
    found = get_object_or_404(Domain.objects.select_related("owner", "parent"), path=path)
    products = (
        DataProduct.objects.visible_to(actor)
        .filter(Q(domain=found) | Q(domain__path__startswith=f"{path}."))
        .select_related("domain", "owner")
        .order_by("-quality_score", "fqn")[:100]
    )
    context = {
        "domain": found,
        "products": products,
        "children": found.children.order_by("path")[:50],
        "teams": Team.objects.filter(
            Q(domain=found) | Q(domain__path__startswith=f"{path}.")
        ).select_related("domain")[:50],
    }
    return render(request, "portal/domain.html", context)


@require_safe
def team(request: HttpRequest, slug: str) -> HttpResponse:
    """One team: people, products, domains it owns."""
    actor = request.actor  # type: ignore[attr-defined]
    found = get_object_or_404(Team.objects.select_related("domain", "parent"), slug=slug)
    context = {
        "team": found,
        "memberships": Membership.objects.filter(team=found)
        .select_related("user")
        .order_by("role", "user__username")[:100],
        "products": DataProduct.objects.visible_to(actor)
        .filter(owner=found)
        .select_related("domain", "owner")[:100],
        "owned_domains": found.owned_domains.order_by("path")[:50],
    }
    return render(request, "portal/team.html", context)


@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, is migrated, and a worker was heard of; else 503 and why."""
    checks = {"database": False, "migrations": False, "worker": False}
    try:
        checks["migrations"] = _migrated()
        checks["database"] = True
        checks["worker"] = Worker.objects.filter(last_seen__gt=Now() - WORKER_SILENCE).exists()
    except DatabaseError:
        pass
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)


def _migrated() -> bool:
    """True when no migration is left; asked once a process, for the answer cannot change back."""
    if cache.get("migrated"):
        return True
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    cache.set("migrated", True, None)
    return True


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The same answer for what does not exist and for what one may not see."""
    if wants_json(request):
        return problem_response(NotFound("There is nothing here, or you may not see it."))
    return render(request, "errors/404.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """Something broke: the page carries the request id and nothing else."""
    if wants_json(request):
        body = {"type": "/problems/internal", "title": "Internal error", "status": 500}
        return JsonResponse(body, status=500, content_type="application/problem+json")
    # without the request: the frame may be what broke
    return HttpResponse(render_to_string("errors/500.html"), status=500)
