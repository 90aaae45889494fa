"""Who has which name: products, systems and domains share none."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from accounts.models import Domain
from catalog.products.models import DataProduct, FormerName, System
from catalog.products.names import slug_problem
from core.problems import Problem


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
    names = FormerName.objects.filter(fqn__in=fqns).values_list("fqn", "product__document_id")
    former = {fqn: holder for fqn, holder in names if holder is not None}
    domains = Domain.objects.filter(path__in=fqns).values_list("path", flat=True)
    systems = System.objects.filter(fqn__in=fqns).values_list("fqn", flat=True)
    of_systems = {fqn for fqn, holder in names if holder is None}
    return Names(dict(products), former, {*domains, *systems, *of_systems})


def name_problems(
    slug: str, fqn: str, product: DataProduct | None, pointer: str
) -> Iterator[Problem]:
    """Why `product` (None: a new one) cannot have this name: form, reserved, or taken."""
    own = "" if product is None else product.document_id
    wrong = names_in_use([fqn]).problem(slug, fqn, own, pointer)
    if wrong is not None:
        yield wrong


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
        FormerName.objects.filter(fqn=fqn).exclude(system__in=own),
        Domain.objects.filter(path=fqn),
    ]
    if any(each.exists() for each in taken):
        yield Problem(pointer, "name-taken", f"The name {fqn} is taken; choose another one.")
