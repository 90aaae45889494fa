"""The form of a blueprint: drawn from its schema, complete without a script, never forgetful."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.actors import Actor
from core.errors import Invalid
from core.htmx import wants_fragment
from core.problems import Problem, has_errors
from provisioning.blueprints.formats.document import BlueprintDoc
from provisioning.blueprints.formats.fields import form_groups, mend_list
from provisioning.blueprints.formats.typed import (
    CHOICE,
    Raw,
    Schema,
    choices,
    chosen,
    first_values,
    raw_values,
    typed,
    with_row,
    without_blank_rows,
    without_row,
)
from provisioning.blueprints.models import Blueprint, Draft
from provisioning.blueprints.selectors import domain_choices, lead_times, resolve, team_choices
from provisioning.blueprints.services import draft_of, drop_draft, save_draft
from provisioning.blueprints.views.shared import blueprint_for, crumbs, path_to


@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
def request_new(request: HttpRequest, slug: str) -> HttpResponse:
    """The form. Every post keeps what was typed; only `review` judges it.

    `?check=1` judges the draft. Buttons post `add_row`, `remove_row`, `refresh` (after a choice),
    `keep` (Save and leave), `forget` (Start again) or `autosave` (by htmx; answers with the hint).
    """
    blueprint, version, actor = blueprint_for(request, slug)
    document = version.content
    if request.method == "GET":
        draft = draft_of(blueprint=blueprint, actor=actor)
        found = _problems(document, draft, actor) if draft and "check" in request.GET else []
        return _page(request, blueprint, document, draft, found)
    if "forget" in request.POST:
        drop_draft(blueprint=blueprint, actor=actor)
        return redirect(blueprint)
    raw = _posted(document.parameters, request, draft_of(blueprint=blueprint, actor=actor))
    draft = save_draft(blueprint=blueprint, actor=actor, values=raw)
    if "autosave" in request.POST:
        return render(request, "provisioning/blueprints/_kept.html", {"draft": draft})
    if "keep" in request.POST:
        messages.success(request, "Your draft is kept. Open the service again to go on.")
        return redirect("blueprints:services")
    if {"add_row", "remove_row", "refresh"} & set(request.POST):
        return _page(request, blueprint, document, draft)
    problems = _problems(document, draft, actor)
    if not problems:
        return redirect("blueprints:review", slug=blueprint.slug)
    return _page(request, blueprint, document, draft, problems)


@require_GET
def options(request: HttpRequest, slug: str) -> HttpResponse:
    """Up to 20 domains for what was typed so far, as options of a datalist."""
    *_, actor = blueprint_for(request, slug)
    found = domain_choices(actor, request.GET.get("domain", "").strip()[:200])
    return render(request, "provisioning/blueprints/_options.html", {"domains": found})


def _posted(schema: Schema, request: HttpRequest, before: Draft | None) -> Raw:
    raw = {**raw_values(schema, request.POST), **_not_shown(schema, request, before)}
    if "add_row" in request.POST:
        return with_row(schema, raw, request.POST["add_row"])
    if "remove_row" in request.POST:
        return without_row(raw, request.POST["remove_row"])
    if "review" in request.POST:
        return without_blank_rows(schema, raw)
    return raw


def _not_shown(schema: Schema, request: HttpRequest, before: Draft | None) -> Raw:
    """What was typed into the alternatives that the posted form did not show."""
    values = before.values if before else first_values(schema)
    hidden = set(choices(schema)) - {request.POST.get("shown", "")}
    return {
        name: values[name] for name in hidden if name in values and hidden != set(choices(schema))
    }


def _problems(document: BlueprintDoc, draft: Draft, actor: Actor) -> list[Problem]:
    parameters = typed(document.parameters, draft.values)
    try:
        resolve(document, parameters, instance_id=draft.instance_id, actor=actor)
    except Invalid as error:
        return [_at_field(document.parameters, draft.values, each) for each in error.problems]
    return []


def _at_field(schema: Schema, raw: Raw, problem: Problem) -> Problem:
    """What is said of the form as a whole belongs to the alternative that is on show."""
    if problem.pointer or problem.code != "one-of":
        return problem
    return Problem(f"/{chosen(schema, raw)}", "missing", "Fill this in.")


def _page(
    request: HttpRequest,
    blueprint: Blueprint,
    document: BlueprintDoc,
    draft: Draft | None,
    problems: Sequence[Problem] = (),
) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    context = {
        "blueprint": blueprint,
        "document": document,
        "draft": draft,
        **form_context(document, draft, problems, actor),
    }
    status = 422 if has_errors(problems) else 200
    if wants_fragment(request):
        return render(request, "provisioning/blueprints/_form.html", context, status=status)
    context |= {
        "crumbs": crumbs(blueprint),
        "path": path_to(1, blueprint),
        "lead": lead_times().get(blueprint.slug),
    }
    return render(request, "provisioning/blueprints/request_new.html", context, status=status)


def form_context(
    document: BlueprintDoc, draft: Draft | None, problems: Sequence[Problem], actor: Actor
) -> dict[str, Any]:
    """Groups of fields, what is to be mended, and the first options of the pickers."""
    schema = document.parameters
    raw = _filled_up(schema, draft.values) if draft else first_values(schema)
    teams = {
        name: team_choices(actor)
        for name, node in document.properties.items()
        if node.get("x-ui", {}).get("widget") == "picker-team"
    }
    groups = form_groups(schema, raw, problems, teams)
    errors = [each for each in problems if each.severity == "error"]
    return {
        "groups": groups,
        "mend": mend_list(groups, errors),
        "domains": domain_choices(actor, str(raw.get("domain", ""))) or domain_choices(actor, ""),
    }


def _filled_up(schema: Schema, values: Raw) -> Raw:
    """A draft of an older version of the form: what it lacks has its first value.

    A grid always shows a row to type into.
    """
    first = first_values(schema)
    raw = {
        name: values.get(name) or first[name]
        if name in _grids(schema)
        else values.get(name, first[name])
        for name in first
    }
    return {**raw, **({CHOICE: chosen(schema, values)} if choices(schema) else {})}


def _grids(schema: Schema) -> set[str]:
    return {name for name, node in schema["properties"].items() if node["type"] == "array"}
