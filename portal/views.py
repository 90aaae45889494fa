"""Home, domains, teams, health: pages made of several rooms."""

import datetime as dt
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.actors import paths_up
from accounts.models import Domain, Membership, Team
from catalog.products.models import DataProduct, DataProductQuerySet
from catalog.products.states import LISTED
from catalog.search.selectors import saved_with_news
from core.errors import NotFound
from core.middleware import problem_response, unavailable, wants_json
from core.rendering import GOOD
from provisioning.access.models import Grant
from provisioning.jobs.models import Worker
from provisioning.requests.models import Request

WORKER_SILENCE = dt.timedelta(seconds=30)
ENDS_SOON = dt.timedelta(days=14)
HOME_ROWS = 6
MAX_DOMAINS = 500


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me, what is mine, what I asked for, what I may read."""
    actor = request.actor  # type: ignore[attr-defined]
    products = DataProduct.objects.visible_to(actor).select_related("domain", "owner")
    teams = list(Team.objects.filter(pk__in=actor.team_ids))
    grants = list(Grant.objects.held_by(actor).live().for_lists().order_by("until")[:HOME_ROWS])
    now = timezone.now()
    asked = Q(requester_id=actor.user_id) | Q(team__in=actor.contributor_team_ids)
    context = {
        "greeting": _greeting(teams),
        "viewer_teams": teams,
        "now": now,
        "to_decide": Request.objects.decidable_by(actor).select_related("requester", "decider")[
            :HOME_ROWS
        ],
        "ending": [grant for grant in grants if grant.until < now + ENDS_SOON],
        "my_products": products.filter(owner__in=actor.team_ids).order_by("-updated_at")[:8],
        "my_products_url": _marketplace(team=[team.slug for team in teams]),
        "my_requests": Request.objects.filter(asked).select_related("operation", "decider")[
            :HOME_ROWS
        ],
        "my_grants": grants,
        "saved_searches": saved_with_news(actor, followed=True),
        "changed": products.filter(status__in=LISTED).order_by("-updated_at")[:HOME_ROWS],
    }
    return render(request, "portal/home.html", context)


def _greeting(teams: Sequence[Team]) -> str:
    names = [team.name for team in teams[:3]]
    if not names:
        return "You are in no team yet; what is published in the company is yours to find."
    more = f" and {len(teams) - 3} more teams" if len(teams) > 3 else ""
    return f"For {', '.join(names)}{more}."


def _marketplace(**filters: Sequence[str]) -> str:
    return f"{reverse('search:marketplace')}?{urlencode(filters, doseq=True)}"


@require_safe
def domains(request: HttpRequest) -> HttpResponse:
    """The tree of domains with what each and those below it offer to the reader."""
    actor = request.actor  # type: ignore[attr-defined]
    visible = DataProduct.objects.visible_to(actor).filter(status__in=LISTED)
    counts: Counter[str] = Counter()
    for path, count in visible.values_list("domain__path").annotate(n=Count("pk")).order_by():
        counts.update(dict.fromkeys(paths_up(path), count))
    rows = [
        {
            "domain": domain,
            "depth": domain.path.count("."),
            "indent": range(domain.path.count(".")),
            "products": counts[domain.path],
        }
        for domain in Domain.objects.select_related("owner")[:MAX_DOMAINS]
    ]
    return render(request, "portal/domains.html", {"rows": rows})


@require_safe
def domain(request: HttpRequest, path: str) -> HttpResponse:
    """One domain: its products, teams and those below it."""
    actor = request.actor  # type: ignore[attr-defined]
    found = get_object_or_404(Domain.objects.select_related("owner", "parent"), path=path)
    here = Q(domain=found) | Q(domain__path__startswith=f"{path}.")
    products = DataProduct.objects.visible_to(actor).filter(here)
    context = {
        "crumbs": _domain_crumbs(path),
        "domain": found,
        "facts": _domain_facts(products),
        "products": products.select_related("domain", "owner").order_by(
            F("quality_score").desc(nulls_last=True), "fqn"
        )[:100],
        "children": found.children.order_by("path")[:50],
        "teams": Team.objects.filter(here).select_related("domain")[:50],
        "list_url": _marketplace(domain=[path]),
    }
    return render(request, "portal/domain.html", context)


def _domain_crumbs(path: str) -> list[dict[str, str]]:
    above = Domain.objects.filter(path__in=paths_up(path)[:-1]).order_by("path")
    links = [{"label": each.name, "url": each.get_absolute_url()} for each in above]
    return [{"label": "Domains", "url": reverse("portal:domains")}, *links]


def _domain_facts(products: DataProductQuerySet) -> list[dict[str, Any]]:
    """How a domain fares, each number with its yardstick. One SQL statement."""
    listed = Q(status__in=LISTED)
    found = products.aggregate(
        listed=Count("pk", filter=listed),
        measured=Count("pk", filter=listed & Q(quality_score__isnull=False)),
        good=Count("pk", filter=listed & Q(quality_score__gte=GOOD)),
        consumers=Sum("consumer_count", filter=listed),
    )
    total = found["listed"]
    return [
        {"label": "Published products", "value": f"{total:,}", "hint": "that you may see"},
        {"label": "Measured", "value": f"{found['measured']:,}", "hint": f"of {total:,}"},
        {"label": f"Score {GOOD} and more", "value": f"{found['good']:,}", "hint": f"of {total:,}"},
        {"label": "Consumers", "value": f"{found['consumers'] or 0:,}", "hint": "of all products"},
    ]


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
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError):  # raised before any view, by session or actor
        return unavailable(request, error)
    if wants_json(request):
        body = {"type": "/problems/internal", "title": "Internal error", "status": 500}
        return JsonResponse(body, status=500, content_type="application/problem+json")
    # without the request: the frame may be what broke
    return HttpResponse(render_to_string("errors/500.html"), status=500)
