"""What each facet and filter asks of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from django.db.models import Q
from django.db.models.functions import Coalesce, Now

from accounts.actors import Actor
from catalog.search.models import UNMEASURED, SearchEntry, SearchEntryQuerySet
from catalog.search.scores import BANDS, NOT_MEASURED
from catalog.search.selectors.questions import SearchQueryData

Condition = Callable[[Sequence[str]], Q]
KEPT, OVERDUE = "kept", "overdue"
KNOWN_SCORE = Coalesce("score", UNMEASURED)  # as its index has it


def _any_of(column: str) -> Condition:
    return lambda values: Q(**{f"{column}__in": list(values)})


def _overlap(column: str) -> Condition:
    return lambda values: Q(**{f"{column}__overlap": list(values)})


def _in_tree(paths: Sequence[str]) -> Q:
    """Rows of these domains and of all below them."""
    condition = Q(domain_path__in=list(paths))
    for path in paths:
        condition |= Q(domain_path__startswith=f"{path}.")
    return condition


def _bands(values: Sequence[str]) -> Q:
    return Q(band__in=["" if value == NOT_MEASURED else value for value in values])


def between_scores(bands: Sequence[str]) -> Q:
    """Of `known_score`: from the lowest of these bands to the highest.

    It asks no more than `_bands` does, in the words of the index of scores: so a list in their
    order begins where the first band does, and does not read past all that is better.
    """
    lows = sorted(UNMEASURED if name == NOT_MEASURED else float(name) for name in bands)
    above = [float(name) for name in BANDS if float(name) > lows[-1]]
    condition = Q(known_score__gte=lows[0])
    return condition & Q(known_score__lt=min(above)) if above else condition


def _freshness(values: Sequence[str]) -> Q:
    condition = Q(pk__in=[])
    if KEPT in values:
        condition |= Q(stale_at__gt=Now())
    if OVERDUE in values:
        condition |= Q(stale_at__lte=Now())
    if NOT_MEASURED in values:
        condition |= Q(stale_at__isnull=True)
    return condition


FACETS: Mapping[str, Condition] = MappingProxyType(
    {
        "domain": _in_tree,
        "status": _any_of("status"),
        "team": _any_of("owner_slug"),
        "archetype": _any_of("archetype"),
        "classification": _any_of("classification"),
        "technology": _overlap("technologies"),
        "score": _bands,
        "freshness": _freshness,
        "tag": _overlap("tags"),
        "kind": _any_of("kind"),
    }
)


def narrowed(actor: Actor, query: SearchQueryData, *, without: str = "") -> SearchEntryQuerySet:
    """Rows that `actor` may see and that keep every filter but the text and facet `without`."""
    return kept(SearchEntry.objects.visible_to(actor), query, without=without)


def kept(
    rows: SearchEntryQuerySet, query: SearchQueryData, *, without: str = ""
) -> SearchEntryQuerySet:
    """Of these rows, those that keep every filter but the text and facet `without`."""
    for name, values in query.chosen().items():
        if name == "kind" and not values:
            values = query.scope
        if values and name != without:
            rows = rows.filter(FACETS[name](values))
    if query.term:
        rows = rows.filter(terms__contains=[query.term])
    if query.min_score is not None:
        rows = rows.annotate(known_score=KNOWN_SCORE).filter(known_score__gte=query.min_score)
    if query.below_score is not None:
        measured = rows.annotate(known_score=KNOWN_SCORE).filter(known_score__gte=0)
        rows = measured.filter(known_score__lt=query.below_score)
    return rows
