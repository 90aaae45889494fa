"""Builds the demo company through the services that people and scripts use; idempotent."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections import Counter
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor, actor_of, system_actor
from accounts.models import Domain, Membership, Team, User
from catalog.contracts import services as contracts
from catalog.contracts.formats.odcs_build import Column, contract_from_columns
from catalog.lineage import services as lineage
from catalog.products import services as products
from catalog.products.data import InputData, PortData, ProductData
from catalog.products.models import DataProduct, OutputPort
from catalog.quality import services as quality
from catalog.quality.models import QualityCheck, ScoreSnapshot
from catalog.quality.states import Outcome
from core.documents import dump_yaml, load_documents
from portal.demo.company import DOMAINS, PEOPLE, PRODUCTS, TEAMS, Col, ProductSpec
from portal.places import reindex_places

SEED = 20261123
HISTORY_DAYS = 90
ROWS_CHECKED = 120_000
NAMESPACE = "fernhaven://lake"  # lineage namespace of the products that are not in the warehouse


def load_people() -> None:
    """Domains, teams, people and memberships. The password is the demo password of this portal."""
    with transaction.atomic():
        for path, (name, _, purpose) in DOMAINS.items():
            parent = Domain.objects.filter(path=path.rpartition(".")[0]).first()
            Domain.objects.update_or_create(
                path=path, defaults={"name": name, "purpose": purpose, "parent": parent}
            )
        for slug, data in TEAMS.items():
            Team.objects.update_or_create(
                slug=slug,
                defaults={
                    "name": data.name,
                    "kind": data.kind,
                    "domain": Domain.objects.get(path=data.domain),
                    "contact": data.contact,
                },
            )
        for path, (_, team, _) in DOMAINS.items():
            Domain.objects.filter(path=path).update(owner=Team.objects.get(slug=team))
        _people()
        reindex_places()


def _people() -> None:
    known = User.objects.filter(username__in=PEOPLE).order_by("pk").first()
    password = known.password if known and known.check_password(settings.DEMO_PASSWORD) else None
    for username, (name, role) in PEOPLE.items():
        User.objects.update_or_create(
            username=username,
            defaults={
                "display_name": name,
                "portal_role": role,
                "email": f"{username}@fernhaven.example",
                # one hash for all: it is one password, and hashing is made to be slow
                "password": password or _hashed_once(),
            },
        )
    for slug, data in TEAMS.items():
        for username, team_role in data.members.items():
            Membership.objects.update_or_create(
                user=User.objects.get(username=username),
                team=Team.objects.get(slug=slug),
                defaults={"role": team_role},
            )


@cache
def _hashed_once() -> str:
    return make_password(settings.DEMO_PASSWORD)


def load_products() -> list[DataProduct]:
    """The products that live in the catalogue only, in the order in which they build on another."""
    return [_product(spec) for spec in PRODUCTS if not spec.real]


@transaction.atomic
def _product(spec: ProductSpec) -> DataProduct:
    actor = owner_of(spec.team)
    team, domain = Team.objects.get(slug=spec.team), Domain.objects.get(path=spec.domain)
    document = load_documents(dump_yaml(contract_of(spec)), media="yaml")[0]
    contracts.save_version(document=document, actor=actor, owner=team, domain=domain)
    product, _ = products.save_product(data=_data(spec, domain, team), actor=system_actor())
    return product


def contract_of(spec: ProductSpec) -> dict[str, object]:
    """The ODCS document of a demo product."""
    return contract_from_columns(
        document_id=contract_id(f"{spec.domain}.{spec.slug}"),
        version="1.0.0",
        name=spec.name,
        domain=spec.domain,
        team=spec.team,
        purpose=spec.purpose,
        object_name=spec.slug.replace("-", "_"),
        columns=[column_of(col) for col in spec.columns],
        classification=spec.classification,
        retention_days=spec.retention_days,
    )


def column_of(col: Col) -> Column:
    name, logical_type, marks, description = col
    return Column(
        name=name,
        logical_type=logical_type,
        required="r" in marks,
        primary_key="k" in marks,
        classification="confidential" if "c" in marks else "",
        description=description,
    )


def contract_id(fqn: str) -> str:
    """A stable id, so that loading again finds the same contract."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://fernhaven.example/contracts/{fqn}"))


