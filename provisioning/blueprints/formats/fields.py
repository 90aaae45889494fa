"""The form of a schema: groups of fields as the parts of a page draw them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.grids import grid_rows
from core.problems import Problem
from core.rendering import sentence_case
from provisioning.blueprints.formats.conditions import condition, controllers
from provisioning.blueprints.formats.defaults import with_defaults
from provisioning.blueprints.formats.expressions import is_computed
from provisioning.blueprints.formats.typed import (
    CHOICE,
    Raw,
    Schema,
    choices,
    chosen,
    drawn,
    typed,
)

Field = dict[str, Any]
Options = Mapping[str, Sequence[Mapping[str, str]]]  # of pickers, by parameter

PICKER = "picker-"
OWNER = "team"  # the parameter that says who will own it: a short list of the asker's own teams


@dataclass
class Group:
    """A named part of the form."""

    name: str
    fields: list[Field] = field(default_factory=list)


def form_groups(
    schema: Schema,
    raw: Raw,
    problems: Sequence[Problem],
    options: Options,
    fixed: Collection[str] = (),
) -> list[Group]:
    """The groups in the order of the schema, with the fields that apply to what was typed.

    Args:
        raw: what was typed.
        problems: of the typed parameters; each lands at its field.
        options: the first ones of pickers; an owner's picker with one option is not shown.
        fixed: fields that are not drawn, because what they say does not change any more.
    """
    groups: dict[str, Group] = {}
    shown = drawn(schema, raw) - set(fixed)
    asked_choice = False
    for name, node in schema["properties"].items():
        group = groups.setdefault(_group_name(node), Group(_group_name(node)))
        if name in choices(schema) and not asked_choice:
            group.fields.append(_choice_field(schema, raw))
            asked_choice = True
        if name in shown and not _is_settled(name, node, options.get(name)):
            group.fields.append(_field(schema, name, raw, problems, options.get(name, ())))
    return [group for group in groups.values() if group.fields]


def is_owner_picker(name: str, node: Schema) -> bool:
    """Whether the field asks which of the asker's teams will own the thing."""
    return name == OWNER and bool(node.get("x-ui", {}).get("widget") == f"{PICKER}team")


def mend_list(groups: Sequence[Group], problems: Sequence[Problem]) -> list[dict[str, str]]:
    """What is to be mended, for the banner above the form, each with the id of its control.

    Problems inside a pasted document count as one; they are listed at their field.
    """
    fields = {each["name"]: each for group in groups for each in group.fields}
    found: dict[str, dict[str, str]] = {}
    for problem in problems:
        tokens = problem.pointer.split("/")[1:]
        field = fields.get(tokens[0]) if tokens else None
        if field is None:
            entry = {"id": "", "label": "", "message": problem.message}
        elif field["kind"] == "columns" and len(tokens) == 3:
            label = f"{field['label']}, row {int(tokens[1]) + 1}"
            entry = {"id": "-".join(tokens), "label": label, "message": problem.message}
        else:
            entry = {"id": field["id"], "label": field["label"], "message": field["error"]}
        found.setdefault(entry["id"] or problem.message, entry)
    return list(found.values())


def _field(schema: Schema, name: str, raw: Raw, problems: Sequence[Problem], options: Any) -> Field:
    node = schema["properties"][name]
    ui = node.get("x-ui", {})
    common = {
        "name": name,
        "id": f"f-{name}",
        "label": node["title"],
        "hint": ui.get("help", ""),
        "note": ui.get("note", _note(schema, name)),
        "required": _is_required(schema, name),
        "mono": ui.get("mono", False),
        "placeholder": _suggested(schema, name, raw) or ui.get("placeholder", ""),
        "widget": ui.get("widget", ""),
        "cond": bool(condition(node)),
        "decides": name in controllers(schema),
    }
    if node["type"] == "array":
        return common | _grid(name, node, raw, problems)
    inner = [each for each in problems if _is_inside(each, name)]
    own = [each for each in problems if each not in inner]
    listed = _is_type_ahead(name, node)
    return common | {
        "kind": _kind(name, node),
        "value": raw.get(name, ""),
        "error": _error(f"/{name}", own) or _summary(inner),
        "problems": [
            {
                "line": each.line,
                "pointer": each.pointer.removeprefix(f"/{name}"),
                "message": each.message,
                "severity": each.severity,
            }
            for each in inner
        ],
        "options": [] if listed else list(options) or _options(node),
        "choices": list(options) if listed else [],
        "rows": ui.get("rows"),
        "min": node.get("minimum"),
        "max": node.get("maximum"),
        "list_id": f"f-{name}-list" if listed else "",
        "autocomplete": "off",
    }


