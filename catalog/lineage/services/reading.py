"""Events to facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from catalog.lineage.data import Change, ColumnEdgeKey, Facts
from catalog.lineage.formats.names import Name
from catalog.lineage.formats.openlineage import DatasetRef, Event
from catalog.lineage.states import Side

MAX_PAIRS = 20_000  # of inputs and outputs of one event or run

Said = list[tuple[int, str]]  # (number of the event, warning)
Numbered = Sequence[tuple[int, Event]]


def facts_of(events: Numbered, facts: Facts) -> Said:
    """Add what the events tell, but for the edges of runs, whose other events tell the rest."""
    said: Said = []
    for number, event in events:
        for ref in (*event.inputs, *event.outputs):
            _add_dataset(number, event, ref, facts)
        for job, dataset in event.reads:
            facts.name(dataset)
            facts.use(job, Side.IN, [dataset])
        if event.job is None:
            continue
        facts.use(event.job, Side.IN, (ref.name for ref in event.inputs))
        facts.use(event.job, Side.OUT, (ref.name for ref in event.outputs))
        if event.run is None:
            said += _join_all(number, event, event.job, facts)
        elif event.run.parent_job is not None:
            facts.jobs[event.run.parent_job] = None
    return said


def _add_dataset(number: int, event: Event, ref: DatasetRef, facts: Facts) -> None:
    is_drop = ref.change == "DROP"
    facts.name(ref.name, fields=ref.fields, at=None if is_drop else event.time)
    if is_drop or ref.previous is not None or ref.aliases:
        change = Change(ref.name, event.time, is_drop, ref.previous, ref.aliases, number)
        facts.changes.append(change)
    for source in ref.told.sources:
        facts.name(source)
        facts.join(source, ref.name, event.job)
    if event.job is not None:
        facts.use(event.job, Side.IN, ref.told.sources)
    for job in ref.told.jobs:
        facts.use(job, Side.OUT, [ref.name])
    for link in ref.told.links:
        key = ColumnEdgeKey(link.source, link.field, ref.name, link.target, event.job)
        facts.links[key] = (link.transformation, link.masking)


def _join_all(number: int, event: Event, job: Name, facts: Facts) -> Said:
    targets = joined(event.outputs)
    if len(event.inputs) * len(targets) > MAX_PAIRS:
        return [(number, too_many(len(event.inputs), len(targets)))]
    for ref in event.inputs:
        for target in targets:
            facts.join(ref.name, target, job)
    return []


def joined(outputs: Iterable[DatasetRef]) -> list[Name]:
    """The outputs that come from all inputs: those whose sources are not told one by one."""
    return [ref.name for ref in outputs if not ref.is_explicit]


def too_many(inputs: int, outputs: int) -> str:
    """Why no edges were drawn."""
    return (
        f"{inputs:,} inputs and {outputs:,} outputs make more than {MAX_PAIRS:,} pairs:"
        " the job reads and writes them, but no edges were drawn"
    )
