"""Query parameters of REST lists that search."""

from __future__ import annotations

import math

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from catalog.search.scores import BANDS, NOT_MEASURED
from catalog.search.selectors import FRESHNESS_LABELS, ORDERS, SearchQueryData, with_typed_filters
from core.openapi import PAGES
from core.rest import page_size, require_choices

SEARCH = (
    'words; the last one may be a beginning. Also "an exact phrase", column:order_id, name:orders, '
    "and filters as they are named here, e.g. tag:gold"
)
FILTERS = [
    OpenApiParameter("search", str, description=SEARCH),
    OpenApiParameter("domain", str, many=True, description="path; with everything below"),
    OpenApiParameter("team", str, many=True, description="slug of the owner"),
    OpenApiParameter(
        "status", str, many=True, description="proposed, draft, active, deprecated or retired"
    ),
    OpenApiParameter(
        "archetype", str, many=True, description="source-aligned, aggregate or consumer-aligned"
    ),
    OpenApiParameter("classification", str, many=True, description="slug of a class"),
    OpenApiParameter("technology", str, many=True, description="of a port, e.g. postgres"),
    OpenApiParameter("score", str, many=True, enum=[*BANDS, NOT_MEASURED], description="band"),
    OpenApiParameter(
        "freshness", str, many=True, enum=list(FRESHNESS_LABELS), description="against its promise"
    ),
    OpenApiParameter("tag", str, many=True, description="one of its tags"),
    OpenApiParameter("term", str, description="name of a term of the glossary"),
    OpenApiParameter("min_score", float, description="0 to 100"),
    OpenApiParameter("order", str, enum=list(ORDERS)),
    *PAGES,
]


def query_of(request: Request, *, kinds: tuple[str, ...] = ()) -> SearchQueryData:
    """What the query parameters ask for; `kinds` fixes the kind.

    Raises:
        ValidationError: a number is none, or out of range.
        Invalid: a score or freshness that there is not.
    """
    given = request.query_params
    require_choices("score", values_in(request, "score"), [*BANDS, NOT_MEASURED])
    require_choices("freshness", values_in(request, "freshness"), list(FRESHNESS_LABELS))
    asked = SearchQueryData(
        text=given.get("search") or given.get("q") or "",
        domains=values_in(request, "domain"),
        statuses=tuple(each.lower() for each in values_in(request, "status")),
        teams=values_in(request, "team"),
        archetypes=values_in(request, "archetype"),
        classifications=values_in(request, "classification"),
        technologies=values_in(request, "technology"),
        scores=values_in(request, "score"),
        freshnesses=values_in(request, "freshness"),
        tags=values_in(request, "tag"),
        kinds=kinds or values_in(request, "kind"),
        term=given.get("term", ""),
        min_score=number(request, "min_score", 0, 100),
        is_literal=given.get("exact") == "true",
        order=given.get("order", ""),
        cursor=given.get("cursor") or None,
        size=page_size(request),
    )
    return with_typed_filters(asked)


def number(request: Request, name: str, least: float, most: float) -> float | None:
    """A number of the query, or None where it is not given.

    Raises:
        ValidationError: not a number from `least` to `most`.
    """
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise ValidationError(f"{name} is a number from {least:g} to {most:g}.")
    return value


def values_in(request: Request, name: str) -> tuple[str, ...]:
    """A filter of the query, repeated (`a=1&a=2`) or joined by commas (`a=1,2`)."""
    given = request.query_params.getlist(name)
    return tuple(value for text in given for value in text.split(",") if value)
