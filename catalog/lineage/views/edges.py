"""The form that draws an edge with a reason, and the edges that people drew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actors import Actor
from catalog.lineage import services
from catalog.lineage.models import Dataset, DatasetEdge, ProductEdge
from catalog.lineage.states import Origin
from catalog.products.models import DataProduct
from core.errors import Invalid, NotFound
from core.problems import Problem

SHOWN = 25
LABELS = {
    "source": ("Source", "product:sales.orders, dataset:<namespace>:<name> or column:…#<field>"),
    "target": ("Target", "what is made from it; you must own it"),
    "reason": ("Reason", "how you know; others read it"),
}


@require_http_methods(["GET", "POST"])
def edge_new(request: HttpRequest) -> HttpResponse:
    """`?source=&target=` fill the form."""
    given = request.POST if request.method == "POST" else request.GET
    values = {key: given.get(key, "").strip()[:2000].replace("\0", "") for key in LABELS}
    if request.method == "GET":
        return _page(request, values)
    try:
        drawn = services.draw_edge(**values, actor=_actor(request))
    except Invalid as error:
        return _page(request, values, error.problems)
    except NotFound:
        unseen = Problem(
            "/source", "unknown", "One of the two is not there, or you may not see it."
        )
        return _page(request, values, [unseen])
    circle = " It closes a circle: each is now made from the other." if drawn.closes_circle else ""
    messages.success(request, f"The edge is drawn.{circle}")
    where = {"node": drawn.target} if not drawn.target.startswith("column:") else {}
    return redirect(f"{reverse('lineage:explorer')}?{urlencode(where)}")


@require_POST
def edge_remove(request: HttpRequest, edge: str) -> HttpResponse:
    """End an edge that a person drew."""
    services.remove_edge(edge=edge, actor=_actor(request))
    messages.success(request, "The edge has ended.")
    return redirect("lineage:edge-new")


def _page(
    request: HttpRequest, values: dict[str, str], problems: Sequence[Problem] = ()
) -> HttpResponse:
    errors = {problem.pointer.lstrip("/"): problem.message for problem in problems}
    fields = [
        {
            "kind": "textarea" if key == "reason" else "text",
            "name": key,
            "id": key,
            "label": label,
            "note": note,
            "mono": key != "reason",
            "rows": 3,
            "required": True,
            "value": values[key],
            "error": errors.get(key, ""),
        }
        for key, (label, note) in LABELS.items()
    ]
    context = {
        "fields": fields,
        "problems": [
            {"id": key, "label": LABELS[key][0] if key in LABELS else "", "message": message}
            for key, message in errors.items()
        ],
        "drawn": _drawn(_actor(request)),
    }
    status = 422 if problems else 200
    return render(request, "catalog/lineage/edge_form.html", context, status=status)


def _drawn(actor: Actor) -> list[dict[str, Any]]:
    """The latest that people drew between products or datasets that the viewer sees.

    Cost: two SQL statements.
    """
    products: Any = DataProduct.objects.visible_to(actor).values("pk")
    datasets: Any = Dataset.objects.visible_to(actor).values("pk")
    found: list[tuple[str, Any]] = []
    for kind, edges, seen in (
        ("product", ProductEdge.objects.all(), products),
        ("dataset", DatasetEdge.objects.all(), datasets),
    ):
        alive = edges.filter(origin=Origin.MANUAL, ended_at=None).exclude(reason="")
        shown = alive.filter(source__in=seen, target__in=seen).select_related(
            "source", "target", "made_by"
        )
        found += [(kind, edge) for edge in shown.order_by("-first_seen")[:SHOWN]]
    return list(_rows(found))


def _rows(found: Iterable[tuple[str, Any]]) -> Iterable[dict[str, Any]]:
    for kind, edge in sorted(found, key=lambda each: each[1].first_seen, reverse=True)[:SHOWN]:
        yield {
            "id": f"{kind}-{edge.pk}",
            "source": str(edge.source),
            "target": str(edge.target),
            "reason": edge.reason,
            "made_by": edge.made_by,
            "at": edge.first_seen,
        }


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor
