"""Finding a node by its id. Ids are looked up whole, never split: names hold any character."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from accounts.actors import Actor
from catalog.contracts.models import DataContract
from catalog.lineage.errors import AmbiguousNode
from catalog.lineage.keys import key_of, node_key_of
from catalog.lineage.models import Column, Dataset, Job, JobDataset
from catalog.lineage.selectors.rows import (
    DATASET_SHOWS,
    column_node,
    dataset_node,
    product_node,
    system_node,
)
from catalog.lineage.selectors.shapes import DOWNSTREAM, Node
from catalog.lineage.selectors.systems import readers_of
from catalog.lineage.states import Level, Side
from catalog.products.models import DataProduct, OutputPort, System
from core.errors import NotFound

MAX_ROOTS = 2_000  # datasets or columns of one thing that are asked about at once
NO_NODE = "There is no such node, or you may not see it."
UNREADABLE = frozenset("\0")


@dataclass(frozen=True)
class Focus:
    """What is asked about: a node, and where in the graph of `level` to begin."""

    node: Node
    level: str
    roots: tuple[Any, ...]  # for both sides, unless `inputs` says otherwise
    inputs: tuple[Any, ...] | None = None  # of a job: where to begin upstream
    base: int = 0  # hops from the node to the roots
    ports: tuple[Any, ...] = ()  # that a change of it concerns

    def roots_of(self, side: str) -> tuple[Any, ...]:
        """Where to begin on one side."""
        return self.roots if self.inputs is None or side == DOWNSTREAM else self.inputs

    @property
    def is_one(self) -> bool:
        """True when the node itself is the one root."""
        return self.base == 0 and self.node.kind == self.level


def focus_of(actor: Actor, node: str, level: str = Level.PRODUCT) -> Focus:
    """The node that `node` names. A level that it has no part in gives way to its own.

    Raises:
        NotFound: no such node, or the actor may not see it.
        AmbiguousNode: two nodes that the actor may see are called so.
    """
    kind = node.partition(":")[0]
    if not UNREADABLE.isdisjoint(node) or not _is_encodable(node) or kind not in FINDERS:
        raise NotFound(NO_NODE)
    return FINDERS[kind](actor, node, level)


def _is_encodable(node: str) -> bool:
    try:
        node.encode()
    except UnicodeEncodeError:
        return False
    return True


def _product(actor: Actor, node: str, level: str) -> Focus:
    shown = DataProduct.objects.visible_to(actor).select_related("domain", "owner")
    product = shown.filter(fqn=node.removeprefix("product:")).first()
    if product is None:
        raise NotFound(NO_NODE)
    here = product_node(product, 0)
    ports = tuple(product.output_ports.values_list("pk", flat=True))
    if level == Level.PRODUCT:
        return Focus(here, Level.PRODUCT, (product.pk,), ports=ports)
    return Focus(here, level, _roots(level, Dataset.objects.filter(port__in=ports)), ports=ports)


def _port(actor: Actor, node: str, level: str) -> Focus:
    shown = OutputPort.objects.visible_to(actor).select_related("product__domain", "product__owner")
    port = shown.filter(fqn=node.removeprefix("port:")).first()
    if port is None:
        raise NotFound(NO_NODE)
    here = Node(f"port:{port.fqn}", "port", port.title or port.name, 0, port.product)
    level = Level.COLUMN if level == Level.COLUMN else Level.DATASET
    return Focus(here, level, _roots(level, Dataset.objects.filter(port=port)), ports=(port.pk,))


def _contract(actor: Actor, node: str, level: str) -> Focus:
    """All ports that have it."""
    named = node.removeprefix("contract:")
    contract = DataContract.objects.visible_to(actor).filter(document_id=named).first()
    if contract is None:
        raise NotFound(NO_NODE)
    ports = OutputPort.objects.visible_to(actor).filter(contract=contract)
    here = Node(node, "contract", contract.name or named, 0)
    level = Level.COLUMN if level == Level.COLUMN else Level.DATASET
    keys = tuple(ports.order_by("pk").values_list("pk", flat=True))
    return Focus(here, level, _roots(level, Dataset.objects.filter(port__in=keys)), ports=keys)


def _dataset(actor: Actor, node: str, level: str) -> Focus:
    shown = Dataset.objects.visible_to(actor).with_team().select_related(*DATASET_SHOWS)
    dataset = _only(shown, node, lambda each: (each.namespace, each.name))
    ports = (dataset.port_id,) if dataset.port_id else ()
    if level == Level.COLUMN:
        datasets = Dataset.objects.filter(pk=dataset.pk)
        return Focus(dataset_node(dataset, 0), level, _roots(level, datasets), ports=ports)
    return Focus(dataset_node(dataset, 0), Level.DATASET, (dataset.pk,), ports=ports)


def _column(actor: Actor, node: str, level: str) -> Focus:
    shown = Column.objects.visible_to(actor).select_related(
        *(f"dataset__{name}" for name in DATASET_SHOWS)
    )
    column = _only(shown, node, lambda each: (each.dataset.namespace, each.dataset.name, each.name))
    ports = (column.dataset.port_id,) if column.dataset.port_id else ()
    return Focus(column_node(column, 0), Level.COLUMN, (column.pk,), ports=ports)


def _job(actor: Actor, node: str, level: str) -> Focus:
    """Its inputs are upstream, its outputs downstream, one hop away."""
    job = _only(Job.objects.visible_to(actor), node, lambda each: (each.namespace, each.name))
    touched = JobDataset.objects.filter(job=job).order_by("dataset")
    rows = list(touched.values_list("side", "dataset")[:MAX_ROOTS])
    inputs, outputs = (
        tuple(pk for side, pk in rows if side == wanted) for wanted in (Side.IN, Side.OUT)
    )
    here = Node(f"job:{job.namespace}:{job.name}", "job", job.name, 0)
    return Focus(here, Level.DATASET, outputs, inputs=inputs, base=1)


def _system(actor: Actor, node: str, level: str) -> Focus:
    shown = System.objects.visible_to(actor).select_related("domain", "owner")
    system = shown.filter(fqn=node.removeprefix("system:")).first()
    if system is None:
        raise NotFound(NO_NODE)
    here = system_node(system, 0)
    behind = Dataset.objects.filter(port=None, system_port__system=system)
    if level != Level.PRODUCT and (roots := _roots(level, behind)):
        return Focus(here, level, roots)
    return Focus(here, Level.PRODUCT, tuple(readers_of(system)), inputs=(), base=1)


FINDERS: dict[str, Callable[[Actor, str, str], Focus]] = {
    "product": _product,
    "port": _port,
    "contract": _contract,
    "dataset": _dataset,
    "column": _column,
    "job": _job,
    "system": _system,
}


def _roots(level: str, datasets: Any) -> tuple[Any, ...]:
    keys = datasets.order_by("port__position", "pk")
    if level == Level.DATASET:
        return tuple(keys.values_list("pk", flat=True)[:MAX_ROOTS])
    columns = Column.objects.filter(dataset__in=datasets.order_by()).order_by("pk")
    return tuple(columns.values_list("pk", flat=True)[:MAX_ROOTS])


def _only(shown: Any, node: str, parts: Callable[[Any], tuple[str, ...]]) -> Any:
    """The one of the visible rows that is called `node`, in plain text or by encoded parts."""
    found = list(shown.filter(node_key=node_key_of(node))[:3])
    if not found and (key := _encoded_key(node)) is not None:
        found = list(shown.filter(key=key))
    if not found:
        raise NotFound(NO_NODE)
    if len(found) > 1:
        raise AmbiguousNode(sorted(encoded(node.partition(":")[0], parts(row)) for row in found))
    return found[0]


def encoded(kind: str, parts: Collection[str]) -> str:
    """The id of a dataset, job or column whose parts are percent-encoded, so that it is unique."""
    first, second, *field = (quote(part, safe="") for part in parts)
    return f"{kind}:{first}:{second}" + "".join(f"#{each}" for each in field)


def _encoded_key(node: str) -> Any:
    """The key that an id of encoded parts names; None: it is none."""
    kind, _, rest = node.partition(":")
    pieces = rest.split(":")
    if len(pieces) != 2:
        return None
    if kind != "column":
        return key_of(*map(unquote, pieces))
    name, mark, field = pieces[1].partition("#")
    return key_of(unquote(pieces[0]), unquote(name), unquote(field)) if mark else None
