"""OpenLineage 2-0-2 events to plain records; tolerant: what is odd becomes a warning."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.errors import Invalid
from core.problems import Problem

Json = Mapping[str, Any]

EVENT_TYPES = frozenset({"START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"})
FRACTION = re.compile(r"\.(\d{6})\d+")  # nanoseconds are cut to microseconds
LONGEST_NAME = 1000
LONGEST_NAMESPACE = 500


@dataclass(frozen=True)
class DatasetRef:
    """A dataset as an event names it; `fields` is None when the event has no schema facet."""

    namespace: str
    name: str
    fields: tuple[Json, ...] | None = None


@dataclass(frozen=True)
class Event:
    """One event. Run events have `run_id`; dataset events have no job."""

    time: dt.datetime
    kind: str  # run, job, dataset
    event_type: str  # of EVENT_TYPES; OTHER when absent or unknown
    producer: str
    run_id: UUID | None
    job_namespace: str
    job_name: str
    inputs: tuple[DatasetRef, ...]
    outputs: tuple[DatasetRef, ...]
    warnings: tuple[str, ...]


def parse_event(body: Any) -> Event:
    """Read one event.

    Raises:
        Invalid: it is not an object, or eventTime, job or run.runId is missing or unreadable;
            the pointers say which.
    """
    if not isinstance(body, dict):
        raise _refused("", "not-an-object", "An OpenLineage event is a JSON object.")
    warnings: list[str] = []
    time = _time(body.get("eventTime"), warnings)
    if not body.get("schemaURL"):
        warnings.append("schemaURL is missing")
    if "dataset" in body and "job" not in body:
        return _dataset_event(body, time, warnings)
    namespace, name = _name(body.get("job"), "/job")
    run_id = _run_id(body["run"]) if "run" in body else None
    return Event(
        time=time,
        kind="job" if run_id is None else "run",
        event_type=_event_type(body, run_id, warnings),
        producer=str(body.get("producer", ""))[:500],
        run_id=run_id,
        job_namespace=namespace,
        job_name=name,
        inputs=_datasets(body.get("inputs"), "/inputs", warnings),
        outputs=_datasets(body.get("outputs"), "/outputs", warnings),
        warnings=tuple(warnings),
    )


def _dataset_event(body: Json, time: dt.datetime, warnings: list[str]) -> Event:
    namespace, name = _name(body["dataset"], "/dataset")
    return Event(
        time=time,
        kind="dataset",
        event_type="OTHER",
        producer=str(body.get("producer", ""))[:500],
        run_id=None,
        job_namespace="",
        job_name="",
        inputs=(),
        outputs=(DatasetRef(namespace, name, _fields(body["dataset"])),),
        warnings=tuple(warnings),
    )


def _time(value: Any, warnings: list[str]) -> dt.datetime:
    if not isinstance(value, str):
        raise _refused("/eventTime", "required", "Say when it happened as an ISO 8601 time.")
    try:
        time = dt.datetime.fromisoformat(FRACTION.sub(r".\1", value))
    except ValueError as error:
        raise _refused(
            "/eventTime", "not-a-time", f"“{value[:40]}” is no ISO 8601 time."
        ) from error
    if time.tzinfo is None:
        warnings.append("eventTime has no time zone; UTC is assumed")
        time = time.replace(tzinfo=dt.UTC)
    return time


def _name(value: Any, pointer: str) -> tuple[str, str]:
    if not isinstance(value, dict):
        raise _refused(pointer, "required", "It needs a `namespace` and a `name`.")
    parts = []
    for key, longest in (("namespace", LONGEST_NAMESPACE), ("name", LONGEST_NAME)):
        part = value.get(key)
        if not isinstance(part, str) or not part or len(part) > longest or "\x00" in part:
            raise _refused(
                f"{pointer}/{key}", "bad-name", f"`{key}` is a text of 1 to {longest} characters."
            )
        parts.append(part)
    return parts[0], parts[1]


def _run_id(run: Any) -> UUID:
    value = run.get("runId") if isinstance(run, dict) else None
    try:
        return UUID(str(value))
    except ValueError as error:
        raise _refused("/run/runId", "not-a-uuid", "`runId` is a UUID.") from error


def _event_type(body: Json, run_id: UUID | None, warnings: list[str]) -> str:
    given = str(body.get("eventType", "")).upper()
    if given in EVENT_TYPES:
        return given
    if run_id is not None:
        warnings.append(f"eventType {given[:20] or 'is missing'}: read as OTHER")
    return "OTHER"


def _datasets(value: Any, pointer: str, warnings: list[str]) -> tuple[DatasetRef, ...]:
    found: dict[tuple[str, str], DatasetRef] = {}
    for n, entry in enumerate(value if isinstance(value, list) else []):
        try:
            namespace, name = _name(entry, f"{pointer}/{n}")
        except Invalid as error:
            warnings.append(
                f"{error.problems[0].pointer} was left out: {error.problems[0].message}"
            )
            continue
        found[namespace, name] = DatasetRef(namespace, name, _fields(entry))
    return tuple(found.values())


def _fields(dataset: Json) -> tuple[Json, ...] | None:
    schema = (dataset.get("facets") or {}).get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    if not isinstance(fields, list):
        return None
    return tuple(
        {"name": field["name"][:255], "type": str(field.get("type", ""))[:100]}
        for field in fields[:2000]
        if isinstance(field, dict) and isinstance(field.get("name"), str)
    )


def _refused(pointer: str, code: str, message: str) -> Invalid:
    return Invalid("This is not a usable OpenLineage event.", [Problem(pointer, code, message)])
