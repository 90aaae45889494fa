"""Reads over products, ports and their contracts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from accounts.actors import Actor
from accounts.models import Domain
from catalog.products.facts import facts_of
from catalog.products.gate import gate_problems
from catalog.products.models import (
    DataProduct,
    FormerName,
    InputPort,
    OutputPort,
    Revision,
    System,
)
from catalog.products.names import slug_problem
from catalog.products.page_sql import page_head
from core.errors import NotFound
from core.paging import KeysetPage, keyset_page
from core.problems import Problem

MAX_INPUTS = 50  # systems on a page
OFF_PAGE = (
    *("document", "text", "reader_team_ids", "reader_user_ids", "created_at", "updated_at"),
    *("domain__field_schema", "domain__purpose", "domain__parent", "domain__owner"),
    *("owner__domain", "owner__parent"),
)
UNSEEN = "There is nothing here, or you may not see it."


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
        raise NotFound(UNSEEN)
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
        raise NotFound(UNSEEN)
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

    Cost: three statements.
    """
    return gate_problems(list(facts_of([product.pk]).values())).get(product.pk, [])


@dataclass
class Names:
    """Who has which fqn; kept up to date while products are saved one after the other."""

    products: dict[str, str]  # document id of the product, by fqn
    former: dict[str, str]
    others: set[str]  # domains and systems

    def problem(self, slug: str, fqn: str, document_id: str, pointer: str) -> Problem | None:
        """Why the product with this id cannot have the name: form, reserved, or taken."""
        wrong = slug_problem(slug, pointer)
        if wrong is not None:
            return wrong
        holders = {self.products.get(fqn, document_id), self.former.get(fqn, document_id)}
        if holders == {document_id} and fqn not in self.others:
            return None
        return Problem(pointer, "name-taken", f"The name {fqn} is taken; choose another one.")

    def take(self, fqn: str, former: str, document_id: str) -> None:
        """The product has the name from now on; the former one stays reserved for it."""
        if former and former != fqn:
            self.products.pop(former, None)
            self.former[former] = document_id
        self.former.pop(fqn, None)
        self.products[fqn] = document_id


def names_in_use(fqns: Collection[str]) -> Names:
    """What has one of these names, or had it. Four statements."""
    products = DataProduct.objects.filter(fqn__in=fqns).values_list("fqn", "document_id")
    former = FormerName.objects.filter(fqn__in=fqns).values_list("fqn", "product__document_id")
    domains = Domain.objects.filter(path__in=fqns).values_list("path", flat=True)
    systems = System.objects.filter(fqn__in=fqns).values_list("fqn", flat=True)
    return Names(dict(products), dict(former), {*domains, *systems})


def name_problems(
    slug: str, fqn: str, product: DataProduct | None, pointer: str
) -> Iterator[Problem]:
    """Why `product` (None: a new one) cannot have this name: form, reserved, or taken."""
    own = "" if product is None else product.document_id
    wrong = names_in_use([fqn]).problem(slug, fqn, own, pointer)
    if wrong is not None:
        yield wrong


def system_by_fqn(actor: Actor, fqn: str) -> System:
    """The operational system of this name, with domain and owner.

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    visible = System.objects.visible_to(actor).select_related("domain__parent__parent", "owner")
    system = visible.filter(fqn=fqn).first()
    if system is None:
        raise NotFound(UNSEEN)
    return system


def system_name_problems(
    slug: str, fqn: str, system: System | None, pointer: str
) -> Iterator[Problem]:
    """Why `system` (None: a new one) cannot have this name: form, reserved, or taken."""
    wrong = slug_problem(slug, pointer)
    if wrong is not None:
        yield wrong
        return
    own = [] if system is None else [system.pk]
    taken = [
        System.objects.exclude(pk__in=own).filter(fqn=fqn),
        DataProduct.objects.filter(fqn=fqn),
        FormerName.objects.filter(fqn=fqn),
        Domain.objects.filter(path=fqn),
    ]
    if any(each.exists() for each in taken):
        yield Problem(pointer, "name-taken", f"The name {fqn} is taken; choose another one.")
