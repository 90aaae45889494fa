"""Nodes by their text form, among those that the actor may see."""

from __future__ import annotations

from urllib.parse import unquote

from accounts.actors import Actor
from catalog.lineage.errors import AmbiguousNode
from catalog.lineage.keys import key_of, node_key_of
from catalog.lineage.models import Column, Dataset, DatasetQuerySet
from catalog.lineage.selectors.ids import encoded
from catalog.products.models import DataProduct
from core.errors import NotFound

WITH_OWNER = ("port__product__owner", "system_port__system", "posted_by")


def dataset_among(datasets: DatasetQuerySet, node: str) -> Dataset:
    """The dataset called `dataset:<namespace>:<name>`, also with percent-encoded parts.

    Raises:
        NotFound: none of `datasets` is called so.
        AmbiguousNode: two are.
    """
    if not node.startswith("dataset:") or "\0" in node:
        raise NotFound
    rows = datasets.select_related(*WITH_OWNER)
    found = list(rows.filter(node_key=node_key_of(node)).order_by("pk")[:2])
    if len(found) > 1:
        both = [encoded("dataset", (each.namespace, each.name)) for each in found]
        raise AmbiguousNode(both)
    if not found:
        parts = node.split(":")
        key = key_of(*map(unquote, parts[1:])) if len(parts) == 3 else None
        found = list(rows.filter(key=key)) if key else []
    if not found:
        raise NotFound
    return found[0]


def product_called(actor: Actor, node: str) -> DataProduct:
    """Raises: NotFound: there is no such product, or the actor may not see it."""
    fqn = node.removeprefix("product:")
    seen = DataProduct.objects.visible_to(actor).select_related("owner", "domain")
    product = seen.filter(fqn=fqn).first() if "\0" not in fqn else None
    if product is None:
        raise NotFound
    return product


def column_called(actor: Actor, node: str) -> Column:
    """The column `column:<namespace>:<name>#<field>`; made when only the schema knows it.

    Raises:
        NotFound: there is none, or the actor may not see its dataset.
    """
    datasets = Dataset.objects.visible_to(actor)
    known = Column.objects.filter(node_key=node_key_of(node), dataset__in=datasets)
    shown = [f"dataset__{name}" for name in WITH_OWNER]
    found = list(known.select_related(*shown).order_by("pk")[:2])
    if len(found) == 1:
        return found[0]
    if found:
        names = [(each.dataset.namespace, each.dataset.name, each.name) for each in found]
        both = [encoded("column", parts) for parts in names]
        raise AmbiguousNode(both)
    text, _, field = node.removeprefix("column:").rpartition("#")
    dataset = dataset_among(datasets, f"dataset:{text}")
    own = f"column:{dataset.namespace}:{dataset.name}#{unquote(field)}"
    if field not in {each.get("name") for each in dataset.fields}:
        found = list(dataset.columns.filter(name=unquote(field)))
        if not found:
            raise NotFound
        return found[0]
    key = key_of(dataset.namespace, dataset.name, field)
    column, _ = Column.objects.get_or_create(
        key=key, defaults={"dataset": dataset, "name": field, "node_key": node_key_of(own)}
    )
    return column
