"""A found row as a card shows it, and why it was found."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Case, OuterRef, TextField, When

from catalog.search.extensions import product_mark
from catalog.search.models import SearchEntry, SearchEntryQuerySet
from catalog.search.words import is_found, runs

PLACES = (("column", "columns"), ("term", "terms"), ("tag", "tags"))


@dataclass(frozen=True)
class Matched:
    """Why a hit is one: where the asked words stand."""

    kind: str  # name, column, term, tag, technology, description
    text: str


@dataclass(frozen=True)
class Hit:
    """One found thing, as a card shows it."""

    kind: str
    object_id: str
    fqn: str
    name: str
    summary: str
    domain_path: str
    domain_name: str
    owner_slug: str
    owner_name: str
    status: str
    archetype: str
    classification: str
    tags: tuple[str, ...]
    technologies: tuple[str, ...]
    score: float | None  # 0-100
    measured_at: dt.datetime | None
    stale_at: dt.datetime | None
    consumers: int
    updated_at: dt.datetime
    url: str
    matched: Matched | None
    incident: str = ""  # severity of the gravest open one of a product


def with_marks(rows: SearchEntryQuerySet) -> SearchEntryQuerySet:
    """With `incident`, as `Hit` has it; rows of other kinds have none."""
    mark = When(kind="product", then=product_mark(fqn=OuterRef("fqn")))
    return rows.annotate(incident=Case(mark, output_field=TextField()))


def hit_of(row: SearchEntry, text: str) -> Hit:
    """`row`, found by `text`."""
    return Hit(
        kind=row.kind,
        object_id=row.object_id,
        fqn=row.fqn,
        name=row.name,
        summary=row.summary,
        domain_path=row.domain_path,
        domain_name=row.domain_name,
        owner_slug=row.owner_slug,
        owner_name=row.owner_name,
        status=row.status,
        archetype=row.archetype,
        classification=row.classification,
        tags=tuple(row.tags),
        technologies=tuple(row.technologies),
        score=row.score,
        measured_at=row.measured_at,
        stale_at=row.stale_at,
        consumers=row.consumers,
        updated_at=row.updated_at,
        url=row.url,
        matched=_matched(row, text),
        incident=getattr(row, "incident", None) or "",
    )


def _matched(row: SearchEntry, text: str) -> Matched | None:
    """The text that holds most of the asked words; of equals, names before columns and so on."""
    asked = runs(text)
    if not asked:
        return None
    candidates = [Matched("name", row.name)]
    for kind, member in PLACES:
        candidates += [Matched(kind, each) for each in getattr(row, member)]
    candidates += [Matched("technology", each) for each in row.technologies]
    candidates.append(Matched("description", row.summary))
    best, most = None, 0
    for each in candidates:
        held = sum(is_found(run, each.text) for run in asked)
        if held > most:
            best, most = each, held
        if most == len(asked):
            break
    return best
