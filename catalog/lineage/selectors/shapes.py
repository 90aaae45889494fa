"""What answers are made of, and what a question may ask."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from catalog.lineage.models import Column, Dataset
from catalog.lineage.states import Direction, Level
from catalog.products.models import DataProduct, System
from core.errors import Invalid
from core.problems import Problem

MAX_DEPTH = 20
UPSTREAM, FOCUS, DOWNSTREAM = "upstream", "focus", "downstream"


@dataclass(frozen=True)
class Node:
    """One node. `distance` in hops from the asked one: negative upstream, positive downstream."""

    id: str
    kind: str  # product, port, dataset, job, column, system, hidden
    name: str
    distance: int
    product: DataProduct | None = None
    dataset: Dataset | None = None
    system: System | None = None
    column: Column | None = None
    data_type: str = ""  # of a column
    classification: str = ""  # of a column, slug of a class
    verified: bool | None = None  # of a dataset: a team answers for its namespace
    incident: str = ""  # severity of the gravest open one of its product
    count: int = 1  # how many nodes a hidden one stands for
    # direct neighbours that are not in the answer, by side; MOST_MORE says “or more”
    more: dict[str, int] = field(default_factory=dict)

    @property
    def side(self) -> str:
        return UPSTREAM if self.distance < 0 else DOWNSTREAM if self.distance else FOCUS

    @property
    def url(self) -> str | None:
        """Its page: that of the product or system, of a product's dataset or column its port's."""
        if self.dataset is not None and self.dataset.port is not None:
            return self.dataset.port.get_absolute_url()
        owned = self.product or self.system
        return owned.get_absolute_url() if owned else None

    @property
    def dataset_id(self) -> str | None:
        """The node of the dataset that a column belongs to."""
        return self.dataset.node_id if self.column is not None and self.dataset else None


@dataclass(frozen=True)
class Edge:
    """From `source` to `target`, joined over all jobs and origins that have it."""

    source: str
    target: str
    via: str = ""  # the job seen last, or how it was declared
    origin: str = ""
    transformation: str = ""  # of columns
    masking: bool | None = None  # of columns
    first_seen: dt.datetime | None = None
    last_seen: dt.datetime | None = None


@dataclass(frozen=True)
class Graph:
    """A bounded answer; `total_nodes` counts what was found before the cut, roots included.

    `focus` is what was asked for. It is among the nodes where it is one of the level; else its
    datasets or columns stand at distance 0. `hidden` counts what the reader may not see;
    `hidden_nodes` stand for it in a drawing.
    """

    focus: Node
    nodes: list[Node]
    edges: list[Edge]
    total_nodes: int
    truncated: bool
    level: str = Level.PRODUCT
    depth: int = 1
    as_of: dt.datetime | None = None
    hidden: dict[str, int] = field(default_factory=lambda: {UPSTREAM: 0, DOWNSTREAM: 0})
    hidden_nodes: list[Node] = field(default_factory=list)
    hidden_edges: list[Edge] = field(default_factory=list)


def check(*, direction: str = Direction.BOTH, depth: int | None = None, level: str = "") -> None:
    """
    Raises:
        Invalid: one of them is out of range.
    """
    problems = []
    if direction not in Direction.values:
        problems.append(Problem("/direction", "unknown", f"One of: {_named(Direction.values)}."))
    if depth is not None and not 1 <= depth <= MAX_DEPTH:
        problems.append(Problem("/depth", "out-of-range", f"1 to {MAX_DEPTH} hops."))
    if level and level not in Level.values:
        problems.append(Problem("/level", "unknown", f"One of: {_named(Level.values)}."))
    if problems:
        raise Invalid("The lineage question could not be read.", problems)


def _named(values: Sequence[str]) -> str:
    return ", ".join(values)


def sides(direction: str) -> list[str]:
    """The directions that a question walks."""
    every = [Direction.UPSTREAM, Direction.DOWNSTREAM]
    return [each for each in every if direction in (each, Direction.BOTH)]
