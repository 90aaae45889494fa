"""Rows of the search table, written in the transaction that changes what they stand for."""

import datetime as dt
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from catalog.search.models import SearchEntry, SynonymGroup
from catalog.search.scores import band, full_hour
from catalog.search.services.vocabulary import learn_words
from catalog.search.words import runs, weighted_vector
from core.copying import insert_objects, update_objects

MAX_COLUMNS = 2_000  # kept for "matched column …"; the vector has its own limit
STATUS_TRUST = {"active": 1.0, "deprecated": 0.4, "proposed": 0.3, "draft": 0.3, "retired": 0.1}
UNKNOWN_TRUST = 0.5
SCORED = ("score", "band", "measured_at", "stale_at", "rank")
UPDATED = [
    field.name
    for field in SearchEntry._meta.concrete_fields
    if field.name not in {"id", "kind", "object_id", "added_at"}
]


@dataclass(frozen=True)
class EntryData:
    """What one thing shows of itself in search. `listed`: seen by others than its owners."""

    kind: str  # product, contract, system, term, team, domain, blueprint
    object_id: str
    fqn: str
    name: str
    url: str
    updated_at: dt.datetime
    domain_path: str = ""
    domain_name: str = ""
    owner_team_id: int | None = None
    owner_slug: str = ""
    owner_name: str = ""
    status: str = ""
    visibility: str = "company"  # company, domain, restricted
    listed: bool = True
    summary: str = ""  # weight C with `text`
    text: str = ""
    words: Sequence[str] = ()  # weight B: names of ports, tables, the owner, ...
    terms: Sequence[str] = ()  # weight B: names of the glossary's terms
    tags: Sequence[str] = ()  # weight B
    technologies: Sequence[str] = ()  # weight B
    columns: Sequence[str] = ()  # weight D
    archetype: str = ""
    classification: str = ""
    score: float | None = None  # 0-100
    measured_at: dt.datetime | None = None
    stale_at: dt.datetime | None = None  # until then the measurement keeps its promise
    consumers: int = 0
    readers: Sequence[int] = ()
    reader_users: Sequence[int] = ()


def index(entry: EntryData) -> None:
    """Write or replace one row."""
    index_many([entry])


@transaction.atomic
def index_many(entries: Iterable[EntryData]) -> None:
    """Write or replace rows. Cost: two statements; `entries` are all in memory meanwhile."""
    rows = [_row(entry) for entry in entries]
    insert_objects(rows, replace_on=["kind", "object_id"], replaced=UPDATED)
    learn_words(str(row.vector) for row in rows)


@dataclass(frozen=True)
class ScoredData:
    """What a new measurement changes of a row; as in `EntryData`."""

    score: float | None
    measured_at: dt.datetime | None
    stale_at: dt.datetime | None


@transaction.atomic
def record_scores(kind: str, scores: Mapping[str, ScoredData]) -> set[str]:
    """Write the scores alone, and what follows from them; returns the ids that have no row yet.

    Cost: two statements, and none of the words: a tenth of `index_many`.
    """
    rows = list(
        SearchEntry.objects.filter(kind=kind, object_id__in=scores).only(
            "object_id", "status", "consumers"
        )
    )
    for row in rows:
        new = scores[row.object_id]
        row.score, row.band = new.score, band(new.score)
        row.measured_at, row.stale_at = new.measured_at, full_hour(new.stale_at)
        row.rank = trust(row.status, new.score, row.consumers) + _tie_break(row.object_id)
    update_objects(rows, SCORED)
    return scores.keys() - {row.object_id for row in rows}


def remove(kind: str, object_id: object) -> None:
    """Take one row away, if it is there."""
    remove_many(kind, [object_id])


def remove_many(kind: str, object_ids: Iterable[object]) -> None:
    ids = [str(each) for each in object_ids]
    SearchEntry.objects.filter(kind=kind, object_id__in=ids).delete()


@transaction.atomic
def record_synonyms(*, source: str, names: Iterable[str]) -> None:
    """Keep words that mean the same; replaces the group of this source, none removes it."""
    spoken = (" ".join(runs(name)).lower()[:120] for name in names)  # as it is looked up
    group = sorted({name for name in spoken if name})
    if len(group) < 2:
        SynonymGroup.objects.filter(source=source).delete()
        return
    SynonymGroup.objects.update_or_create(source=source, defaults={"names": group})


def trust(status: str, score: float | None, consumers: int) -> float:
    """0 to about 2: status counts most, then the score, then how many already rely on it."""
    measured = 0.5 if score is None else score / 100
    return STATUS_TRUST.get(status, UNKNOWN_TRUST) * (0.6 + 0.6 * measured) + min(
        0.8, 0.15 * math.log1p(consumers)
    )


def _tie_break(object_id: str) -> float:
    """Less than any difference of trust that matters, so that few rows share a rank: a page then
    begins in the middle of the index, and a floor of trust lets through about what it should."""
    return zlib.crc32(str(object_id).encode()) / 2**32 / 1_000


def _row(entry: EntryData) -> SearchEntry:
    columns = list(dict.fromkeys(entry.columns))
    return SearchEntry(
        kind=entry.kind,
        object_id=str(entry.object_id),
        fqn=entry.fqn,
        name=entry.name,
        summary=entry.summary,
        domain_path=entry.domain_path,
        domain_name=entry.domain_name,
        owner_team_id=entry.owner_team_id,
        owner_slug=entry.owner_slug,
        owner_name=entry.owner_name,
        status=entry.status,
        archetype=entry.archetype,
        classification=entry.classification,
        tags=list(entry.tags),
        technologies=sorted({each[:60] for each in entry.technologies if each}),
        terms=list(entry.terms),
        columns=columns[:MAX_COLUMNS],
        score=entry.score,
        band=band(entry.score),
        measured_at=entry.measured_at,
        stale_at=full_hour(entry.stale_at),
        consumers=entry.consumers,
        rank=trust(entry.status, entry.score, entry.consumers) + _tie_break(entry.object_id),
        visibility=entry.visibility,
        listed=entry.listed,
        readers=list(entry.readers),
        reader_users=list(entry.reader_users),
        url=entry.url,
        updated_at=entry.updated_at,
        vector=weighted_vector(
            {
                "A": [entry.name, entry.fqn],
                "B": [*entry.tags, *entry.technologies, *entry.terms, *entry.words],
                "C": [entry.summary, entry.text],
                "D": columns,
            }
        ),
    )
