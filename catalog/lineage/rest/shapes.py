"""Answers about lineage as JSON (INTERFACE §4)."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from catalog.lineage.selectors import Cycles, Edge, Graph, Impact, Node, Row, Sources

CSV_HEADER = (
    *("product", "name", "owner", "owner_name", "domain", "status", "distance"),
    *("columns", "datasets", "consumers"),
)


def graph_as_json(graph: Graph) -> dict[str, Any]:
    """A whole answer; what the reader may not see stands in it as one node a side."""
    return {
        "nodes": [node_as_json(node) for node in (*graph.nodes, *graph.hidden_nodes)],
        "edges": [edge_as_json(edge, graph.level) for edge in (*graph.edges, *graph.hidden_edges)],
        "total_nodes": graph.total_nodes,
        "truncated": graph.truncated,
        "hidden": graph.hidden,
        "as_of": _moment(graph.as_of),
        "level": graph.level,
    }


def node_as_json(node: Node) -> dict[str, Any]:
    """One node; what does not apply to its kind is null."""
    product, owned = node.product, node.product or node.system
    shown = {
        "id": node.id,
        "kind": node.kind,
        "name": node.name,
        "distance": abs(node.distance),
        "side": node.side,
        "product": product.fqn if product else None,
        "product_name": product.name if product else None,
        "system": node.system.fqn if node.system else None,
        "system_name": node.system.name if node.system else None,
        "owner": owned.owner.slug if owned else None,
        "owner_name": owned.owner.name if owned else None,
        "domain": owned.domain.path if owned else None,
        "status": owned.status if owned else None,
        "archetype": (product.archetype or None) if product else None,
        "score": product.quality_score if product else None,
        "incident": node.incident or None,
        "url": node.url,
        "more": {"upstream": 0, "downstream": 0} | node.more,
    }
    if node.kind == "dataset":
        shown["verified"] = node.verified
    if node.kind == "column":
        shown |= {
            "dataset": node.dataset_id,
            "data_type": node.data_type or None,
            "classification": node.classification or None,
        }
    if node.kind == "hidden":
        shown["count"] = node.count
    return shown


def edge_as_json(edge: Edge, level: str) -> dict[str, Any]:
    """One edge; transformation and masking are told of columns only."""
    shown: dict[str, Any] = {
        "source": edge.source,
        "target": edge.target,
        "via": edge.via or None,
        "origin": edge.origin or None,
        "first_seen": _moment(edge.first_seen),
        "last_seen": _moment(edge.last_seen),
    }
    if level == "column":
        shown |= {"transformation": edge.transformation or None, "masking": edge.masking}
    return shown


def impact_as_json(found: Impact, following: str | None) -> dict[str, Any]:
    """A page of an impact, with the totals of all of it."""
    return {
        "node": found.focus.id,
        "level": found.level,
        "results": [_row(row) for row in found.rows],
        "totals": asdict(found.totals),
        "truncated": not found.is_complete,
        "as_of": _moment(found.as_of),
        "next": following,
    }


def _row(row: Row) -> dict[str, Any]:
    product = row.product
    return {
        "product": product.fqn,
        "name": product.name,
        "owner": product.owner.slug,
        "owner_name": product.owner.name,
        "domain": product.domain.path,
        "status": product.status,
        "url": product.get_absolute_url(),
        "distance": row.distance,
        "via": {"columns": row.columns, "datasets": row.datasets},
        "consumers": [
            {
                "consumer": each.id,
                "kind": each.id.partition(":")[0],
                "name": each.name,
                "until": _moment(each.until),
            }
            for each in row.consumers.named
        ],
        "other_consumers": row.consumers.others,
    }


def cell_row(row: Row) -> tuple[Any, ...]:
    """A row of the CSV."""
    product = row.product
    return (
        *(product.fqn, product.name, product.owner.slug, product.owner.name),
        *(product.domain.path, product.status, row.distance, row.columns, row.datasets),
        len(row.consumers.named) + row.consumers.others,
    )


def sources_as_json(found: Sources) -> dict[str, Any]:
    """Where the data of a node begins."""
    return {
        "node": found.focus.id,
        "level": found.level,
        "nodes": [node_as_json(node) for node in found.nodes],
        "total": found.total,
        "hidden": found.hidden,
        "truncated": not found.is_complete or found.total > len(found.nodes),
    }


def cycles_as_json(found: Cycles) -> dict[str, Any]:
    """Products that read one another."""
    cycles = [
        {"size": each.size, "nodes": [node_as_json(node) for node in each.nodes]}
        for each in found.cycles
    ]
    return {"results": cycles, "total": found.total}


def _moment(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment else None
