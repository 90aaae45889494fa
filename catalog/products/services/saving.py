"""Creating and changing a product as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actors import Actor
from catalog.products import policies
from catalog.products.data import ProductData
from catalog.products.extensions import links_changed
from catalog.products.models import DataProduct, FormerName
from catalog.products.names import slug_for, slugified
from catalog.products.selectors import name_problems
from catalog.products.services.indexing import record_offers, reindex
from catalog.products.services.ports import (
    PortsSaved,
    planned_ports,
    resolve_waiting,
    save_inputs,
    save_ports,
    source_ids,
)
from catalog.products.states import LISTED, SOURCES, Archetype, ProductStatus, Visibility
from core import audit, outbox
from core.errors import Conflict, Invalid
from core.problems import Problem

Change = Mapping[str, Any]  # {"field", "from", "to"}
LONGEST_SHOWN = 200  # characters of a value in a change
PLAIN_FIELDS = ("name", "purpose", "description", "limitations", "usage", "archetype", "version")
LONGEST = {"document_id": 400, "name": 200, "version": 60}


@dataclass(frozen=True)
class Saved:
    product: DataProduct
    action: str  # create, update, unchanged
    changes: tuple[Change, ...] = ()


@transaction.atomic
def save_product(*, data: ProductData, actor: Actor) -> tuple[DataProduct, str]:
    """Create the product with this id, or make it be as `data` says.

    Returns:
        The product, and `create`, `update` or `unchanged`.

    Raises:
        Invalid: names, ports or contracts are wrong; each problem says where.
        NotAllowed: `actor` does not act for the owner; code `id-owned-elsewhere`: the id is
            another team's.
    """
    saved = put_product(data=data, actor=actor)
    return saved.product, saved.action


@transaction.atomic
def put_product(*, data: ProductData, actor: Actor) -> Saved:
    """`save_product`, with the list of changes."""
    product = DataProduct.objects.select_for_update().filter(document_id=data.document_id).first()
    policies.require_product_write(actor, product, data.owner)
    problems = list(_problems(data, product))
    ports = planned_ports(data, product, actor, problems)
    values = _values(data, product, problems)
    if problems:
        raise Invalid("The product cannot be saved like that.", problems)
    if product is None:
        return _created(data, values, ports, actor)
    return _changed(product, data, values, ports, actor)


def _created(data: ProductData, values: dict[str, Any], ports: PortsSaved, actor: Actor) -> Saved:
    try:
        with transaction.atomic():
            product = DataProduct.objects.create(document_id=data.document_id, **values)
    except IntegrityError:
        raise Conflict("Somebody made a product of this id or name at the same moment.") from None
    _write_parts(product, data, ports)
    _finish(product, ports, actor, "create")
    return Saved(product, "create")


def _changed(
    product: DataProduct,
    data: ProductData,
    values: dict[str, Any],
    ports: PortsSaved,
    actor: Actor,
) -> Saved:
    changes = [
        _change(name, getattr(product, name), value)
        for name, value in values.items()
        if getattr(product, name) != value and name not in {"text", "published_at", "updated_at"}
    ]
    former = product.fqn
    for name, value in values.items():
        setattr(product, name, value)
    renamed = product.fqn != former
    parts = [*ports.changes(product), *_input_changes(product, data)]
    if not changes and not parts:
        return Saved(product, "unchanged")
    product.save(update_fields=list(values))
    if renamed:
        _remember(product, former)
    _write_parts(product, data, ports)
    _finish(product, ports, actor, "update")
    return Saved(product, "update", (*changes, *parts))


def _write_parts(product: DataProduct, data: ProductData, ports: PortsSaved) -> None:
    save_ports(product, ports)
    if save_inputs(product, data.inputs):
        links_changed(product.pk, source_ids([product.pk])[product.pk])
    for waiting, sources in resolve_waiting(ports).items():
        links_changed(waiting, sources)


def _finish(product: DataProduct, ports: PortsSaved, actor: Actor, action: str) -> None:
    record_offers(ports.contract_ids)
    reindex([product.pk])
    outbox.emit("product.changed", key=product.pk, product_id=str(product.pk))
    for port in ports.touched:
        outbox.emit("port.changed", key=port.pk, port_id=str(port.pk))
    audit.record(
        actor=actor.name,
        verb=f"product.{action}d",
        kind="product",
        object_id=product.fqn,
        document_id=product.document_id,
    )


def _problems(data: ProductData, product: DataProduct | None) -> Iterator[Problem]:
    for field, longest in LONGEST.items():
        if len(getattr(data, field)) > longest:
            pointer = "/id" if field == "document_id" else f"/{field}"
            yield Problem(pointer, "too-long", f"Use {longest} characters at most.")
    if not data.name.strip():
        yield Problem("/name", "empty-value", "Fill in the name.")
    if data.archetype not in {"", *Archetype.values}:
        choices = ", ".join(Archetype.values)
        yield Problem("/archetype", "not-in-list", f"Choose one of: {choices}.")
    if data.visibility not in {"", *Visibility.values}:
        choices = ", ".join(Visibility.values)
        yield Problem("/visibility", "not-in-list", f"Choose one of: {choices}.")
    if product and data.status and not _may_become(product, data.status):
        state = product.get_status_display().lower()
        message = f"The product is {state}; it cannot become {data.status}."
        yield Problem("/status", "invalid-transition", message)


def _may_become(product: DataProduct, status: str) -> bool:
    return product.status == status or product.status in SOURCES[ProductStatus(status)]


def _values(
    data: ProductData, product: DataProduct | None, problems: list[Problem]
) -> dict[str, Any]:
    """The columns as they will be; adds to `problems` when the name is not free."""
    slug, pointer = _slug(data, product)
    fqn = f"{data.domain.path}.{slug}"
    problems.extend(name_problems(slug, fqn, product, pointer))
    status = data.status or (product.status if product else ProductStatus.DRAFT)
    values = {name: getattr(data, name) for name in PLAIN_FIELDS}
    values |= {
        "slug": slug,
        "fqn": fqn,
        "domain": data.domain,
        "owner": data.owner,
        "status": status,
        "visibility": data.visibility or (product.visibility if product else Visibility.COMPANY),
        "classification": data.classification or (product.classification if product else ""),
        "tags": [tag[:100] for tag in data.tags],
        "document": data.document.data if data.document else product and product.document,
        "text": data.document.text if data.document else product.text if product else "",
        "updated_at": timezone.now(),
    }
    if data.links is not None:
        values["links"] = [
            {"kind": each.kind, "label": each.label, "url": each.url} for each in data.links
        ]
    if data.extra is not None:
        values["extra"] = dict(data.extra)
    if data.instance_id is not None:
        values["instance_id"] = data.instance_id
    if status in LISTED and (product is None or product.published_at is None):
        values["published_at"] = timezone.now()
    return values


def _slug(data: ProductData, product: DataProduct | None) -> tuple[str, str]:
    """The slug, and the pointer of what it was made from."""
    if data.slug:
        return data.slug, "/slug"
    if product is not None and product.name == data.name:
        return product.slug, "/name"
    if slugified(data.name):
        return slugified(data.name), "/name"
    return slug_for(data.document_id, data.name), "/id"


def _remember(product: DataProduct, former: str) -> None:
    """Keep the old name for the redirect; the new one is no former name any more."""
    FormerName.objects.filter(fqn=product.fqn, product=product).delete()
    FormerName.objects.update_or_create(fqn=former, defaults={"product": product})


def _input_changes(product: DataProduct, data: ProductData) -> list[Change]:
    before = sorted(product.input_ports.values_list("name", "version", "contract_document_id"))
    after = sorted((each.name, each.version, each.contract_id) for each in data.inputs)
    if before == after:
        return []
    return [_change("inputs", [each[0] for each in before], [each[0] for each in after])]


def _change(field: str, before: Any, after: Any) -> Change:
    if field == "document":
        return {"field": "document", "from": None, "to": None}
    return {"field": field, "from": _shown(before), "to": _shown(after)}


def _shown(value: Any) -> Any:
    if isinstance(value, str | list | None):
        return value[:LONGEST_SHOWN] if value else value
    return str(value)[:LONGEST_SHOWN]
