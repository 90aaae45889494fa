"""Taking in OpenLineage events: one or many, in one transaction and a handful of statements."""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import DataError, IntegrityError, transaction

from accounts.actors import Actor
from accounts.states import Scope
from catalog.lineage.data import Facts
from catalog.lineage.extensions import results_told
from catalog.lineage.formats.openlineage import Event, parse_event
from catalog.lineage.services import rows
from catalog.lineage.services.changes import apply_changes, return_dropped
from catalog.lineage.services.known import Stored, stored_of
from catalog.lineage.services.namespaces import guarded
from catalog.lineage.services.reading import Said, facts_of
from catalog.lineage.services.running import tell_products, write_runs
from catalog.lineage.services.storing import place, write_edges, write_uses
from core import prepared
from core.errors import Invalid, NotAllowed, TooLarge
from core.problems import Problem

MAX_EVENTS = 10_000  # in one call
RESULTS = (b'"assertions"', b'"tests"')  # of facets that tell of the quality of data

# `first` is false for what came before; both are looked at in the order of their identities.
_ADD_EVENTS = """
INSERT INTO lineage_lineageevent (identity, event_time, body, warnings, posted_by)
SELECT identity, event_time, decode(body, 'base64'), warnings, posted_by
FROM json_to_recordset(%s::json) AS new(identity text, event_time timestamptz, body text,
     warnings text[], posted_by text)
ORDER BY identity ON CONFLICT (identity) DO NOTHING RETURNING identity
"""
_WARN = """
UPDATE lineage_lineageevent e SET warnings = new.warnings
FROM json_to_recordset(%s::json) AS new(identity text, warnings text[])
WHERE e.identity = new.identity
"""


@dataclass(frozen=True)
class IngestResult:
    """What became of one event; `duplicate` when it had been stored before."""

    duplicate: bool = False
    warnings: tuple[str, ...] = ()
    refusal: Invalid | None = None


@dataclass(slots=True)
class Work:
    """An event on its way in: what was read, and what is found out about it."""

    number: int
    packed: str  # as it is kept
    event: Event
    identity: str
    body: Any  # as it came, where it holds results of tests; else None
    late: list[str] = field(default_factory=list)  # warnings that writing brought

    @property
    def warnings(self) -> tuple[str, ...]:
        return (*self.event.warnings, *self.late)


@dataclass(frozen=True, slots=True)
class Told:
    """What events tell together, and what of it is stored already."""

    facts: Facts
    said: Said
    stored: Stored


def ingest(*, event: Any, actor: Actor) -> IngestResult:
    """Store one OpenLineage event and what follows from it. A repeat changes nothing.

    Raises:
        NotAllowed: the actor's token lacks `lineage:write`.
        Invalid: the event lacks eventTime, job or runId, or cannot be kept.
    """
    (result,) = ingest_many(events=[event], actor=actor)
    if result.refusal is not None:
        raise result.refusal
    return result


def ingest_many(*, events: Sequence[Any], actor: Actor) -> list[IngestResult]:
    """Store events in one transaction; each is judged on its own, and results are in their order.

    Raises:
        NotAllowed: the actor's token lacks `lineage:write`.
        TooLarge: more than `MAX_EVENTS`.

    Cost: about 10 statements for any number of events whose datasets are known.
    """
    require_lineage(actor)
    if len(events) > MAX_EVENTS:
        raise TooLarge(f"One call takes {MAX_EVENTS:,} events at most; send the rest in another.")
    results: list[IngestResult] = [IngestResult()] * len(events)
    works = []
    for number, body in enumerate(events):
        try:
            works.append(_work(number, body))
        except Invalid as refusal:
            results[number] = IngestResult(refusal=refusal)
    for number, result in _stored(works, actor):
        results[number] = result
    return results


def require_lineage(actor: Actor) -> None:
    """Raises: NotAllowed: the actor's token lacks `lineage:write`."""
    if actor.is_visitor or not (actor.may(Scope.LINEAGE_WRITE) or actor.may(Scope.WRITE)):
        raise NotAllowed("Sending lineage needs a token with the scope lineage:write.")


