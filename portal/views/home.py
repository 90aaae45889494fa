"""Home: what waits for me, what is mine, what I follow."""

import datetime as dt
from collections.abc import Sequence

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Team
from catalog.products.models import DataProduct
from catalog.products.selectors.talk import followed_by, news_for
from catalog.products.states import LISTED
from catalog.quality.selectors.incidents import open_of_teams
from catalog.search.selectors import saved_with_news
from portal.views.shared import marketplace_url
from provisioning.access.models import Grant
from provisioning.requests.models import Request
from provisioning.requests.selectors import to_decide

ENDS_SOON = dt.timedelta(days=14)
HOME_ROWS = 6
HOME_INCIDENTS = 4


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me, what is mine, what I asked for, what I may read."""
    actor = request.actor  # type: ignore[attr-defined]
    visible = DataProduct.objects.visible_to(actor).select_related("domain", "owner")
    products = visible.defer("document", "text", "domain__field_schema")
    teams = list(Team.objects.filter(pk__in=actor.team_ids))
    grants = list(Grant.objects.held_by(actor).live().for_lists().order_by("until")[:HOME_ROWS])
    now = timezone.now()
    asked = Q(requester_id=actor.user_id) | Q(team__in=actor.contributor_team_ids)
    context = {
        "greeting": _greeting(teams),
        "viewer_teams": teams,
        "now": now,
        "to_decide": to_decide(actor, limit=HOME_ROWS),
        "incidents": open_of_teams(actor, limit=HOME_INCIDENTS),
        "ending": [grant for grant in grants if grant.until < now + ENDS_SOON],
        "my_products": products.filter(owner__in=actor.team_ids).order_by("-updated_at")[:8],
        "my_products_url": marketplace_url(team=[team.slug for team in teams]),
        "my_requests": Request.objects.filter(asked).with_sides()[:HOME_ROWS],
        "my_grants": grants,
        "saved_searches": saved_with_news(actor, followed=True),
        "followed": followed_by(actor)[:HOME_ROWS],
        "news": news_for(actor, limit=HOME_ROWS),
        "changed": products.filter(status__in=LISTED).order_by("-updated_at")[:HOME_ROWS],
    }
    return render(request, "portal/home.html", context)


def _greeting(teams: Sequence[Team]) -> str:
    names = [team.name for team in teams[:3]]
    if not names:
        return "You are in no team yet; what is published in the company is yours to find."
    more = f" and {len(teams) - 3} more teams" if len(teams) > 3 else ""
    return f"For {', '.join(names)}{more}."
