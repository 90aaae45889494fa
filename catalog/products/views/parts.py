"""What the pages of products share."""

from __future__ import annotations

from django.urls import reverse

from accounts.models import Domain
from catalog.products.models import DataProduct

Crumb = dict[str, str]


def crumbs_to(product: DataProduct) -> list[Crumb]:
    """The way to a product: the marketplace, then its domains from the top."""
    crumbs = []
    domain: Domain | None = product.domain
    while domain is not None:
        crumbs.append({"label": domain.name, "url": domain.get_absolute_url()})
        domain = domain.parent
    return [{"label": "Marketplace", "url": reverse("search:marketplace")}, *reversed(crumbs)]


def crumbs_of(product: DataProduct) -> list[Crumb]:
    """The way to a page below a product."""
    return [*crumbs_to(product), {"label": product.name, "url": product.get_absolute_url()}]
