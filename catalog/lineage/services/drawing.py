"""Edges that a person draws, with a reason; lineage that comes in leaves them alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from catalog.lineage import policies
from catalog.lineage.models import (
    CURRENT_TRANSACTION,
    Column,
    ColumnEdge,
    Dataset,
    DatasetEdge,
    ProductEdge,
)
from catalog.lineage.services.finding import column_called, dataset_among, product_called
from catalog.lineage.services.product_edges import (
    derive_from_edges,
    derive_product_edges,
    end_unsupported,
    products_of,
)
from catalog.lineage.states import Origin
from catalog.products.models import DataProduct
from core import audit, prepared
from core.errors import Invalid, NotFound
from core.problems import Problem

EDGES: dict[str, Any] = {"product": ProductEdge, "dataset": DatasetEdge, "column": ColumnEdge}
MAX_REASON = 500
REFUSED = "The edge could not be drawn."
# UNION drops repeats, so a circle ends; the limit bounds a hub.
_REACHES = """
WITH RECURSIVE reach(node) AS (
    SELECT %s::{type} UNION
    SELECT e.target_id FROM reach JOIN {table} e ON e.source_id = reach.node
    WHERE e.ended_at IS NULL
)
SELECT 1 FROM (SELECT node FROM reach LIMIT 5000) found WHERE node = %s::{type}
"""


@dataclass(frozen=True)
class Drawn:
    """An edge that a person drew."""

    id: str  # <kind>-<number>
    source: str
    target: str
    reason: str
    closes_circle: bool  # a fact of life, but worth a second look


def kind_of(node: str) -> str:
    """`product`, `dataset`, `column`; "" for what no edge is drawn between."""
    kind = node.partition(":")[0]
    return kind if kind in EDGES else ""


@transaction.atomic
def draw_edge(*, source: str, target: str, reason: str, actor: Actor) -> Drawn:
    """Say that `target` is made from `source`; both are products, datasets or columns.

    Raises:
        NotFound: the actor does not see one of them.
        NotAllowed: the actor does not speak for the target.
        Invalid: there is no reason, or the two do not go together.
    """
    kind = kind_of(target)
    end = _node(target, actor)
    policies.require_drawing(allowed=_may_draw(actor, end))
    begin = _node(source, actor)
    _check(begin, end, reason)
    model = EDGES[kind]
    told: dict[str, Any] = {"reason": reason.strip(), "made_by_id": actor.user_id or None}
    ends: dict[str, Any] = {"source": begin, "target": end, "origin": Origin.MANUAL}
    if model is not ProductEdge:
        ends["job"] = None
    again = {**told, "ended_at": None, "last_seen": Now(), "change": CURRENT_TRANSACTION}
    edge, _ = model.objects.update_or_create(**ends, defaults=again, create_defaults=told)
    if kind == "dataset":
        derive_from_edges([edge.pk])
    drawn = Drawn(
        f"{kind}-{edge.pk}", _name(begin), _name(end), told["reason"], _reaches(model, end, begin)
    )
    _record(actor, "lineage-edge.drawn", drawn)
    return drawn


@transaction.atomic
def remove_edge(*, edge: str, actor: Actor) -> None:
    """End an edge that a person drew.

    Raises:
        NotFound: there is no such edge, or the actor does not see its ends.
        NotAllowed: the actor does not speak for the target.
    """
    kind, _, number = edge.partition("-")
    model = EDGES.get(kind)
    if model is None or not number.isascii() or not number.isdecimal() or len(number) > 18:
        raise NotFound
    drawn = model.objects.filter(pk=int(number), origin=Origin.MANUAL, ended_at=None)
    found = drawn.exclude(reason="").select_for_update(of=("self",)).first()
    if found is None or not (_is_seen(found.source, actor) and _is_seen(found.target, actor)):
        raise NotFound
    policies.require_drawing(allowed=_may_draw(actor, found.target))
    told = Drawn(edge, _name(found.source), _name(found.target), found.reason, closes_circle=False)
    gone: dict[str, Any] = {"ended_at": Now(), "change": CURRENT_TRANSACTION}
    if kind == "product":
        gone = {"reason": ""}  # edges drawn between its datasets may still hold it
    model.objects.filter(pk=found.pk).update(**gone)
    if kind == "product":
        end_unsupported([found.source_id])
    elif kind == "dataset":
        ids = [found.source_id, found.target_id]
        derive_product_edges(ids)
        end_unsupported(products_of(ids))
    _record(actor, "lineage-edge.removed", told)


def _node(node: str, actor: Actor) -> DataProduct | Dataset | Column:
    kind = kind_of(node)
    if kind == "product":
        return product_called(actor, node)
    if kind == "dataset":
        return dataset_among(Dataset.objects.visible_to(actor), node)
    if kind == "column":
        return column_called(actor, node)
    raise NotFound


def _is_seen(node: Any, actor: Actor) -> bool:
    if isinstance(node, DataProduct):
        return DataProduct.objects.visible_to(actor).filter(pk=node.pk).exists()
    pk = node.dataset_id if isinstance(node, Column) else node.pk
    return Dataset.objects.visible_to(actor).filter(pk=pk).exists()


def _may_draw(actor: Actor, node: Any) -> bool:
    if isinstance(node, DataProduct):
        return policies.can_draw_to_product(actor, node)
    dataset = node.dataset if isinstance(node, Column) else node
    return policies.can_draw_to_dataset(actor, dataset)


def _check(begin: Any, end: Any, reason: str) -> None:
    problems = []
    if type(begin) is not type(end):
        text = "Name two products, two datasets or two columns."
        problems.append(Problem("/source", "another-kind", text))
    elif begin.pk == end.pk:
        problems.append(Problem("/source", "loop", "Nothing is made from itself."))
    if not reason.strip():
        problems.append(Problem("/reason", "required", "Say how you know; others will read it."))
    elif len(reason.strip()) > MAX_REASON or "\0" in reason:
        text = f"Say it in {MAX_REASON} characters."
        problems.append(Problem("/reason", "too-long", text))
    if problems:
        raise Invalid(REFUSED, problems)


def _reaches(model: Any, start: Any, goal: Any) -> bool:
    kind = "uuid" if model is ProductEdge else "bigint"
    sql = _REACHES.format(type=kind, table=model._meta.db_table)
    return bool(prepared.ask(sql, start.pk, goal.pk))


def _name(node: Any) -> str:
    if isinstance(node, DataProduct):
        return f"product:{node.fqn}"
    if isinstance(node, Column):
        return f"column:{node.dataset.namespace}:{node.dataset.name}#{node.name}"
    return str(node.node_id)


def _record(actor: Actor, verb: str, edge: Drawn) -> None:
    audit.record(
        actor=actor.name,
        verb=verb,
        kind="lineage-edge",
        object_id=edge.id,
        source=edge.source,
        target=edge.target,
        reason=edge.reason,
    )
