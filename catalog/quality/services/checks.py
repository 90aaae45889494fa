"""The promises of contracts as checks of the ports that name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from catalog.contracts.models import ContractVersion
from catalog.products import services as products
from catalog.products.models import DataProduct, OutputPort
from catalog.quality.models import QualityCheck
from catalog.quality.rules import Wanted, wanted_by
from catalog.quality.schedules import DAILY, LONGEST, Schedule, Unreadable, schedule_of
from catalog.quality.services.scoring import score_products
from catalog.quality.states import Origin
from core.copying import insert_objects
from core.models import OutboxEvent

RUNNABLE_TECHNOLOGIES = frozenset({"postgresql", "postgres"})
REPLACED = (
    *("name", "origin", "pointer", "demand", "dimension", "weight", "definition"),
    *("runnable", "note", "schedule", "every_s", "due_at", "active"),
)
LONGEST_NAME, LONGEST_POINTER, LONGEST_DEMAND, LONGEST_NOTE = 300, 400, 500, 300
ELSEWHERE = "The portal runs checks in PostgreSQL only; send the results of a tool."
NOT_MADE = "The portal did not make the table, so it cannot look into it."


@transaction.atomic
def sync_checks(*, port: OutputPort) -> int:
    """Make the port's checks be what its contract promises; returns how many are active.

    Rules of type `text` are documentation and become no check; what the portal cannot run
    (custom engines, other technologies) is kept with a note why, and counts as not measured.
    """
    return sync_checks_of([port])


@transaction.atomic
def sync_checks_of(ports: Sequence[OutputPort]) -> int:
    """`sync_checks` of many ports. Cost: six statements, and some more for each product that has
    results, since its score may be another now.
    """
    products.lock_products(port.product_id for port in ports)
    promises = _promises({port.contract_version_id for port in ports})
    known = {(row.port_id, row.key): row for row in _adopted(ports, promises)}
    wanted = {
        (port.pk, each.key): _check_of(port, each, known.get((port.pk, each.key)))
        for port in ports
        for each in promises.get(port.contract_version_id, ())
    }
    gone = [row.pk for place, row in known.items() if row.active and place not in wanted]
    if gone:
        QualityCheck.objects.filter(pk__in=gone).update(active=False, due_at=None)
    insert_objects(wanted.values(), replace_on=["port_id", "key"], replaced=REPLACED)
    score_products(_measured({port.product_id for port in ports}))
    return len(wanted)


def is_in_sync(port: OutputPort) -> bool:
    """Whether the port's checks are the promises of its contract; a contract may have none."""
    kept = QualityCheck.objects.filter(port=port, active=True).exclude(origin=Origin.TOOL)
    wanted = _promises({port.contract_version_id}).get(port.contract_version_id, [])
    return set(kept.values_list("key", flat=True)) == {each.key for each in wanted}


def checks_of_changed_ports(events: Sequence[OutboxEvent]) -> None:
    """Outbox handler of `port.changed`."""
    ports = OutputPort.objects.filter(pk__in=[event.payload["port_id"] for event in events])
    sync_checks_of(list(ports.select_related("product")))


def _promises(versions: Iterable[int | None]) -> dict[int | None, list[Wanted]]:
    """What each version of a contract asks for."""
    found = ContractVersion.objects.filter(pk__in={each for each in versions if each is not None})
    return {pk: wanted_by(document) for pk, document in found.values_list("pk", "document")}


def _adopted(
    ports: Sequence[OutputPort], promises: Mapping[int | None, list[Wanted]]
) -> list[QualityCheck]:
    """The checks that contracts made before. One whose key is still the place of its rule gets
    the key that stays, so that its history does."""
    rows = list(QualityCheck.objects.filter(port__in=ports).exclude(origin=Origin.TOOL))
    taken = {(row.port_id, row.key) for row in rows}
    keys = {
        (port.pk, each.pointer): each.key
        for port in ports
        for each in promises.get(port.contract_version_id, ())
    }
    for row in rows:
        key = keys.get((row.port_id, row.pointer), "") if row.key.startswith("/") else ""
        if key and (row.port_id, key) not in taken:
            QualityCheck.objects.filter(pk=row.pk).update(key=key)
            row.key = key
            taken.add((row.port_id, key))
    return rows


def _check_of(port: OutputPort, wanted: Wanted, known: QualityCheck | None) -> QualityCheck:
    trouble = wanted.trouble or _no_place(port, wanted)
    schedule, note = _schedule_of(wanted)
    definition = wanted.definition()
    written = wanted.schedule[:LONGEST]
    same = known is not None and known.active and known.runnable and known.due_at is not None
    same = same and known.definition == definition and known.schedule == written  # type: ignore[union-attr]
    due_at = known.due_at if same and known is not None else timezone.now()
    return QualityCheck(
        port=port,
        key=wanted.key,
        name=(wanted.name or wanted.demand)[:LONGEST_NAME],
        origin=wanted.origin,
        pointer=wanted.pointer[:LONGEST_POINTER],
        demand=wanted.demand[:LONGEST_DEMAND],
        dimension=wanted.dimension,
        weight=wanted.weight,
        definition=definition,
        runnable=not trouble,
        note=(trouble or note)[:LONGEST_NOTE],
        schedule=written,
        every_s=schedule.every_s,
        due_at=None if trouble else due_at,
        active=True,
    )


def _no_place(port: OutputPort, wanted: Wanted) -> str:
    """Why the portal cannot look at the rows; "" when it can."""
    if port.technology not in RUNNABLE_TECHNOLOGIES:
        return ELSEWHERE
    if port.location.get("instance") is None and port.product.instance_id is None:
        return NOT_MADE
    tables = port.location.get("tables")
    if not isinstance(tables, dict) or wanted.object not in tables:
        return f"The port has no table for “{wanted.object}”."
    return ""


def _schedule_of(wanted: Wanted) -> tuple[Schedule, str]:
    try:
        return schedule_of(wanted.schedule), ""
    except Unreadable:
        return DAILY, f"The schedule “{wanted.schedule[:100]}” cannot be read; it runs daily."


def _measured(product_ids: set[UUID]) -> set[UUID]:
    """Those that have a result or a score; the others keep none, whatever their checks are."""
    scored = DataProduct.objects.filter(pk__in=product_ids, quality_measured_at__isnull=False)
    checks = QualityCheck.objects.filter(port__product__in=product_ids, score__isnull=False)
    return {
        *scored.values_list("pk", flat=True),
        *checks.values_list("port__product_id", flat=True),
    }
