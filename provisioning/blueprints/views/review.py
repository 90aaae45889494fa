"""The review: what would be made and who decides; nothing happens before it is sent."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core.errors import Invalid, NotFound
from provisioning.blueprints.formats.twins import as_curl, as_graphql
from provisioning.blueprints.formats.typed import typed, without_blank_rows
from provisioning.blueprints.models import Draft
from provisioning.blueprints.selectors import Plan, lead_times, plan
from provisioning.blueprints.views.shared import Sheet, change_sheet, new_sheet
from provisioning.drivers.protocol import Change, PlannedEffect

FORMATS = (("yaml", "YAML"), ("curl", "curl"), ("graphql", "GraphQL"))
EFFECT_ICONS = {
    "schema": "db",
    "table": "columns",
    "role": "key",
    "contract": "file",
    "product": "market",
    "checks": "approvals",
    "port": "market",
}
CHANGE_ICONS = {"create": "plus", "update": "retry", "delete": "x", "keep": "s_done"}


@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, slug: str) -> HttpResponse:
    """The plan of something new; see `look_over`."""
    return look_over(request, new_sheet(request, slug))


@require_http_methods(["GET", "POST"])
def change_review(request: HttpRequest, instance_id: UUID, action: str) -> HttpResponse:
    """The plan of a change: parameters old and new, and what that does; see `look_over`."""
    return look_over(request, change_sheet(request, instance_id, action))


def look_over(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """GET shows the draft's plan (`?as=yaml|curl|graphql`); POST sends the draft."""
    if request.method == "POST":
        return _send(request, sheet)
    draft = sheet.draft
    if draft is None:
        return redirect(sheet.form_url)
    schema = sheet.document.parameters
    parameters = typed(schema, without_blank_rows(schema, draft.values))
    try:
        planned = plan(
            sheet.version,
            parameters,
            instance_id=draft.instance_id,
            actor=sheet.actor,
            before=sheet.before,
        )
    except Invalid:
        return _back_to_mend(sheet)
    return render(
        request,
        "provisioning/blueprints/review.html",
        {
            "sheet": sheet,
            "blueprint": sheet.blueprint,
            "document": sheet.document,
            "draft": draft,
            "plan": planned,
            "effects": [_effect_row(each) for each in planned.effects],
            "lead": lead_times().get(sheet.blueprint.slug),
            "crumbs": sheet.crumbs("Review"),
            "path": sheet.path(2),
            "steps": [{"name": each.name, "state": "wait"} for each in planned.steps],
            **_twin(request, sheet, draft, planned, parameters),
        },
    )


def _send(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    try:
        instance_id = UUID(request.POST.get("instance", ""))
    except ValueError:
        raise NotFound("This draft is not there any more; fill in the form again.") from None
    try:
        filed = sheet.submit(request.POST.get("note", ""), instance_id)
    except Invalid as error:
        messages.error(request, error.problems[0].message if error.problems else str(error))
        return _back_to_mend(sheet)
    return redirect(filed.get_absolute_url())


def _back_to_mend(sheet: Sheet) -> HttpResponse:
    """The form with what is wrong by now at its fields."""
    return redirect(f"{sheet.form_url}?check=1")


def _twin(
    request: HttpRequest,
    sheet: Sheet,
    draft: Draft,
    planned: Plan,
    parameters: dict[str, Any],
) -> dict[str, Any]:
    """The same request in the format that the address asks for."""
    offered = [each for each in FORMATS if sheet.before is None or each[0] != "graphql"]
    wanted = request.GET.get("as", "yaml")
    url = request.build_absolute_uri(reverse("rest:rest-requests"))
    purpose = draft.purpose or str(parameters.get("purpose", ""))
    body: dict[str, Any] = {"blueprint": sheet.blueprint.slug}
    if sheet.before is not None:
        body = {"instance": str(sheet.before.instance.pk), "action": sheet.action}
    body |= {"parameters": parameters, "purpose": purpose}
    current = wanted if wanted in dict(offered) else "yaml"
    text = {
        "curl": lambda: as_curl(body, url),
        "graphql": lambda: as_graphql(body),
    }.get(current, lambda: planned.yaml)()
    formats = [
        {"label": label, "url": f"?as={name}#same", "current": name == current}
        for name, label in offered
    ]
    return {"twin": text, "formats": formats}


def _effect_row(effect: PlannedEffect) -> dict[str, str]:
    return {
        "icon": EFFECT_ICONS.get(effect.kind, "file"),
        "kind": effect.kind.replace("_", " ").capitalize(),
        "name": effect.name,
        "change": str(effect.change.value),
        "change_icon": CHANGE_ICONS[effect.change.value],
        "tone": "bad" if effect.change == Change.DELETE else "ok",
        "if_undone": effect.if_undone,
    }
