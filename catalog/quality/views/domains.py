"""The quality of a domain: products by dimension, the trend of their mean, the weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actors import Actor, paths_up
from accounts.models import Domain
from catalog.quality.drawing import USUAL_DAYS, days_of, spans_of
from catalog.quality.models.scores import MAX_WEIGHT
from catalog.quality.policies import can_weigh, require_weighing
from catalog.quality.selectors import DomainWeights, weights_of
from catalog.quality.selectors.domains import (
    DomainSums,
    HeatRow,
    domain_sums,
    domain_trend,
    heat_page,
)
from catalog.quality.services import set_weights
from catalog.quality.states import Dimension
from catalog.quality.trend import trend
from core.errors import Invalid
from core.problems import Problem
from core.rendering import tone_of

PAGE_SIZE = 50


@dataclass(frozen=True)
class Cell:
    """A score in the grid; `score` None: this dimension is not measured."""

    dimension: str
    label: str
    score: float | None

    @property
    def tone(self) -> str:
        return "" if self.score is None else tone_of(self.score)


@require_safe
def domain(request: HttpRequest, path: str) -> HttpResponse:
    """The grid of a domain and of those below it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = get_object_or_404(Domain, path=path)
    days = days_of(request.GET.get("days", ""))
    cursor = request.GET.get("cursor")
    page = heat_page(actor, found, size=PAGE_SIZE, cursor=cursor)
    here = reverse("quality:domain", args=[path])
    kept = "" if days == USUAL_DAYS else f"&days={days}"
    sums, known = domain_sums(actor, found), weights_of(found)
    context = {
        "crumbs": _crumbs(found),
        "domain": found,
        "facts": _facts(sums),
        "labels": [each.label for each in Dimension],
        "rows": [(each.product, _cells(each)) for each in page.rows],
        "pager": {
            "next": page.next_cursor and f"{here}?cursor={page.next_cursor}{kept}",
            "previous": cursor and f"{here}{kept.replace('&', '?')}",
            "text": f"{len(page.rows)} of {sums.products:,}",
        },
        "show_pager": bool(page.next_cursor or cursor),
        "trend": trend(domain_trend(found, days=days), days=days, today=timezone.now().date()),
        "days": days,
        "spans": spans_of(here),
        "weights": known,
        "dimensions": _weight_rows(known),
        "can_weigh": can_weigh(actor, found),
    }
    return render(request, "catalog/quality/domain.html", context)


@require_http_methods(["GET", "POST"])
def weights(request: HttpRequest, path: str) -> HttpResponse:
    """The form of a domain's owners; what was typed stays when it is refused."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = get_object_or_404(Domain, path=path)
    require_weighing(actor, found)
    known = weights_of(found)
    if request.method == "GET":
        typed = {name: f"{weight:g}" for name, weight in known.weights.items()}
        return _form(request, found, known, typed)
    typed = {each: request.POST.get(each, "").strip() for each in Dimension.values}
    try:
        given = {} if request.POST.get("do") == "inherit" else _read(typed)
        set_weights(domain=found, weights=given, actor=actor)
    except Invalid as error:
        return _form(request, found, known, typed, error.problems)
    messages.success(request, "Saved. The scores of its products follow within a minute or so.")
    return redirect(reverse("quality:domain", args=[path]) + "#weights")


def _read(typed: Mapping[str, str]) -> dict[str, float]:
    """Raises: Invalid: something is no number."""
    found, problems = {}, []
    for name, text in typed.items():
        try:
            found[name] = float(text)
        except ValueError:
            message = f"A weight is a number from 0 to {MAX_WEIGHT:g}."
            problems.append(Problem(f"/{name}", "out-of-range", message))
    if problems:
        raise Invalid("The weights are not usable; nothing was changed.", problems)
    return found


def _form(
    request: HttpRequest,
    domain: Domain,
    known: DomainWeights,
    typed: Mapping[str, str],
    problems: Sequence[Problem] = (),
) -> HttpResponse:
    errors = {each.pointer.lstrip("/"): each.message for each in problems}
    fields = [
        {
            "name": each.value,
            "id": each.value,
            "label": each.label,
            "kind": "number",
            "min": 0,
            "max": f"{MAX_WEIGHT:g}",
            "step": "any",
            "value": typed[each.value],
            "error": errors.get(each.value, ""),
        }
        for each in Dimension
    ]
    labels = dict(Dimension.choices)
    context = {
        "crumbs": [
            *_crumbs(domain),
            {"label": "Quality", "url": reverse("quality:domain", args=[domain.path])},
        ],
        "domain": domain,
        "fields": fields,
        "is_own": known.source == domain.path,
        "problems": [
            {
                "id": each.pointer.lstrip("/") or Dimension.ACCURACY.value,
                "label": labels.get(each.pointer.lstrip("/"), ""),
                "message": each.message,
            }
            for each in problems
        ],
    }
    status = 422 if problems else 200
    return render(request, "catalog/quality/weights.html", context, status=status)


def _cells(row: HeatRow) -> list[Cell]:
    return [Cell(each.value, each.label, row.scores.get(each.value)) for each in Dimension]


def _weight_rows(known: DomainWeights) -> list[tuple[str, float, float]]:
    """Label, weight, and percent of the whole where everything is measured."""
    whole = sum(known.weights.values()) or 1.0
    return [
        (each.label, known.weights[each.value], 100 * known.weights[each.value] / whole)
        for each in Dimension
    ]


def _facts(sums: DomainSums) -> list[dict[str, Any]]:
    return [
        {
            "label": "Mean score",
            "scored": True,
            "score": sums.mean,
            "hint": "of the products that are measured",
        },
        {
            "label": "Measured",
            "value": f"{sums.measured:,}",
            "hint": f"of {sums.products:,} products that you may see",
        },
    ]


def _crumbs(domain: Domain) -> list[dict[str, str]]:
    places = Domain.objects.filter(path__in=paths_up(domain.path)).defer("field_schema")
    links = [{"label": each.name, "url": each.get_absolute_url()} for each in places]
    return [{"label": "Domains", "url": reverse("portal:domains")}, *links]
