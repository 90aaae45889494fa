"""The palette: products, actions and pages by a few letters of their name."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.actors import Actor
from catalog.quality.selectors.incidents import open_of_teams
from catalog.search.marking import marked
from catalog.search.selectors import Suggestion, suggest
from catalog.search.views.typing import LONGEST, Group, Option, groups_of
from catalog.search.words import parts, runs
from portal.context import NAV, NAV_PLATFORM
from portal.views.shared import actor_in
from provisioning.jobs.models import Operation
from provisioning.jobs.states import OperationState

MOST = 8  # names; of actions and pages, each
INCIDENTS_LOOKED_AT = 50  # open ones of the reader's teams, the latest
JOBS_LOOKED_AT = 20  # of the reader's own that failed last
ACTIONS = [
    ("New data product", "blueprints:services", ""),
    ("Ask for data that is not there", "products:demand-new", ""),
    ("Create an API token", "accounts:tokens", ""),
    ("Register a target", "drivers:target-new", ""),
    ("Save a search", "search:saved-searches", ""),
    ("Show jobs that need an operator", "jobs:jobs", "?show=stuck"),
]
PAGES = [
    *((label, name) for label, name, _ in [*NAV, *NAV_PLATFORM]),
    ("Data that people ask for", "products:demands"),
    ("Saved searches", "search:saved-searches"),
    ("Classification", "governance:classes"),
    ("API tokens", "accounts:tokens"),
    ("REST API", "portal:api-docs"),
    ("GraphQL", "portal:graphql"),
]


@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    """Whatever answers to `?q=`; without it, actions and pages. For htmx, a fragment."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    actor = actor_in(request)
    found = suggest(actor, text, MOST) if text else []
    groups = [
        *groups_of(found, text),
        Group("Incidents", "warn", list(_incidents(actor, text))[:MOST]),
        Group("Actions", "right", list(_actions(actor, found, text))[:MOST]),
        Group("Pages", "file", list(_pages(text))[: MOST if text else len(PAGES)]),
    ]
    context = {"query": text, "groups": [group for group in groups if group.options]}
    part = "portal/_palette.html" if getattr(request, "htmx", False) else "portal/palette.html"
    return render(request, part, context)


def _actions(actor: Actor, found: list[Suggestion], text: str) -> Iterator[Option]:
    for each in found[:2]:
        if each.kind == "product" and each.owner_team_id not in actor.team_ids:
            label = f"Ask for access to {each.name}"
            yield Option(f"{each.url}?tab=access", marked(label, text), each.domain_name)
    for label, name, query in ACTIONS:
        if _answers(label, text):
            yield Option(reverse(name) + query, marked(label, text))
    failed = Operation.objects.filter(actor_id=actor.user_id or 0, state=OperationState.FAILED)
    for job in failed.visible_to(actor).order_by("-created_at")[:JOBS_LOOKED_AT] if text else ():
        label = f"Retry {job.title}"
        if _answers(label, text):
            yield Option(reverse("jobs:operation", args=[job.pk]), marked(label, text), "failed")


def _incidents(actor: Actor, text: str) -> Iterator[Option]:
    """Of the reader's own teams; one statement, none without teams."""
    for each in open_of_teams(actor, limit=INCIDENTS_LOOKED_AT) if text else ():
        label = f"{each.product.name}: {each.title}"
        if _answers(label, text):
            yield Option(each.get_absolute_url(), marked(label, text), each.get_state_display())


def _pages(text: str) -> Iterator[Option]:
    for label, name in PAGES:
        if _answers(label, text):
            yield Option(reverse(name), marked(label, text))


def _answers(label: str, text: str) -> bool:
    """Whether each typed word begins one of the label's."""
    words = [part for run in runs(label.lower()) for part in parts(run)]
    asked = [part for run in runs(text.lower()) for part in parts(run)]
    return all(any(word.startswith(each) for word in words) for each in asked)
