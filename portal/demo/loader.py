"""Builds the demo company through the services that people and scripts use; idempotent."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import system_actor
from accounts.models import Domain, Team, User
from catalog.contracts import services as contracts
from catalog.governance.models import Term
from catalog.lineage import services as lineage
from catalog.products import services
from catalog.products.data import InputData, ProductData
from catalog.products.models import DataProduct, OutputPort, Ownership
from core.documents import dump_yaml, load_documents
from portal.demo.company import (
    LAKE,
    SEED,
    ProductSpec,
    contract_id,
    document_id,
    products,
    read,
    teams,
)
from portal.demo.contracts import contract_of, ports_of
from portal.demo.people import owner_of

PRIVATE = ("confidential", "restricted")


def load_products(*, with_real: bool = False) -> None:
    """The products that live in the catalogue only, in the order in which they build on another.

    Args:
        with_real: those with a table too, as if it were there.
    """
    places, owners = _places(), _owners()
    for spec in products().values():
        if with_real or not spec.real:
            put_product(spec, places, owners)


def complete_products() -> None:
    """What stands beside a product: successors, people, links, words and the domain's fields."""
    rows = {each.fqn: each for each in DataProduct.objects.filter(fqn__in=products())}
    chance = random.Random(SEED)  # noqa: S311 - made-up dates, no secret
    now = timezone.now()
    today = now.date()
    for fqn, row in rows.items():
        spec = products()[fqn]
        age = dt.timedelta(days=chance.randint(95, 900))
        if not row.links:  # the first time
            row.created_at = now - age
            row.published_at = row.published_at and row.created_at + dt.timedelta(days=20)
        row.links, row.extra = _links(spec), spec.extra
        if spec.successor:
            row.successor = rows.get(spec.successor)
        if spec.sunset_in is not None and row.sunset_on is None:
            row.sunset_on = today + dt.timedelta(days=spec.sunset_in)
    with transaction.atomic():
        fields = ["links", "extra", "successor", "sunset_on", "created_at", "published_at"]
        DataProduct.objects.bulk_update(rows.values(), fields)
        Ownership.objects.bulk_create(_ownerships(rows.values()), ignore_conflicts=True)
        _name_terms(rows)
        services.reindex([each.pk for each in rows.values()])


@transaction.atomic
def put_product(spec: ProductSpec, places: dict[str, Domain], owners: dict[str, Team]) -> None:
    """A product with its contract versions; a renamed one is made under its former name first."""
    actor, domain, team = owner_of(spec.team), places[spec.domain], owners[spec.team]
    put_contract(spec, domain, team)
    data = data_of(spec, domain, team)
    known = DataProduct.objects.filter(document_id=data.document_id).exists()
    if spec.formerly and not known:
        slug = spec.formerly.rpartition(".")[2]
        former = replace(data, slug=slug, name=slug.replace("-", " ").title())
        services.save_product(data=former, actor=actor)
    services.save_product(data=data, actor=system_actor() if not known else actor)


def put_contract(spec: ProductSpec, domain: Domain, team: Team) -> None:
    """Every version of a product's contract."""
    for major in range(1, spec.majors + 1):
        document = load_documents(dump_yaml(contract_of(spec, major)), media="yaml")[0]
        contracts.save_version(
            document=document, actor=owner_of(spec.team), owner=team, domain=domain
        )


def data_of(spec: ProductSpec, domain: Domain, team: Team) -> ProductData:
    """All that the portal is told of a demo product."""
    return ProductData(
        document_id=document_id("products", spec.fqn),
        name=spec.name,
        slug=spec.slug,
        domain=domain,
        owner=team,
        status=spec.status,
        purpose=spec.purpose,
        description=spec.about,
        usage=spec.use,
        limitations=spec.limits,
        archetype=spec.archetype,
        visibility=spec.visibility,
        classification=spec.classification,
        version=spec.version,
        tags=tuple(spec.tags),
        ports=ports_of(spec),
        inputs=tuple(_inputs(spec)),
    )


def _inputs(spec: ProductSpec) -> Iterable[InputData]:
    for fqn in spec.product_reads:
        source = products()[fqn]
        yield InputData(source.slug, version=source.version, contract_id=contract_id(source))
    for port in spec.system_reads:
        yield InputData(port)


def _places() -> dict[str, Domain]:
    return {each.path: each for each in Domain.objects.all()}


def _owners() -> dict[str, Team]:
    return {each.slug: each for each in Team.objects.all()}


