"""What the list of the marketplace shows: rows, facets, chips, addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from accounts.actors import Actor, paths_up
from catalog.search.marking import TextPart, excerpt, marked
from catalog.search.models import OFFERS
from catalog.search.selectors import (
    CHOICES,
    FacetValue,
    Hit,
    SearchPage,
    SearchQueryData,
    hit_count,
    query_string,
)

PAGE_SIZE = 24
OPEN_GROUPS = 4  # facets that are unfolded without a choice
VIEWS = ("table", "cards")
FACET_LABELS = {  # name in the address: heading
    "domain": "Domain",
    "status": "Status",
    "team": "Owner",
    "score": "Score",
    "freshness": "Freshness",
    "archetype": "Archetype",
    "classification": "Classification",
    "technology": "Technology",
    "tag": "Tag",
    "kind": "Kind",
}
MOST_VALUES = 12  # of a facet; the others are found by their name
MOST_TAGS = 20
MOST_DOMAINS = 30
KIND_NAMES = {
    "contract": "Contract, not yet offered by a product",
    "system": "System",
    "term": "Glossary term",
    "team": "Team",
    "domain": "Domain",
    "blueprint": "Service",
}
MOST_ESCAPES = 5
ESCAPE_CAP = 100
ORDER_LABELS = {
    "rank": "Most trusted",
    "score": "Best score",
    "consumers": "Most consumers",
    "updated": "Last changed",
    "name": "Name",
}
KIND_ICONS = {
    "contract": "file",
    "system": "system",
    "term": "info",
    "team": "people",
    "domain": "domain",
    "blueprint": "services",
}
ICONS = {"source-aligned": "source", "aggregate": "aggregate", "consumer-aligned": "consumer"}


@dataclass(frozen=True)
class Row:
    """A hit as the list draws it."""

    hit: Hit
    icon: str
    name: list[TextPart]
    matched: list[TextPart]
    domain: str  # with the domains above it
    kind: str  # in words; "" for a product


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
    left_out: int  # values that are not listed


@dataclass(frozen=True)
class Chip:
    """An active filter; `url` is the list without it."""

    label: str
    value: str
    url: str
    rest: SearchQueryData  # the question without it


@dataclass(frozen=True)
class Escape:
    """A way out of an empty list: the filter to remove, and how much that finds."""

    chip: Chip
    count: str


def number(text: str | None, default: int) -> int:
    """A short whole number of an address, else `default`."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 9 else default


def list_context(
    query: SearchQueryData, view: str, page: SearchPage, *, start: int
) -> dict[str, Any]:
    """What the templates of the list need; line 1 of each names its part."""
    chips = chips_of(query, view, page)
    total = f"{page.total:,}+" if page.total_capped else f"{page.total:,}"
    return {
        "query": query.text,
        "asked": page.asked,
        "literal_url": address(replace(query, is_literal=True), view),
        "search_form": "filters",
        "view": view,
        "rows": _rows(page, page.asked.spoken),
        "total": total,
        "is_one": total == "1",
        "groups": _groups(page),
        "chips": chips,
        "clear_url": address(SearchQueryData(scope=OFFERS, order=query.order), view),
        "views": [(name, address(query, name)) for name in VIEWS],
        "orders": _orders(query),
        "kept": _kept(query, view),
        "question": query_string(query),
        "range": f"{start:,}–{start + len(page.rows) - 1:,} of {total}",
        "first_url": address(query, view) if query.cursor else "",
        "next_url": _next_address(query, view, page, start),
        "all_url": _address_of_all(query, view, page, start + len(page.rows) - 1),
        "is_unfiltered": not chips,
    }


def address(query: SearchQueryData, view: str, *, keep_cursor: bool = False) -> str:
    """The marketplace with these filters and nothing that says nothing."""
    extra = [("view", "" if view == VIEWS[0] else view)]
    if keep_cursor:
        extra.append(("cursor", query.cursor or ""))
    said = query_string(query, *extra)
    return reverse("search:marketplace") + (f"?{said}" if said else "")


def escapes(actor: Actor, query: SearchQueryData, chips: Sequence[Chip]) -> list[Escape]:
    """Which filter, once removed, lets something through; the most first. One count a filter;
    without its only filter the list is the whole marketplace, which needs no telling."""
    found = []
    for chip in chips[:MOST_ESCAPES] if len(chips) > 1 else ():
        count = hit_count(actor, chip.rest, cap=ESCAPE_CAP)
        if count:
            found.append((count, chip))
    found.sort(key=lambda each: -each[0])
    return [
        Escape(chip, f"{ESCAPE_CAP}+" if count > ESCAPE_CAP else str(count))
        for count, chip in found
    ]


