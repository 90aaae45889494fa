"""The rules of contracts as checks, and when they are due."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from catalog.contracts.models import QualityRule
from catalog.products import services as products
from catalog.products.models import DataProduct, OutputPort
from catalog.products.policies import require_product_change
from catalog.quality.models import QualityCheck
from catalog.quality.scores import SEVERITY_WEIGHTS
from catalog.quality.services.scoring import score_products
from core import audit
from core.clock import db_now
from core.copying import insert_objects
from core.models import OutboxEvent

RUNNABLE_METRICS = frozenset(
    {"nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"}
)
RUNNABLE_TECHNOLOGIES = frozenset({"postgresql", "postgres"})


@transaction.atomic
def sync_checks(*, port: OutputPort) -> int:
    """Make the port's checks be the rules of its contract; returns how many are active.

    Rules of type `text` are documentation and become no check; what the portal cannot run
    (custom engines, other technologies) is kept and counts as not measured.
    """
    return sync_checks_of([port])


@transaction.atomic
def sync_checks_of(ports: Sequence[OutputPort]) -> int:
    """`sync_checks` of many ports. Cost: six statements, and some more for each product that has
    results, since its score may be another now.
    """
    products.lock_products(port.product_id for port in ports)
    rules: dict[int | None, list[QualityRule]] = defaultdict(list)
    versions = {port.contract_version_id for port in ports if port.contract_version_id}
    for rule in QualityRule.objects.filter(version__in=versions).exclude(type="text"):
        rules[rule.version_id].append(rule)
    wanted = {
        (port.pk, rule.pointer): _check_of(port, rule)
        for port in ports
        for rule in rules[port.contract_version_id]
    }
    own = QualityCheck.objects.filter(port__in=ports, active=True, key__startswith="/")
    kept = own.values_list("pk", "port_id", "key")
    gone = [pk for pk, port_id, key in kept if (port_id, key) not in wanted]
    if gone:
        QualityCheck.objects.filter(pk__in=gone).update(active=False, due_at=None)
    insert_objects(
        wanted.values(),
        replace_on=["port_id", "key"],
        replaced=["name", "dimension", "weight", "definition", "runnable", "due_at", "active"],
    )
    score_products(_measured({port.product_id for port in ports}))
    return len(wanted)


def _measured(product_ids: set[UUID]) -> set[UUID]:
    """Those that have a result or a score; the others keep none, whatever their checks are."""
    scored = DataProduct.objects.filter(pk__in=product_ids, quality_measured_at__isnull=False)
    checks = QualityCheck.objects.filter(port__product__in=product_ids, score__isnull=False)
    return {
        *scored.values_list("pk", flat=True),
        *checks.values_list("port__product_id", flat=True),
    }


def is_in_sync(port: OutputPort) -> bool:
    """Whether the port's checks are the rules of its contract; a contract may have none."""
    kept = QualityCheck.objects.filter(port=port, active=True, key__startswith="/")
    wanted = _rules(port).values_list("pointer", flat=True)
    return set(kept.values_list("key", flat=True)) == set(wanted)


def _rules(port: OutputPort) -> QuerySet[QualityRule]:
    return QualityRule.objects.filter(version_id=port.contract_version_id).exclude(type="text")


def _check_of(port: OutputPort, rule: QualityRule) -> QualityCheck:
    runnable = _is_runnable(port, rule)
    return QualityCheck(
        port=port,
        key=rule.pointer,
        name=rule.name or rule.description[:200] or _phrase(rule),
        dimension=rule.dimension,
        weight=SEVERITY_WEIGHTS.get(rule.severity.lower(), 1.0),
        definition=_definition(rule),
        runnable=runnable,
        due_at=timezone.now() if runnable else None,
        active=True,
    )


def _is_runnable(port: OutputPort, rule: QualityRule) -> bool:
    if port.technology not in RUNNABLE_TECHNOLOGIES:
        return False
    if port.location.get("instance") is None and port.product.instance_id is None:
        return False
    if not rule.operator or rule.object_name not in port.location.get("tables", {}):
        return False
    return rule.type == "sql" or (rule.type == "library" and rule.metric in RUNNABLE_METRICS)


def _definition(rule: QualityRule) -> dict[str, Any]:
    return {
        "object": rule.object_name,
        "property": rule.property_path,
        "type": rule.type,
        "metric": rule.metric,
        "operator": rule.operator,
        "threshold": rule.threshold,
        "unit": rule.unit or "rows",
        "arguments": rule.arguments,
        "query": rule.query,
    }


PHRASES = {
    "nullValues": "Null values in {0}",
    "missingValues": "Missing values in {0}",
    "invalidValues": "Invalid values in {0}",
    "duplicateValues": "Duplicate values in {0}",
    "rowCount": "Number of rows of {0}",
}


def _phrase(rule: QualityRule) -> str:
    subject = rule.property_path or rule.object_name
    return PHRASES.get(rule.metric, "Rule on {0}").format(subject)


def checks_of_changed_ports(events: Sequence[OutboxEvent]) -> None:
    """Outbox handler of `port.changed`."""
    ports = OutputPort.objects.filter(pk__in=[event.payload["port_id"] for event in events])
    sync_checks_of(list(ports.select_related("product")))


@transaction.atomic
def postpone(*, check_ids: Sequence[int]) -> None:
    """Mark checks as taken: due again after their schedule, whatever becomes of the run."""
    now = db_now()
    for every_s in (
        QualityCheck.objects.filter(pk__in=check_ids).values_list("every_s", flat=True).distinct()
    ):
        QualityCheck.objects.filter(pk__in=check_ids, every_s=every_s).update(
            due_at=now + dt.timedelta(seconds=every_s)
        )


@transaction.atomic
def run_now(*, product: DataProduct, actor: Actor) -> int:
    """Make all runnable checks of a product due at once; returns how many.

    Raises:
        NotAllowed: the actor is not in the owner team.
    """
    require_product_change(actor, product)
    changed = QualityCheck.objects.filter(port__product=product, active=True, runnable=True).update(
        due_at=db_now()
    )
    audit.record(actor=actor.name, verb="quality.requested", kind="product", object_id=product.fqn)
    return changed
