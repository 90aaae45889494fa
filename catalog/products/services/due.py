"""Announced moves of ports to another contract version, done on their day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from catalog.products import extensions
from catalog.products.models import DataProduct, OutputPort
from catalog.products.services.history import Entry, record_revisions
from catalog.products.services.indexing import record_offers, reindex
from catalog.products.services.inputs import relink_inputs
from catalog.products.services.outcomes import Change
from core import audit, outbox
from core.audit import AuditData
from core.clock import db_now
from core.outbox import EventData

VERB = "product.contract-in-effect"
CHUNK = 500  # products in one transaction
MOVED = [
    "version",
    "contract",
    "contract_version",
    "next_version",
    "next_contract_version",
    "next_version_on",
]


def apply_due_versions() -> int:
    """Move the ports whose day has come (UTC) to the contract version that was announced.

    A port that its readers hold back waits (`extensions.hold_moves`).

    Returns:
        How many ports were moved.

    Cost: about thirty SQL statements for each 500 products; one when nothing is due.
    """
    today = db_now().date()
    moved = 0
    while found := _apply_some(today):
        moved += found
    return moved


@transaction.atomic
def _apply_some(today: dt.date) -> int:
    announced = OutputPort.objects.filter(next_version_on__lte=today)
    due = extensions.without_held(announced, today)
    ids = due.order_by("product_id").values_list("product_id", flat=True).distinct()[:CHUNK]
    # the products first, in the order in which all writers lock them
    products = DataProduct.objects.select_for_update(of=("self",)).filter(pk__in=list(ids))
    locked = {each.pk: each for each in products.order_by("pk").only("fqn", "document_id")}
    if not locked:
        return 0
    ports = due.filter(product__in=locked).select_related(
        "contract_version", "next_contract_version"
    )
    light = ports.defer(
        "contract_version__text",
        "contract_version__document",
        "next_contract_version__text",
        "next_contract_version__document",
    )
    rows = list(light)
    changes, contract_ids = _move(rows)
    OutputPort.objects.bulk_update(rows, MOVED)
    DataProduct.objects.filter(pk__in=changes).update(revision=F("revision") + 1, updated_at=Now())
    relink_inputs(rows)
    reindex(list(changes))
    record_offers(contract_ids)
    _record(rows, {pk: locked[pk] for pk in changes}, changes)
    return len(rows)


def _move(ports: Sequence[OutputPort]) -> tuple[dict[UUID, list[Change]], set[UUID | None]]:
    """Set the columns; what changes by product, and the contracts that ports name or named."""
    changes: dict[UUID, list[Change]] = defaultdict(list)
    contract_ids: set[UUID | None] = set()
    for port in ports:
        version, before = port.next_contract_version, port.contract_version
        assert version is not None
        contract_ids |= {port.contract_id, version.contract_id}
        changes[port.product_id].append(
            {
                "field": f"port {port.name}@{port.major}",
                "from": f"contract {before.version}" if before else None,
                "to": f"contract {version.version}",
            }
        )
        port.version = port.next_version
        port.contract_id = version.contract_id
        port.contract_version = version
        port.next_version, port.next_contract_version, port.next_version_on = "", None, None
    return dict(changes), contract_ids


def _record(
    ports: Sequence[OutputPort],
    products: Mapping[UUID, DataProduct],
    changes: Mapping[UUID, Sequence[Change]],
) -> None:
    record_revisions(changes, entry=Entry("system"), verbs=dict.fromkeys(changes, VERB))
    outbox.emit_many(
        [
            *(EventData("product.changed", pk, {"product_id": str(pk)}) for pk in products),
            *(EventData("port.changed", port.pk, {"port_id": str(port.pk)}) for port in ports),
        ]
    )
    audit.record_many(
        AuditData("system", VERB, "product", each.fqn, {"document_id": each.document_id})
        for each in products.values()
    )
