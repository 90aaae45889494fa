"""What the OpenAPI document says, once for all operations: errors, pages, names of shapes.

A view gives its shapes as plain JSON Schema, made by `record` and `page_of`. Those with a name
become components, so that a generated client has a type for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.utils import OpenApiParameter

Shape = dict[str, Any]  # JSON Schema 2020-12

PROBLEM_MEDIA = "application/problem+json"
MAX_PAGE = 200
TEXT: Shape = {"type": "string"}
URL: Shape = {"type": "string", "description": "address, absolute or below this portal"}
WHOLE: Shape = {"type": "integer"}
COUNT: Shape = {"type": "integer", "minimum": 0}
NUMBER: Shape = {"type": "number"}
FLAG: Shape = {"type": "boolean"}
UUID: Shape = {"type": "string", "format": "uuid"}
DAY: Shape = {"type": "string", "format": "date"}
MOMENT: Shape = {"type": "string", "format": "date-time"}
TEXTS: Shape = {"type": "array", "items": TEXT}
ANYTHING: Shape = {}
FREE: Shape = {"type": "object", "additionalProperties": True}
NAME_MARK = "x-name"


def about(shape: Shape, description: str) -> Shape:
    """The same shape, described in its place."""
    if NAME_MARK in shape:
        return {"allOf": [shape], "description": description}
    return {**shape, "description": description}


def maybe(shape: Shape, description: str = "") -> Shape:
    """The shape, or null."""
    kind = shape.get("type")
    if isinstance(kind, str) and NAME_MARK not in shape and "enum" not in shape:
        found: Shape = {**shape, "type": [kind, "null"]}
    else:
        found = {"anyOf": [shape, {"type": "null"}]}
    return about(found, description) if description else found


def one_of(choices: Iterable[str], description: str = "") -> Shape:
    """One of these texts."""
    found: Shape = {"type": "string", "enum": list(choices)}
    return about(found, description) if description else found


def listed(shape: Shape, description: str = "") -> Shape:
    """A list of such."""
    found: Shape = {"type": "array", "items": shape}
    return about(found, description) if description else found


def keyed(shape: Shape, description: str = "") -> Shape:
    """An object whose members, of any name, are such."""
    found: Shape = {"type": "object", "additionalProperties": shape}
    return about(found, description) if description else found


def record(
    name: str,
    members: Mapping[str, Shape],
    *,
    optional: Iterable[str] = (),
    description: str = "",
) -> Shape:
    """An object with these members, all of them there but for `optional`.

    Args:
        name: of the component; "" where it needs none.
    """
    absent = frozenset(optional)
    found: Shape = {
        "type": "object",
        "properties": dict(members),
        "required": [each for each in members if each not in absent],
    }
    if description:
        found["description"] = description
    if name:
        found[NAME_MARK] = name
    return found


def page_of(shape: Shape, **more: Shape) -> Shape:
    """A page of a list (INTERFACE §4); `more` are members beside the results."""
    members: dict[str, Shape] = {
        "results": listed(shape),
        "next": maybe(URL, "the next page; null on the last"),
        **more,
        "count": about(COUNT, "with `count=true`: how many there are, 5,000 at most"),
        "count_capped": about(FLAG, "with `count=true`: there are more than `count`"),
    }
    return record("", members, optional=("count", "count_capped"))


def whole_list_of(shape: Shape) -> Shape:
    """A list that is never long, in one piece; `next` is always null."""
    return record("", {"results": listed(shape), "next": {"type": "null"}})


def extended(
    name: str, shape: Shape, members: Mapping[str, Shape], *, optional: Iterable[str] = ()
) -> Shape:
    """A record that has more than another one."""
    base = frozenset(shape["properties"]) - frozenset(shape["required"])
    return record(name, {**shape["properties"], **members}, optional={*base, *optional})


def body(shape: Shape) -> dict[str, Shape]:
    """What a call takes, as `request=` of `extend_schema`."""
    return {"application/json": shape}


PLACE_OF_DOMAIN = record(
    "DomainName", {"path": about(TEXT, "dotted, e.g. sales.emea"), "name": TEXT}
)
TEAM_NAME = record("TeamName", {"slug": TEXT, "name": TEXT})

PAGE_SIZE = OpenApiParameter(
    "page_size",
    {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 50},
    description="rows of a page",
)
CURSOR = OpenApiParameter("cursor", str, description="from `next` of the page before")
COUNTED = OpenApiParameter("count", bool, description="also count the rows, to 5,000")
PAGES = [PAGE_SIZE, CURSOR]
PAGING = [*PAGES, COUNTED]
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1 to 200 printable ASCII characters that you choose. The call sent again with the "
    "same key is not done again: it gets the first answer, with `Idempotent-Replayed: true`. With "
    "another body: 422; while the first still runs: 409.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="the `ETag` that you read; 412 where somebody else has changed it since",
)
IF_NONE_MATCH: Shape = {
    "in": "header",
    "name": "If-None-Match",
    "schema": TEXT,
    "description": "the `ETag` that you have; 304 without a body where it still holds",
}
ETAG: Shape = {"schema": TEXT, "description": "of this answer, for `If-None-Match`"}
PLACE = record(
    "Finding",
    {
        "pointer": about(TEXT, "JSON pointer into what was sent; empty: the whole"),
        "code": about(TEXT, "stable name of the rule"),
        "message": about(TEXT, "what is wrong and how to mend it"),
        "severity": one_of(["error", "warning"]),
        "line": {"type": "integer", "minimum": 1, "description": "in a text of several lines"},
        "policy": about(TEXT, "name of the policy that says so"),
        "url": about(URL, "page of the policy"),
    },
    optional=("line", "policy", "url"),
    description="One thing that is wrong with what was sent",
)
PROBLEM = record(
    "Problem",
    {
        "type": about(TEXT, "stable, e.g. /problems/not-found"),
        "title": TEXT,
        "status": WHOLE,
        "detail": about(TEXT, "what happened, in a sentence"),
        "problems": listed(PLACE),
    },
    optional=("detail", "problems"),
    description="RFC 9457; some types carry more members",
)
MEANINGS = {  # of parameters that mean the same everywhere
    "fqn": "fully qualified name, <domain>.<name>; a former one is found too",
    "slug": "short name, as lists give it",
    "path": "dotted path of a domain, e.g. sales.emea",
    "name": "name, as lists give it",
    "id": "id, as lists give it",
    "pk": "id, as lists give it",
    "search": "part of a name",
    "domain": "path of a domain",
    "team": "slug of a team",
    "format": "`csv` for the list as a file, in place of an `Accept` header",
    "first": "how many at most",
    "edge": "id of an edge, as its drawing answered it",
    "delivery": "id of a delivery, as the list gives it",
}
SUMMARY = 90  # characters
ADDRESS = re.compile(
    r"\A(GET|PUT|POST|PATCH|DELETE)( /\S+?| `[^`]*`)?(: |\.?\Z)"
)  # as docstrings of views begin
PLACEHOLDER = re.compile(r"(?:[\w:.@/-]*<[a-z][a-z ]*>)+")
METHODS = frozenset({"get", "put", "post", "patch", "delete"})


def with_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hook of drf-spectacular: errors are problem documents, also those that no view names."""
    for path in result["paths"].values():
        for operation in (path[method] for method in METHODS & path.keys()):
            responses = operation["responses"]
            for status in [each for each in responses if each.startswith("4")]:
                responses[status] = _problem(responses[status].get("description", ""))
            responses["default"] = _problem("Any other error")
            # one of the ways is enough; said together they would all be needed
            ways = [way for each in operation.get("security", ()) for way in each.items()]
            operation["security"] = [{name: scopes} for name, scopes in ways]
    return result


