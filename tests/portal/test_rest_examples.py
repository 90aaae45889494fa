"""The examples in the description of REST: complete, of the described form, and taken as sent."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from django.db import transaction

from core.positions import number_events
from portal.rest.examples import BODIES
from tests.portal.company import Company, make_company
from tests.portal.described import DOCUMENT, OPERATIONS
from tests.portal.test_role_matrix import path_of, routes

pytestmark = pytest.mark.django_db

MAIN_ANSWERS = {
    *("product", "products_list", "product_quality", "ports_list", "columns_list"),
    *("contracts_list", "contract_versions", "search", "lineage", "domains_list", "teams_list"),
    *("request_access", "requests_list", "requests_retrieve", "grants", "blueprints_list"),
    *("operations_list", "operations_retrieve", "incidents", "events", "audit"),
}
IN_THE_COMPANY = {  # what stands there for what the demo has
    "sales.orders/orders@1": "sales.orders/table@1",
    "sales.order-lines": "sales.orders",
    "web-analytics": "marketing-team",
    "sales-data": "sales-team",
}
# what the example asks for is not in that company or is done already; the form is right
NOT_THERE = {
    **dict.fromkeys(
        ["blueprints_from_broker", "lineage_claim", "lineage_unclaim", "lineage_edge_draw"],
        "not-found",
    ),
    **dict.fromkeys(
        ["lineage_namespace_release", "product_revert", "saved_search_update"], "not-found"
    ),
    **dict.fromkeys(["amend_access", "grant_credentials", "comment_edit"], "not-allowed"),
    "resource_credentials": "not-allowed",
    **dict.fromkeys(["operations_abandon_create", "incident_report"], "invalid-transition"),
    **dict.fromkeys(
        ["request_access", "extend_grant", "offer_writes", "requests_decide"], "invalid"
    ),
    **dict.fromkeys(["product_deprecate", "campaign_decide", "webhook_change"], "invalid"),
}
QUERIES = {"descriptors": "?mode=validate"}
MALFORMED = frozenset(
    {"wrong-type", "unknown-field", "not-text", "not-a-list", "wrong-form", "bad-date"}
)


@pytest.fixture
def company() -> Company:
    made = make_company()
    number_events()
    return made


def contents() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """`(operation, where, content)` of all JSON that is sent or answered."""
    for operation in OPERATIONS.values():
        name = operation["operationId"]
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            if media in {"application/json", "*/*"}:
                yield name, "body", content
        for status, answer in operation["responses"].items():
            for media, content in answer.get("content", {}).items():
                if media == "application/json":
                    yield name, status, content


def test_every_body_and_the_main_answers_have_an_example():
    with_example = {(name, where) for name, where, content in contents() if "example" in content}
    bodies = {name for name, where, _ in contents() if where == "body"}

    assert {name for name, where in with_example if where == "body"} == bodies
    assert {name for name, where in with_example if where != "body"} >= MAIN_ANSWERS


def test_every_example_is_what_its_schema_says():
    wrong = []
    for name, where, content in contents():
        if "example" not in content:
            continue
        whole = {**content["schema"], "components": DOCUMENT["components"]}
        validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        wrong += [
            f"{name} {where} {list(each.instance_path)} {each.message[:200]}"
            for each in validator.iter_errors(content["example"])
        ]

    assert wrong == []


def test_every_example_is_taken_as_it_is_sent(company):
    client = company.client("admin")
    patterns = {
        (method, "/" + "/".join("{}" if "<" in part else part for part in pattern.split("/"))): (
            name,
            pattern,
        )
        for name, pattern, view in routes()
        if pattern.startswith("api/v1/")
        for method in ("post", "put", "patch")
        if hasattr(view.cls, method)
    }
    wrong = {}
    for key, operation in OPERATIONS.items():
        name = operation["operationId"]
        if name not in BODIES:
            continue
        path = path_of(*patterns[key], company) + QUERIES.get(name, "")
        with transaction.atomic():
            answer = getattr(client, key[0])(
                path, data=sent(BODIES[name]), content_type="application/json"
            )
            transaction.set_rollback(True)
        if answer.status_code >= 300 and name not in NOT_THERE:
            wrong[name] = f"{answer.status_code} {answer.content[:400]!r}"
        elif answer.status_code >= 300:
            problem = answer.json()
            codes = {each["code"] for each in problem.get("problems", ())}
            assert problem["type"] == f"/problems/{NOT_THERE[name]}", (name, problem)
            assert not codes & MALFORMED, (name, problem)

    assert wrong == {}, "\n".join(f"{name}: {why}" for name, why in wrong.items())


def sent(body: Any) -> str:
    text = json.dumps(body).replace("2027-01-31", str(next_week()))
    for known, here in IN_THE_COMPANY.items():
        text = text.replace(known, here)
    return text


def next_week() -> dt.date:
    return dt.datetime.now(dt.UTC).date() + dt.timedelta(days=7)
