"""The form of a blueprint: drawn from its schema, complete without a script, never forgetful."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from core.errors import Invalid
from core.htmx import wants_fragment
from core.problems import Problem, has_errors
from provisioning.blueprints.formats.fields import form_groups, mend_list
from provisioning.blueprints.formats.typed import (
    CHOICE,
    Raw,
    Schema,
    choices,
    chosen,
    conditional,
    drawn,
    first_values,
    raw_of,
    raw_values,
    typed,
    with_row,
    without_blank_rows,
    without_row,
)
from provisioning.blueprints.models import Draft
from provisioning.blueprints.selectors import first_choices, lead_times, picker_choices, resolve
from provisioning.blueprints.views.shared import Sheet, blueprint_for, change_sheet, new_sheet

PARTS = "provisioning/blueprints"


@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
def request_new(request: HttpRequest, slug: str) -> HttpResponse:
    """The form for something new; see `fill_in`."""
    return fill_in(request, new_sheet(request, slug))


@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
def change(request: HttpRequest, instance_id: UUID, action: str) -> HttpResponse:
    """The same form with the present values; `action` is update or upgrade. See `fill_in`."""
    return fill_in(request, change_sheet(request, instance_id, action))


@require_GET
def options(request: HttpRequest, slug: str) -> HttpResponse:
    """Up to 20 choices for what was typed so far into a picker, as options of a datalist."""
    _, version, actor = blueprint_for(request, slug)
    name = next((each for each in request.GET if each in version.content.properties), "")
    asked = request.GET.get(name, "").strip()[:200]
    found = picker_choices(version.content.parameters, name, asked, actor)
    return render(request, f"{PARTS}/_options.html", {"choices": found})


def fill_in(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Every post keeps what was typed; only `review` judges it.

    `?check=1` judges the draft. Buttons post `add_row`, `remove_row`, `refresh` (after a choice or
    a condition), `keep` (Save and leave), `forget` (Start again) or `autosave` (by htmx; answers
    with the hint).
    """
    if request.method == "GET":
        draft = sheet.draft
        found = _problems(sheet, draft) if draft and "check" in request.GET else []
        return _page(request, sheet, draft, found)
    if "forget" in request.POST:
        sheet.forget()
        return redirect(sheet.form_url)
    draft = sheet.save(_posted(sheet, request, sheet.draft))
    if "autosave" in request.POST:
        return render(request, f"{PARTS}/_kept.html", {"draft": draft})
    if "keep" in request.POST:
        messages.success(request, "Your draft is kept. Open the form again to go on.")
        return redirect(sheet.back_url)
    if {"add_row", "remove_row", "refresh"} & set(request.POST):
        return _page(request, sheet, draft)
    problems = _problems(sheet, draft)
    if not problems:
        return redirect(sheet.review_url)
    return _page(request, sheet, draft, problems)


def _posted(sheet: Sheet, request: HttpRequest, before: Draft | None) -> Raw:
    schema = sheet.document.parameters
    raw = {**raw_values(schema, request.POST), **_not_shown(sheet, request, before)}
    if "add_row" in request.POST:
        return with_row(schema, raw, request.POST["add_row"])
    if "remove_row" in request.POST:
        return without_row(raw, request.POST["remove_row"])
    if "review" in request.POST:
        return without_blank_rows(schema, raw)
    return raw


def _not_shown(sheet: Sheet, request: HttpRequest, before: Draft | None) -> Raw:
    """What was typed earlier into fields that the posted form did not show."""
    if "shown" not in request.POST:
        return {}
    values = before.values if before else _start(sheet)
    schema = sheet.document.parameters
    hidden = (conditional(schema) | sheet.fixed) - set(request.POST["shown"].split())
    return {name: values[name] for name in hidden if name in values}


def _start(sheet: Sheet) -> Raw:
    """The form before anybody typed: empty with defaults, or as the thing is now."""
    schema = sheet.document.parameters
    return raw_of(schema, _known(sheet)) if sheet.before else first_values(schema)


def _known(sheet: Sheet) -> dict[str, Any]:
    """The present values of fields that the form still has."""
    assert sheet.before is not None
    properties = sheet.document.properties
    return {name: value for name, value in sheet.before.parameters.items() if name in properties}


def _problems(sheet: Sheet, draft: Draft) -> list[Problem]:
    schema = sheet.document.parameters
    try:
        resolve(
            sheet.document,
            typed(schema, draft.values),
            instance_id=draft.instance_id,
            actor=sheet.actor,
            before=sheet.before,
        )
    except Invalid as error:
        return [_at_field(schema, draft.values, each) for each in error.problems]
    return []


def _at_field(schema: Schema, raw: Raw, problem: Problem) -> Problem:
    """What is said of the form as a whole belongs to the alternative that is on show."""
    if problem.pointer or problem.code != "one-of":
        return problem
    return Problem(f"/{chosen(schema, raw)}", "missing", "Fill this in.")


def _page(
    request: HttpRequest, sheet: Sheet, draft: Draft | None, problems: Sequence[Problem] = ()
) -> HttpResponse:
    context = {
        "sheet": sheet,
        "blueprint": sheet.blueprint,
        "document": sheet.document,
        "draft": draft,
        **form_context(sheet, draft, problems),
    }
    status = 422 if has_errors(problems) else 200
    if wants_fragment(request):
        return render(request, f"{PARTS}/_form.html", context, status=status)
    context |= {
        "crumbs": sheet.crumbs(),
        "path": sheet.path(1),
        "lead": lead_times().get(sheet.blueprint.slug),
    }
    return render(request, f"{PARTS}/request_new.html", context, status=status)


def form_context(sheet: Sheet, draft: Draft | None, problems: Sequence[Problem]) -> dict[str, Any]:
    """Groups of fields, which of them are shown, and what is to be mended."""
    schema = sheet.document.parameters
    raw = _filled_up(sheet, draft.values) if draft else _start(sheet)
    shown = drawn(schema, raw) - sheet.fixed
    options_ = first_choices(schema, raw, sheet.actor, sorted(shown))
    groups = form_groups(schema, raw, problems, options_, sheet.fixed)
    errors = [each for each in problems if each.severity == "error"]
    return {
        "groups": groups,
        "shown": " ".join(sorted(shown)),
        "mend": mend_list(groups, errors),
    }


def _filled_up(sheet: Sheet, values: Raw) -> Raw:
    """A draft of an older version of the form: what it lacks has its first value.

    A grid always shows a row to type into.
    """
    schema = sheet.document.parameters
    first = {**first_values(schema), **_start(sheet)}
    raw = {
        name: values.get(name) or first[name]
        if name in _grids(schema)
        else values.get(name, first[name])
        for name in first
    }
    return {**raw, **({CHOICE: chosen(schema, values)} if choices(schema) else {})}


def _grids(schema: Schema) -> set[str]:
    return {name for name, node in schema["properties"].items() if node["type"] == "array"}