def _next_address(query: SearchQueryData, view: str, page: SearchPage, start: int) -> str:
    if page.next_cursor is None:
        return ""
    following = replace(query, cursor=page.next_cursor)
    said = address(following, view, keep_cursor=True)
    return f"{said}&{urlencode({'from': start + len(page.rows)})}"


def _address_of_all(query: SearchQueryData, view: str, page: SearchPage, last: int) -> str:
    """The list in an order that reaches the last hit, where the best match ends before it."""
    is_best_match = page.asked.required and not query.order
    if not is_best_match or page.next_cursor or not page.rows or last >= page.total:
        return ""
    return address(replace(query, order="rank", cursor=None), view)


def _kept(query: SearchQueryData, view: str) -> list[tuple[str, str]]:
    """Filters without a control of their own, so that the form does not lose them."""
    pairs = [("term", query.term), ("min_score", _score_text(query))]
    if not query.kinds and not query.scope:
        pairs.append(("kind", "all"))
    pairs.append(("view", "" if view == VIEWS[0] else view))
    return [pair for pair in pairs if pair[1]]


def _score_text(query: SearchQueryData) -> str:
    return "" if query.min_score is None else f"{query.min_score:.0f}"


def _orders(query: SearchQueryData) -> list[tuple[str, str, bool]]:
    """`(value, label, selected)`; the default has no value and so stays out of the address."""
    labels = dict(ORDER_LABELS)
    first = "Best match" if query.text else labels.pop("rank")
    return [(value, label, value == query.order) for value, label in {"": first, **labels}.items()]


def chips_of(query: SearchQueryData, view: str, page: SearchPage) -> list[Chip]:
    """The active filters."""
    chips = []

    def add(label: str, value: str, **without: Any) -> None:
        rest = replace(query, cursor=None, **without)
        chips.append(Chip(label, value, address(rest, view), rest))

    if query.text:
        add("Text", query.text, text="", is_literal=False)
    for name, label in FACET_LABELS.items():
        values = [choice.label for choice in page.facets[name] if choice.selected]
        if values:
            scope = {"scope": OFFERS} if name == "kind" else {}
            add(label, ", ".join(values), **{CHOICES[name]: ()}, **scope)
    if not query.kinds and not query.scope:
        add("Kind", "everything", scope=OFFERS)
    if query.term:
        add("Term", query.term, term="")
    if query.min_score is not None:
        add("Score at least", _score_text(query), min_score=None)
    return chips


def _groups(page: SearchPage) -> list[FacetGroup]:
    groups = []
    for at, (name, label) in enumerate(FACET_LABELS.items()):
        choices = page.facets[name]
        chosen = sum(choice.selected for choice in choices)
        if len(choices) < 2 and not chosen:
            continue
        listed = _listed_domains(choices) if name == "domain" else _listed(name, choices)
        is_open = chosen > 0 or at < OPEN_GROUPS
        left_out = len(choices) - len(listed)
        groups.append(FacetGroup(name, label, _tree(listed), chosen, is_open, left_out))
    return groups


def _listed(name: str, choices: Sequence[FacetValue]) -> list[FacetValue]:
    most = MOST_TAGS if name == "tag" else MOST_VALUES
    return [choice for at, choice in enumerate(choices) if at < most or choice.selected]


def _listed_domains(choices: Sequence[FacetValue]) -> list[FacetValue]:
    """All of a small tree; of a large one the tops, what is chosen, and what lies right below."""
    if len(choices) <= MOST_DOMAINS:
        return list(choices)
    open_paths = {above for each in choices if each.selected for above in paths_up(each.value)}
    return [
        each
        for each in choices
        if not each.depth or each.value in open_paths or _parent(each.value) in open_paths
    ]


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


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
    icon = KIND_ICONS.get(hit.kind) or ICONS.get(hit.archetype, "market")
    matched = hit.matched.text if hit.matched else ""
    if hit.matched and hit.matched.kind == "description":
        matched = excerpt(matched, text)
    kind = "" if hit.kind == "product" else KIND_NAMES.get(hit.kind, hit.kind)
    return Row(hit, icon, marked(hit.name, text), marked(matched, text), domain, kind)