def _data(spec: ProductSpec, domain: Domain, team: Team) -> ProductData:
    fqn = f"{spec.domain}.{spec.slug}"
    return ProductData(
        document_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://fernhaven.example/{fqn}")),
        name=spec.name,
        slug=spec.slug,
        domain=domain,
        owner=team,
        status=spec.status,
        purpose=spec.purpose,
        description=spec.description,
        archetype=spec.archetype,
        visibility=spec.visibility,
        classification=spec.classification,
        version="1.0.0",
        tags=tuple(spec.tags),
        ports=(
            PortData(
                name=spec.slug,
                version="1.0.0",
                title=spec.name,
                description=spec.purpose,
                technology="s3",
                contract_id=contract_id(fqn),
                contract_version="1.0.0",
                location={"location": f"s3://fernhaven-lake/{spec.domain}/{spec.slug}/"},
                datasets=((NAMESPACE, fqn),),
            ),
        ),
        inputs=tuple(
            InputData(name=read.rpartition(".")[2], contract_id=contract_id(read))
            for read in spec.reads
        ),
    )


def load_quality() -> None:
    """Ninety days of scores and the latest results; the same every time (fixed seed)."""
    chance = random.Random(SEED)  # noqa: S311 - made-up history, no secret
    for spec in PRODUCTS:
        product = DataProduct.objects.filter(fqn=f"{spec.domain}.{spec.slug}").first()
        if product is None or spec.score is None:
            continue
        for port in OutputPort.objects.filter(product=product).select_related("product"):
            quality.sync_checks(port=port)
        _results(product, spec.score, chance)
        _history(product, spec.score, chance)


def _results(product: DataProduct, score: float, chance: random.Random) -> None:
    now = timezone.now() - dt.timedelta(minutes=chance.randint(5, 300))
    checks = list(QualityCheck.objects.filter(port__product=product, active=True))
    sizes = Counter(check.dimension for check in checks)
    lost = (100 - score) / 100
    results = []
    for check in checks:
        worth = 1 / len(sizes) / sizes[check.dimension]  # of the product's score
        share = min(lost / worth, 0.6)
        lost -= share * worth
        failed = round(ROWS_CHECKED * share)
        results.append(
            quality.ResultData(
                check_id=check.pk,
                outcome=Outcome.FAIL if failed else Outcome.PASS,
                at=now,
                evaluated=ROWS_CHECKED,
                failed=failed,
            )
        )
    quality.record_results(results=results, source="demo")


def _history(product: DataProduct, score: float, chance: random.Random) -> None:
    today = timezone.now().date()
    points = []
    for ago in range(HISTORY_DAYS, 0, -1):
        value = min(100.0, max(0.0, score + chance.gauss(0, 0.8) - (14 if 40 <= ago <= 44 else 0)))
        points.append(
            ScoreSnapshot(
                product=product, day=today - dt.timedelta(days=ago), score=value, coverage=1.0
            )
        )
    ScoreSnapshot.objects.bulk_create(points, ignore_conflicts=True)


def load_lineage() -> None:
    """One OpenLineage event a night for each product that reads others; the same run each time."""
    for spec in PRODUCTS:
        fqn = f"{spec.domain}.{spec.slug}"
        if not spec.reads:
            continue
        event = {
            "eventType": "COMPLETE",
            "eventTime": "2026-11-22T03:10:00Z",
            "producer": "https://fernhaven.example/orchestrator",
            "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
            "run": {"runId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"run/{fqn}"))},
            "job": {"namespace": "fernhaven", "name": f"build_{spec.slug.replace('-', '_')}"},
            "inputs": [_dataset(read) for read in spec.reads],
            "outputs": [_dataset(fqn)],
        }
        lineage.ingest(event=event, actor=system_actor())


def _dataset(fqn: str) -> dict[str, str]:
    """The lineage name of what a product offers: of its first port, else of the lake."""
    port = OutputPort.objects.filter(product__fqn=fqn).order_by("position").first()
    offered = port.datasets.order_by("pk").first() if port else None
    if offered is None:
        return {"namespace": NAMESPACE, "name": fqn}
    return {"namespace": offered.namespace, "name": offered.name}


def owner_of(team: str) -> Actor:
    """An owner of a demo team, as an actor."""
    membership = (
        Membership.objects.select_related("user")
        .filter(team__slug=team, role="owner")
        .order_by("pk")
        .first()
    )
    assert membership is not None
    return actor_of(membership.user)