def _stored(works: Sequence[Work], actor: Actor) -> list[tuple[int, IngestResult]]:
    """Store all together; should the database refuse one of them, each alone."""
    try:
        with transaction.atomic():
            return _store(works, actor)
    except (DataError, IntegrityError) as error:
        if len(works) == 1:
            problem = Problem("", "not-storable", "It holds a value that no database can keep.")
            refusal = Invalid("This event cannot be stored.", [problem])
            refusal.__cause__ = error
            return [(works[0].number, IngestResult(refusal=refusal))]
    with transaction.atomic():
        return [found for work in works for found in _stored([work], actor)]


def _store(works: Sequence[Work], actor: Actor) -> list[tuple[int, IngestResult]]:
    for work in works:
        work.late.clear()
    told = _read(works, actor)
    first = _add_events(works, actor)
    if first:
        if len(first) < len(works):  # the rest says nothing new
            told = _read(first, actor)
        _write(first, told, actor)
        results_told([work.body for work in first if work.body is not None], actor)
    new = {work.number for work in first}
    return [(work.number, IngestResult(work.number not in new, work.warnings)) for work in works]


def _read(works: Sequence[Work], actor: Actor) -> Told:
    """What events tell, less what is written into namespaces that other teams answer for."""
    told = _told(works, actor)
    is_less = False
    for work in works if told.stored.foreign else ():
        event = guarded(work.event, told.stored.foreign)
        is_less |= event is not work.event  # what is only read stays
        work.event = event
    return _told(works, actor) if is_less else told


def _told(works: Sequence[Work], actor: Actor) -> Told:
    facts = Facts()
    said = facts_of([(work.number, work.event) for work in works], facts)
    return Told(facts, said, stored_of(facts, actor))


def _add_events(works: Sequence[Work], actor: Actor) -> list[Work]:
    """Keep the events; answers those that were not there before, in the order of the call."""
    once = {work.identity: work for work in reversed(works)}
    added = prepared.ask(
        _ADD_EVENTS,
        rows.recordset(
            {
                "identity": identity,
                "event_time": work.event.time,
                "body": work.packed,
                "warnings": [warning[:200] for warning in work.event.warnings],
                "posted_by": actor.name,
            }
            for identity, work in once.items()
        ),
    )
    return sorted((once[identity] for (identity,) in added), key=lambda work: work.number)


def _work(number: int, body: Any) -> Work:
    """Read one event.

    Raises:
        Invalid: it cannot be used, or not be kept.
    """
    event = parse_event(body)
    try:
        text = orjson.dumps(body)
    except orjson.JSONEncodeError as error:
        problem = Problem("", "too-deep", "It is nested more than 250 levels deep.")
        raise Invalid("This event cannot be stored.", [problem]) from error
    packed = b64encode(zlib.compress(text, 1)).decode()
    holds_results = any(word in text for word in RESULTS)
    return Work(number, packed, event, _identity(event), body if holds_results else None)


def _write(works: Sequence[Work], told: Told, actor: Actor) -> None:
    facts = told.facts
    warned = defaultdict(list, {work.number: work.late for work in works})
    events = [(work.number, work.event) for work in works]
    places = place(facts, told.stored, team_id=min(actor.team_ids, default=None))
    named = {
        places.datasets[name].id: each.named_at
        for name, each in facts.datasets.items()
        if each.named_at is not None
    }
    said = apply_changes(facts.changes, places.datasets, actor=actor) if facts.changes else []
    gone = return_dropped(places.datasets.values(), named)
    said += write_runs(events, facts, places)
    write_uses(facts, places)
    write_edges(facts, places, gone=gone)
    tell_products((event for _, event in events), places)
    for number, warning in (*told.said, *said):
        warned[number].append(warning)
    _keep_warnings(works)


def _keep_warnings(works: Iterable[Work]) -> None:
    late = [work for work in works if work.late]
    if late:
        told = ({"identity": work.identity, "warnings": _short(work.warnings)} for work in late)
        prepared.ask(_WARN, rows.recordset(told))


def _short(warnings: Iterable[str]) -> list[str]:
    return [warning[:200] for warning in warnings]


def _identity(event: Event) -> str:
    """Retries repeat an event; (run, type, time) tells it, or the names where there is no run."""
    parts: tuple[object, ...]
    if event.run is not None:
        parts = (event.run.id, event.event_type, event.time.isoformat())
    else:
        outputs = [tuple(ref.name) for ref in event.outputs]
        parts = (*(event.job or ("", "")), event.time.isoformat(), outputs)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