def _links(spec: ProductSpec) -> list[dict[str, str]]:
    found = [
        ("repository", "Repository", f"https://git.fernhaven.example/{spec.team}/{spec.slug}"),
        ("documentation", "Handbook", f"https://wiki.fernhaven.example/data/{spec.fqn}"),
    ]
    if "golden" in spec.tags:
        address = f"https://grafana.fernhaven.example/d/{spec.slug}"
        found += [
            ("dashboard", "Loads and delays", address),
            ("runbook", "Runbook", f"https://wiki.fernhaven.example/runbooks/{spec.fqn}"),
        ]
    return [{"kind": kind, "label": label, "url": url} for kind, label, url in found]


def _ownerships(rows: Iterable[DataProduct]) -> Iterable[Ownership]:
    """A steward for each, an expert from the team, and for golden ones the team on call."""
    users, owners = {each.username: each for each in User.objects.all()}, _owners()
    for row in rows:
        spec = products()[row.fqn]
        steward = "steward" if spec.classification in PRIVATE else "bruno"
        expert = list(teams()[spec.team].members)[-1]
        yield Ownership(product=row, kind="steward", user=users[steward])
        yield Ownership(product=row, kind="expert", user=users[expert])
        if "golden" in spec.tags:
            yield Ownership(product=row, kind="on-call", team=owners[spec.team])


def _name_terms(rows: dict[str, DataProduct]) -> None:
    """Slugs of terms are unique in the demo, so a product names a term by its slug."""
    ids = dict(Term.objects.values_list("slug", "pk"))
    through = DataProduct.terms.through
    through.objects.bulk_create(
        [
            through(dataproduct_id=row.pk, term_id=ids[slug])
            for fqn, row in rows.items()
            for slug in products()[fqn].terms
        ],
        ignore_conflicts=True,
    )


def load_lineage() -> None:
    """One OpenLineage event of last night for each product that reads; the same run each time."""
    night = timezone.now().replace(hour=3, minute=10, second=0, microsecond=0)
    at = (night - dt.timedelta(days=1)).isoformat()
    names = _dataset_names()
    for spec in products().values():
        if spec.reads:
            lineage.ingest(event=_event(spec, at, names), actor=system_actor())


def _event(spec: ProductSpec, at: str, names: dict[str, dict[str, str]]) -> dict[str, Any]:
    inputs = [names[fqn] for fqn in spec.product_reads]
    inputs += [_system_dataset(port) for port in spec.system_reads]
    facets = {"columnLineage": _column_lineage(spec, names)}
    return {
        "eventType": "COMPLETE",
        "eventTime": at,
        "producer": "https://fernhaven.example/orchestrator",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"run/{spec.fqn}"))},
        "job": {"namespace": "fernhaven", "name": f"build_{spec.slug.replace('-', '_')}"},
        "inputs": inputs,
        "outputs": [{**names[spec.fqn], "facets": facets}],
    }


def _column_lineage(spec: ProductSpec, names: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Columns come from those of the same name in what is read, unless `derived` says more."""
    known = {f"{fqn}.{col.name}" for fqn in spec.product_reads for col in products()[fqn].columns}
    fields: dict[str, Any] = {}
    for col in spec.columns:
        same = [f"{fqn}.{col.name}" for fqn in spec.product_reads]
        sources = spec.derived.get(col.name) or [each for each in same if each in known]
        found = [(each.rpartition(".")[0], each.rpartition(".")[2]) for each in sources]
        found_in_systems = [] if found else [_system_dataset(port) for port in spec.system_reads]
        inputs = [{**names[fqn], "field": name} for fqn, name in found]
        inputs += [{**each, "field": col.name} for each in found_in_systems]
        if inputs:
            fields[col.name] = {"inputFields": inputs}
    return {
        "_producer": "https://fernhaven.example/orchestrator",
        "_schemaURL": "https://openlineage.io/spec/facets/1-2-0/ColumnLineageDatasetFacet.json",
        "fields": fields,
    }


def _system_dataset(port: str) -> dict[str, str]:
    system, _, name = port.partition("/")
    return {"namespace": f"fernhaven://{system}", "name": name}


def _dataset_names() -> dict[str, dict[str, str]]:
    """The lineage name of what each product offers: of its first port, else of the lake."""
    found = {fqn: {"namespace": LAKE, "name": fqn} for fqn in products()}
    ports = OutputPort.objects.filter(product__fqn__in=found, datasets__isnull=False)
    rows = ports.order_by("product_id", "-position", "major", "datasets__pk").values_list(
        "product__fqn", "datasets__namespace", "datasets__name"
    )
    for fqn, namespace, name in rows:  # the first port comes last and stays
        found[fqn] = {"namespace": namespace, "name": name}
    return found


def incidents() -> list[dict[str, Any]]:
    """What went wrong in the last ninety days."""
    found: list[dict[str, Any]] = read("talk")["incidents"]
    return found
