"""What one may not see is, in whole answers of REST, as if it were not there."""

import re
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.contracts.models import SchemaObject, SchemaProperty
from catalog.lineage.keys import key_of, node_key_of
from catalog.lineage.models import Dataset, DatasetEdge, ProductEdge
from catalog.products.models import DataProduct
from catalog.products.services.indexing import reindex
from core import outbox
from core.ids import uuid7
from core.positions import number_events
from tests.factories import ContractFactory, ContractVersionFactory, PortFactory, ProductFactory
from tests.portal.company import Company, make_company
from tests.portal.described import OPERATIONS
from tests.portal.role_bodies import BODIES, QUERIES
from tests.portal.role_tables_rest import REST
from tests.portal.test_role_matrix import path_of, routes

pytestmark = pytest.mark.django_db

MEMBER = 1  # place in a row of the tables
# An edge is looked up before its ends are; its number tells nothing but that there is one.
COSTS_MORE = {("rest:lineage-edge", "delete")}
SECRET = "zanzibar"


@pytest.fixture
def company() -> Company:
    made = make_company()
    number_events()
    assert made.sessions
    return made


def answered(company: Company, method: str, path: str, name: str = "") -> tuple[Any, int]:
    """The whole answer, as a member gets it, and how many statements it took; undone."""
    given: dict[str, Any] = {}
    if method != "get":
        given = {"data": BODIES.get(name, {}), "content_type": "application/json"}
    with transaction.atomic():
        with CaptureQueriesContext(connection) as asked:
            answer = getattr(company.client("member"), method)(path, **given)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    headers = {k: v for k, v in answer.headers.items() if k not in {"X-Request-ID", "Date"}}
    return (answer.status_code, headers, content.decode()), len(asked)


def hidden_routes() -> list[tuple[str, str]]:
    """Everything that answers a member of another team with 404."""
    return [key for key, row in REST.items() if row.split()[MEMBER] == "404"]


def test_a_foreign_thing_answers_to_the_letter_like_an_unknown_one(company):
    patterns = {name: pattern for name, pattern, _ in routes()}
    company.client("member").get("/api/v1/domains")  # the first call of a session writes it
    different = []
    for name, method in hidden_routes():
        if "<" not in patterns[name]:
            continue  # named in the body: the matrix compares the codes
        seen, cost = answered(company, method, path_of(name, patterns[name], company), name)
        unknown, same = answered(
            company, method, path_of(name, patterns[name], company, unknown=True), name
        )
        if seen != unknown:
            different.append(f"{method} {name}: {seen} / {unknown}")
        if cost != same and (name, method) not in COSTS_MORE:
            different.append(f"{method} {name}: {cost} statements / {same}")

    assert len(hidden_routes()) > 40
    assert different == []


@pytest.mark.parametrize("name", ["rest:lineage", "rest:lineage-impact", "rest:lineage-sources"])
def test_lineage_of_a_foreign_product_answers_like_that_of_an_unknown_one(company, name):
    place = f"/api/v1/{name.removeprefix('rest:').replace('-', '/')}"
    assert QUERIES[name] == "nodeId=product:sales.orders"

    seen, _ = answered(company, "get", f"{place}?nodeId=product:sales.orders")
    unknown, _ = answered(company, "get", f"{place}?nodeId=product:sales.nothin")

    assert seen[0] == 404
    assert re.sub("sales.nothin|sales.orders", "", str(seen)) == re.sub(
        "sales.nothin|sales.orders", "", str(unknown)
    )


def lists() -> list[str]:
    """Every list and export that names nothing, with questions that would find the secret."""
    plain = [
        path
        for (method, path), operation in OPERATIONS.items()
        if method == "get" and "{" not in path
        if not any(each.get("required") for each in operation.get("parameters", ()))
        if operation["operationId"] not in {"audit_verify", "events"}  # 403; positions go on
    ]
    asked = []
    for path in plain:
        names = {each["name"] for each in OPERATIONS["get", path].get("parameters", ())}
        asked.append(f"{path}?count=true" if "count" in names else path)
        if "search" in names:
            asked.append(f"{path}?search={SECRET}")
        if "text/csv" in OPERATIONS["get", path]["responses"]["200"]["content"]:
            asked.append(f"{path}?format=csv")
    return [*asked, f"/api/v1/search/suggest?q={SECRET[:4]}", f"/api/v1/search?search={SECRET}x"]


def hide_something(company: Company, seen: DataProduct) -> None:
    """A restricted product, with everything that hangs on it, upstream of one that is seen."""
    contract = ContractFactory(
        document_id=SECRET, name=SECRET, owner=company.team, visibility="restricted"
    )
    version = ContractVersionFactory(contract=contract)
    table = SchemaObject.objects.create(version=version, position=0, name=SECRET)
    SchemaProperty.objects.create(
        object=table, position=0, path=SECRET, name=SECRET, tags=[SECRET], classification=SECRET
    )
    product = ProductFactory(
        slug=SECRET, name=SECRET, owner=company.team, visibility="restricted", tags=[SECRET]
    )
    port = PortFactory(
        product=product, name=SECRET, contract=contract, contract_version=version,
        technology=SECRET,
    )  # fmt: skip
    node = f"dataset:{SECRET}:t"
    dataset = Dataset.objects.create(
        namespace=SECRET, name="t", node_id=node, key=key_of(SECRET, "t"),
        node_key=node_key_of(node), port=port,
    )  # fmt: skip
    DatasetEdge.objects.create(source=dataset, target=company.dataset, origin="manual", reason="x")
    ProductEdge.objects.create(source=product, target=seen, origin="declared", via=port.fqn)
    ProductEdge.objects.create(source=seen, target=product, origin="declared", via=port.fqn)
    outbox.emit("product.moved", key=uuid7(), product_id=str(product.pk), verb="product.published")
    number_events()
    reindex([product.pk])


def test_no_list_count_suggestion_or_export_knows_of_what_is_hidden(company, settings):
    settings.LINEAGE_HIDDEN = "omit"
    seen = ProductFactory()
    reindex([seen.pk])
    company.client("member").get("/api/v1/domains")
    lineage = [f"/api/v1/lineage{kind}?nodeId=product:{seen.fqn}" for kind in ("", "/impact")]
    asked = [*lists(), *lineage]
    before = {path: answered(company, "get", path)[0] for path in asked}

    hide_something(company, seen)

    after = {path: answered(company, "get", path)[0] for path in asked}
    assert len(asked) > 50
    assert [path for path in asked if _stable(before[path]) != _stable(after[path])] == []


def _stable(answer: Any) -> str:
    """Without the moment at which it was asked."""
    return re.sub(r"\"as_of\":\"[^\"]+\"", "", str(answer))
