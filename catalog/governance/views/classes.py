"""The list of classes."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.actors import Actor
from catalog.governance import services
from catalog.governance.policies import can_govern
from catalog.governance.selectors import levels
from catalog.governance.views.forms import mend_list, posted, problems_of
from core.errors import Invalid
from core.problems import Problem

NAMES = ("slug", "name", "meaning", "rank")


@require_http_methods(["GET", "HEAD", "POST"])
def classes(request: HttpRequest) -> HttpResponse:
    """How secret data can be; stewards name, describe and add classes."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if request.method == "POST":
        return _saved(request, actor)
    return _page(request, {}, [])


def _saved(request: HttpRequest, actor: Actor) -> HttpResponse:
    values = posted(request.POST, NAMES)
    rank = values["rank"]
    try:
        level = services.put_level(
            actor=actor,
            slug=values["slug"],
            name=values["name"],
            meaning=values["meaning"],
            rank=int(rank) if rank.isascii() and rank.isdecimal() and len(rank) < 5 else -1,
            is_active=not values["slug"] or "is_active" in request.POST,
            needs_legal_basis="needs_legal_basis" in request.POST,
        )
    except Invalid as error:
        return _page(request, values, problems_of(error), status=error.status)
    messages.success(request, f"The class {level.name} is saved.")
    return redirect("governance:classes")


def _page(
    request: HttpRequest, values: dict[str, str], problems: list[Problem], *, status: int = 200
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {
        "crumbs": [{"label": "Policies", "url": "/policies/"}, {"label": "Classification"}],
        "levels": levels(all_of_them=True),
        "can_change": can_govern(actor, None),
        "values": values,
        "mend": mend_list([], problems),
    }
    return render(request, "catalog/governance/classes.html", context, status=status)
