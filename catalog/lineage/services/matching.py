"""Which port offers which dataset: by its names, unless a person said so."""

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
from catalog.products.models import PortDataset
from core.copying import update_objects
from core.models import OutboxEvent


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
