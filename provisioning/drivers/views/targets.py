"""The pages of targets."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actors import Actor
from accounts.models import Team
from core.errors import DomainError, Invalid, NotAllowed, NotFound
from core.paging import keyset_page
from core.problems import Problem
from provisioning.drivers import services
from provisioning.drivers.models import Target
from provisioning.drivers.policies import can_change_target, can_check_target, require_target_for
from provisioning.drivers.registry import target_kinds
from provisioning.drivers.selectors import target_by_slug, targets_matching, uses_of
from provisioning.drivers.views import forms

PAGE_SIZE = 50
CRUMB = {"label": "Targets", "url": "/targets/"}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Targets with their health; `?q=` finds them by name and team."""
    actor = _actor(request)
    text = request.GET.get("q", "").replace("\0", "").strip()
    page = keyset_page(
        targets_matching(actor, text=text),
        order=["slug"],
        size=PAGE_SIZE,
        cursor=request.GET.get("cursor"),
    )
    following = {"q": text, "cursor": page.next_cursor}
    kept = urlencode({name: value for name, value in following.items() if value})
    context = {
        "targets": [(each, _label(each)) for each in page.rows],
        "text": text,
        "can_register": _can_register(actor),
        "pager": {
            "text": f"{len(page.rows)} on this page",
            "next": f"?{kept}" if page.next_cursor else "",
            "previous": f"?{urlencode({'q': text})}" if request.GET.get("cursor") else "",
        },
    }
    return render(request, "provisioning/drivers/targets.html", context)


@require_safe
def target(request: HttpRequest, slug: str) -> HttpResponse:
    """One target: its health, what is in it, and what can be done."""
    return _page(request, target_by_slug(_actor(request), slug))


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose a kind (`?driver=`), then say where it is."""
    if not _can_register(_actor(request)):
        raise NotAllowed("Only owners of a team may register a target for it.")
    driver = request.POST.get("driver") or request.GET.get("driver") or ""
    if request.method == "POST":
        if driver not in target_kinds():
            raise NotFound()
        return _saved(request, driver, None)
    if driver not in target_kinds():
        context = {"crumbs": [CRUMB, {"label": "Register"}], "kinds": target_kinds().items()}
        return render(request, "provisioning/drivers/target_kinds.html", context)
    return _form(request, driver, None, {})


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a target; its secrets are asked for only if they shall change."""
    actor = _actor(request)
    found = target_by_slug(actor, slug)
    require_target_for(actor, found.owner)
    if request.method == "POST":
        return _saved(request, found.driver, found)
    return _form(request, found.driver, found, forms.shown_values(found))


