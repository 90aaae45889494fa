"""The form of a target: drawn from the two schemas of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.actors import Actor
from accounts.models import Team
from core.errors import DomainError, Invalid
from core.grids import plain
from core.problems import Problem
from provisioning.drivers.models import Target
from provisioning.drivers.places import TargetKind
from provisioning.drivers.targets import PARTS

Field = dict[str, Any]
MOST = 500  # teams to choose from
NAME_FIELDS = ("slug", "name", "team")


def posted(data: Any, kind: TargetKind) -> dict[str, str]:
    """What was typed, by form name; secrets as they were typed, blanks and all."""
    found = {name: plain(data.get(name, "")) for name in NAME_FIELDS}
    for name, (part, _, _) in schema_fields(kind).items():
        text = str(data.get(name, ""))
        found[name] = plain(text) if part == "config" else text
    return found


def schema_fields(kind: TargetKind) -> dict[str, tuple[str, str, Mapping[str, Any]]]:
    """`{form name: (part, field, schema)}`; the part that says where it is comes first."""
    return {
        f"{part}-{name}": (part, name, schema)
        for part in sorted(PARTS, key=lambda part: not kind.address.startswith(f"/{part}/"))
        for name, schema in kind.schema(part)["properties"].items()
    }


def typed(kind: TargetKind, values: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """`config` and `secrets` of what was typed; what is no number stays text and is refused."""
    found: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
    for name, (part, field, schema) in schema_fields(kind).items():
        text = values.get(name, "")
        if text or schema["type"] == "boolean":
            found[part][field] = _value(schema, text)
    return found


def shown_values(target: Target) -> dict[str, Any]:
    """The values of a form about a target that is there; never a secret."""
    config = {f"config-{name}": value for name, value in target.config.items()}
    return {"slug": target.slug, "name": target.name, "team": target.owner.slug, **config}


def fields_of(
    kind: TargetKind, values: Mapping[str, Any], actor: Actor, target: Target | None
) -> dict[str, list[Field]]:
    """Fields for `parts/_field.html`: those of the target itself, and those of its kind."""
    own: list[Field] = [
        {"name": "name", "label": "Name", "kind": "text", "required": True},
        {"name": "slug", "label": "Short name", "note": "stays", "kind": "text", "mono": True,
         "required": True, "hint": "Blueprints and steps call the target by it."},
        {"name": "team", "label": "Owner", "kind": "select", "required": True,
         "options": team_choices(actor, target)},
    ]  # fmt: skip
    if target is not None:
        own = [each for each in own if each["name"] != "slug"]
    places = [
        _field(name, part, schema, field in kind.schema(part).get("required", ()), target)
        for name, (part, field, schema) in schema_fields(kind).items()
    ]
    return {
        "own": [_filled(each, values) for each in own],
        "place": [_filled(each, values) for each in places],
    }


def team_choices(actor: Actor, target: Target | None = None) -> list[Field]:
    """Teams of which the actor is an owner; an administrator may name any."""
    teams = Team.objects.order_by("name")
    if not actor.is_admin:
        teams = teams.filter(pk__in=actor.owner_team_ids)
    ordered = sorted(teams[:MOST], key=lambda team: team.pk not in actor.team_ids)
    return [{"value": each.slug, "label": each.name} for each in ordered]


def problems_of(error: DomainError) -> list[Problem]:
    found = list(error.problems) if isinstance(error, Invalid) else []
    return found or [Problem("", error.code, str(error))]


def with_errors(fields: Sequence[Field], problems: Sequence[Problem]) -> list[Field]:
    """The fields, each with the first problem that points to it."""
    messages: dict[str, str] = {}
    for problem in problems:
        messages.setdefault(form_name(problem), problem.message)
    return [{**each, "error": messages.get(each["name"], "")} for each in fields]


def mend_list(fields: Sequence[Field], problems: Sequence[Problem]) -> list[dict[str, str]]:
    """The context of `parts/_mend.html`."""
    labels = {each["name"]: each["label"] for each in fields}
    return [
        {
            "id": name if (name := form_name(problem)) in labels else "",
            "label": labels.get(name, ""),
            "message": problem.message,
        }
        for problem in problems
    ]


def form_name(problem: Problem) -> str:
    """`/config/url` is the field `config-url`."""
    return problem.pointer.strip("/").replace("/", "-")


def _field(
    name: str, part: str, schema: Mapping[str, Any], required: bool, target: Target | None
) -> Field:
    secret = part == "secrets"
    field: Field = {
        "name": name,
        "label": schema["title"],
        "hint": schema.get("description", ""),
        "kind": {"boolean": "checkbox", "integer": "number"}.get(schema["type"], "text"),
        "required": required and not (secret and target),
        "note": "" if required else "optional",
    }
    if secret:
        note = "leave empty to keep the one that is stored" if target else field["note"]
        field |= {"kind": "password", "autocomplete": "off", "note": note}
    return field


def _filled(field: Field, values: Mapping[str, Any]) -> Field:
    value = "" if field["kind"] == "password" else values.get(field["name"], "")
    return {**field, "id": field["name"], "value": value}


def _value(schema: Mapping[str, Any], text: str) -> Any:
    if schema["type"] == "boolean":
        return text == "true"
    if schema["type"] == "integer" and text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    return text
