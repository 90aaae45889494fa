"""OpenLineage 2-0-2 events to plain records; tolerant: what is odd becomes a warning."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any
from uuid import UUID

from catalog.lineage.formats.columns import Told, column_lineage, explicit_lineage
from catalog.lineage.formats.facet_shapes import complaints
from catalog.lineage.formats.names import (
    KEPT,
    LONGEST_NAME,
    MAX_WARNINGS,
    Name,
    Warnings,
    name_in,
    printable,
    required_name,
    text_problem,
)
from core.errors import Invalid
from core.problems import Problem, shown

Json = Mapping[str, Any]

EVENT_TYPES = frozenset({"START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"})
FRACTION = re.compile(r"([.,]\d{6})\d+")  # nanoseconds are cut to microseconds
YEARS = range(1970, 3000)
MAX_DATASETS = 5_000  # inputs or outputs of one event
MAX_FIELDS = 2000  # columns kept of a schema facet
MAX_SYMLINKS = 20
LONGEST_FIELD, LONGEST_TYPE = 255, 100  # characters kept of a schema facet
REFUSED = "This is not a usable OpenLineage event."
NOTHING_TOLD = Told()
LIFECYCLE = frozenset({"ALTER", "CREATE", "DROP", "OVERWRITE", "RENAME", "TRUNCATE"})


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a dataset."""

    name: Name
    kind: str = ""


@dataclass(frozen=True, slots=True)
class DatasetRef:
    """A dataset as an event names it; `fields` is None when the event has no schema facet."""

    name: Name
    fields: tuple[Json, ...] | None = None
    aliases: tuple[Alias, ...] = ()
    told: Told = NOTHING_TOLD
    is_explicit: bool = False  # its sources are those told, not the inputs of the event
    change: str = ""  # of LIFECYCLE
    previous: Name | None = None  # before it was renamed


