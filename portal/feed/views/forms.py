"""The form of a webhook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from accounts.actors import Actor
from accounts.models import Team
from core.grids import plain
from core.problems import Problem
from portal.feed.formats.events import TYPES
from portal.feed.models import Webhook

Values = dict[str, Any]
MOST_TEAMS = 500
AREAS = (  # of groups of types, as the form folds them
    (
        "Products and data",
        ("product", "announcement", "comment", "contract", "port", "demand", "incident"),
    ),
    ("Access", ("request", "grant", "consent", "campaign")),
    ("What is made by jobs", ("resource", "operation", "blueprint")),
    ("The company", ("domain", "team", "system", "policy", "rule", "term")),
)
NAMES = ("name", "url", "team", "which", "reach")


def blank() -> Values:
    return {"name": "", "url": "", "team": "", "types": [], "which": "all", "reach": "own"}


def posted(data: QueryDict) -> Values:
    """What was typed and chosen."""
    values: Values = {name: plain(data.get(name, "")) for name in NAMES}
    return {**values, "types": [plain(each) for each in data.getlist("types")]}


def shown(webhook: Webhook) -> Values:
    return {
        "name": webhook.name,
        "url": webhook.url,
        "team": webhook.team.slug,
        "types": webhook.types,
        "which": "some" if webhook.types else "all",
        "reach": "own" if webhook.own_only else "seen",
    }


def form_context(
    actor: Actor, webhook: Webhook | None, values: Values, problems: Sequence[Problem]
) -> dict[str, Any]:
    """What the template draws: fields, types by area and group, and what is to mend."""
    errors: dict[str, str] = {}
    for problem in problems:
        errors.setdefault(problem.pointer.strip("/").partition("/")[0], problem.message)
    fields = _fields(actor, webhook)
    for field in fields:
        field |= {"id": field["name"], "value": values[field["name"]]}
        field["error"] = errors.get(field["name"], "")
    labels = {field["name"]: field["label"] for field in fields} | {"types": "Which events"}
    return {
        "fields": fields,
        "areas": [_area(label, names, values["types"]) for label, names in AREAS],
        "values": values,
        "types_error": errors.get("types", ""),
        "mend": [
            {"id": name if name in labels else "", "label": labels.get(name, ""), "message": text}
            for name, text in errors.items()
        ],
    }


def dated(tries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Tries with their moments as such, the newest first."""
    return [{**each, "at": dt.datetime.fromisoformat(each["at"])} for each in reversed(tries)]


def _fields(actor: Actor, webhook: Webhook | None) -> list[Values]:
    fields = [
        {"name": "name", "label": "Name", "required": True, "hint": "What listens there."},
        {"name": "url", "label": "Address", "mono": True, "required": True,
         "placeholder": "https://", "hint": "The portal sends each event there by POST."},
        {"name": "team", "label": "Team", "kind": "select", "required": True,
         "options": _teams(actor), "hint": "It hears of what this team may see."},
    ]  # fmt: skip
    return fields[:2] if webhook else fields


def _teams(actor: Actor) -> list[Values]:
    teams = Team.objects.order_by("name")
    if not actor.is_admin:
        teams = teams.filter(pk__in=actor.owner_team_ids)
    return [{"value": each.slug, "label": each.name} for each in teams[:MOST_TEAMS]]


def _area(label: str, names: Sequence[str], chosen: Sequence[str]) -> dict[str, Any]:
    groups = [_group(name, chosen) for name in names]
    own = [each for group in groups for each in group["types"]]
    on = sum(each["on"] for each in (*groups, *own))
    return {"label": label, "groups": groups, "count": len(own), "chosen": on}


def _group(name: str, chosen: Sequence[str]) -> dict[str, Any]:
    types = [
        {"value": each.name, "about": each.about, "on": each.name in chosen}
        for each in TYPES
        if each.name.partition(".")[0] == name
    ]
    every = f"{name}.*"
    return {"name": name, "value": every, "on": every in chosen, "types": types}
