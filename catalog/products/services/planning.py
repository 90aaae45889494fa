"""What saving a product would do: read once for many products, decided one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Domain
from catalog.governance.selectors import classification_problem, levels
from catalog.products import policies
from catalog.products.data import ProductData
from catalog.products.formats.odps_merge import same_but_days
from catalog.products.models import DataProduct, InputPort, OutputPort
from catalog.products.names import normal_tags, slug_from
from catalog.products.selectors import Names, names_in_use
from catalog.products.services.describing import (
    Described,
    KnownWords,
    described,
    described_changes,
    extra_problems,
    link_problems,
    link_rows,
    read_words,
)
from catalog.products.services.inputs import (
    KnownSystems,
    input_changes,
    input_warnings,
    read_systems,
)
from catalog.products.services.moving import Announced
from catalog.products.services.outcomes import Change, RevisionDiffers, change
from catalog.products.services.ports import (
    KnownPorts,
    PortsPlan,
    planned_ports,
    read_ports,
    take_datasets,
)
from catalog.products.states import LISTED, SOURCES, Archetype, ProductStatus, Visibility
from core.errors import Invalid
from core.problems import Problem

PLAIN_FIELDS = ("name", "purpose", "description", "limitations", "usage", "archetype", "version")
UNTOLD = frozenset({"text", "published_at", "updated_at", "domain_id", "owner_id"})
LONGEST = {"document_id": 400, "name": 200, "version": 60}


@dataclass
class Known:
    """Everything that the checks ask, as it is before (and while) the items are saved."""

    products: dict[str, DataProduct]  # by document id; locked
    names: Names
    words: KnownWords
    ports: KnownPorts
    inputs: dict[UUID, list[InputPort]]
    systems: KnownSystems
    classes: list[str]  # slugs of those that may be given


@dataclass
class Plan:
    """One product before and after."""

    data: ProductData
    product: DataProduct | None
    values: dict[str, Any]
    ports: PortsPlan
    described: Described
    changes: tuple[Change, ...]
    warnings: tuple[Problem, ...]
    announcements: tuple[tuple[OutputPort, Announced], ...] = ()

    @property
    def action(self) -> str:
        if self.product is None:
            return "create"
        return "update" if self.changes else "unchanged"


def read_known(items: Sequence[ProductData], actor: Actor) -> Known:
    """What the checks of `items` need. The number of statements does not grow with the items."""
    ids = [item.document_id for item in items]
    found = DataProduct.objects.select_for_update(of=("self",)).filter(document_id__in=ids)
    rows = found.select_related("domain", "owner").order_by("pk")
    products = {each.document_id: each for each in rows}
    pks = [each.pk for each in products.values()]
    fqns = {_fqn(item, products.get(item.document_id)) for item in items}
    inputs: dict[UUID, list[InputPort]] = {}
    for row in InputPort.objects.filter(product__in=pks) if pks else ():
        inputs.setdefault(row.product_id, []).append(row)
    return Known(
        products=products,
        names=names_in_use(fqns),
        words=read_words(items, pks),
        ports=read_ports(items, products, actor),
        inputs=inputs,
        systems=read_systems(each.system for item in items for each in item.inputs),
        classes=_classes(items),
    )


def _classes(items: Sequence[ProductData]) -> list[str]:
    """One statement, none where no class is named."""
    return [each.slug for each in levels()] if any(each.classification for each in items) else []


def planned(data: ProductData, known: Known, actor: Actor, expected: int | None) -> Plan:
    """What saving `data` would do; later items see its names and datasets as taken.

    Raises:
        NotAllowed: see `put_products`.
        RevisionDiffers: the product has another revision than `expected`.
        Invalid: each problem says what is wrong.
    """
    product = known.products.get(data.document_id)
    policies.require_product_write(actor, product, data.owner)
    if product is not None and product.domain_id != data.domain.pk:
        policies.require_move(actor, _home(data, known), data.domain)
    if expected is not None and expected != (product.revision if product else 0):
        raise RevisionDiffers("Somebody changed the product since you read it.")
    problems = [*_problems(data, product, known), *_described_problems(data, product, known)]
    values = _values(data, product, known, problems)
    ports = planned_ports(data, product, values["fqn"], known.ports, problems)
    warnings = [*data.left_out, *input_warnings(data, known.systems)]
    wanted = described(data, known.words, problems, warnings)
    if problems:
        raise Invalid("The product cannot be saved like that.", problems)
    known.names.take(values["fqn"], product.fqn if product else "", data.document_id)
    take_datasets(data.document_id, ports, known.ports)
    changes = _changes(data, product, values, ports, wanted, known) if product else []
    announcements = tuple(ports.announcements())
    return Plan(
        data, product, values, ports, wanted, tuple(changes), tuple(warnings), announcements
    )


def _changes(
    data: ProductData,
    product: DataProduct,
    values: dict[str, Any],
    ports: PortsPlan,
    wanted: Described,
    known: Known,
) -> Iterator[Change]:
    for name, value in values.items():
        if name == "document" and ports.waiting and same_but_days(product.document, value):
            continue
        if name not in UNTOLD and getattr(product, name) != value:
            yield change(name, getattr(product, name), value)
    yield from ports.changes()
    yield from input_changes(known.inputs.get(product.pk, ()), data.inputs)
    yield from described_changes(product, wanted, known.words)


def _home(data: ProductData, known: Known) -> Domain | None:
    """The domain of the owner team."""
    by_id = {each.pk: each for each in known.words.domains.values()}
    return by_id.get(data.owner.domain_id or 0)


def _problems(data: ProductData, product: DataProduct | None, known: Known) -> Iterator[Problem]:
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
    wrong = classification_problem(
        data.classification,
        "/classification",
        before=product.classification if product else "",
        among=known.classes,
    )
    if wrong is not None:
        yield wrong
    if product and data.status and not _may_become(product, data.status):
        state = product.get_status_display().lower()
        message = f"The product is {state}; it cannot become {data.status}."
        yield Problem("/status", "invalid-transition", message)


def _described_problems(
    data: ProductData, product: DataProduct | None, known: Known
) -> Iterator[Problem]:
    if data.links is not None:
        yield from link_problems(data.links)
    moved = product is not None and product.domain_id != data.domain.pk
    extra = data.extra
    if extra is None and moved and product is not None:
        extra = product.extra
    if extra is not None:
        yield from extra_problems(extra, data.domain, known.words.domains)


def _may_become(product: DataProduct, status: str) -> bool:
    return product.status == status or product.status in SOURCES[ProductStatus(status)]


def _values(
    data: ProductData, product: DataProduct | None, known: Known, problems: list[Problem]
) -> dict[str, Any]:
    """The columns as they will be; adds to `problems` when the name is not free."""
    slug, pointer = _slug(data, product)
    fqn = f"{data.domain.path}.{slug}"
    taken = known.names.problem(slug, fqn, data.document_id, pointer)
    if taken is not None:
        problems.append(taken)
    now = timezone.now()
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
        "tags": normal_tags(data.tags),
        "document": data.document.data if data.document else product and product.document,
        "text": data.document.text if data.document else product.text if product else "",
        "updated_at": now,
    }
    if data.links is not None:
        values["links"] = link_rows(data.links)
    if data.extra is not None:
        values["extra"] = dict(data.extra)
    if data.instance_id is not None:
        values["instance_id"] = data.instance_id
    if status in LISTED and (product is None or product.published_at is None):
        values["published_at"] = now
    if product is not None and status == ProductStatus.ACTIVE != product.status:
        values |= {"successor": None, "sunset_on": None}
    return values


def _slug(data: ProductData, product: DataProduct | None) -> tuple[str, str]:
    known = (product.slug, product.name) if product else None
    return slug_from(data.slug, data.name, data.document_id, known)


def _fqn(data: ProductData, product: DataProduct | None) -> str:
    return f"{data.domain.path}.{_slug(data, product)[0]}"
