"""Every route and every root field, by role: what is not in the tables fails (SECURITY §4, S1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from core.positions import number_events
from portal.graphql.schema import schema
from tests.portal.company import ROLES, Company, make_company
from tests.portal.described import faults, operation_of
from tests.portal.role_arguments import arguments
from tests.portal.role_bodies import (
    BODIES,
    QUERIES,
    TARGET_PLACES,
    UNKNOWN_ID,
)
from tests.portal.role_fields import FIELDS
from tests.portal.role_tables import HTML, OPEN, Row
from tests.portal.role_tables_rest import REST

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def company(rows_of_module, django_db_blocker) -> Company:
    with django_db_blocker.unblock():
        made = make_company()
        number_events()
        assert made.sessions  # begun before anything is undone
    return made


def routes() -> Iterator[tuple[str, str, Any]]:
    """`(name, pattern, view)` of every route of the portal."""
    yield from _below(get_resolver(), "", "")


def _below(resolver: Any, prefix: str, space: str) -> Iterator[tuple[str, str, Any]]:
    for each in resolver.url_patterns:
        pattern = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            inner = f"{each.namespace}:" if each.namespace else ""
            yield from _below(each, pattern, space + inner)
        elif isinstance(each, URLPattern):
            yield f"{space}{each.name}", pattern, each.callback


def path_of(name: str, pattern: str, company: Company, *, unknown: bool = False) -> str:
    """The address of the company's own object, or of none."""
    plain = pattern.removeprefix("api/v1/")
    of_system = plain.startswith("systems/")
    known = company.system.fqn if of_system else company.product.fqn
    fqn = "sales.nothing" if unknown else known
    ids = {
        "contracts": company.contract_version.contract_id,
        "requests": company.request.pk,
        "access-requests": company.request.pk,
        "operations": company.operation.pk,
        "resources": company.resource.pk,
        "access": company.grant.pk,
        "grants": company.grant.pk,
        "tokens": company.token.pk,
        "glossary": company.term.pk,
        "terms": company.term.pk,
        "demands": company.demand.pk,
        "marketplace": 999_999,  # a saved search of nobody
        "saved-searches": 999_999,
        "deputies": company.delegation.pk,
        "delegations": company.delegation.pk,
        "rules": company.rule.pk,
        "decision-rules": company.rule.pk,
        "recertifications": company.campaign.pk,
        "logins": company.login.pk,
        "consents": company.consent.pk,
        "webhooks": company.delivery.webhook_id,
        "incidents": company.incident.pk,
    }
    if "checks/<int:pk>" in plain:
        ids |= {"access": company.check.pk, "products": company.check.pk}
    found = ids.get(plain.split("/")[1 if plain.startswith(("settings/", "approvals/")) else 0])
    values: Mapping[str, Any] = {
        "fqn": fqn,
        "port": company.port.name,
        "major": 1,
        "number": 1,
        "version": company.contract_version.version,
        "slug": "nothing" if unknown and name in TARGET_PLACES else _slug(name, company),
        "name": _name(plain, company, unknown=unknown),
        "announcement_id": company.announcement.pk,
        "comment_id": company.comment.pk,
        "path": "sales",
        "action": "update",
        "delivery": company.delivery.pk,
        "uidb64": "x",
        "edge": "dataset-999999" if unknown else f"dataset-{company.edge.pk}",
        "token": "x",
        "check_id": company.check.pk,
        "signed": "x",
    }

    def value(match: re.Match[str]) -> str:
        key = match[1].split(":")[-1]
        if key in values:
            return str(values[key])
        return "999999" if unknown and "int:" in match[1] else UNKNOWN_ID if unknown else str(found)

    return "/" + re.sub(r"<([^>]+)>", value, pattern)


def _name(plain: str, company: Company, *, unknown: bool) -> str:
    if plain.startswith("systems/"):
        return "table"
    if "service-accounts/" in plain:
        return "sales-team.nothing" if unknown else company.account.username
    return "data-product-postgresql"


def _slug(name: str, company: Company) -> str:
    if name in {"portal:team", "rest:team"}:
        return company.team.slug
    if name.split(":")[1].startswith("policy"):
        return company.policy.slug
    if name in TARGET_PLACES:
        return company.target.slug
    return "data-product-postgresql"


def observed(
    company: Company, role: str, method: str, path: str, name: str = "", pattern: str = ""
) -> str:
    """The status, or `login`; what was done is undone. REST answers as it is described."""
    client = company.client(role)
    given: dict[str, Any] = {"headers": company.headers.get(role, {})}
    if method != "get":
        given["data"] = BODIES.get(name, {})
        if path.startswith("/api/"):
            given["content_type"] = "application/json"
    elif name in QUERIES:
        path += f"?{QUERIES[name]}"
    with transaction.atomic():
        response = getattr(client, method)(path, **given)
        transaction.set_rollback(True)
    if pattern.startswith("api/v1/") and not pattern.endswith("openapi.json"):
        wrong = list(faults(operation_of(method, pattern), response))
        assert not wrong, f"{method} {path} as {role}, {response.status_code}: {wrong}"
    if response.status_code == 302 and response["Location"].startswith("/accounts/login/?next="):
        return "login"
    return str(response.status_code)


