"""What the body of a REST call may hold: what the committed `openapi.json` says, and nothing else.

A member that is misspelt would otherwise be passed over, and a script believe that it was taken.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from django.conf import settings
from rest_framework.request import Request

from core.errors import Invalid
from core.problems import Problem, escape_token, shown

PARAMETER = re.compile(r"<[^>]*>|\{[^}]*\}")  # as a route and as OpenAPI write one
MAX_UNKNOWN = 20  # that are named; to find what was meant takes a while
Taken = Any  # `_Object`, `_Items`, or None: whatever is sent


@dataclass(frozen=True)
class _Object:
    members: Mapping[str, Taken]


@dataclass(frozen=True)
class _Items:
    each: Taken


def require_known_members(request: Request, body: Any) -> None:
    """
    Raises:
        Invalid: the body has a member that the operation does not take.
    """
    match = request.resolver_match
    place = PARAMETER.sub("{}", f"/{match.route}") if match else ""
    unknown = _unknown(body, _bodies().get((place, request.method or "")), "")
    found = list(islice(unknown, MAX_UNKNOWN))
    if found:
        raise Invalid("The body holds what is not taken here.", found)


def _unknown(value: Any, taken: Taken, pointer: str) -> Iterator[Problem]:
    if isinstance(taken, _Items) and isinstance(value, list):
        for at, each in enumerate(value):
            yield from _unknown(each, taken.each, f"{pointer}/{at}")
    if isinstance(taken, _Object) and isinstance(value, dict):
        for name, member in value.items():
            here = f"{pointer}/{escape_token(name)}"
            if name in taken.members:
                yield from _unknown(member, taken.members[name], here)
            else:
                yield Problem(here, "unknown-field", _said(name, taken.members))


def _said(name: str, members: Mapping[str, Taken]) -> str:
    near = difflib.get_close_matches(shown(name), members, n=1)
    meant = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(sorted(members))}."
    return f"`{shown(name)}` is not taken here; {meant}"


@lru_cache(maxsize=1)
def _bodies() -> dict[tuple[str, str], Taken]:
    """By path (its parameters without names) and method."""
    document = json.loads((settings.BASE_DIR / "openapi.json").read_bytes())
    known = document["components"]["schemas"]
    return {
        (PARAMETER.sub("{}", path), method.upper()): _taken(shape["schema"], known)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for media, shape in _contents(operation).items()
        if media == "application/json"
    }


def _contents(operation: Any) -> Mapping[str, Any]:
    body: Any = operation.get("requestBody") if isinstance(operation, dict) else None
    return body["content"] if body else {}


def _taken(shape: Mapping[str, Any], known: Mapping[str, Any]) -> Taken:
    """What a JSON Schema takes, as far as names go; a choice of several takes whatever is sent."""
    if "$ref" in shape:
        return _taken(known[shape["$ref"].rpartition("/")[2]], known)
    if len(shape.get("allOf", ())) == 1:
        return _taken(shape["allOf"][0], known)
    if shape.get("additionalProperties", False) is not False:
        return None
    if "properties" in shape:
        return _Object({key: _taken(each, known) for key, each in shape["properties"].items()})
    return _Items(_taken(shape["items"], known)) if "items" in shape else None