@dataclass(frozen=True, slots=True)
class RunRef:
    """A run, and the run and the job that caused it."""

    id: UUID
    parent_id: UUID | None = None
    parent_job: Name | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One event. Run events have `run`; dataset events have no job."""

    time: dt.datetime
    event_type: str  # of EVENT_TYPES; OTHER when absent or unknown
    run: RunRef | None
    job: Name | None
    inputs: tuple[DatasetRef, ...]
    outputs: tuple[DatasetRef, ...]
    warnings: tuple[str, ...]
    reads: tuple[tuple[Name, Name], ...] = ()  # (job, dataset) told by the job's lineage facet


def parse_event(body: Any) -> Event:
    """Read one event.

    Raises:
        Invalid: it is not an object, or eventTime, job or run.runId is missing or unreadable;
            the pointers say which. What is wrong with its facets stands beside, as warnings.
    """
    odd = list(islice(complaints(body), MAX_WARNINGS))
    try:
        return _event(body, odd)
    except Invalid as refusal:
        raise Invalid(REFUSED, [*refusal.problems, *odd]) from refusal


def _event(body: Any, odd: Sequence[Problem]) -> Event:
    if not isinstance(body, dict):
        raise _refused("", "not-an-object", "An OpenLineage event is a JSON object.")
    warnings = Warnings()
    time = _time(body.get("eventTime"), warnings)
    for key in ("producer", "schemaURL"):
        if (problem := text_problem(body.get(key), LONGEST_NAME)) is not None:
            warnings.add(f"{key} {problem}")
    warnings.extend(f"{each.pointer} {each.message}" for each in odd)
    if "dataset" in body and "job" not in body:
        return _dataset_event(body["dataset"], time, warnings)
    job = required_name(body.get("job"), "/job", REFUSED)
    run = _run(body["run"], warnings) if "run" in body else None
    event = Event(
        time=time,
        event_type=_event_type(body, run, warnings),
        run=run,
        job=job,
        inputs=_datasets(body.get("inputs"), "/inputs", warnings),
        outputs=_datasets(body.get("outputs"), "/outputs", warnings),
        warnings=(),
    )
    event = _with_job_lineage(event, job, body["job"].get("facets"), warnings)
    return replace(event, warnings=warnings.as_tuple())


def _dataset_event(dataset: Any, time: dt.datetime, warnings: Warnings) -> Event:
    name = required_name(dataset, "/dataset", REFUSED)
    outputs = (_dataset(dataset, name, "/dataset", warnings),)
    return Event(time, "OTHER", None, None, (), outputs, warnings.as_tuple())


def _time(value: Any, warnings: Warnings) -> dt.datetime:
    if not isinstance(value, str) or not value:
        raise _refused("/eventTime", "required", "Say when it happened as an ISO 8601 time.")
    try:
        time = dt.datetime.fromisoformat(FRACTION.sub(r"\1", value[:60]))
    except ValueError as error:
        message = f"“{shown(value[:40])}” is no ISO 8601 time."
        raise _refused("/eventTime", "not-a-time", message) from error
    if time.year not in YEARS:
        message = f"The year is {YEARS.start} to {YEARS.stop - 1}."
        raise _refused("/eventTime", "out-of-range", message)
    if time.tzinfo is None:
        warnings.add("eventTime has no time zone; UTC is assumed")
        time = time.replace(tzinfo=dt.UTC)
    return time.astimezone(dt.UTC)


def _run(run: Any, warnings: Warnings) -> RunRef:
    run_id = _uuid(run.get("runId")) if isinstance(run, dict) else None
    if run_id is None:
        raise _refused("/run/runId", "not-a-uuid", "`runId` is a UUID.")
    facets = run.get("facets")
    parent = _facet(facets, "parent")
    caused_by = _uuid(_facet(parent, "run").get("runId"))
    job = None
    if "job" in parent:
        job = name_in(parent["job"], "/run/facets/parent/job", warnings)
    if caused_by == run_id:
        warnings.add("/run/facets/parent was left out: a run is not its own parent")
        return RunRef(run_id)
    return RunRef(run_id, caused_by, job)


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) and len(value) <= 60 else None
    except ValueError:
        return None


def _event_type(body: Json, run: RunRef | None, warnings: Warnings) -> str:
    value = body.get("eventType")
    given = value.upper() if isinstance(value, str) else ""
    if given in EVENT_TYPES:
        return given
    if run is not None:
        warnings.add(f"eventType {printable(given, 20) or 'is missing'}: read as OTHER")
    return "OTHER"


def _datasets(value: Any, pointer: str, warnings: Warnings) -> tuple[DatasetRef, ...]:
    if value is not None and not isinstance(value, list):
        warnings.add(f"{pointer} was left out: it is not a list")
        return ()
    if value is not None and len(value) > MAX_DATASETS:
        warnings.add(f"{pointer}: the first {MAX_DATASETS:,} of {len(value):,} datasets are read")
    found: dict[Name, DatasetRef] = {}
    for n, entry in enumerate((value or ())[:MAX_DATASETS]):
        name = name_in(entry, f"{pointer}/{n}", warnings)
        if name is None:
            continue
        ref = _dataset(entry, name, f"{pointer}/{n}", warnings)
        if name not in found or found[name].fields is None:
            found[name] = ref
        elif ref.fields not in (None, found[name].fields):
            warnings.add(f"{pointer}/{n} has another schema than the same dataset before it")
    return tuple(found.values())


def _dataset(entry: Json, name: Name, at: str, warnings: Warnings) -> DatasetRef:
    facets = entry.get("facets")
    if not facets or not isinstance(facets, dict):
        return DatasetRef(name)
    at = f"{at}/facets"
    fields = _fields(_facet(facets, "schema"))
    change, previous = _lifecycle(_facet(facets, "lifecycleStateChange"), at, warnings)
    return DatasetRef(
        name=name,
        fields=fields,
        aliases=_aliases(_facet(facets, "symlinks"), at, warnings),
        told=_told(facets, tuple(each["name"] for each in fields or ()), at, warnings),
        is_explicit=bool(_facet(facets, "lineage")),
        change=change,
        previous=previous,
    )


def _facet(facets: Any, name: str) -> Json:
    """A facet, empty where there is none or it was taken back."""
    found = facets.get(name) if isinstance(facets, dict) else None
    if not isinstance(found, dict) or found.get("_deleted") is True:
        return {}
    return found


def _told(facets: Json, known: tuple[str, ...], at: str, warnings: Warnings) -> Told:
    columns, explicit = _facet(facets, "columnLineage"), _facet(facets, "lineage")
    if not columns and not explicit:
        return NOTHING_TOLD
    first = column_lineage(columns, known, f"{at}/columnLineage", warnings)
    second = explicit_lineage(explicit, known, f"{at}/lineage", warnings)
    return both(first, second)


def both(first: Told, second: Told) -> Told:
    """What either of the two tells."""
    sources = dict.fromkeys([*first.sources, *second.sources])
    return Told(tuple(sources), (*first.links, *second.links), (*first.jobs, *second.jobs))


def _fields(schema: Json) -> tuple[Json, ...] | None:
    fields = schema.get("fields")
    if not isinstance(fields, list):
        return None
    found = []
    for field in fields[:MAX_FIELDS]:
        name = field.get("name") if isinstance(field, dict) else None
        if isinstance(name, str):
            kind = field.get("type")
            kind = kind[:LONGEST_TYPE] if isinstance(kind, str) else ""
            found.append(_field(name[:LONGEST_FIELD], kind))
    return tuple(found)


@lru_cache(maxsize=KEPT)
def _field(name: str, kind: str) -> Json:
    return {"name": printable(name, LONGEST_FIELD), "type": printable(kind, LONGEST_TYPE)}


def _aliases(facet: Json, at: str, warnings: Warnings) -> tuple[Alias, ...]:
    entries = facet.get("identifiers")
    found: dict[Name, Alias] = {}
    for n, entry in enumerate(entries[:MAX_SYMLINKS] if isinstance(entries, list) else ()):
        name = name_in(entry, f"{at}/symlinks/identifiers/{n}", warnings)
        if name is not None:
            found[name] = Alias(name, printable(entry.get("type"), 40))
    return tuple(found.values())


def _lifecycle(facet: Json, at: str, warnings: Warnings) -> tuple[str, Name | None]:
    given = facet.get("lifecycleStateChange")
    if not isinstance(given, str):
        return "", None
    if given.upper() not in LIFECYCLE:
        warnings.add(f"{at}/lifecycleStateChange: {shown(printable(given, 40))} is unknown")
        return "", None
    if given.upper() != "RENAME":
        return given.upper(), None
    place = f"{at}/lifecycleStateChange/previousIdentifier"
    return "RENAME", name_in(facet.get("previousIdentifier"), place, warnings)


def _with_job_lineage(event: Event, job: Name, facets: Any, warnings: Warnings) -> Event:
    """The event with what its job's lineage facet tells: entries for datasets and for jobs."""
    entries = _facet(facets, "lineage").get("entries")
    if not isinstance(entries, list):
        return event
    outputs = {ref.name: ref for ref in event.outputs}
    reads: list[tuple[Name, Name]] = []
    for n, entry in enumerate(entries):
        at = f"/job/facets/lineage/entries/{n}"
        if not isinstance(entry, dict):
            continue
        if entry.get("type") == "JOB":
            reader = name_in(entry, at, warnings) if "name" in entry else job
            told = explicit_lineage(entry, (), at, warnings)
            reads += [(reader, source) for source in told.sources if reader is not None]
            if told.jobs:
                warnings.add(f"{at}: that a job follows a job is kept with the event only")
        elif (name := name_in(entry, at, warnings)) is not None:
            ref = outputs.get(name) or DatasetRef(name)
            known = tuple(each["name"] for each in ref.fields or ())
            told = both(ref.told, explicit_lineage(entry, known, at, warnings))
            outputs[name] = replace(ref, told=told, is_explicit=True)
    return replace(event, outputs=tuple(outputs.values()), reads=tuple(reads))


def _refused(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(REFUSED, [Problem(pointer, code, message)])
