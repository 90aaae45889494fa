"""What the pages of products share."""

from __future__ import annotations

from django.db.models.functions import Length
from django.urls import reverse

from accounts.actors import paths_up
from accounts.models import Domain
from catalog.products.models import DataProduct

Crumb = dict[str, str]


def crumbs_to(product: DataProduct) -> list[Crumb]:
    """The way to a product: the marketplace, then its domains from the top.

    Cost: no SQL statement for a product read with its `places`, else one.
    """
    path = product.domain.path
    places = getattr(product, "places", None)
    if not places or places[-1]["path"] != path:  # read by a former name
        above = Domain.objects.filter(path__in=paths_up(path)).order_by(Length("path"))
        places = above.values("path", "name")
    crumbs = [
        {"label": each["name"], "url": reverse("portal:domain", args=[each["path"]])}
        for each in places
    ]
    return [{"label": "Marketplace", "url": reverse("search:marketplace")}, *crumbs]


def crumbs_of(product: DataProduct) -> list[Crumb]:
    """The way to a page below a product."""
    return [*crumbs_to(product), {"label": product.name, "url": product.get_absolute_url()}]
