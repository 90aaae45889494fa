"""Reads over products, ports and their contracts."""

from __future__ import annotations

from collections.abc import Iterator

from accounts.actors import Actor
from accounts.models import Domain
from catalog.products.models import DataProduct, FormerName, OutputPort
from catalog.products.names import slug_problem
from core.errors import NotFound
from core.problems import Problem

UNSEEN = "There is nothing here, or you may not see it."


def product_by_fqn(actor: Actor, fqn: str) -> DataProduct:
    """The product of this name, or of this former name: then its `fqn` is another one.

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    visible = DataProduct.objects.visible_to(actor).select_related(
        "domain__parent__parent", "owner", "successor"
    )
    product = visible.filter(fqn=fqn).first()
    if product is None:
        renamed = FormerName.objects.filter(fqn=fqn).values("product")
        product = visible.filter(pk__in=renamed).first()
    if product is None:
        raise NotFound(UNSEEN)
    return product


def port_by_fqn(actor: Actor, fqn: str) -> OutputPort:
    """The port `<domain>.<product>/<name>@<major>`; former names of the product work too.

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    name, _, rest = fqn.partition("/")
    ports = OutputPort.objects.select_related(
        "product__domain", "product__owner", "contract", "contract_version"
    )
    product = product_by_fqn(actor, name)
    port = ports.filter(fqn=f"{product.fqn}/{rest}").first()
    if port is None:
        raise NotFound(UNSEEN)
    return port


def publish_blockers(product: DataProduct) -> list[Problem]:
    """What a product lacks before it can be published, each with the mend."""
    found = []
    if not product.purpose.strip():
        message = "Say in a sentence what the product is for."
        found.append(Problem("/purpose", "purpose-missing", message))
    ports = list(product.output_ports.values_list("name", "major", "contract_version_id"))
    if not ports:
        message = "Add an output port; without one nobody can read the product."
        found.append(Problem("/ports", "port-missing", message))
    for name, major, contract_version in ports:
        if contract_version is None:
            message = f"Give the port {name}@{major} a data contract."
            found.append(Problem(f"/ports/{name}@{major}", "contract-missing", message))
    return found


def name_problems(
    slug: str, fqn: str, product: DataProduct | None, pointer: str
) -> Iterator[Problem]:
    """Why `product` (None: a new one) cannot have this name: form, reserved, or taken."""
    wrong = slug_problem(slug, pointer)
    if wrong is not None:
        yield wrong
        return
    own = [] if product is None else [product.pk]
    others = DataProduct.objects.exclude(pk__in=own).filter(fqn=fqn)
    former = FormerName.objects.exclude(product__in=own).filter(fqn=fqn)
    if others.exists() or former.exists() or Domain.objects.filter(path=fqn).exists():
        yield Problem(pointer, "name-taken", f"The name {fqn} is taken; choose another one.")
