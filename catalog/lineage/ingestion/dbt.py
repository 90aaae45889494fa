"""A dbt project's manifest in: its models, sources and exposures, and their columns' lineage."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from accounts.actors import Actor
from catalog.lineage.data import ColumnEdgeKey, Facts
from catalog.lineage.formats.dbt import Node, Project, dataset_of, parse_manifest
from catalog.lineage.formats.names import LONGEST_NAMESPACE, Name, text_problem
from catalog.lineage.services import require_lineage, store_project
from catalog.lineage.states import Origin, Side
from core.errors import Invalid
from core.problems import Problem
from core.sql import DIALECTS, Link, SqlUnread, Statement, Table, read_sql

SECONDS = 20.0  # for the SQL of all models together; the rest keeps its datasets' edges only
SECONDS_EACH = 2.0
SPOKEN = {"postgresql": "postgres", "sqlserver": "tsql", "synapse": "tsql", "fabric": "tsql"}


@dataclass(frozen=True)
class Taken:
    """What was found in a manifest and stored."""

    project: str
    namespace: str
    models: int
    sources: int
    exposures: int
    edges: int
    column_edges: int
    ended: int
    warnings: tuple[str, ...]


def ingest_dbt(*, document: Any, namespace: str, actor: Actor) -> Taken:
    """Make the edges of a project those of its manifest; what it has no more ends.

    Args:
        document: the manifest, or `{"manifest", "catalog"}`.
        namespace: of the datasets, as other tools name their server; `dbt://<project>` when "".

    Raises:
        NotAllowed: the actor may not send lineage, or another team sends this project.
        Invalid: it is no manifest, or the namespace is no name.
    """
    require_lineage(actor)
    _require_namespace(namespace)
    wrapped = isinstance(document, dict) and "manifest" in document
    project = parse_manifest(
        document["manifest"] if wrapped else document,
        document.get("catalog") if wrapped else None,
    )
    home = namespace or f"dbt://{project.name}"
    facts = Facts(origin=Origin.DBT)
    names = _add_nodes(project, home, facts)
    _add_columns(project, names, facts)
    ended, said = store_project(facts=facts, job_namespace=f"dbt://{project.name}", actor=actor)
    kinds = [project.nodes[key].kind for key in names]
    return Taken(
        project=project.name,
        namespace=home,
        models=sum(kind not in ("source", "exposure") for kind in kinds),
        sources=kinds.count("source"),
        exposures=kinds.count("exposure"),
        edges=len(facts.edges),
        column_edges=len(facts.links),
        ended=ended,
        warnings=(*project.warnings.as_tuple(), *said),
    )


def _require_namespace(namespace: str) -> None:
    problem = text_problem(namespace, LONGEST_NAMESPACE) if namespace else None
    if problem is not None:
        found = [Problem("/namespace", "bad-name", f"The namespace {problem}.")]
        raise Invalid("The namespace cannot be used.", found)


def _add_nodes(project: Project, home: str, facts: Facts) -> dict[str, Name]:
    """The datasets by dbt's ids, and the edges between them, each with its model as the job."""
    names = {
        node.id: dataset_of(node, home, project.name)
        for node in project.nodes.values()
        if not node.is_ephemeral
    }
    for key, name in names.items():
        node = project.nodes[key]
        facts.name(name, fields=node.columns or None)
        sources = [names[source.id] for source in project.sources_of(node)]
        if not sources:
            continue
        job = _job(project, node)
        facts.use(job, Side.IN, sources)
        facts.use(job, Side.OUT, [name])
        for source in sources:
            facts.join(source, name, job)
    return names


def _job(project: Project, node: Node) -> Name:
    return Name(f"dbt://{project.name}", node.id)


def _add_columns(project: Project, names: Mapping[str, Name], facts: Facts) -> None:
    """Read the models' SQL, sources first: what one makes is what the next may select `*` of."""
    dialect = SPOKEN.get(project.dialect, project.dialect)
    dialect = dialect if dialect in DIALECTS else ""
    columns = {key: [each["name"] for each in project.nodes[key].columns] for key in names}
    until = time.monotonic() + SECONDS
    unread = 0
    for node in _in_order(project, names):
        if not node.sql:
            continue
        if time.monotonic() > until:
            unread += 1
            continue
        sources = {source.parts: source for source in project.sources_of(node)}
        known = [(parts, columns[source.id]) for parts, source in sources.items()]
        statement = _read(project, node, dialect, known)
        if statement is not None:
            columns[node.id] = columns[node.id] or list(statement.columns)
            _add_links(project, node, statement.links, columns, names, facts)
    if unread:
        project.warnings.add(f"the SQL of {unread} models was not read: {SECONDS:g} s were over")


def _in_order(project: Project, names: Iterable[str]) -> list[Node]:
    """Every node after those that it is made from; as they come where they go in circles."""
    nodes = [project.nodes[key] for key in names]
    before = {node.id: [source.id for source in project.sources_of(node)] for node in nodes}
    try:
        return [project.nodes[key] for key in TopologicalSorter(before).static_order()]
    except CycleError:
        project.warnings.add("models depend on each other in a circle")
        return nodes


def _read(
    project: Project, node: Node, dialect: str, known: list[tuple[Table, list[str]]]
) -> Statement | None:
    try:
        found = read_sql(node.sql, dialect=dialect, tables=known, limit_s=SECONDS_EACH)
    except SqlUnread as problem:
        project.warnings.add(f"the SQL of {node.id} {problem}")
        return None
    if found and found[-1].unread:
        project.warnings.add(f"columns of {node.id}: {found[-1].unread}")
    return found[-1] if found else None


def _add_links(
    project: Project,
    node: Node,
    links: Iterable[Link],
    columns: Mapping[str, list[str]],
    names: Mapping[str, Name],
    facts: Facts,
) -> None:
    """What is read counts when it is a relation that the model depends on."""
    sources = {_folded(source.parts): source for source in project.sources_of(node)}
    own = {name.lower(): name for name in columns[node.id]}
    job = _job(project, node)
    for link in links:
        source = sources.get(_folded(link.table))
        if source is not None:
            fields = {name.lower(): name for name in columns[source.id]}
            key = ColumnEdgeKey(
                names[source.id],
                fields.get(link.field.lower(), link.field),
                names[node.id],
                own.get(link.target.lower(), link.target),
                job,
            )
            facts.links[key] = (link.transformation, False)


def _folded(parts: Table) -> Table:
    return tuple(part.lower() for part in parts)
