"""What a source tells of the graph, before it is written: the same for events, dbt and SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from catalog.lineage.formats.names import Name
from catalog.lineage.formats.openlineage import Alias, Json
from catalog.lineage.states import Origin, Side


@dataclass(slots=True)
class DatasetFacts:
    """What is told of one dataset; `fields` is None where nothing is said of its schema."""

    fields: tuple[Json, ...] | None = None
    named_at: dt.datetime | None = None  # the last time, by the clock of who tells it


class EdgeKey(NamedTuple):
    source: Name
    target: Name
    job: Name | None


class ColumnEdgeKey(NamedTuple):
    source: Name
    source_field: str
    target: Name
    target_field: str
    job: Name | None


@dataclass(frozen=True, slots=True)
class Change:
    """A dataset was dropped or renamed; or `aliases` name it too."""

    dataset: Name
    at: dt.datetime
    is_drop: bool = False
    previous: Name | None = None
    aliases: tuple[Alias, ...] = ()
    event: int = 0  # number of the event in the call, for its warnings


@dataclass(slots=True)
class Facts:
    """All that is to be written in one transaction, each thing once."""

    origin: Origin = Origin.LINEAGE
    datasets: dict[Name, DatasetFacts] = field(default_factory=dict)
    jobs: dict[Name, None] = field(default_factory=dict)
    uses: dict[tuple[Name, Name, Side], None] = field(default_factory=dict)  # job, dataset, side
    edges: dict[EdgeKey, None] = field(default_factory=dict)
    links: dict[ColumnEdgeKey, tuple[str, bool]] = field(default_factory=dict)
    pairs: set[tuple[int, int, int]] = field(default_factory=set)  # edges by the ids of rows
    column_pairs: set[tuple[int, int, int | None]] = field(default_factory=set)  # once written
    changes: list[Change] = field(default_factory=list)

    def name(
        self,
        dataset: Name,
        *,
        fields: tuple[Json, ...] | None = None,
        at: dt.datetime | None = None,
    ) -> None:
        """Say that there is a dataset, and what is known of it."""
        known = self.datasets.setdefault(dataset, DatasetFacts())
        if fields is not None:
            known.fields = fields
        if at is not None and (known.named_at is None or at > known.named_at):
            known.named_at = at

    def use(self, job: Name, side: Side, datasets: Iterable[Name]) -> None:
        """Say that a job reads or writes datasets."""
        self.jobs[job] = None
        for dataset in datasets:
            self.uses[job, dataset, side] = None

    def join(self, source: Name, target: Name, job: Name | None) -> None:
        """Say that `target` is made from `source`."""
        if source != target:
            self.edges[EdgeKey(source, target, job)] = None
