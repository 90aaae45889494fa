"""Which port offers which dataset, and which system it stands behind: by its names, unless a person
said so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from catalog.lineage.keys import key_of
from catalog.lineage.models import Dataset, Symlink
from catalog.lineage.services.product_edges import (
    derive_product_edges,
    end_unsupported,
    products_of,
)
from catalog.lineage.services.rows import BEHIND_SYSTEM
from catalog.products.models import PortDataset, SystemDataset
from core import prepared
from core.copying import update_objects
from core.models import OutboxEvent

# of systems, of datasets in namespaces, of single ones
_MATCH = """
WITH asked AS (
    SELECT id FROM lineage_dataset WHERE system_port_id IN (
        SELECT id FROM products_systemport WHERE system_id = ANY(%s::uuid[]))
    UNION SELECT id FROM lineage_dataset WHERE namespace = ANY(%s::text[]) AND port_id IS NULL
    UNION SELECT dataset_id FROM lineage_symlink WHERE namespace = ANY(%s::text[])
    UNION SELECT unnest(%s::bigint[])
), found AS (
    SELECT d.id, meant.port_id FROM lineage_dataset d LEFT JOIN LATERAL (
        SELECT behind.port_id FROM (
            SELECT d.namespace, d.name, 0 AS rank
            UNION ALL SELECT s.namespace, s.name, s.id FROM lineage_symlink s
            WHERE s.dataset_id = d.id
        ) AS called CROSS JOIN LATERAL (
            {behind} LIMIT 1
        ) AS behind ORDER BY called.rank LIMIT 1
    ) AS meant ON TRUE
    WHERE d.id IN (SELECT id FROM asked) AND d.dropped_at IS NULL
      AND d.system_port_id IS DISTINCT FROM meant.port_id
    ORDER BY d.id FOR NO KEY UPDATE OF d
)
UPDATE lineage_dataset d SET system_port_id = found.port_id FROM found WHERE d.id = found.id
RETURNING d.id
"""
_BY_NAME = BEHIND_SYSTEM.format(namespace="called.namespace", name="called.name")
_MATCH_SYSTEMS = _MATCH.format(behind=_BY_NAME)


@transaction.atomic
def match_datasets_of_systems(events: Sequence[OutboxEvent]) -> None:
    """Outbox handler of `system.changed`: datasets stand behind the ports that name them."""
    systems = [UUID(str(event.payload["system_id"])) for event in events]
    named = SystemDataset.objects.filter(port__system__in=systems)
    namespaces = {*named.values_list("namespace", flat=True)}
    namespaces.update(each for event in events for each in event.payload.get("namespaces", ()))
    match_systems(systems=systems, namespaces=sorted(namespaces))


def match_systems(
    *,
    systems: Sequence[UUID] = (),
    namespaces: Sequence[str] = (),
    datasets: Sequence[int] = (),
) -> None:
    """Put datasets behind the systems that name them: those of `systems`, those with a name in
    `namespaces`, and `datasets`.
    """
    if not (systems or namespaces or datasets):
        return
    named = [*namespaces]
    prepared.ask(_MATCH_SYSTEMS, [*systems], named, named, [*datasets])


@transaction.atomic
def match_datasets_of_ports(events: Sequence[OutboxEvent]) -> None:
    """Outbox handler of `port.changed`: datasets belong to the ports that offer their names."""
    ports = [UUID(str(event.payload["port_id"])) for event in events]
    offers = PortDataset.objects.filter(port_id__in=ports)
    wanted = {
        key_of(namespace, name): port_id
        for namespace, name, port_id in offers.values_list("namespace", "name", "port_id")
    }
    by_alias = dict(Symlink.objects.filter(key__in=wanted).values_list("dataset_id", "key"))
    rows = Dataset.objects.filter(
        Q(port_id__in=ports) | Q(key__in=wanted) | Q(pk__in=by_alias),
        Q(claimed_at__isnull=True) | Q(port__isnull=True),
    )
    datasets = rows.order_by("pk").select_for_update(of=("self",)).only("key", "port_id")
    moves: dict[Dataset, UUID | None] = {}
    for dataset in datasets:
        key = dataset.key if dataset.key in wanted else by_alias.get(dataset.pk)
        if (port := wanted.get(key) if key else None) != dataset.port_id:
            moves[dataset] = port
    elsewhere = named_port([dataset.pk for dataset, port in moves.items() if port is None])
    move_datasets({each: port or elsewhere.get(each.pk) for each, port in moves.items()})


def move_datasets(moves: dict[Dataset, UUID | None]) -> None:
    """Give datasets to ports, or to none; the edges of products follow."""
    if not moves:
        return
    ids = [dataset.pk for dataset in moves]
    left = products_of(ids)
    for dataset, port in moves.items():
        dataset.port_id = port
    update_objects(list(moves), ["port"])
    match_systems(datasets=[dataset.pk for dataset, port in moves.items() if port is None])
    derive_product_edges(ids)
    end_unsupported(left)


def named_port(dataset_ids: Collection[int]) -> dict[int, UUID]:
    """The ports that offer these datasets by one of their names."""
    found = {}
    aliases = Symlink.objects.filter(dataset__in=dataset_ids)
    own = Dataset.objects.filter(pk__in=dataset_ids)
    for names in (
        aliases.order_by("-pk").values_list("dataset_id", "namespace", "name"),
        own.values_list("pk", "namespace", "name"),  # the own name comes last and counts
    ):
        for pk, namespace, name in names:
            offer = PortDataset.objects.filter(namespace=namespace, name=name).first()
            if offer is not None:
                found[pk] = offer.port_id
    return found