def _grid(name: str, node: Schema, raw: Raw, problems: Sequence[Problem]) -> Field:
    columns = [
        {
            "name": column,
            "label": inner["title"],
            "kind": _kind(column, inner),
            "options": _options(inner),
            "mono": inner.get("x-ui", {}).get("mono", False),
            "value": inner.get("default", ""),
        }
        for column, inner in node["items"]["properties"].items()
    ]
    errors = {}
    for problem in problems:
        tokens = problem.pointer.split("/")
        if len(tokens) == 4 and tokens[1] == name and tokens[2].isdigit():
            errors[int(tokens[2]), tokens[3]] = problem.message
    rows = raw.get(name) or []
    return {
        "kind": "columns",
        "error": _error(f"/{name}", problems),
        "add_label": node.get("x-ui", {}).get("add_label", "Add a row"),
        **grid_rows(name, columns, rows, errors),
    }


def _choice_field(schema: Schema, raw: Raw) -> Field:
    choice = schema.get("x-ui", {}).get("choice", {"label": "What do you give?", "options": {}})
    options = [
        {
            "value": name,
            "label": choice["options"].get(name, {}).get("label")
            or schema["properties"][name]["title"],
            "hint": choice["options"].get(name, {}).get("hint", ""),
        }
        for name in choices(schema)
    ]
    return {
        "kind": "radio",
        "name": CHOICE,
        "id": f"f-{CHOICE}",
        "label": choice["label"],
        "value": chosen(schema, raw),
        "options": options,
        "widget": "choice",
    }


def _note(schema: Schema, name: str) -> str:
    if is_computed(schema["properties"][name].get("default")):
        return "made up when empty"
    return "" if _is_required(schema, name) else "optional"


def _suggested(schema: Schema, name: str, raw: Raw) -> str:
    """What an empty field will become, as far as that is known by now."""
    if not is_computed(schema["properties"][name].get("default")):
        return ""
    return str(with_defaults(schema, typed(schema, {**raw, name: ""})).get(name, ""))


def _is_type_ahead(name: str, node: Schema) -> bool:
    widget = str(node.get("x-ui", {}).get("widget", ""))
    return widget.startswith(PICKER) and not is_owner_picker(name, node)


def _kind(name: str, node: Schema) -> str:
    widget = str(node.get("x-ui", {}).get("widget", ""))
    if widget.startswith(PICKER):
        return "select" if is_owner_picker(name, node) else "text"
    if widget:
        return widget
    if node["type"] == "boolean":
        return "checkbox"
    if node["type"] in {"integer", "number"}:
        return "number"
    if "enum" in node:
        return "select"
    return "date" if node.get("format") == "date" else "text"


def _options(node: Schema) -> list[dict[str, str]]:
    labels = node.get("x-ui", {}).get("options", {})
    return [
        {
            "value": value,
            "label": labels.get(value, {}).get("label") or sentence_case(value),
            "hint": labels.get(value, {}).get("hint", ""),
        }
        for value in node.get("enum", ())
    ]


def _group_name(node: Schema) -> str:
    return str(node.get("x-ui", {}).get("group", "Details"))


def _is_required(schema: Schema, name: str) -> bool:
    return name in schema.get("required", ()) or name in choices(schema)


def _is_settled(name: str, node: Schema, options: Sequence[Mapping[str, str]] | None) -> bool:
    """True for an owner's picker of somebody who has one team: there is nothing to choose."""
    return is_owner_picker(name, node) and len(options or ()) < 2


def _error(pointer: str, problems: Sequence[Problem]) -> str:
    return next((each.message for each in problems if each.pointer == pointer), "")


def _summary(inner: Sequence[Problem]) -> str:
    errors = [each for each in inner if each.severity == "error"]
    if not errors:
        return ""
    return "One thing to mend." if len(errors) == 1 else f"{len(errors)} things to mend."


def _is_inside(problem: Problem, name: str) -> bool:
    """True for findings in a document that was pasted into the field."""
    whole = problem.pointer == f"/{name}" and problem.line is not None
    return whole or problem.pointer.startswith(f"/{name}/")
