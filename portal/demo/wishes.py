"""What people of the demo company want to hear of, look for again, and wish for."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from catalog.products import services
from catalog.products.models import DataProduct, Demand, DemandVote, Follow
from catalog.products.services import DemandData
from catalog.search.models import SavedSearch
from catalog.search.services import save_search
from portal.demo.company import products, read
from portal.demo.people import Company, company

LOOKED = dt.timedelta(days=8)  # ago that people looked at their saved searches
SETTLED_AFTER = 0.5  # of a wish's age


@transaction.atomic
def load_follows() -> None:
    """Followed products and saved searches; what somebody has stays."""
    here = company()
    rows = {each.fqn: each for each in DataProduct.objects.filter(fqn__in=products())}
    known = set(Follow.objects.values_list("user__username", "product__fqn"))
    for name, followed in read("talk")["follows"].items():
        for fqn in followed:
            if (name, fqn) not in known:
                services.follow_product(product=rows[fqn], actor=here.actor(name))
    kept = set(SavedSearch.objects.values_list("user__username", "name"))
    for name, searches in read("talk")["searches"].items():
        for title, query in searches.items():
            if (name, title) not in kept:
                saved = save_search(name=title, query=query, follow=True, actor=here.actor(name))
                looked = timezone.now() - LOOKED
                SavedSearch.objects.filter(pk=saved.pk).update(last_seen_at=looked)


@transaction.atomic
def load_demands() -> None:
    """The demand board, with a wish in every state; one that is there stays as it is."""
    here = company()
    known = set(Demand.objects.values_list("title", flat=True))
    for given in read("talk")["demands"]:
        if given["title"] not in known:
            demand = _posted(given, here)
            _settle(demand, given, here)
            _date_back(demand, given["ago"])


def _posted(given: dict[str, Any], here: Company) -> Demand:
    domain = here.domains.get(given.get("domain", ""))
    data = DemandData(title=given["title"], need=given["need"], domain=domain)
    demand = services.post_demand(data=data, actor=here.actor(given["by"]))
    for name in given["votes"]:
        services.vote(demand=demand, actor=here.actor(name))
    demand.refresh_from_db()
    return demand


def _settle(demand: Demand, given: dict[str, Any], here: Company) -> None:
    state = given.get("state", "open")
    if state in {"taken", "answered"}:
        team = given["team"]
        services.take_demand(demand=demand, team=here.teams[team], actor=here.owner(team))
    if state == "answered":
        product = DataProduct.objects.get(fqn=given["product"])
        actor = here.owner(given["team"])
        services.answer_demand(demand=demand, product=product, actor=actor, note=given["answer"])
    elif state == "declined":
        actor = here.actor(given["declined_by"])
        services.decline_demand(demand=demand, reason=given["answer"], actor=actor)


def _date_back(demand: Demand, days: int) -> None:
    """A verb cannot speak in the past; its lines in the audit log stay where they are."""
    posted = timezone.now() - dt.timedelta(days=days)
    changed = posted + dt.timedelta(days=days * SETTLED_AFTER)
    Demand.objects.filter(pk=demand.pk).update(
        created_at=posted, updated_at=posted if demand.state == "open" else changed
    )
    DemandVote.objects.filter(demand=demand).update(created_at=posted)
