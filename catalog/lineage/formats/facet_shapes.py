"""What the facets of OpenLineage must hold, and what a given one lacks.

The newest version of each counts (spec 2-0-2 of August 2026). A facet that breaks these rules is
kept: what is wrong is said in a warning, and what can be read is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from core.problems import Problem, escape_token

TEXT, NUMBER, WHOLE, TRUTH = "a text", "a number", "a whole number", "true or false"
TYPES = {TEXT: "string", NUMBER: "number", WHOLE: "integer", TRUTH: "boolean"}
EACH = "*"  # the values of an object whose names are free
MOST_LOOKED_AT = 200  # entries of one list: a warning more would say nothing new

Shape = Any  # a kind of value, `[shape]`, or `{name: shape}` where `name!` must be there

_TRANSFORMATION = {"type!": TEXT, "subtype": TEXT, "description": TEXT, "masking": TRUTH}
_INPUT_FIELD = {
    "namespace!": TEXT,
    "name!": TEXT,
    "field!": TEXT,
    "transformations": [_TRANSFORMATION],
}
_RUN_OF_JOB = {"run!": {"runId!": TEXT}, "job!": {"namespace!": TEXT, "name!": TEXT}}
_FIELD = {"name!": TEXT, "type": TEXT, "description": TEXT}
_ASSERTION = {"assertion!": TEXT, "success!": TRUTH, "column": TEXT}
_COLUMN_METRIC = {"nullCount": WHOLE, "distinctCount": WHOLE, "sum": NUMBER, "count": NUMBER}
_METRICS = {"rowCount": WHOLE, "bytes": WHOLE, "columnMetrics!": {EACH: _COLUMN_METRIC}}
_STATISTICS = {"rowCount": WHOLE, "size": WHOLE, "fileCount": WHOLE}
_OWNERSHIP = {"owners": [{"name!": TEXT, "type": TEXT}]}
_TAGS = {"tags": [{"key!": TEXT, "value!": TEXT, "source": TEXT}]}
_DOCUMENTATION = {"description!": TEXT, "contentType": TEXT}
_ENTITY = {"type!": TEXT, "namespace": TEXT, "name": TEXT, "field": TEXT}
_LINEAGE_FIELD = {EACH: {"inputs!": [_ENTITY]}}

BASE: dict[str, Shape] = {"_producer!": TEXT, "_schemaURL!": TEXT}
RUN: dict[str, Shape] = {
    "environmentVariables": {"environmentVariables!": [{"name!": TEXT, "value!": TEXT}]},
    "errorMessage": {"message!": TEXT, "programmingLanguage!": TEXT},
    "executionParameters": {"parameters": [{"key!": TEXT}]},
    "externalQuery": {"externalQueryId!": TEXT, "source!": TEXT},
    "extractionError": {"totalTasks!": WHOLE, "failedTasks!": WHOLE, "errors!": [{}]},
    "nominalTime": {"nominalStartTime!": TEXT},
    "parent": {**_RUN_OF_JOB, "root": _RUN_OF_JOB},
    "processing_engine": {"version!": TEXT, "name": TEXT},
    "tags": _TAGS,
    "test": {"tests!": [{"name!": TEXT, "status!": TEXT}]},
}
JOB: dict[str, Shape] = {
    "documentation": _DOCUMENTATION,
    "jobType": {"processingType!": TEXT, "integration!": TEXT},
    "lineage": {"entries!": [{**_ENTITY, "inputs": [_ENTITY], "fields": _LINEAGE_FIELD}]},
    "ownership": _OWNERSHIP,
    "sourceCode": {"language!": TEXT, "sourceCode!": TEXT},
    "sourceCodeLocation": {"type!": TEXT, "url!": TEXT},
    "sql": {"query!": TEXT, "dialect": TEXT},
    "tags": _TAGS,
}
DATASET: dict[str, Shape] = {
    "catalog": {"framework!": TEXT, "type!": TEXT, "name!": TEXT},
    "columnLineage": {
        "fields!": {EACH: {"inputFields!": [_INPUT_FIELD]}},
        "dataset": [_INPUT_FIELD],
    },
    "dataQualityAssertions": {"assertions!": [_ASSERTION]},
    "dataQualityMetrics": _METRICS,
    "dataSource": {"name": TEXT, "uri": TEXT},
    "datasetType": {"datasetType!": TEXT},
    "documentation": _DOCUMENTATION,
    "hierarchy": {"hierarchy!": [{"type!": TEXT, "name!": TEXT}]},
    "lifecycleStateChange": {
        "lifecycleStateChange!": TEXT,
        "previousIdentifier": {"name!": TEXT, "namespace!": TEXT},
    },
    "lineage": {"inputs": [_ENTITY], "fields": _LINEAGE_FIELD},
    "ownership": _OWNERSHIP,
    "schema": {"fields": [_FIELD]},
    "storage": {"storageLayer!": TEXT},
    "symlinks": {"identifiers": [{"namespace!": TEXT, "name!": TEXT, "type!": TEXT}]},
    "tags": _TAGS,
    "version": {"datasetVersion!": TEXT},
}
INPUT: dict[str, Shape] = {
    "dataQualityAssertions": {"assertions!": [_ASSERTION]},
    "dataQualityMetrics": _METRICS,
    "inputStatistics": _STATISTICS,
}
OUTPUT: dict[str, Shape] = {"outputStatistics": _STATISTICS}


def complaints(body: Any) -> Iterator[Problem]:
    """What is wrong with the facets of an event, wherever they are; warnings all of them.

    Cost: some 20 µs for an event with nothing wrong.
    """
    if isinstance(body, dict) and not _validator().is_valid(body):
        yield from _looked_for(body)


def _looked_for(body: Mapping[str, Any]) -> Iterator[Problem]:
    for key, known in (("run", RUN), ("job", JOB), ("dataset", DATASET)):
        yield from _owner(body.get(key), f"/{key}", {"facets": known})
    for key, name, extra in (("inputs", "inputFacets", INPUT), ("outputs", "outputFacets", OUTPUT)):
        entries = body.get(key)
        for n, entry in enumerate(entries if isinstance(entries, list) else ()):
            yield from _owner(entry, f"/{key}/{n}", {"facets": DATASET, name: extra})


@cache
def _validator() -> Any:
    """The shapes as one JSON schema: it says quickly whether there is anything to look for."""
    dataset = {"facets": _facets_schema(DATASET)}
    places = {
        "run": _optional({"facets": _facets_schema(RUN)}),
        "job": _optional({"facets": _facets_schema(JOB)}),
        "dataset": _optional(dataset),
        "inputs": {"items": _optional({**dataset, "inputFacets": _facets_schema(INPUT)})},
        "outputs": {"items": _optional({**dataset, "outputFacets": _facets_schema(OUTPUT)})},
    }
    return jsonschema_rs.validator_for({"properties": places})


def _facets_schema(known: Mapping[str, Shape]) -> dict[str, Any]:
    taken_back = {"required": ["_deleted"], "properties": {"_deleted": {"const": True}}}
    return {
        "type": ["object", "null"],
        "additionalProperties": _schema(BASE),
        "properties": {
            name: {"allOf": [_schema(BASE), {"anyOf": [taken_back, _schema(shape)]}]}
            for name, shape in known.items()
        },
    }


def _optional(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"properties": properties}


def _schema(shape: Shape) -> dict[str, Any]:
    if isinstance(shape, list):
        return {"type": "array", "items": _schema(shape[0])}
    if not isinstance(shape, dict):
        return {"type": TYPES[shape]}
    found: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
    for key, inner in shape.items():
        if key == EACH:
            found["additionalProperties"] = _schema(inner)
        elif key.endswith("!"):
            found["required"].append(key[:-1])
            found["properties"][key[:-1]] = _schema(inner)
        else:
            found["properties"][key] = {"anyOf": [{"type": "null"}, _schema(inner)]}
    return found


def _owner(owner: Any, at: str, places: Mapping[str, Mapping[str, Shape]]) -> Iterator[Problem]:
    if isinstance(owner, dict):
        for place, known in places.items():
            if owner.get(place) is not None:
                yield from _facets(owner[place], known, f"{at}/{place}")


def _facets(facets: Any, known: Mapping[str, Shape], at: str) -> Iterator[Problem]:
    if not isinstance(facets, dict):
        yield _problem(at, "is not an object")
        return
    for name, facet in facets.items():
        place = f"{at}/{escape_token(name)}"
        if not isinstance(facet, dict):
            yield _problem(place, "is not an object")
            continue
        yield from _object(facet, BASE, place)
        if name in known and facet.get("_deleted") is not True:
            yield from _object(facet, known[name], place)


def _object(value: Mapping[str, Any], shape: Mapping[str, Shape], at: str) -> Iterator[Problem]:
    for key, inner in shape.items():
        name = key.removesuffix("!")
        if key == EACH:
            for each, found in list(value.items())[:MOST_LOOKED_AT]:
                yield from _value(found, inner, f"{at}/{escape_token(each)}")
        elif value.get(name) is not None:
            yield from _value(value[name], inner, f"{at}/{name}")
        elif name != key:
            yield _problem(f"{at}/{name}", "is missing")


def _value(value: Any, shape: Shape, at: str) -> Iterator[Problem]:
    if isinstance(shape, dict):
        if isinstance(value, dict):
            yield from _object(value, shape, at)
        else:
            yield _problem(at, "is not an object")
    elif isinstance(shape, list):
        if isinstance(value, list):
            for n, each in enumerate(value[:MOST_LOOKED_AT]):
                yield from _value(each, shape[0], f"{at}/{n}")
        else:
            yield _problem(at, "is not a list")
    elif not _is(value, shape):
        yield _problem(at, f"is not {shape}")


def _is(value: Any, kind: str) -> bool:
    if kind == TEXT:
        return isinstance(value, str)
    if kind == TRUTH:
        return isinstance(value, bool)
    if kind == WHOLE:
        return isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0
    return isinstance(value, int | float) and not isinstance(value, bool)


def _problem(at: str, message: str) -> Problem:
    return Problem(at, "facet", message, severity="warning")
