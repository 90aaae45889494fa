"""The products of the demo company with their contracts, written as their teams would."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone

from accounts.actors import Actor
from catalog.contracts.services import SavedVersion, VersionInput, store_versions
from catalog.products.data import InputData, LinkData, OwnershipData, PortData, ProductData
from catalog.products.models import DataProduct, OutputPort
from catalog.products.services import data_of as present_data
from catalog.products.services import deprecate_product, put_products
from core.errors import Invalid
from portal.demo.company import ProductSpec, contract_id, document_id, products, read, teams
from portal.demo.contracts import contract_of, ports_of
from portal.demo.moves import with_announced
from portal.demo.people import Company, company

PRIVATE = ("confidential", "restricted")
ENDING = "deprecated"


@dataclass(frozen=True)
class Edit:
    """One change of a product in the past; `was`: the fields before it."""

    product: str
    ago: int  # days
    by: str
    note: str
    was: Mapping[str, Any]


def edits() -> list[Edit]:
    """The oldest first."""
    return [Edit(**given) for given in read("history")]


def load_products(specs: Iterable[ProductSpec]) -> set[str]:
    """Make products as they once were; those that are there already as they are now.

    Returns:
        The fqns of those that are as they once were; `tell_the_past` changes them.
    """
    here, wanted = company(), list(specs)
    fqns = [spec.fqn for spec in wanted]
    known = {each.fqn: each for each in DataProduct.objects.filter(fqn__in=fqns)}
    _put_contracts(wanted, here)
    young = {spec.fqn: spec for spec in wanted if _is_new(spec, known.get(spec.fqn))}
    first = [_first(spec, known.get(spec.fqn), here) for spec in wanted if spec.fqn in young]
    added = _added_ports(known.values())
    rest = [
        _now(spec, known[spec.fqn], here, added[spec.fqn])
        for spec in wanted
        if spec.fqn not in young
    ]
    by_team: dict[str, list[ProductData]] = defaultdict(list)
    for data in (*first, *rest):
        by_team[data.owner.slug].append(data)
    for team, items in by_team.items():
        _put(items, here.owner(team))
    return set(young)


def tell_the_past(young: Collection[str]) -> None:
    """Change young products, one edit after the other, until they are as they are now."""
    here = company()
    rows = {each.fqn: each for each in DataProduct.objects.filter(fqn__in=young)}
    for at, edit in enumerate(edits()):
        if edit.product in young:
            spec = products()[edit.product]
            data = data_of(spec, here, _before(edit.product, at))
            data = _as_known(data, rows.get(edit.product))
            _put([replace(data, status="")], here.actor(edit.by), edit.note)


def end_products() -> None:
    """Deprecate those that have a successor."""
    here = company()
    ending = [spec for spec in products().values() if spec.status == ENDING]
    names = [name for spec in ending for name in (spec.fqn, spec.successor)]
    rows = {each.fqn: each for each in DataProduct.objects.filter(fqn__in=names)}
    for spec in ending:
        if rows[spec.fqn].status == "active":
            deprecate_product(
                product=rows[spec.fqn],
                actor=here.owner(spec.team),
                successor=rows[spec.successor],
                sunset_on=timezone.now().date() + dt.timedelta(days=spec.sunset_in or 0),
            )


def data_of(spec: ProductSpec, here: Company, was: Mapping[str, Any] | None = None) -> ProductData:
    """All that the portal is told of a product; `was`: fields that were other once."""
    old = was or {}
    return ProductData(
        document_id=document_id("products", spec.fqn),
        name=old.get("name", spec.name),
        slug=old.get("slug", spec.slug),
        domain=here.domains[spec.domain],
        owner=here.teams[spec.team],
        status="active" if spec.status == ENDING else spec.status,
        purpose=old.get("purpose", spec.purpose),
        description=old.get("about", spec.about),
        usage=spec.use,
        limitations=old.get("limitations", spec.limits),
        archetype=spec.archetype,
        visibility=spec.visibility,
        classification=spec.classification,
        version=old.get("version", spec.version),
        tags=tuple(old.get("tags", spec.tags)),
        ports=ports_of(spec, old.get("version", "")),
        inputs=tuple(_inputs(spec)),
        links=tuple(_links(spec)),
        extra=spec.extra,
        terms=tuple(old.get("terms", spec.terms)),
        ownerships=tuple(_ownerships(spec)),
    )


def _put_contracts(specs: Sequence[ProductSpec], here: Company) -> None:
    by_team: dict[str, list[VersionInput]] = defaultdict(list)
    for spec in specs:
        for version in spec.versions:
            document = contract_of(spec, version)
            item = VersionInput(document, here.teams[spec.team], here.domains[spec.domain])
            by_team[spec.team].append(item)
    for team, items in by_team.items():
        for outcome in store_versions(items, actor=here.owner(team)):
            if not isinstance(outcome, SavedVersion):
                raise Invalid("A contract of the demo company is refused.", outcome)


def _put(items: Sequence[ProductData], actor: Actor, note: str = "") -> None:
    for outcome in put_products(items=items, actor=actor, note=note):
        if outcome.error is not None:
            raise outcome.error


def _is_new(spec: ProductSpec, row: DataProduct | None) -> bool:
    """Not there yet, or there as the operation made it that gave it its table."""
    return row is None or (spec.real and row.status == "draft")


def _first(spec: ProductSpec, row: DataProduct | None, here: Company) -> ProductData:
    """A product before all its edits."""
    return _as_known(data_of(spec, here, _before(spec.fqn, -1)), row)


def _now(
    spec: ProductSpec, row: DataProduct, here: Company, added: Sequence[PortData]
) -> ProductData:
    data = with_announced(_as_known(data_of(spec, here), row), row)
    return replace(data, ports=(*data.ports, *added))


def _added_ports(rows: Iterable[DataProduct]) -> Mapping[str, list[PortData]]:
    """The ports that services added since, by the fqn of their product; they stay."""
    found: dict[str, list[PortData]] = defaultdict(list)
    pks = [row.pk for row in rows]
    added = OutputPort.objects.filter(product__in=pks, location__has_key="instance")
    for port in added.select_related("product"):
        present = present_data(port.product).ports
        found[port.product.fqn] += [each for each in present if each.name == port.name]
    return found


def _as_known(data: ProductData, row: DataProduct | None) -> ProductData:
    """The id and the state of a product that is there are not touched."""
    if row is None:
        return data
    return replace(data, document_id=row.document_id, status="", instance_id=row.instance_id)


def _before(fqn: str, at: int) -> dict[str, Any]:
    """What was other before the edits that follow the one at this place."""
    found: dict[str, Any] = {}
    for edit in reversed(edits()[at + 1 :]):
        if edit.product == fqn:
            found |= edit.was
    return found


def _inputs(spec: ProductSpec) -> Iterator[InputData]:
    for fqn in spec.product_reads:
        source = products()[fqn]
        yield InputData(source.slug, version=source.version, contract_id=contract_id(source))
    for port in spec.system_reads:
        yield InputData(port.rpartition("/")[2], system=port)


def _links(spec: ProductSpec) -> Iterator[LinkData]:
    base = f"https://git.fernhaven.example/{spec.team}/{spec.slug}"
    yield LinkData("repository", "Repository", base)
    handbook = f"https://wiki.fernhaven.example/data/{spec.fqn}"
    yield LinkData("documentation", "Handbook", handbook)
    if "golden" in spec.tags:
        address = f"https://grafana.fernhaven.example/d/{spec.slug}"
        yield LinkData("dashboard", "Loads and delays", address)
        runbook = f"https://wiki.fernhaven.example/runbooks/{spec.fqn}"
        yield LinkData("runbook", "Runbook", runbook)


def _ownerships(spec: ProductSpec) -> Iterator[OwnershipData]:
    """A steward for each, an expert from the team, and for golden ones the team on call."""
    steward = "steward" if spec.classification in PRIVATE else "bruno"
    yield OwnershipData("steward", user=steward)
    yield OwnershipData("expert", user=list(teams()[spec.team].members)[-1])
    if "golden" in spec.tags:
        yield OwnershipData("on-call", team=spec.team)
