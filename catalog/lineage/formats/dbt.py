"""A dbt manifest (versions 1 to 12) to plain records; dbt's own files break its own schemas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.lineage.formats.names import (
    LONGEST_NAME,
    LONGEST_NAMESPACE,
    Name,
    Warnings,
    printable,
    text_problem,
)
from core.errors import Invalid
from core.problems import Problem, escape_token

Json = Mapping[str, Any]

RELATIONS = frozenset({"model", "seed", "snapshot", "source"})
MAX_NODES = 20_000
MAX_COLUMNS = 2000
REFUSED = "This is not a dbt manifest."


@dataclass(frozen=True)
class Node:
    """A model, seed, snapshot, source or exposure; an ephemeral model is no table of its own."""

    id: str  # dbt's unique_id
    kind: str
    parts: tuple[str, ...]  # of the relation's name: [database,] [schema,] table
    columns: tuple[Json, ...]
    sql: str  # compiled; "" where the manifest has none
    parents: tuple[str, ...]
    is_ephemeral: bool = False


@dataclass(frozen=True)
class Project:
    """What a manifest tells; `nodes` by unique_id, exposures among them."""

    name: str
    dialect: str  # dbt's adapter_type
    nodes: Mapping[str, Node]
    warnings: Warnings

    def sources_of(self, node: Node) -> list[Node]:
        """The relations that a node is made from, ephemeral models passed through."""
        found: dict[str, Node] = {}
        seen = {node.id}
        waiting = list(reversed(node.parents))
        while waiting:
            parent = waiting.pop()
            if parent in seen or parent not in self.nodes:
                continue
            seen.add(parent)
            known = self.nodes[parent]
            if known.is_ephemeral:
                waiting += reversed(known.parents)
            else:
                found[parent] = known
        return list(found.values())


def parse_manifest(manifest: Any, catalog: Any = None) -> Project:
    """Read a manifest, and the columns of its catalog.

    Raises:
        Invalid: it is no manifest, or has more than `MAX_NODES` nodes.
    """
    if not isinstance(manifest, dict) or not isinstance(manifest.get("nodes"), dict):
        message = "A manifest is an object with `metadata` and `nodes`; dbt writes it to target/."
        raise Invalid(REFUSED, [Problem("/nodes", "not-a-manifest", message)])
    entries = list(_entries(manifest))
    if len(entries) > MAX_NODES:
        message = f"One call takes {MAX_NODES:,} nodes at most."
        raise Invalid("This manifest is too large.", [Problem("/nodes", "too-many", message)])
    metadata = manifest.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    warnings = Warnings()
    columns = _catalog_columns(catalog)
    nodes = {}
    for pointer, key, entry in entries:
        node = _node(pointer, key, entry, columns, warnings)
        if node is not None:
            nodes[node.id] = node
    return Project(
        name=_project_name(metadata, entries),
        dialect=printable(metadata.get("adapter_type"), 40).lower(),
        nodes=nodes,
        warnings=warnings,
    )


def _entries(manifest: Json) -> Iterator[tuple[str, str, Any]]:
    for part in ("nodes", "sources", "exposures"):
        found = manifest.get(part)
        for key, entry in found.items() if isinstance(found, dict) else ():
            yield f"/{part}/{escape_token(key)}", key, entry


def _project_name(metadata: Json, entries: list[tuple[str, str, Any]]) -> str:
    """As the manifest says it; older ones do not, then the package of most nodes."""
    given = metadata.get("project_name")
    if isinstance(given, str) and text_problem(given, 200) is None:
        return given
    packages = Counter(
        entry["package_name"]
        for _, _, entry in entries
        if isinstance(entry, dict) and text_problem(entry.get("package_name"), 200) is None
    )
    return packages.most_common(1)[0][0] if packages else "project"


def _node(
    pointer: str, key: str, entry: Any, columns: Mapping[str, tuple[Json, ...]], warnings: Warnings
) -> Node | None:
    if not isinstance(entry, dict):
        warnings.add(f"{pointer} was left out: it is not an object")
        return None
    kind = entry.get("resource_type") or key.partition(".")[0]
    if (kind not in RELATIONS and kind != "exposure") or entry.get("enabled") is False:
        return None
    if (problem := text_problem(key, LONGEST_NAME)) is not None:
        warnings.add(f"{pointer} was left out: its id {problem}")
        return None
    parts = ("exposure", *key.split(".")[1:]) if kind == "exposure" else _parts(entry)
    config = entry.get("config")
    materialised = config.get("materialized") if isinstance(config, dict) else None
    if not parts or text_problem(".".join(parts), LONGEST_NAME) is not None:
        warnings.add(f"{pointer} was left out: it says no usable name of a relation")
        return None
    compiled = entry.get("compiled_code") or entry.get("compiled_sql")
    return Node(
        id=key,
        kind=str(kind),
        parts=parts,
        columns=columns.get(key) or _columns(entry.get("columns")),
        sql=compiled if isinstance(compiled, str) else "",
        parents=_parents(entry),
        is_ephemeral=materialised == "ephemeral",
    )


def _parts(entry: Json) -> tuple[str, ...]:
    """The relation as the database calls it, else as the project would have it called."""
    relation = entry.get("relation_name")
    if isinstance(relation, str) and relation.strip():
        return split_relation(relation)
    table = entry.get("identifier") or entry.get("alias") or entry.get("name")
    parts = (entry.get("database"), entry.get("schema"), table)
    return tuple(part for part in parts if isinstance(part, str) and part)


def split_relation(text: str) -> tuple[str, ...]:
    """`"db"."schema"."table"` in the quotes of any database → its parts."""
    parts, part, quote = [], "", ""
    for each in text.strip():
        if quote:
            if each == quote:
                quote = ""
            else:
                part += each
        elif each in '"`[':
            quote = "]" if each == "[" else each
        elif each == ".":
            parts.append(part)
            part = ""
        else:
            part += each
    return tuple(found for found in (*parts, part) if found)


def _parents(entry: Json) -> tuple[str, ...]:
    depends = entry.get("depends_on")
    nodes = depends.get("nodes") if isinstance(depends, dict) else None
    return tuple(each for each in nodes if isinstance(each, str)) if isinstance(nodes, list) else ()


def _columns(columns: Any) -> tuple[Json, ...]:
    if not isinstance(columns, dict):
        return ()
    return tuple(
        {"name": printable(name, 255), "type": printable(_type(column), 100)}
        for name, column in list(columns.items())[:MAX_COLUMNS]
        if name
    )


def _type(column: Any) -> Any:
    return column.get("data_type") or column.get("type") if isinstance(column, dict) else ""


def _catalog_columns(catalog: Any) -> dict[str, tuple[Json, ...]]:
    """Columns by unique_id, as `dbt docs generate` found them in the database."""
    found = {}
    for part in ("nodes", "sources"):
        entries = catalog.get(part) if isinstance(catalog, dict) else None
        for key, entry in entries.items() if isinstance(entries, dict) else ():
            if isinstance(entry, dict):
                found[key] = _columns(entry.get("columns"))
    return found


def dataset_of(node: Node, namespace: str, project: str) -> Name:
    """What lineage calls a node; an exposure lives in the project itself."""
    home = f"dbt://{project}" if node.kind == "exposure" else namespace
    return Name(home[:LONGEST_NAMESPACE], ".".join(node.parts))
