"""The form of a webhook."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from accounts.actors import Actor
from accounts.models import Team
from core.grids import plain
from core.problems import Problem
from portal.feed.formats.events import GROUPS, TYPES
from portal.feed.models import Webhook

Values = dict[str, Any]
MOST_TEAMS = 500
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
    """What the template draws: fields, groups of types, and what is to mend."""
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
        "groups": _groups(values["types"]),
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


def _groups(chosen: Sequence[str]) -> list[dict[str, Any]]:
    types: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in TYPES:
        group = each.name.partition(".")[0]
        types[group].append({"value": each.name, "about": each.about, "on": each.name in chosen})
    return [
        {"name": name, "value": f"{name}.*", "on": f"{name}.*" in chosen, "types": types[name]}
        for name in GROUPS
    ]
