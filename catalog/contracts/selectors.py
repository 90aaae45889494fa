"""What others ask about a contract version."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import F, Prefetch, Q

from catalog.contracts.formats.odcs_diff import Change, Summary, diff, summarise
from catalog.contracts.models import ContractVersion, DataContract, SchemaObject, SchemaProperty
from core.errors import Invalid, NotFound
from core.problems import Problem, shown

MAX_SHOWN = 2_000  # columns on one page
Pair = tuple[int, int]  # ids of an older and a newer version


@dataclass(frozen=True)
class DescribedObject:
    """A table, view or topic with those of its columns that a page shows."""

    object: SchemaObject
    properties: list[SchemaProperty]


@dataclass(frozen=True)
class Comparison:
    """Two versions of one contract and what changed between them."""

    older: ContractVersion  # both without their documents
    newer: ContractVersion
    changes: tuple[Change, ...]
    summary: Summary


def tables_spec(version: ContractVersion) -> list[dict[str, Any]]:
    """The objects of a contract as drivers make tables from them; nested fields stay inside.

    Cost: two SQL statements.
    """
    return [
        {
            "name": each.name,
            "description": each.description,
            "properties": [_column(column) for column in each.properties.all()],
        }
        for each in objects(version)
        if each.properties.all()
    ]


def objects(version: ContractVersion) -> list[SchemaObject]:
    """The described objects with their own columns (no nested fields), both in order."""
    own = SchemaProperty.objects.filter(path=F("name")).order_by("position")
    described = version.objects_described.order_by("position")
    return list(described.prefetch_related(Prefetch("properties", queryset=own)))


def columns(version: ContractVersion) -> list[SchemaProperty]:
    """Every property at any depth, object by object."""
    found = SchemaProperty.objects.filter(object__version=version).select_related("object")
    return list(found.order_by("object__position", "position"))


def versions(contract: DataContract) -> list[ContractVersion]:
    """All versions, the newest first, without their documents."""
    return list(contract.versions.defer("text", "document").order_by("-id"))


def described(version_ids: Sequence[int], *, text: str = "") -> dict[int, list[DescribedObject]]:
    """`{version id: its objects}`; with `text` only the columns that hold it. Two SQL statements.

    At most `MAX_SHOWN` columns; an object without a hit is left out.
    """
    columns = SchemaProperty.objects.filter(object__version__in=version_ids)
    if text:
        columns = columns.filter(
            Q(path__icontains=text)
            | Q(description__icontains=text)
            | Q(classification__icontains=text)
            | Q(logical_type__icontains=text)
            | Q(physical_type__icontains=text)
        )
    by_object: dict[int, list[SchemaProperty]] = {}
    for column in columns.order_by("object__version", "object__position", "position")[:MAX_SHOWN]:
        by_object.setdefault(column.object_id, []).append(column)
    found: dict[int, list[DescribedObject]] = {version_id: [] for version_id in version_ids}
    for each in SchemaObject.objects.filter(version__in=version_ids).order_by("position"):
        if each.pk in by_object or not text:
            found[each.version_id].append(DescribedObject(each, by_object.get(each.pk, [])))
    return found


def comparison(
    contract: DataContract, *, older: str | None = None, newer: str | None = None
) -> Comparison:
    """What changed between two versions, in whichever order they are named.

    Args:
        older: default: the version saved before `newer`.
        newer: default: the version saved last.

    Raises:
        NotFound: the contract has no such version.
        Invalid: code `version-missing`: there is no version before `newer` to compare with.

    Cost: one SQL statement, one more when the two have not been compared lately.
    """
    known = versions(contract)
    by_name = {each.version: each for each in known}
    to = _named(by_name, newer) if newer else next(iter(known), None)
    earlier = [each for each in known if to and each.pk < to.pk]
    since = _named(by_name, older) if older else next(iter(earlier), None)
    if to is None or since is None:
        message = "Say in `from` which version to compare with; there is none before this one."
        raise Invalid(message, [Problem("/from", "version-missing", message)])
    changes = _diffed(_Document(since.pk, since.sha256), _Document(to.pk, to.sha256))
    summary = summarise(changes, old_version=since.version, new_version=to.version)
    return Comparison(since, to, changes, summary)


def breaking_between(from_version_id: int, to_version_id: int) -> list[Change]:
    """What breaks consumers when a port moves from one contract version to the other.

    What only asks more of the producer is not in it: the producer makes the move. An empty list
    means that the port may move under the same major version.

    Raises:
        NotFound: there is no such version.

    Cost: one SQL statement, one more when the two have not been compared lately. A diff takes about
    as long as reading its two documents, and published versions never change: so results are kept
    in memory by the hash of both documents, and there is no table that could be out of date.
    """
    pair = (from_version_id, to_version_id)
    return breaking_pairs([pair])[pair]


def breaking_pairs(pairs: Collection[Pair]) -> dict[Pair, list[Change]]:
    """`breaking_between` of many pairs.

    Cost: one SQL statement, and one for each pair that was not compared lately.
    """
    ids = {pk for pair in pairs for pk in pair}
    if not ids:
        return {}
    rows = ContractVersion.objects.filter(pk__in=ids)
    hashes = dict(rows.values_list("pk", "sha256"))
    if not ids <= hashes.keys():
        raise NotFound("There is no such contract version.")
    found = {}
    for pair in pairs:
        older, newer = (_Document(pk, hashes[pk]) for pk in pair)
        found[pair] = [change for change in _diffed(older, newer) if change.breaks_consumers]
    return found


@dataclass(frozen=True)
class _Document:
    """The document of a version as it was when it had this hash."""

    version_id: int
    sha256: str


@lru_cache(maxsize=128)
def _diffed(older: _Document, newer: _Document) -> tuple[Change, ...]:
    rows = ContractVersion.objects.filter(pk__in=[older.version_id, newer.version_id])
    documents = dict(rows.values_list("pk", "document"))
    return diff(documents[older.version_id], documents[newer.version_id])


def _named(known: dict[str, ContractVersion], name: str) -> ContractVersion:
    if name not in known:
        raise NotFound(f"The contract has no version {shown(name)}.")
    return known[name]


def _column(each: SchemaProperty) -> dict[str, Any]:
    return {
        "name": each.name,
        "description": each.description,
        "logical_type": each.logical_type,
        "physical_type": each.physical_type,
        "required": each.required,
        "unique": each.unique,
        "primary_key": each.primary_key,
    }