@require_POST
def check(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask the target now."""
    actor = _actor(request)
    found = services.check_target(target=target_by_slug(actor, slug), actor=actor)
    if found.healthy:
        messages.success(request, f"“{found}” answers.")
    else:
        messages.error(request, f"“{found}” does not answer as it should.")
    return redirect(found)


@require_http_methods(["GET", "HEAD", "POST"])
def retire(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask what it would mean, then forget the target."""
    actor = _actor(request)
    found = target_by_slug(actor, slug)
    require_target_for(actor, found.owner)
    if request.method == "POST":
        if request.POST.get("confirm", "").strip() != found.slug:
            message = f"Type {found.slug} to confirm."
            return _retire_page(request, found, [Problem("/confirm", "not-confirmed", message)])
        try:
            services.retire_target(target=found, actor=actor)
        except services.TargetInUse as error:
            return _retire_page(request, found, [Problem("", error.code, str(error))])
        messages.success(request, f"“{found}” is retired; its secrets are deleted.")
        return redirect("drivers:targets")
    return _retire_page(request, found, [])


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _can_register(actor: Actor) -> bool:
    return actor.is_admin or bool(actor.owner_team_ids)


def _label(target: Target) -> str:
    kind = target_kinds().get(target.driver)
    return kind.label if kind else target.driver


def _page(request: HttpRequest, found: Target) -> HttpResponse:
    actor = _actor(request)
    kind, uses = target_kinds().get(found.driver), uses_of(found, actor)
    properties = kind.config["properties"] if kind else {}
    facts = [
        (schema["title"], found.config[name])
        for name, schema in properties.items()
        if found.config.get(name) not in (None, "", False)
    ]
    context = {
        "crumbs": [CRUMB, {"label": found.name}],
        "target": found,
        "label": _label(found),
        "facts": facts,
        "secrets": [each["title"] for each in kind.secrets["properties"].values()] if kind else [],
        "uses": uses.shown,
        "use_count": uses.count,
        "can_change": can_change_target(actor, found),
        "can_check": can_check_target(actor, found),
    }
    return render(request, "provisioning/drivers/target.html", context)


def _saved(request: HttpRequest, driver: str, found: Target | None) -> HttpResponse:
    kind = target_kinds()[driver]
    values = forms.posted(request.POST, kind)
    parts = forms.typed(kind, values)
    anyway = "anyway" in request.POST
    try:
        data = services.TargetData(
            slug=found.slug if found else values["slug"],
            name=values["name"],
            driver=driver,
            owner=_team(values["team"]),
            **parts,
        )
        actor = _actor(request)
        if found is None:
            saved = services.register_target(data=data, actor=actor, save_anyway=anyway)
        else:
            saved = services.change_target(target=found, data=data, actor=actor, save_anyway=anyway)
    except NotAllowed:
        raise
    except DomainError as error:
        return _form(request, driver, found, values, forms.problems_of(error))
    if saved.healthy:
        messages.success(request, f"“{saved}” answers and is saved.")
    else:
        messages.warning(request, f"“{saved}” is saved, but does not answer as it should.")
    return redirect(saved)


def _team(slug: str) -> Team:
    """Raises: Invalid: there is no team of that slug."""
    team = Team.objects.filter(slug=slug).first()
    if team is None:
        problem = Problem("/team", "unknown-team", "Choose a team from the list.")
        raise Invalid("There is no such team.", [problem])
    return team


def _form(
    request: HttpRequest,
    driver: str,
    found: Target | None,
    values: dict[str, Any],
    problems: list[Problem] | None = None,
) -> HttpResponse:
    kind = target_kinds()[driver]
    problems = problems or []
    groups = forms.fields_of(kind, values, _actor(request), found)
    everything = [field for group in groups.values() for field in group]
    title = f"Change {found.name}" if found else f"Register: {kind.label}"
    context = {
        "crumbs": [CRUMB, {"label": title}],
        "title": title,
        "target": found,
        "driver": driver,
        "kind": kind,
        "own": forms.with_errors(groups["own"], problems),
        "place": forms.with_errors(groups["place"], problems),
        "mend": forms.mend_list(everything, problems),
        "offer_anyway": any(each.code == "not-reachable" for each in problems),
    }
    status = 422 if problems else 200
    return render(request, "provisioning/drivers/target_form.html", context, status=status)


def _retire_page(request: HttpRequest, found: Target, problems: list[Problem]) -> HttpResponse:
    field = {"name": "confirm", "id": "confirm", "label": f"Type {found.slug}", "kind": "text"}
    fields = forms.with_errors([field | {"value": "", "mono": True, "required": True}], problems)
    uses = uses_of(found, _actor(request))
    context = {
        "crumbs": [CRUMB, {"label": found.name, "url": found.get_absolute_url()}],
        "target": found,
        "uses": uses.shown,
        "use_count": uses.count,
        "field": fields[0],
        "mend": forms.mend_list(fields, problems),
    }
    status = 409 if any(each.code == "target-in-use" for each in problems) else 200
    status = 422 if problems and status == 200 else status
    return render(request, "provisioning/drivers/target_retire.html", context, status=status)
