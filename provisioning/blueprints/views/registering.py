"""Publishing a blueprint by hand: paste or upload, see what is wrong, see the form, publish."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actors import Actor
from accounts.models import Team
from accounts.states import PortalRole
from core.errors import Invalid, NotAllowed
from core.problems import Problem
from provisioning.blueprints import policies
from provisioning.blueprints import services as blueprints
from provisioning.blueprints.formats.builtin import BUILTIN
from provisioning.blueprints.formats.document import BlueprintDoc
from provisioning.blueprints.formats.fields import form_groups
from provisioning.blueprints.formats.typed import first_values
from provisioning.blueprints.models import Blueprint
from provisioning.blueprints.selectors import first_choices
from provisioning.blueprints.views.shared import blueprint_for

MOST_BYTES = 1_000_000
EXAMPLE = "sandbox.yaml"


@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """`?of=<blueprint>` begins with its text, `?example=1` with a short one; POST `check` shows
    what is wrong or the form that it makes, `publish` makes it the next version.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not policies.can_register(actor):
        raise NotAllowed("Only owners of a team publish blueprints. Ask an owner of your team.")
    teams = _teams(actor)
    if request.method == "GET":
        return _page(request, teams, _first_text(request), "")
    text, unreadable = _posted_text(request)
    slug = request.POST.get("team", "")
    team = next((each for each in teams if each.slug == slug), None)
    if unreadable or team is None:
        problem = unreadable or Problem("", "owner-missing", "Choose the team that will own it.")
        return _page(request, teams, text, slug, problems=[problem])
    try:
        if "publish" not in request.POST:
            _, document = blueprints.check_blueprint(text=text, owner=team)
            return _page(request, teams, text, slug, document=document)
        version, action = blueprints.register_blueprint(text=text, owner=team, actor=actor)
    except Invalid as error:
        return _page(request, teams, text, slug, problems=list(error.problems))
    words = "is there already, word for word" if action == "unchanged" else "is published"
    messages.success(request, f"Version {version.number} of {version.blueprint} {words}.")
    return redirect(version.blueprint)


@require_POST
def withdraw(request: HttpRequest, slug: str) -> HttpResponse:
    """Nobody can ask for it any more; what it made lives on."""
    found, _, actor = blueprint_for(request, slug)
    blueprints.withdraw_blueprint(blueprint=found, actor=actor)
    messages.success(request, f"{found} is withdrawn. What it made lives on.")
    return redirect(found)


def _page(
    request: HttpRequest,
    teams: list[Team],
    text: str,
    slug: str,
    *,
    problems: list[Problem] | None = None,
    document: BlueprintDoc | None = None,
) -> HttpResponse:
    options = [{"value": each.slug, "label": each.name} for each in teams]
    if len(options) > 1:
        options.insert(0, {"value": "", "label": "Choose a team"})
    context = {
        "team_field": {
            "kind": "select",
            "name": "team",
            "id": "f-team",
            "label": "Owner team",
            "value": slug,
            "options": options,
            "hint": "Only this team publishes further versions.",
        },
        "text_field": {
            "kind": "textarea",
            "name": "text",
            "id": "f-text",
            "label": "Document",
            "note": "YAML or JSON",
            "value": text,
            "rows": 24,
            "mono": True,
            "error": _told(problems or []),
        },
        "problems": problems or [],
        "document": document,
        "groups": _preview(request, document) if document else [],
        "crumbs": [
            {"label": "Services", "url": reverse("blueprints:services")},
            {"label": "Publish a blueprint"},
        ],
    }
    status = 422 if problems else 200
    return render(request, "provisioning/blueprints/register.html", context, status=status)


def _preview(request: HttpRequest, document: BlueprintDoc) -> list[Any]:
    """The form as people would see it first."""
    schema = document.parameters
    raw = first_values(schema)
    actor = request.actor  # type: ignore[attr-defined]
    return form_groups(schema, raw, [], first_choices(schema, raw, actor, schema["properties"]))


def _told(problems: list[Problem]) -> str:
    count = len(problems)
    return "" if not count else "One thing to mend." if count == 1 else f"{count} things to mend."


def _posted_text(request: HttpRequest) -> tuple[str, Problem | None]:
    """The uploaded file, or else what was pasted."""
    upload = request.FILES.get("file")
    if not isinstance(upload, UploadedFile):
        return request.POST.get("text", "").replace("\r\n", "\n"), None
    if upload.size is None or upload.size > MOST_BYTES:
        return "", Problem("", "too-large", "The file is larger than 1 MB.")
    try:
        return upload.read().decode("utf-8-sig").replace("\r\n", "\n"), None
    except UnicodeDecodeError:
        return "", Problem("", "not-utf-8", "The file is no text in UTF-8.")


def _first_text(request: HttpRequest) -> str:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if "example" in request.GET:
        return (BUILTIN / EXAMPLE).read_text()
    found = Blueprint.objects.visible_to(actor).filter(slug=request.GET.get("of", "")[:63])
    first = found.select_related("current").first()
    return first.current.text if first and first.current else ""


def _teams(actor: Actor) -> list[Team]:
    """Teams for which the actor may publish."""
    if actor.is_admin:
        return list(Team.objects.order_by("name")[:200])
    ids = actor.owner_team_ids
    if actor.role == PortalRole.PLATFORM:
        ids = ids | actor.contributor_team_ids
    return list(Team.objects.filter(pk__in=ids).order_by("name")[:200])
