"""Reads over products, ports and their contracts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accounts.actors import Actor
from accounts.models import Domain
from catalog.products.formats import odps
from catalog.products.models import DataProduct, FormerName, OutputPort, System
from catalog.products.names import slug_problem
from catalog.products.talk import with_talk
from core.documents import dump_yaml
from core.errors import NotFound
from core.problems import Problem

UNSEEN = "There is nothing here, or you may not see it."


def product_by_fqn(actor: Actor, fqn: str, *, for_page: bool = False) -> DataProduct:
    """The product of this name, or of this former name: then its `fqn` is another one.

    Args:
        for_page: with what the head of its page says (`talk.with_talk`).

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    visible = DataProduct.objects.visible_to(actor).select_related(
        "domain__parent__parent", "owner", "successor"
    )
    if for_page:
        visible = with_talk(visible, actor)
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
    taken = [others, former, Domain.objects.filter(path=fqn), System.objects.filter(fqn=fqn)]
    if any(each.exists() for each in taken):
        yield Problem(pointer, "name-taken", f"The name {fqn} is taken; choose another one.")


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


def descriptor_of(product: DataProduct) -> tuple[dict[str, Any], str]:
    """The product as an ODPS document: the data, and its YAML.

    What was given comes back as it was, with the present status; a product made by a form is
    described from its rows. `domain` and `owner` must be loaded.
    """
    given = product.document
    if isinstance(given, dict):
        if str(given.get("status", "")).lower() == product.status:
            text = product.text if not product.text.lstrip().startswith("{") else ""
            return given, text or dump_yaml(given)
        data = {**given, "status": product.status}
    else:
        data = _built(product)
    return data, dump_yaml(data)


def _built(product: DataProduct) -> dict[str, Any]:
    ports = product.output_ports.select_related("contract")
    return odps.product_descriptor(
        document_id=product.document_id,
        name=product.name,
        version=product.version or "1.0.0",
        status=product.status,
        domain=product.domain.path,
        team=product.owner.slug,
        purpose=product.purpose,
        usage=product.usage,
        limitations=product.limitations,
        archetype=product.archetype,
        tags=product.tags,
        input_ports=[
            odps.InputPort(each.name, each.version, each.contract_document_id)
            for each in product.input_ports.all()
        ],
        output_ports=[_built_port(each) for each in ports],
        custom_properties={"slug": product.slug},
    )


def _built_port(port: OutputPort) -> odps.OutputPort:
    return odps.OutputPort(
        name=port.name,
        version=port.version or f"{port.major}.0.0",
        type=port.technology,
        description=port.description,
        contract_id=port.contract.document_id if port.contract else "",
    )
