"""Lineage of a synthetic catalogue: a layered graph in which a few products feed very many."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from catalog.lineage.keys import key_of, node_key_of
from catalog.lineage.models import Column, ColumnEdge, Dataset, DatasetEdge, Job, ProductEdge
from catalog.products.models import InputPort
from portal.scale.catalogue import PortPlan
from portal.scale.plan import Plan, ProductPlan, skewed
from portal.scale.structure import Structure
from portal.scale.tables import Table

MAX_SOURCES = 6
TRACED = 20  # of so many products one tells which column comes from which
MAX_COLUMNS = 12  # of a table that are told of
_SEEN = ("first_seen", "last_seen")
DECLARED = "declared input port"  # as the lineage room words it


class Flow:
    """Writes what products read, their datasets, and the edges between both."""

    def __init__(self, plan: Plan, structure: Structure) -> None:
        self.plan = plan
        self.structure = structure
        self.inputs = Table(
            InputPort,
            *("product_id", "name", "version", "contract_document_id", "source_id", "system_id"),
            *("system_port_id", "system_name"),
        )
        self.datasets = Table(
            Dataset,
            *("id", "namespace", "name", "node_id", "key", "node_key", "port_id", "fields"),
            *("posted_by_id", "first_seen", "last_seen"),
        )
        self.jobs = Table(Job, "id", "namespace", "name", "key", "node_key", *_SEEN)
        self.edges = Table(DatasetEdge, "source_id", "target_id", "job_id", *_SEEN)
        self.product_edges = Table(ProductEdge, "source_id", "target_id", "origin", "via", *_SEEN)
        self.columns = Table(Column, "id", "dataset_id", "name", "key", "node_key", *_SEEN)
        self.column_edges = Table(
            ColumnEdge, "source_id", "target_id", "job_id", "transformation", *_SEEN
        )
        self.tables = [
            *(self.inputs, self.datasets, self.jobs, self.edges, self.product_edges),
            *(self.columns, self.column_edges),
        ]
        self._offered: dict[int, int] = {}  # by product: its first dataset
        self._first: dict[int, tuple[str, str, list[str]]] = {}  # its namespace, name, columns
        self._placed: dict[int, list[int]] = {}  # by product: ids of those columns, once told of

    def add(self, random: Random, product: ProductPlan, ports: list[PortPlan]) -> None:
        """What one product reads and how it makes its ports; its sources were added before."""
        seen = (product.created.isoformat(), self.plan.today.isoformat())
        sources = self._sources(random, product)
        if product.layer == 0:
            self._system(random, product)
        for source in sources:
            self.inputs.add(
                product.id,
                *(f"{source.name}, {source.port_name(0)}", "1.0.0", f"{source.id}-0"),
                *(source.port_id(0), None, None, ""),
            )
        offered, inner = self._datasets(product, ports, seen)
        self._offered[product.number] = offered[0]
        job = self._edges(product, sources, offered, inner, seen)
        table = ports[0].contract.objects[0]
        name = f"{product.fqn}.v{ports[0].major}.{table.name}"
        names = [each.name for each in table.columns[:MAX_COLUMNS]]
        self._first[product.number] = (product.namespace, name, names)
        if product.number % TRACED == 0:
            self._trace(product, sources, job, seen)

    def _sources(self, random: Random, product: ProductPlan) -> list[ProductPlan]:
        """Products of lower layers, mostly of the one below; the first of a layer are hubs."""
        if product.layer == 0:
            return []
        found: dict[tuple[str, str], ProductPlan] = {}  # names of inputs are used once
        for _ in range(1 + skewed(random, MAX_SOURCES, 1.5)):
            below = product.layer - 1 if random.random() < 0.7 else random.randrange(product.layer)
            layer = self.plan.layers[below] or self.plan.layers[0]
            if layer:
                source = layer[skewed(random, len(layer), 4)]
                found[source.name, source.port_name(0)] = source
        return list(found.values())

    def _system(self, random: Random, product: ProductPlan) -> None:
        systems = self.structure.system_ids
        system, port, name = systems[skewed(random, len(systems))]
        self.inputs.add(product.id, "Operational data", "", "", None, system, port, name)

    def _datasets(
        self, product: ProductPlan, ports: list[PortPlan], seen: tuple[str, str]
    ) -> tuple[list[int], list[int]]:
        """Those that ports offer, and those on the way that nobody is offered."""
        offered = []
        namespace = product.namespace
        for port in ports:
            for table in port.contract.objects:
                name = f"{product.fqn}.v{port.major}.{table.name}"
                fields = [{"name": each.name, "type": each.physical_type} for each in table.columns]
                offered.append(self._dataset(namespace, name, port.id, fields, None, seen))
        team = self.structure.first_team + product.team.id
        inner = [
            self._dataset(namespace, f"{product.fqn}.step_{at}", None, [], team, seen)
            for at in range(self.plan.datasets_per_product - len(offered))
        ]
        return offered, inner

    def _dataset(
        self,
        namespace: str,
        name: str,
        port_id: str | None,
        fields: list[dict[str, str]],
        team: int | None,
        seen: tuple[str, str],
    ) -> int:
        pk = self.datasets.new_id()
        node = f"dataset:{namespace}:{name}"
        keys = (key_of(namespace, name), node_key_of(node))
        self.datasets.add(pk, namespace, name, node, *keys, port_id, fields, team, *seen)
        return pk

    def _edges(
        self,
        product: ProductPlan,
        sources: list[ProductPlan],
        offered: list[int],
        inner: list[int],
        seen: tuple[str, str],
    ) -> int:
        """Writes: sources → steps → ports; and the sources straight into the first port."""
        job = self.jobs.new_id()
        name = f"{product.fqn}.build"
        keys = (key_of(product.namespace, name), node_key_of(_node(product, name)))
        self.jobs.add(job, product.namespace, name, *keys, *seen)
        chain = [*inner, offered[0]]
        pairs = {*pairwise(chain)}
        pairs |= {(chain[0], each) for each in offered if each != chain[0]}
        for source in sources:
            first = self._offered[source.number]
            pairs |= {(first, chain[0]), (first, offered[0])}
            for origin, via in (("declared", DECLARED), ("lineage", _node(product, name))):
                self.product_edges.add(source.id, product.id, origin, via, *seen)
        for start, end in sorted(pairs):
            self.edges.add(start, end, job, *seen)
        return job

    def _trace(
        self, product: ProductPlan, sources: list[ProductPlan], job: int, seen: tuple[str, str]
    ) -> None:
        """The columns of its first table, each made from one of every source."""
        own = self._columns(product, seen)
        for source in sources:
            for start, end in zip(self._columns(source, seen), own, strict=False):
                self.column_edges.add(start, end, job, "DIRECT/IDENTITY", *seen)

    def _columns(self, product: ProductPlan, seen: tuple[str, str]) -> list[int]:
        if product.number not in self._placed:
            dataset = self._offered[product.number]
            namespace, name, fields = self._first[product.number]
            ids = []
            for field in fields:
                ids.append(self.columns.new_id())
                keys = (
                    key_of(namespace, name, field),
                    node_key_of(f"column:{namespace}:{name}#{field}"),
                )
                self.columns.add(ids[-1], dataset, field, *keys, *seen)
            self._placed[product.number] = ids
        return self._placed[product.number]


def _node(product: ProductPlan, job: str) -> str:
    return f"job:{product.namespace}:{job}"
