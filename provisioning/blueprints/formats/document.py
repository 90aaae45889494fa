"""The blueprint document: what may stand in it, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from core.documents import Document, load_documents
from core.problems import Problem, to_pointer
from core.schema_checks import SchemaCheck
from provisioning.blueprints.formats.parameters import check_parameters
from provisioning.blueprints.formats.placeholders import placeholders

_SHAPE = Path(__file__).with_name("blueprint.schema.yaml")

# What the kinds of thing that a blueprint makes add to its parameters, for the steps.
DERIVED: dict[str, frozenset[str]] = {
    "data-product": frozenset(
        {
            *("slug", "fqn", "domain", "team", "instance", "ports"),
            *("contract.id", "contract.version", "contract.text", "contract.objects"),
        }
    )
}


@dataclass(frozen=True)
class StepTemplate:
    """One step, with placeholders."""

    name: str
    driver: str
    action: str
    spec: Mapping[str, Any]


@dataclass(frozen=True)
class BlueprintDoc:
    """A blueprint as it was registered."""

    name: str
    title: str
    summary: str
    icon: str
    makes: str
    gets: Sequence[Mapping[str, str]]  # icon, text
    parameters: Mapping[str, Any]  # JSON Schema 2020-12
    example: Mapping[str, Any]
    steps: Sequence[StepTemplate]

    @property
    def properties(self) -> Mapping[str, Mapping[str, Any]]:
        found: Mapping[str, Mapping[str, Any]] = self.parameters["properties"]
        return found


def read_blueprint(text: str) -> Document:
    """The single document in `text`.

    Raises:
        DocumentError: it cannot be read.
    """
    documents = load_documents(text)
    return documents[0]


@lru_cache(maxsize=64)
def blueprint_in(text: str) -> BlueprintDoc:
    """The blueprint of a registered version, from its text: a JSON column forgets the order.

    Cost: some 20 ms for a new text, then nothing; versions never change.
    """
    return parse_blueprint(read_blueprint(text).data)


def parse_blueprint(data: Mapping[str, Any]) -> BlueprintDoc:
    """A blueprint without problems as a record."""
    return BlueprintDoc(
        name=data["name"],
        title=data["title"],
        summary=data["summary"],
        icon=data.get("icon", "services"),
        makes=data["makes"],
        gets=data.get("gets", []),
        parameters=data["parameters"],
        example=data["example"],
        steps=[
            StepTemplate(each["name"], each["driver"], each["action"], each.get("spec", {}))
            for each in data["steps"]
        ],
    )


def blueprint_problems(document: Document) -> list[Problem]:
    """What is wrong with a blueprint, each with pointer and line."""
    found = _shape().problems(document)
    if not found:
        found = [*_schema_problems(document.data), *_step_problems(document.data)]
    if not found:
        found = list(_example_problems(document.data))
    return [
        Problem(each.pointer, each.code, each.message, line=document.line_of(each.pointer))
        for each in found
    ]


@cache
def _shape() -> SchemaCheck:
    data = load_documents(_SHAPE.read_text())[0].data
    return SchemaCheck(data)


def _schema_problems(data: Mapping[str, Any]) -> Iterator[Problem]:
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


def _undeclared(path: tuple[str | int, ...], name: str) -> Problem:
    message = f"`{name}` is not among the properties; declare it or remove it here."
    return Problem(to_pointer(path), "unknown-parameter", message)


def _step_problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    known = DERIVED[data["makes"]] | {
        f"parameters.{name}" for name in data["parameters"]["properties"]
    }
    for pointer, name in placeholders(data["steps"], ("steps",)):
        if name not in known:
            listed = ", ".join(sorted(known))
            message = f"There is no value `{name}`; there are: {listed}."
            yield Problem(pointer, "unknown-placeholder", message)


def _example_problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    for each in check_parameters(data["parameters"], data["example"]):
        yield Problem(f"/example{each.pointer}", each.code, each.message)
