"""What REST answers is what its description says: statuses, media types, every member."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.db import transaction

from core.positions import number_events
from tests.portal.company import Company, make_company
from tests.portal.role_bodies import BODIES, QUERIES
from tests.portal.role_tables_rest import REST
from tests.portal.test_role_matrix import path_of, routes

pytestmark = pytest.mark.django_db

DOCUMENT = json.loads((Path(__file__).resolve().parents[2] / "openapi.json").read_text())
ROLES = ("visitor", "member", "owner", "admin", "reading token")
OPEN_OBJECTS = {  # documents of others, whose form is theirs
    ("get", "/api/v1/catalog.jsonld"),
    ("get", "/api/v1/products/{}/descriptor"),
}


def plain(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


OPERATIONS = {
    (method, plain(path)): operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


@pytest.fixture
def company() -> Company:
    made = make_company()
    number_events()
    assert made.sessions
    return made


def described(name: str, method: str, patterns: dict[str, str]) -> dict[str, Any]:
    return OPERATIONS[method, "/" + re.sub(r"<[^>]+>", "{}", patterns[name])]


def faults(operation: dict[str, Any], answer: Any) -> Iterator[str]:
    """What of an answer is not as described."""
    responses = operation["responses"]
    known = responses.get(str(answer.status_code)) or responses["default"]
    content = known.get("content")
    if content is None:
        if answer.content:
            yield "a body where none is described"
        return
    media = answer["Content-Type"].partition(";")[0]
    if media not in content:
        yield f"media type {media} instead of {', '.join(content)}"
        return
    if not media.endswith("json"):
        return
    for error in validator(json.dumps(content[media].get("schema", {}))).iter_errors(json.loads(answer.content)):
        yield f"{'/'.join(map(str, error.instance_path))}: {error.message[:160]}"


@cache
def validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    whole = {**json.loads(schema), "components": DOCUMENT["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def asked(company: Company, role: str, name: str, method: str, path: str) -> Any:
    given: dict[str, Any] = {"headers": company.headers.get(role, {})}
    if method != "get":
        given |= {"data": BODIES.get(name, {}), "content_type": "application/json"}
    with transaction.atomic():
        answer = getattr(company.client(role), method)(path, **given)
        transaction.set_rollback(True)
    return answer


@pytest.mark.parametrize("unknown", [False, True])
def test_every_answer_to_every_role_is_as_described(company, unknown):
    patterns = {name: pattern for name, pattern, _ in routes()}
    wrong = set()
    for name, method in REST:
        if name == "portal:openapi":
            continue
        operation = described(name, method, patterns)
        path = path_of(name, patterns[name], company, unknown=unknown)
        if name in QUERIES:
            path += f"?{QUERIES[name]}"
        for role in ROLES:
            answer = asked(company, role, name, method, path)
            assert answer.status_code < 500, f"{method} {path} as {role}"
            found = faults(operation, answer)
            wrong |= {f"{method} {name} {answer.status_code} {each}" for each in found}

    assert sorted(wrong) == []


def test_pages_that_are_counted_are_as_described(company):
    wrong = []
    for (method, path), operation in OPERATIONS.items():
        names = {each["name"] for each in operation.get("parameters", ())}
        if "count" not in names or "{" in path:
            continue
        for query in ("count=true", "page_size=1", "page_size=0", "cursor=x"):
            answer = asked(company, "owner", "", method, f"{path}?{query}")
            found = list(faults(operation, answer))
            if query == "count=true" and "count" not in answer.json():
                found.append("no count")
            wrong += [f"{path}?{query} {answer.status_code} {each}" for each in found]

    assert wrong == []


def test_no_answer_is_described_as_just_an_object():
    bare = [
        f"{method} {path} {status}"
        for (method, path), operation in OPERATIONS.items()
        for status, answer in operation["responses"].items()
        for media, content in answer.get("content", {}).items()
        if media == "application/json" and (method, path) not in OPEN_OBJECTS
        if not {"properties", "$ref", "anyOf", "items"} & content["schema"].keys()
        if "system-port" not in path and not path.endswith("/document")
    ]

    assert bare == []


def test_every_operation_says_what_it_does_in_words():
    silent = [
        operation["operationId"]
        for operation in OPERATIONS.values()
        if len(operation.get("description", "")) < 8 or not operation.get("summary")
    ]

    assert silent == []


def test_every_parameter_says_what_it_is_for():
    silent = {
        f"{operation['operationId']} {parameter['name']}"
        for operation in OPERATIONS.values()
        for parameter in operation.get("parameters", ())
        if not parameter.get("description") and "enum" not in parameter["schema"]
    }

    assert sorted(silent) == []


def test_either_way_to_authenticate_is_enough():
    assert {str(operation["security"]) for operation in OPERATIONS.values()} == {
        "[{'token': []}, {'session': []}]"
    }
