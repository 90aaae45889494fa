"""The marketplace: search, facets, chips, table or cards; everything in the address."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.actors import paths_up
from catalog.search.facets import FacetValue
from catalog.search.selectors import Hit, SearchPage, SearchQueryData, find, suggest
from catalog.search.words import parts, runs
from core.htmx import wants_fragment

PAGE_SIZE = 50
OPEN_GROUPS = 4  # facets that are unfolded without a choice
EXCERPT = 12  # characters on each side of a hit in a description
MAX_CHOICES = 50  # of one facet
LONGEST_TEXT = 200  # characters of a search that are read
VIEWS = ("table", "cards")
FACET_LABELS = {  # name in the address: heading
    "domain": "Domain",
    "status": "Status",
    "team": "Owner",
    "archetype": "Archetype",
    "classification": "Classification",
    "kind": "Kind",
}
CHOICES = {  # name in the address: member of the query
    "domain": "domains",
    "status": "statuses",
    "team": "teams",
    "archetype": "archetypes",
    "classification": "classifications",
    "kind": "kinds",
}
ORDER_LABELS = {
    "rank": "Most trusted",
    "score": "Best score",
    "consumers": "Most consumers",
    "updated": "Last changed",
    "name": "Name",
}
ICONS = {"source-aligned": "source", "aggregate": "aggregate", "consumer-aligned": "consumer"}


@dataclass(frozen=True)
class TextPart:
    """A piece of a text; `hit` when it is what was searched for."""

    text: str
    hit: bool


@dataclass(frozen=True)
class Row:
    """A hit as the list draws it."""

    hit: Hit
    icon: str
    name: list[TextPart]
    matched: list[TextPart]
    domain: str  # with the domains above it


@dataclass
class FacetNode:
    """A choice with those below it (domains)."""

    choice: FacetValue
    children: list[FacetNode] = field(default_factory=list)


@dataclass(frozen=True)
class FacetGroup:
    name: str
    label: str
    nodes: list[FacetNode]
    chosen: int
    is_open: bool


@dataclass(frozen=True)
class Chip:
    """An active filter; `url` is the list without it."""

    label: str
    value: str
    url: str


@require_safe
@vary_on_headers("HX-Request")
def marketplace(request: HttpRequest) -> HttpResponse:
    """Everything that can be found; htmx asks the same address for the `_results` part alone."""
    actor = request.actor  # type: ignore[attr-defined]
    query = _query(request)
    view = request.GET.get("view", "")
    view = view if view in VIEWS else VIEWS[0]
    page = find(actor, query)
    context = _context(query, view, page, start=_number(request.GET.get("from"), 1))
    if not page.rows and query.text:
        context["suggestions"] = suggest(actor, query.text[:3])
    if not wants_fragment(request):
        return render(request, "catalog/search/marketplace.html", context)
    response = render(request, "catalog/search/_results.html", context | {"is_part": True})
    response["HX-Push-Url"] = _address(query, view, keep_cursor=True)
    return response


def _query(request: HttpRequest) -> SearchQueryData:
    given = request.GET
    chosen = {name: tuple(dict.fromkeys(_values(given.getlist(name)))) for name in FACET_LABELS}
    score = _number(given.get("min_score"), -1)
    return SearchQueryData(
        text=given.get("q", "").replace("\0", "").strip()[:LONGEST_TEXT],
        domains=chosen["domain"],
        statuses=chosen["status"],
        teams=chosen["team"],
        archetypes=chosen["archetype"],
        classifications=chosen["classification"],
        kinds=chosen["kind"],
        tag=given.get("tag", "").replace("\0", ""),
        min_score=float(score) if score >= 0 else None,
        order=given.get("order", ""),
        cursor=given.get("cursor") or None,
        size=PAGE_SIZE,
    )


def _values(texts: Sequence[str]) -> list[str]:
    return [text for text in texts if text and "\0" not in text][:MAX_CHOICES]


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 9 else default


def _context(query: SearchQueryData, view: str, page: SearchPage, *, start: int) -> dict[str, Any]:
    chips = _chips(query, view, page)
    total = f"{page.total:,}+" if page.total_capped else f"{page.total:,}"
    return {
        "query": query.text,
        "search_form": "filters",
        "view": view,
        "rows": _rows(page, query.text),
        "total": total,
        "is_one": total == "1",
        "groups": _groups(page),
        "chips": chips,
        "clear_url": _address(SearchQueryData(order=query.order), view),
        "views": [(name, _address(query, name)) for name in VIEWS],
        "orders": _orders(query),
        "kept": _kept(query, view),
        "range": f"{start:,}–{start + len(page.rows) - 1:,} of {total}",
        "first_url": _address(query, view) if query.cursor else "",
        "next_url": _next_address(query, view, page, start),
        "is_unfiltered": not chips,
    }


def _address(query: SearchQueryData, view: str, *, keep_cursor: bool = False) -> str:
    """The marketplace with these filters and nothing that says nothing."""
    pairs = [("q", query.text)]
    pairs += [(name, value) for name, values in query.chosen().items() for value in values]
    pairs += [("tag", query.tag), ("min_score", _score_text(query)), ("order", query.order)]
    pairs.append(("view", "" if view == VIEWS[0] else view))
    if keep_cursor:
        pairs.append(("cursor", query.cursor or ""))
    said = urlencode([pair for pair in pairs if pair[1]])
    return reverse("search:marketplace") + (f"?{said}" if said else "")


def _score_text(query: SearchQueryData) -> str:
    return "" if query.min_score is None else f"{query.min_score:.0f}"


def _next_address(query: SearchQueryData, view: str, page: SearchPage, start: int) -> str:
    if page.next_cursor is None:
        return ""
    following = replace(query, cursor=page.next_cursor)
    address = _address(following, view, keep_cursor=True)
    return f"{address}&{urlencode({'from': start + len(page.rows)})}"


def _kept(query: SearchQueryData, view: str) -> list[tuple[str, str]]:
    """Filters without a control of their own, so that the form does not lose them."""
    pairs = [("tag", query.tag), ("min_score", _score_text(query))]
    pairs.append(("view", "" if view == VIEWS[0] else view))
    return [pair for pair in pairs if pair[1]]


def _orders(query: SearchQueryData) -> list[tuple[str, str, bool]]:
    """`(value, label, selected)`; the default has no value and so stays out of the address."""
    labels = dict(ORDER_LABELS)
    first = "Best match" if query.text else labels.pop("rank")
    return [(value, label, value == query.order) for value, label in {"": first, **labels}.items()]


def _chips(query: SearchQueryData, view: str, page: SearchPage) -> list[Chip]:
    chips = []
    if query.text:
        chips.append(Chip("Text", query.text, _address(replace(query, text=""), view)))
    for name, label in FACET_LABELS.items():
        values = [choice.label for choice in page.facets[name] if choice.selected]
        if values:
            without = replace(query, **{CHOICES[name]: ()})  # type: ignore[arg-type]
            chips.append(Chip(label, ", ".join(values), _address(without, view)))
    if query.tag:
        chips.append(Chip("Tag", query.tag, _address(replace(query, tag=""), view)))
    if query.min_score is not None:
        without = replace(query, min_score=None)
        chips.append(Chip("Score at least", _score_text(query), _address(without, view)))
    return chips


def _groups(page: SearchPage) -> list[FacetGroup]:
    groups = []
    for at, (name, label) in enumerate(FACET_LABELS.items()):
        choices = page.facets[name]
        chosen = sum(choice.selected for choice in choices)
        if len(choices) > 1 or chosen:
            is_open = chosen > 0 or at < OPEN_GROUPS
            groups.append(FacetGroup(name, label, _tree(choices), chosen, is_open))
    return groups


def _tree(choices: Sequence[FacetValue]) -> list[FacetNode]:
    """Choices in the order of the tree, nested by their depth."""
    roots: list[FacetNode] = []
    path: list[FacetNode] = []
    for choice in choices:
        node = FacetNode(choice)
        del path[choice.depth :]
        (path[-1].children if path else roots).append(node)
        path.append(node)
    return roots


def _rows(page: SearchPage, text: str) -> list[Row]:
    names = {choice.value: choice.label for choice in page.facets["domain"]}
    return [_row(hit, text, _domain_text(hit, names)) for hit in page.rows]


def _domain_text(hit: Hit, names: Mapping[str, str]) -> str:
    """`Sales / Orders`; a domain that the facets leave out has its own name alone."""
    known = [names[path] for path in paths_up(hit.domain_path) if path in names]
    return " / ".join(known) or hit.domain_name


def _row(hit: Hit, text: str, domain: str) -> Row:
    icon = "file" if hit.kind == "contract" else ICONS.get(hit.archetype, "market")
    matched = hit.matched.text if hit.matched else ""
    if hit.matched and hit.matched.kind == "description":
        matched = excerpt(matched, text)
    return Row(hit, icon, marked(hit.name, text), marked(matched, text), domain)


def marked(text: str, asked: str) -> list[TextPart]:
    """`text` in pieces; those that answer to `asked` are hits: `order id` marks `order_id`."""
    pattern = _pattern(asked)
    if pattern is None or not text:
        return [TextPart(text, hit=False)] if text else []
    pieces = pattern.split(text)  # hits stand at the odd places
    return [TextPart(piece, hit=at % 2 == 1) for at, piece in enumerate(pieces) if piece]


def excerpt(text: str, asked: str) -> str:
    """A few words of `text` around its first hit."""
    pattern = _pattern(asked)
    found = pattern.search(text) if pattern else None
    start, end = found.span() if found else (0, 0)
    before = text[:start][-EXCERPT:]
    after = text[end:][:EXCERPT]
    if start > EXCERPT:
        before = "…" + before.partition(" ")[2]
    if len(text) - end > EXCERPT:
        after = after.rpartition(" ")[0] + "…"
    return before + text[start:end] + after


def _pattern(asked: str) -> re.Pattern[str] | None:
    words = [[re.escape(part) for part in parts(run)] for run in runs(asked)]
    if not words:
        return None
    whole = r"[\W_]*".join(part for word in words for part in word)
    single = sorted({r"[\W_]*".join(word) for word in words}, key=len, reverse=True)
    return re.compile(f"({'|'.join([whole, *single])})", re.IGNORECASE)
