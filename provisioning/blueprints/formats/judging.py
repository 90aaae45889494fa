"""What is wrong with a blueprint document: pointer, line, rule, mend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from core.documents import Document, load_documents
from core.problems import Problem, shown, to_pointer
from core.schema_checks import SchemaCheck
from provisioning.blueprints.formats.conditions import applying, condition, narrowed
from provisioning.blueprints.formats.defaults import with_defaults
from provisioning.blueprints.formats.document import (
    ASKER,
    CATALOGUED,
    COMMON,
    CONTRACTED,
    DERIVED,
    DOMAIN_KIND,
    OWNER,
    PORT_KIND,
    step_id,
)
from provisioning.blueprints.formats.expressions import BadExpression, fields_of, is_computed
from provisioning.blueprints.formats.ordering import Circle, ordered
from provisioning.blueprints.formats.parameters import check_parameters
from provisioning.blueprints.formats.paths import paths_outside
from provisioning.blueprints.formats.placeholders import FILES, placeholders

_SHAPE = Path(__file__).with_name("blueprint.schema.yaml")
NEEDED = {  # parameters that a kind cannot do without
    "data-product": ("name", "domain", "purpose"),
    PORT_KIND: ("product", "port"),
}
Path_ = tuple[str | int, ...]
Data = Mapping[str, Any]


def blueprint_problems(document: Document) -> list[Problem]:
    """What is wrong with a blueprint, each with pointer and line."""
    found = [_duplicate(pointer) for pointer in document.duplicate_keys] or _shape().problems(
        document
    )
    if not found:
        found = [
            *_schema_problems(document.data),
            *_condition_problems(document.data),
            *_default_problems(document.data),
            *_kind_problems(document.data),
            *_step_problems(document.data),
            *_placeholder_problems(document.data),
            *_output_problems(document.data),
        ]
    if not found:
        found = list(_example_problems(document.data))
    return [
        Problem(each.pointer, each.code, each.message, line=document.line_of(each.pointer))
        for each in found
    ]


@cache
def _shape() -> SchemaCheck:
    data = load_documents(_SHAPE.read_text())[0].data
    return SchemaCheck(data, author="a blueprint")


def _duplicate(pointer: str) -> Problem:
    return Problem(pointer, "duplicate-key", "This stands here twice; keep one of the two.")


def _schema_problems(data: Data) -> Iterator[Problem]:
    schema = data["parameters"]
    declared = schema["properties"]
    for index, name in enumerate(schema.get("required", [])):
        if name not in declared:
            yield _undeclared(("parameters", "required", index), name)
    for index, choice in enumerate(schema.get("oneOf", [])):
        if choice["required"][0] not in declared:
            path = ("parameters", "oneOf", index, "required", 0)
            yield _undeclared(path, choice["required"][0])
    try:
        jsonschema_rs.Draft202012Validator(
            schema, offline=True, pattern_options=jsonschema_rs.RegexOptions()
        )
    except ValueError as error:
        message = f"This is no JSON Schema: {str(error).splitlines()[0]}"[:300]
        yield Problem("/parameters", "bad-schema", message)


def _undeclared(path: Path_, name: str) -> Problem:
    message = f"`{name}` is not among the properties; declare it or remove it here."
    return Problem(to_pointer(path), "unknown-parameter", message)


def _condition_problems(data: Data) -> Iterator[Problem]:
    schema = data["parameters"]
    declared = schema["properties"]
    chosen = {each["required"][0] for each in schema.get("oneOf", [])}
    for name, node in declared.items():
        path = ("parameters", "properties", name, "x-ui", "when")
        if condition(node) and name in chosen:
            message = "The choice decides about this one already; remove its condition."
            yield Problem(to_pointer(path), "two-conditions", message)
        yield from _when_problems(condition(node), declared, path)
    try:
        ordered({name: list(condition(node)) for name, node in declared.items()})
    except Circle as circle:
        pointer = to_pointer(("parameters", "properties", circle.names[0], "x-ui", "when"))
        yield Problem(pointer, "circle", f"These show each other in a circle: {circle}.")


def _when_problems(when: Data, declared: Data, path: Path_) -> Iterator[Problem]:
    for name, wanted in when.items():
        pointer = to_pointer((*path, name))
        node = declared.get(name)
        if node is None:
            yield _undeclared((*path, name), name)
        elif node["type"] == "array" or is_computed(node.get("default")):
            message = f"`{name}` cannot decide: it is a list, or worked out from other fields."
            yield Problem(pointer, "bad-condition", message)
        else:
            options = wanted if isinstance(wanted, list) else [wanted]
            never = [each for each in options if not _may_be(node, each)]
            if never:
                message = f"`{name}` is never {shown(never[0])}; compare with what it may be."
                yield Problem(pointer, "bad-condition", message)


def _may_be(node: Data, value: Any) -> bool:
    bare = {key: rule for key, rule in node.items() if key not in {"x-ui", "default"}}
    return jsonschema_rs.is_valid(bare, value)


def _default_problems(data: Data) -> Iterator[Problem]:
    declared = data["parameters"]["properties"]
    needs: dict[str, set[str]] = {}
    for name, node in declared.items():
        path = ("parameters", "properties", name, "default")
        if not is_computed(node.get("default")):
            if "default" in node and not _may_be(node, node["default"]):
                message = "The default breaks the rules of its own field."
                yield Problem(to_pointer(path), "bad-default", message)
            continue
        try:
            needs[name] = fields_of(node["default"])
        except BadExpression as error:
            yield Problem(to_pointer(path), "bad-expression", str(error))
            continue
        for each in sorted(needs[name] - set(declared)):
            yield _undeclared(path, each)
    try:
        ordered(needs)
    except Circle as circle:
        pointer = to_pointer(("parameters", "properties", circle.names[0], "default"))
        yield Problem(pointer, "circle", f"These are worked out in a circle: {circle}.")


def _kind_problems(data: Data) -> Iterator[Problem]:
    declared = data["parameters"]["properties"]
    required = data["parameters"].get("required", ())
    for name in NEEDED.get(data["makes"], ("name",)):
        if declared.get(name, {}).get("type") != "string" or name not in required:
            message = f"A blueprint of this kind needs the parameter `{name}`: a required text."
            yield Problem("/parameters/properties", "parameter-missing", message)
    if data["makes"] in DERIVED and not {"columns", "contract"} & set(declared):
        message = "Declare `columns` or `contract`: the tables are made from them."
        yield Problem("/parameters/properties", "parameter-missing", message)
    if data["makes"] in CATALOGUED and not data.get("approval", OWNER).startswith(OWNER):
        message = "What goes into a domain's catalogue is decided by its owner: say `owner`."
        yield Problem("/approval", "owner-decides", message)
    expires = data.get("expires")
    if expires:
        node = declared.get(expires["parameter"], {})
        if node.get("format") != "date" or expires["parameter"] not in required:
            message = "Name a required parameter of `format: date`."
            yield Problem("/expires/parameter", "unknown-parameter", message)


def _step_problems(data: Data) -> Iterator[Problem]:
    declared = data["parameters"]["properties"]
    ids = [step_id(each) for each in data["steps"]]
    for index, step in enumerate(data["steps"]):
        path: Path_ = ("steps", index)
        if ids[index] in ids[:index] or not ids[index]:
            message = "Give this step an `id` of its own; another one is called so."
            yield Problem(to_pointer((*path, "name")), "duplicate-step", message)
        yield from _when_problems(step.get("when", {}), declared, (*path, "when"))
        for at, name in enumerate(step.get("depends_on", ())):
            if name not in ids:
                message = f"There is no step `{name}`; there are {', '.join(ids)}."
                yield Problem(to_pointer((*path, "depends_on", at)), "unknown-step", message)
        for place, outside in paths_outside(step.get("spec", {}), (*path, "spec")):
            message = f"`{shown(outside)}` leaves its folder; write a path below it, without `..`."
            yield Problem(to_pointer(place), "path-outside", message)
    try:
        ordered({ids[n]: each.get("depends_on", ()) for n, each in enumerate(data["steps"])})
    except Circle as circle:
        pointer = to_pointer(("steps", ids.index(circle.names[0]), "depends_on"))
        yield Problem(pointer, "circle", f"These steps wait for each other: {circle}.")


def known_values(data: Data) -> frozenset[str]:
    """The names that placeholders in steps may have."""
    derived = DERIVED.get(data["makes"], frozenset())
    if data["makes"] == DOMAIN_KIND:
        derived = frozenset({ASKER})
    named = {f"parameters.{name}" for name in data["parameters"]["properties"]}
    return COMMON | derived | named


def _placeholder_problems(data: Data) -> Iterator[Problem]:
    known = known_values(data)
    for pointer, name in _in_steps(data):
        if name.startswith("steps."):
            message = "What a step finds out is only known at the end; only outputs may use it."
            yield Problem(pointer, "unknown-placeholder", message)
        elif name not in known:
            yield _unknown_value(pointer, name, known)


def _in_steps(data: Data) -> Iterator[tuple[str, str]]:
    for index, step in enumerate(data["steps"]):
        spec = {name: inner for name, inner in step.get("spec", {}).items() if name != FILES}
        yield from placeholders({**step, "spec": spec}, ("steps", index))


def _output_problems(data: Data) -> Iterator[Problem]:
    known = known_values(data) - CONTRACTED - {"ports", "port", "schema", "table", ASKER}
    steps = tuple(f"steps.{step_id(each)}." for each in data["steps"])
    for pointer, name in placeholders(data.get("outputs", {}), ("outputs",)):
        if name not in known and not name.startswith(steps):
            yield _unknown_value(pointer, name, known | {f"{each}<value>" for each in steps})


def _unknown_value(pointer: str, name: str, known: frozenset[str]) -> Problem:
    listed = ", ".join(sorted(known))
    message = f"There is no value `{shown(name)}`; there are: {listed}."
    return Problem(pointer, "unknown-placeholder", message)


def _example_problems(data: Data) -> Iterator[Problem]:
    schema = data["parameters"]
    values = with_defaults(schema, data["example"])
    for each in check_parameters(narrowed(schema, applying(schema, values)), values):
        yield Problem(f"/example{each.pointer}", each.code, each.message)
