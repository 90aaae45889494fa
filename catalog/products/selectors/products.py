"""Reads over products, ports and their contracts."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from accounts.actors import Actor
from catalog.products.models import (
    DataProduct,
    FormerName,
    InputPort,
    OutputPort,
    Revision,
    System,
)
from catalog.products.selectors.facts import facts_of
from catalog.products.selectors.gate import gate_problems
from catalog.products.selectors.page_sql import page_head
from catalog.products.states import ProductStatus
from core.errors import NotFound
from core.paging import KeysetPage, keyset_page
from core.problems import Problem

MAX_INPUTS = 50  # systems on a page
OFF_PAGE = (
    *("document", "text", "reader_team_ids", "reader_user_ids", "created_at", "updated_at"),
    *("domain__field_schema", "domain__purpose", "domain__parent", "domain__owner"),
    *("owner__domain", "owner__parent"),
)


def product_by_fqn(actor: Actor, fqn: str, *, for_page: bool = False) -> DataProduct:
    """The product of this name, or of this former name: then its `fqn` is another one.

    Args:
        for_page: in the same statement `parts`, `named_terms`, `named_systems` (those it reads),
            `places` (the domains from the top, when the name is the present one), and what else
            `page_head` has; what no page shows is left out.

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    visible = DataProduct.objects.visible_to(actor).select_related("domain", "owner")
    if for_page:
        visible = visible.defer(*OFF_PAGE).annotate(
            head=page_head(fqn, actor), named_systems=ArraySubquery(_named_systems(actor))
        )
    else:
        visible = visible.select_related("successor")
    product = visible.filter(fqn=fqn).first()
    if product is None:
        renamed = FormerName.objects.filter(fqn=fqn).values("product")
        product = visible.filter(pk__in=renamed).first()
    if product is None:
        raise NotFound()
    for name, value in getattr(product, "head", {}).items():
        setattr(product, name, value)
    return product


def _named_systems(actor: Actor) -> QuerySet[Any]:
    """The systems that a product declares as inputs, to be read with it."""
    declared = InputPort.objects.filter(product=OuterRef(OuterRef("pk")), system__isnull=False)
    found = System.objects.visible_to(actor).filter(pk__in=declared.values("system"))
    return found.order_by("fqn").values(pair=JSONObject(fqn="fqn", name="name"))[:MAX_INPUTS]


def port_by_fqn(actor: Actor, fqn: str) -> OutputPort:
    """The port `<domain>.<product>/<name>@<major>`; former names of the product work too.

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    name, _, rest = fqn.partition("/")
    ports = OutputPort.objects.select_related(
        "product__domain", "product__owner", "contract", "contract_version", "next_contract_version"
    )
    product = product_by_fqn(actor, name)
    port = ports.filter(fqn=f"{product.fqn}/{rest}").first()
    if port is None:
        raise NotFound()
    return port


def history(
    product: DataProduct, *, size: int = 20, cursor: str | None = None
) -> KeysetPage[Revision]:
    """The revisions of a product, the newest first, without their snapshots. One statement."""
    rows = Revision.objects.filter(product=product).defer("snapshot")
    return keyset_page(rows, order=["-number"], size=size, cursor=cursor)


def publish_blockers(product: DataProduct) -> list[Problem]:
    """What a product lacks before it can be published, each with the mend."""
    return [each for each in publish_problems(product) if each.severity == "error"]


def publish_problems(product: DataProduct) -> list[Problem]:
    """What keeps a product from being published, and as warnings what would soon do so.

    Of a proposal only that it is one: what it lacks is asked of the draft. Cost: three statements.
    """
    if product.status == ProductStatus.PROPOSED:
        message = "It is a proposal: accept it as a draft first, on its page or with POST …/accept."
        return [Problem("/status", "not-accepted", message)]
    return gate_problems(list(facts_of([product.pk]).values())).get(product.pk, [])
