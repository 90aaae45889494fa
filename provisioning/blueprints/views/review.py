"""The review: what would be made and who decides; nothing happens before it is sent."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core.errors import Invalid, NotFound
from provisioning.blueprints.formats.twins import as_curl, as_graphql
from provisioning.blueprints.formats.typed import typed, without_blank_rows
from provisioning.blueprints.models import Blueprint, Draft
from provisioning.blueprints.selectors import Plan, lead_times, plan
from provisioning.blueprints.services import draft_of, submit_draft
from provisioning.blueprints.views.shared import blueprint_for, crumbs, path_to
from provisioning.drivers.protocol import PlannedEffect

FORMATS = (("yaml", "YAML"), ("curl", "curl"), ("graphql", "GraphQL"))
EFFECT_ICONS = {
    "schema": "db",
    "table": "columns",
    "role": "key",
    "contract": "file",
    "product": "market",
    "checks": "approvals",
}
CHANGE_ICONS = {"create": "plus", "update": "retry", "delete": "x", "keep": "s_done"}


@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, slug: str) -> HttpResponse:
    """GET shows the draft's plan (`?as=yaml|curl|graphql`); POST sends the draft."""
    blueprint, version, actor = blueprint_for(request, slug)
    if request.method == "POST":
        return _send(request, blueprint)
    draft = draft_of(blueprint=blueprint, actor=actor)
    if draft is None:
        return redirect(blueprint)
    schema = version.content.parameters
    parameters = typed(schema, without_blank_rows(schema, draft.values))
    try:
        planned = plan(version, parameters, instance_id=draft.instance_id, actor=actor)
    except Invalid:
        return _back_to_mend(blueprint)
    return render(
        request,
        "provisioning/blueprints/review.html",
        {
            "blueprint": blueprint,
            "draft": draft,
            "plan": planned,
            "effects": [_effect_row(each) for each in planned.effects],
            "lead": lead_times().get(blueprint.slug),
            "crumbs": crumbs(blueprint, "Review"),
            "path": path_to(2, blueprint),
            "steps": [{"name": each.name, "state": "wait"} for each in planned.steps],
            **_twin(request, blueprint, draft, planned, parameters),
        },
    )


def _send(request: HttpRequest, blueprint: Blueprint) -> HttpResponse:
    try:
        instance_id = UUID(request.POST.get("instance", ""))
    except ValueError:
        raise NotFound("This draft is not there any more; fill in the form again.") from None
    try:
        filed = submit_draft(
            blueprint=blueprint,
            actor=request.actor,  # type: ignore[attr-defined]
            purpose=request.POST.get("note", ""),
            instance_id=instance_id,
        )
    except Invalid:
        return _back_to_mend(blueprint)
    return redirect(filed.get_absolute_url())


def _back_to_mend(blueprint: Blueprint) -> HttpResponse:
    """The form with what is wrong by now at its fields."""
    return redirect(f"{blueprint.get_absolute_url()}?check=1")


def _twin(
    request: HttpRequest,
    blueprint: Blueprint,
    draft: Draft,
    planned: Plan,
    parameters: dict[str, Any],
) -> dict[str, Any]:
    """The same request in the format that the address asks for."""
    wanted = request.GET.get("as", "yaml")
    url = request.build_absolute_uri(reverse("rest:rest-requests"))
    purpose = draft.purpose or str(parameters["purpose"])
    text = {
        "curl": lambda: as_curl(blueprint.slug, parameters, purpose, url),
        "graphql": lambda: as_graphql(blueprint.slug, parameters, purpose),
    }.get(wanted, lambda: planned.yaml)()
    current = wanted if wanted in dict(FORMATS) else "yaml"
    formats = [
        {"label": label, "url": f"?as={name}#same", "current": name == current}
        for name, label in FORMATS
    ]
    return {"twin": text, "formats": formats}


def _effect_row(effect: PlannedEffect) -> dict[str, str]:
    return {
        "icon": EFFECT_ICONS.get(effect.kind, "file"),
        "kind": effect.kind.replace("_", " ").capitalize(),
        "name": effect.name,
        "change": str(effect.change.value),
        "change_icon": CHANGE_ICONS[effect.change.value],
        "if_undone": effect.if_undone,
    }
