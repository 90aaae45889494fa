"""Saying by hand which port offers a dataset."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from catalog.lineage.models import Dataset
from catalog.lineage.services.finding import dataset_among
from catalog.lineage.services.matching import move_datasets, named_port
from catalog.products.models import OutputPort
from catalog.products.policies import can_change_product, require_product_change
from core import audit
from core.errors import InvalidTransition, NotFound


@transaction.atomic
def claim_dataset(*, node: str, port: str, actor: Actor) -> Dataset:
    """Make a dataset that no port offers one of the port's; names do not change that any more.

    Args:
        node: `dataset:<namespace>:<name>`, of those that `Dataset.unmatched_for` lists.
        port: fqn of an output port.

    Raises:
        NotFound: there is no such dataset or port for the actor.
        NotAllowed: the actor may not change the port's product.
    """
    datasets = Dataset.objects.unmatched_for(actor).select_for_update(of=("self",))
    dataset = dataset_among(datasets, node)
    ports = OutputPort.objects.visible_to(actor).select_related("product__owner")
    found = ports.filter(fqn=port).first() if "\0" not in port else None
    if found is None:
        raise NotFound
    require_product_change(actor, found.product)
    Dataset.objects.filter(pk=dataset.pk).update(claimed_by=actor.user_id or None, claimed_at=Now())
    move_datasets({dataset: found.pk})
    _record(actor, "dataset.claimed", dataset, found)
    dataset.refresh_from_db()
    return dataset


@transaction.atomic
def unclaim_dataset(*, node: str, actor: Actor) -> Dataset:
    """Take a claim back: names decide again.

    Raises:
        NotFound: there is no such dataset for the actor.
        NotAllowed: the actor may not change the port's product.
        InvalidTransition: nobody claimed it.
    """
    seen = Dataset.objects.visible_to(actor).select_for_update(of=("self",))
    dataset = dataset_among(seen, node)
    port = dataset.port
    if port is not None and not can_change_product(actor, port.product):
        require_product_change(actor, port.product)
    if port is None or dataset.claimed_at is None:
        raise InvalidTransition("Nobody claimed this dataset; its names say whose it is.")
    Dataset.objects.filter(pk=dataset.pk).update(claimed_by=None, claimed_at=None)
    move_datasets({dataset: named_port([dataset.pk]).get(dataset.pk)})
    _record(actor, "dataset.unclaimed", dataset, port)
    dataset.refresh_from_db()
    return dataset


def _record(actor: Actor, verb: str, dataset: Dataset, port: OutputPort) -> None:
    audit.record(
        actor=actor.name,
        verb=verb,
        kind="dataset",
        object_id=dataset.node_id,
        port=port.fqn,
        product=port.product.fqn,
    )
