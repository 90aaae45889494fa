"""The list below the search box: names that begin as what is typed, by kind."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from catalog.search.marking import TextPart, marked
from catalog.search.selectors import Suggestion, suggest
from catalog.search.views.listing import KIND_ICONS

MOST = 8
LONGEST = 100  # characters of a name that is looked up
GROUPS = {
    "product": "Products",
    "contract": "Contracts",
    "system": "Systems",
    "term": "Glossary",
    "team": "Teams",
    "domain": "Domains",
    "blueprint": "Services",
}


@dataclass(frozen=True)
class Option:
    """One line of the list: where it leads, and the second fact at the right."""

    url: str
    name: list[TextPart]
    beside: str = ""


@dataclass
class Group:
    """The lines of one kind."""

    label: str
    icon: str
    options: list[Option] = field(default_factory=list)


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """Nothing for nothing typed, so that the list closes."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    found = suggest(request.actor, text, MOST) if text else []  # type: ignore[attr-defined]
    context = {
        "query": text,
        "groups": groups_of(found, text),
        "all_url": f"{reverse('search:marketplace')}?{urlencode({'q': text})}",
    }
    return render(request, "catalog/search/_suggestions.html", context)


def groups_of(found: list[Suggestion], text: str) -> list[Group]:
    """What was found by name, by kind, with what answers to `text` marked."""
    groups: dict[str, Group] = {}
    for each in found:
        kind = each.kind
        empty = Group(GROUPS.get(kind, kind), KIND_ICONS.get(kind, "market"))
        beside = each.domain_name or each.owner_name
        beside = "" if beside == each.name else beside
        option = Option(each.url, marked(each.name, text), beside)
        groups.setdefault(kind, empty).options.append(option)
    return list(groups.values())
