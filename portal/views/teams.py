"""Teams: all of them, and one with what it answers for and how that fares."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, UUIDField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.models import Membership, Team
from accounts.selectors import unowned
from catalog.products.models import Comment, DataProduct, DataProductQuerySet, Ownership, System
from catalog.products.states import LISTED, ProductStatus
from catalog.quality.selectors.incidents import times_of_team
from core.paging import keyset_page
from portal.views.shared import actor_in
from provisioning.requests.models import Approval
from provisioning.requests.states import ApprovalState, RequestKind

PAGE_SIZE = 50
MAX_ROWS = 100
SHOWN = 5  # of each thing to mend
OLD_DRAFT = dt.timedelta(days=90)


@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    """All teams; `?q=` finds them by name."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:100]
    rows = Team.objects.select_related("domain").annotate(people=Count("memberships"))
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(slug__icontains=text))
    page = keyset_page(rows, order=["name", "id"], size=PAGE_SIZE, cursor=request.GET.get("cursor"))
    listed = DataProduct.objects.visible_to(actor_in(request)).filter(
        status__in=LISTED, owner__in=[each.pk for each in page.rows]
    )
    products = dict(listed.order_by().values_list("owner").annotate(count=Count("pk")))
    kept = {"q": text} if text else {}
    context = {
        "teams": [(each, products.get(each.pk, 0)) for each in page.rows],
        "text": text,
        "pager": {
            "text": f"{len(page.rows)} on this page",
            "next": page.next_cursor and f"?{urlencode({**kept, 'cursor': page.next_cursor})}",
            "previous": f"?{urlencode(kept)}" if request.GET.get("cursor") else "",
        },
    }
    return render(request, "portal/teams.html", context)


@require_safe
def team(request: HttpRequest, slug: str) -> HttpResponse:
    """One team: people, products and how they fare, systems, domains it answers for."""
    actor = actor_in(request)
    named = Team.objects.select_related("domain", "parent").annotate(is_unowned=unowned("pk"))
    found = get_object_or_404(named, slug=slug)
    visible = DataProduct.objects.visible_to(actor).filter(owner=found)
    systems = System.objects.visible_to(actor).filter(owner=found)
    context = {
        "team": found,
        "memberships": Membership.objects.filter(team=found)
        .select_related("user")
        .order_by("role", "user__username")[:MAX_ROWS],
        "products": visible.select_related("domain", "owner")[:MAX_ROWS],
        "systems": systems.defer("document", "text")[:MAX_ROWS],
        "owned_domains": found.owned_domains.order_by("path")[:50],
        "health": _health(visible, found),
        "times": times_of_team(actor, slug),
    }
    return render(request, "portal/team.html", context)


def _health(products: DataProductQuerySet, team: Team) -> list[dict[str, Any]]:
    """What wants attention, each with how many there are and the first of them.

    Cost: four SQL statements.
    """
    stewards = Ownership.objects.filter(product=OuterRef("pk"), kind=Ownership.Kind.STEWARD)
    old = products.filter(
        status=ProductStatus.DRAFT, updated_at__lt=timezone.now() - OLD_DRAFT
    ).order_by("updated_at")
    alone = products.filter(~Exists(stewards), status__in=LISTED)
    asked = products.filter(pk__in=_unanswered(products, team).values("product"))
    late = products.filter(pk__in=_undecided(team))
    kinds = (
        (
            "product for which somebody waits too long for access",
            "products for which people wait too long for access",
            "Decide under Approvals; others may do so now as well.",
            late,
        ),
        ("draft untouched for 90 days", "drafts untouched for 90 days", "Publish or remove.", old),
        (
            "published product without a steward",
            "published products without a steward",
            "Name somebody who knows the data.",
            alone,
        ),
        (
            "product with a comment that nobody of the team answered",
            "products with comments that nobody of the team answered",
            "Answer; the next one reads it too.",
            asked,
        ),
    )
    return [
        {
            "label": f"{len(found)} {several if len(found) > 1 else single}",
            "mend": mend,
            "tail": "?tab=activity#comments" if rows is asked else "",
            "count": len(found),
            "products": found[:SHOWN],
        }
        for single, several, mend, rows in kinds
        if (found := list(rows.only("fqn", "name")[: MAX_ROWS + 1]))
    ]


def _undecided(team: Team) -> QuerySet[Approval]:
    """Ids of products of which a request for access waits for the team beyond its time."""
    waiting = Approval.objects.filter(
        team=team,
        state=ApprovalState.WAITING,
        due_at__lte=Now(),
        request__kind=RequestKind.ACCESS,
    )
    product = Cast(KeyTextTransform("product_id", "request__subject"), UUIDField())
    return waiting.order_by().values_list(product, flat=True)


def _unanswered(products: DataProductQuerySet, team: Team) -> QuerySet[Comment]:
    """Threads that others began and nobody of the team answered."""
    people = Membership.objects.filter(team=team).values("user")
    answers = Comment.objects.filter(
        parent=OuterRef("pk"), author__in=people, removed_at__isnull=True
    )
    begun = Comment.objects.filter(
        product__in=products.order_by(), parent__isnull=True, removed_at__isnull=True
    )
    return begun.filter(~Q(author__in=people) | Q(author__isnull=True)).filter(~Exists(answers))
