"""The description of REST is complete; that it is true, the role matrix checks as well."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from core.positions import number_events
from tests.portal.company import Company, make_company
from tests.portal.described import DOCUMENT, OPERATIONS, faults, operation_of
from tests.portal.role_tables_rest import REST
from tests.portal.test_role_matrix import path_of, routes

pytestmark = pytest.mark.django_db

FORMS_OF_OTHERS = {  # documents whose standard says what they are
    ("get", "/api/v1/catalog.jsonld"),
    ("get", "/api/v1/products/{}/descriptor"),
    ("get", "/api/v1/systems/{}/ports/{}/document"),
}


@pytest.fixture
def company() -> Company:
    made = make_company()
    number_events()
    assert made.sessions
    return made


def test_what_is_unknown_is_answered_as_described(company):
    patterns = {name: pattern for name, pattern, _ in routes()}
    client = company.client("owner")
    wrong = []
    for name, method in REST:
        if method != "get" or "<" not in patterns[name]:
            continue
        answer = client.get(path_of(name, patterns[name], company, unknown=True))
        found = list(faults(operation_of(method, patterns[name]), answer))
        wrong += [f"{name} {answer.status_code} {each}" for each in found]

    assert wrong == []


def test_lists_count_and_refuse_as_described(company):
    client = company.client("owner")
    wrong = []
    for (method, path), operation in OPERATIONS.items():
        names = {each["name"] for each in operation.get("parameters", ())}
        if "count" not in names or "{" in path:
            continue
        for query in ("count=true", "page_size=0", "cursor=x"):
            answer = getattr(client, method)(f"{path}?{query}")
            found = list(faults(operation, answer))
            if query == "count=true" and "count" not in answer.json():
                found.append("no count")
            wrong += [f"{path}?{query} {answer.status_code} {each}" for each in found]

    assert wrong == []


def test_no_answer_is_described_as_just_an_object():
    bare = [
        f"{method} {path} {status}"
        for (method, path), operation in OPERATIONS.items()
        if (method, path) not in FORMS_OF_OTHERS
        for status, answer in operation["responses"].items()
        for media, content in answer.get("content", {}).items()
        if media == "application/json"
        if not {"properties", "$ref", "anyOf", "items"} & content["schema"].keys()
    ]

    assert bare == []


def test_every_operation_says_what_it_does_in_words():
    silent = [
        operation["operationId"]
        for operation in OPERATIONS.values()
        if not operation.get("description") or not operation["summary"]
    ]

    assert silent == []


def test_no_description_repeats_method_and_address():
    begun = re.compile("(GET|PUT|POST|PATCH|DELETE)( /|:| `|$)")

    assert [key for key, each in OPERATIONS.items() if begun.match(each["description"])] == []


def test_every_parameter_says_what_it_is_for():
    silent = {
        f"{operation['operationId']} {parameter['name']}"
        for operation in OPERATIONS.values()
        for parameter in operation.get("parameters", ())
        if not parameter.get("description") and "enum" not in parameter["schema"]
    }

    assert sorted(silent) == []


def test_no_description_hides_a_placeholder_as_a_tag():
    hidden = [each for each in described(DOCUMENT) if re.search("<[a-z]", each)]

    assert hidden == []


def described(node: Any) -> Iterator[str]:
    """All descriptions below, without what stands in backticks."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if key == "description" and isinstance(value, str):
            yield re.sub("`[^`]*`", "", value)
        elif isinstance(value, dict | list) and key != "example":
            yield from described(value)


DONE_ONCE_ANYWAY = {  # what they take is known again by itself, or nothing is changed
    *("lineage_event", "lineage_batch", "lineage_dbt", "lineage_sql", "quality_results"),
    *("decision_rule_test", "grant_sample", "check_examples"),
    *("grant_credentials", "resource_credentials"),  # told once; the answer is not kept
}


def test_every_write_takes_a_key_that_makes_it_happen_once():
    without = {
        operation["operationId"]
        for (method, _), operation in OPERATIONS.items()
        if method != "get"
        and "Idempotency-Key" not in {each["name"] for each in operation.get("parameters", ())}
    }

    assert without == DONE_ONCE_ANYWAY


def test_either_way_to_authenticate_is_enough():
    assert {str(operation["security"]) for operation in OPERATIONS.values()} == {
        "[{'token': []}, {'session': []}]"
    }
