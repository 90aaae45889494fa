"""The list of services, and one service: what it makes, how, and what it has made."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from core.text_diff import lines_of
from provisioning.blueprints import policies
from provisioning.blueprints.formats.conditions import condition
from provisioning.blueprints.models import Blueprint, BlueprintVersion
from provisioning.blueprints.selectors import lead_times
from provisioning.blueprints.selectors.catalogue import made_from, versions_of, waiting_cards
from provisioning.blueprints.views.shared import blueprint_for

TABS = (("about", "What it makes"), ("versions", "Versions"), ("made", "Made from it"))


@require_GET
def services(request: HttpRequest) -> HttpResponse:
    """What teams can ask for, with what they get and how long it took others."""
    actor = request.actor  # type: ignore[attr-defined]
    known = list(Blueprint.objects.visible_to(actor).select_related("owner", "current"))
    measured = lead_times()
    cards = [
        {
            "blueprint": blueprint,
            "document": blueprint.current.content,
            "gets": blueprint.current.content.gets,
            "lead": measured.get(blueprint.slug),
        }
        for blueprint in known
        if blueprint.current is not None and blueprint.withdrawn_at is None
    ]
    context = {
        "cards": cards,
        "waiting": waiting_cards(known, actor),
        "may_register": policies.can_register(actor),
    }
    return render(request, "provisioning/blueprints/services.html", context)


@require_GET
def blueprint(request: HttpRequest, slug: str) -> HttpResponse:
    """`?tab=about|versions|made`; versions: `?from=&to=` compares two; made: `?version=`."""
    found, version, actor = blueprint_for(request, slug)
    tab = request.GET.get("tab", "about")
    tab = tab if tab in dict(TABS) else "about"
    context = {
        "blueprint": found,
        "version": version,
        "document": version.content,
        "lead": lead_times().get(found.slug),
        "tab_template": f"provisioning/blueprints/_{tab}.html",
        "tabs": [
            {"label": label, "url": f"?tab={name}", "current": name == tab} for name, label in TABS
        ],
        "may_change": policies.can_withdraw(actor, found),
        "crumbs": [
            {"label": "Services", "url": reverse("blueprints:services")},
            {"label": found.title},
        ],
        **_TABS[tab](request, found, version),
    }
    return render(request, "provisioning/blueprints/blueprint.html", context)


def _about(_request: HttpRequest, _found: Blueprint, version: BlueprintVersion) -> dict[str, Any]:
    document = version.content
    required = document.parameters.get("required", ())
    return {
        "parameters": [
            {
                "name": name,
                "title": node["title"],
                "type": node.get("format") or node["type"],
                "options": node.get("enum", ()),
                "help": node.get("x-ui", {}).get("help", ""),
                "required": name in required,
                "when": _words(condition(node)),
            }
            for name, node in document.properties.items()
        ],
        "steps": [
            {
                "name": each.name,
                "does": f"{each.driver}/{each.action}",
                "when": _words(each.when),
                "kept": each.undo == "keep",
            }
            for each in document.steps
        ],
        "text": version.text,
    }


def _words(when: Mapping[str, Any]) -> str:
    """`channel is mail or post`, for all that must hold."""
    facts = []
    for name, wanted in when.items():
        options = wanted if isinstance(wanted, list) else [wanted]
        shown = [
            "yes" if each is True else "no" if each is False else str(each) for each in options
        ]
        facts.append(f"{name} is {' or '.join(shown)}")
    return " and ".join(facts)


def _versions(request: HttpRequest, found: Blueprint, version: BlueprintVersion) -> dict[str, Any]:
    versions = versions_of(found)
    by_number = {str(each.number): each for each in versions}
    newer = by_number.get(request.GET.get("to", ""), version)
    before = [each for each in versions if each.number < newer.number]
    older = by_number.get(request.GET.get("from", ""), before[0] if before else newer)
    lines = lines_of(older.text, newer.text) if older.pk != newer.pk else []
    return {"versions": versions, "older": older, "newer": newer, "lines": lines}


def _made(request: HttpRequest, found: Blueprint, version: BlueprintVersion) -> dict[str, Any]:
    actor = request.actor  # type: ignore[attr-defined]
    number = request.GET.get("version", "")
    chosen = int(number) if number.isdecimal() and len(number) < 8 else None
    rows, hidden = made_from(found, actor, chosen)
    return {
        "versions": versions_of(found),
        "chosen": chosen,
        "hidden": hidden,
        "made": [
            {
                "resource": each,
                "may_upgrade": each.version.number < version.number
                and policies.can_change(actor, each.instance),
            }
            for each in rows
        ],
    }


_TABS = {"about": _about, "versions": _versions, "made": _made}