def matrix(company: Company, wanted: Mapping[tuple[str, str], Row]) -> dict[Any, str]:
    """What is observed for each (route, method) of `wanted`, in the order of `ROLES`."""
    patterns = {name: pattern for name, pattern, _ in routes()}
    return {
        (name, method): " ".join(
            observed(
                company, role, method, path_of(name, patterns[name], company), name, patterns[name]
            )
            for role in ROLES
        )
        for name, method in wanted
    }


def is_html(pattern: str) -> bool:
    return not pattern.startswith("api/v1/")


def test_every_route_has_a_row():
    html = {name for name, pattern, _ in routes() if is_html(pattern)}
    rest = {
        (name, method)
        for name, pattern, view in routes()
        if not is_html(pattern)
        for method in METHODS
        if hasattr(view.cls, method)
    }

    assert set(HTML) == {(name, method) for name in html for method in ("get", "post")}
    assert set(REST) == rest


def test_pages_answer_each_role_as_the_table_says(company):
    assert matrix(company, HTML) == HTML


def test_rest_answers_each_role_as_the_table_says(company):
    assert matrix(company, REST) == REST


def test_a_visitor_reaches_only_what_is_open(company):
    for name, pattern, _ in routes():
        for method in METHODS:
            status = observed(company, "visitor", method, path_of(name, pattern, company))
            if name not in OPEN:
                assert status in {"login", "401"}, f"{method} {pattern}: {status}"


@pytest.mark.parametrize("start", ["/", "/api/v1/"])
@pytest.mark.parametrize("tail", [";x", "/;x", "%2e", "//", "/..%2f", "%00", "?x", "/.", "%20"])
def test_no_spelling_of_a_path_opens_it_to_visitors(company, start, tail):
    for inner in ("products/sales.orders", "contracts", "grants", "requests", "resources"):
        status = observed(company, "visitor", "get", f"{start}{inner}{tail}")

        assert status in {"login", "401", "404", "301", "400"}, f"{inner}{tail}: {status}"


UNSEEN = [
    ("products:product", 404),
    ("products:port", 404),
    ("contracts:contract", 404),
    ("requests:request", 404),
    ("jobs:operation", 404),
    ("jobs:resource", 404),
    ("blueprints:change", 404),
    ("blueprints:retire", 404),
    ("access:grant", 404),
    ("drivers:target", 404),
    ("quality:check", 404),
    ("quality:badge", 404),
    ("rest:product", 404),
    ("quality:incident", 404),
    ("rest:incident", 404),
    ("rest:product-descriptor", 404),
    ("rest:product-quality", 404),
    ("rest:product-checks", 404),
    ("rest:product-check", 404),
    ("rest:check-results", 404),
    ("rest:contract", 404),
    ("rest:operation", 404),
    ("rest:rest-request", 404),
    ("rest:rest-request-facts", 404),
    ("rest:rest-request-history", 404),
    ("rest:rest-grant", 404),
    ("rest:rest-grant-story", 404),
    ("rest:rest-check-query", 404),
    ("access:check-query", 404),
    ("rest:rest-campaign", 404),
    ("rest:rest-campaign-reviews", 404),
    ("rest:target", 404),
    ("rest:token", 404),
    ("rest:service-account", 404),
]


@pytest.mark.parametrize(("name", "status"), UNSEEN)
def test_an_unseen_object_answers_like_an_unknown_one(company, name, status):
    pattern = {each: found for each, found, _ in routes()}[name]
    client = company.client("member")

    unseen = client.get(path_of(name, pattern, company))
    unknown = client.get(path_of(name, pattern, company, unknown=True))

    assert unseen.status_code == unknown.status_code == status
    assert stripped(unseen.content) == stripped(unknown.content)


def stripped(content: bytes) -> str:
    """Without what differs by request: tokens, and the address that was asked for."""
    text = re.sub(r'("X-CSRFToken": "|name="csrfmiddlewaretoken" value=")\w+', r"\1", str(content))
    return re.sub(r"/[\w./@-]*(sales\.\w+|[0-9a-f]{8}-[0-9a-f-]{27})[\w./@-]*", "", text)


def test_every_root_field_answers_each_role_as_the_table_says(company):
    kinds = {
        "query": schema.graphql_schema.query_type,
        "mutation": schema.graphql_schema.mutation_type,
    }
    given = arguments(company)
    fields = {(kind, name) for kind, found in kinds.items() for name in found.fields}

    assert {name for _, name in fields} == set(given) == set(FIELDS)
    assert {
        name: " ".join(answer(company, role, kind, f"{name}{given[name]}") for role in ROLES)
        for kind, name in sorted(fields)
    } == FIELDS


def answer(company: Company, role: str, kind: str, field: str) -> str:
    """`seen`, `empty`, `null`, the first problem's code, or the status; undone afterwards."""
    client = company.client(role)
    with transaction.atomic():
        response = client.post(
            "/graphql/",
            data={"query": f"{kind} {{ found: {field} }}"},
            content_type="application/json",
            headers=company.headers.get(role, {}),
        )
        transaction.set_rollback(True)
    if response.status_code != 200:
        return str(response.status_code)
    assert "errors" not in response.json(), response.content
    found = response.json()["data"]["found"]
    if found is None:
        return "null"
    if "problems" in found:
        return found["problems"][0]["code"] if found["problems"] else "done"
    if isinstance(found, list):
        return "seen" if found else "empty"
    lists = [value for value in found.values() if isinstance(value, list)]
    return "empty" if lists and not lists[0] else "seen"