def with_names(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hook of drf-spectacular: shapes with a name become components, each said once.

    Raises:
        ValueError: two different shapes have one name.
    """
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    result["paths"] = _hoisted(result["paths"], schemas)
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def with_conditions(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hook of drf-spectacular: what is read can be asked for again (`core.conditional`)."""
    for path in result["paths"].values():
        if "get" in path:
            operation = path["get"]
            operation.setdefault("parameters", []).append(IF_NONE_MATCH)
            operation["responses"]["200"]["headers"] = {"ETag": ETAG}
            operation["responses"]["304"] = {"description": "As you have it"}
    return result


def with_words(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hook of drf-spectacular: no operation without a summary, no parameter without a meaning."""
    for path in result["paths"].values():
        for operation in (path[method] for method in METHODS & path.keys()):
            if "description" in operation:
                operation["description"] = _without_address(operation["description"])
            if "summary" not in operation:
                said = _first_sentence(operation.get("description", ""))
                operation["summary"] = said or operation["operationId"].capitalize()
            for each in operation.get("parameters", ()):
                if "description" not in each:
                    each["description"] = _meaning(each["name"])
    _quote(result)
    return result


def _without_address(text: str) -> str:
    """The page says method and address above."""
    said = ADDRESS.sub("", text, count=1)
    return said[:1].upper() + said[1:]


def _first_sentence(text: str) -> str:
    line = " ".join(text.split()).replace("`", "")  # no Markdown here
    first = line.partition(". ")[0].rstrip(".")
    return first if len(first) <= SUMMARY else f"{first[: SUMMARY - 1].rstrip()}…"


def _quote(node: Any) -> None:
    """Descriptions are Markdown, where `<domain>` would be a tag that nobody sees."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if key == "description" and isinstance(value, str):
            parts = value.split("`")
            parts[::2] = [PLACEHOLDER.sub(r"`\g<0>`", each) for each in parts[::2]]
            node[key] = "`".join(parts)
        elif isinstance(value, dict | list) and key != "example":
            _quote(value)


def _meaning(name: str) -> str:
    if name in MEANINGS:
        return MEANINGS[name]
    return MEANINGS["id"] if name.endswith("_id") else ""


def _hoisted(node: Any, schemas: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_hoisted(each, schemas) for each in node]
    if not isinstance(node, dict):
        return node
    found = {key: _hoisted(value, schemas) for key, value in node.items() if key != NAME_MARK}
    name = node.get(NAME_MARK)
    if name is None:
        return found
    if schemas.setdefault(name, found) != found:
        raise ValueError(f"Two shapes are called {name}.")
    return {"$ref": f"#/components/schemas/{name}"}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM_MEDIA: {"schema": PROBLEM}}}
