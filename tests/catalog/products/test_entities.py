"""Backstage entities and DPDS descriptors in: what becomes of each."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.actors import system_actor
from catalog.products.descriptors import Report, process
from catalog.products.models import DataProduct, System
from core.documents import dump_yaml
from tests.factories import DomainFactory, TeamFactory
from tests.factories.documents import contract_data, stream

pytestmark = pytest.mark.django_db
OPENAPI = (
    "openapi: 3.1.0\ninfo: {title: Shop, version: 2.1.0}\nservers: [{url: https://shop.example}]\n"
)


@pytest.fixture(autouse=True)
def places() -> None:
    TeamFactory(slug="order-desk", domain=DomainFactory(path="sales", name="Sales"))


def entity(kind: str, name: str, spec: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, **metadata},
        "spec": {"owner": "group:default/order-desk", **spec},
    }


SHOP = entity("System", "shop", {"domain": "sales"}, title="Web shop", description="Sells.\n\nAll.")
API = entity(
    "API",
    "orders-api",
    {"type": "openapi", "lifecycle": "production", "system": "shop", "definition": OPENAPI},
)
DATABASE = entity("Resource", "orders-db", {"type": "database", "system": "shop"})
PRODUCT = entity(
    "Component",
    "orders-product",
    {"type": "data-product", "lifecycle": "production"},
    title="Orders",
    description="Know every order",
    annotations={"meshport/domain": "sales", "backstage.io/source-location": "url:https://g.ex/o"},
    links=[{"url": "javascript:alert(1)"}, {"url": "https://w.ex", "type": "dashboard"}],
)


def run(*documents: dict[str, Any], mode: Any = "apply", **options: Any) -> Report:
    values = {"domain": "sales", **options}
    return process(text=stream(*documents), mode=mode, actor=system_actor(), **values)


def told(report: Report) -> list[tuple[str, str, list[str]]]:
    return [
        (each.kind, each.action, [problem.code for problem in each.problems])
        for each in report.documents
    ]


def test_a_system_is_taken_with_the_parts_that_name_it() -> None:
    report = run(API, SHOP, DATABASE)

    assert [action for _, action, _ in told(report)] == ["create"] * 3
    system = System.objects.get()
    assert (system.fqn, system.name, system.document_id) == (
        "sales.shop",
        "Web shop",
        "system:default/shop",
    )
    assert (system.purpose, system.owner.slug) == ("Sells.", "order-desk")
    ports = [(port.name, port.kind, port.version, port.url) for port in system.ports.all()]
    assert ports == [
        ("orders-api", "openapi", "2.1.0", "https://shop.example"),
        ("orders-db", "database", "", ""),
    ]
    assert [action for _, action, _ in told(run(API, SHOP, DATABASE))] == ["unchanged"] * 3


def test_a_part_without_its_system_is_a_system_of_its_own() -> None:
    run(API)

    system = System.objects.get()
    assert (system.fqn, system.ports.get().name) == ("sales.orders-api", "orders-api")


def test_a_component_that_is_a_data_product_is_a_product() -> None:
    assert [action for _, action, _ in told(run(PRODUCT))] == ["create"]

    product = DataProduct.objects.get()
    assert (product.fqn, product.name, product.status) == (
        "sales.orders-product",
        "Orders",
        "draft",  # it names neither port nor contract; its team publishes it here
    )
    assert product.purpose == "Know every order"
    assert [(each["kind"], each["url"]) for each in product.links] == [
        ("dashboard", "https://w.ex"),
        ("repository", "https://g.ex/o"),
    ]
    assert [action for _, action, _ in told(run(PRODUCT))] == ["unchanged"]


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Group", {"type": "team", "children": []}),
        ("User", {"memberOf": []}),
        ("Location", {"targets": ["./a.yaml"]}),
        ("Template", {"type": "service"}),
        ("Domain", {}),
        ("Component", {"type": "website", "lifecycle": "production"}),
    ],
)
def test_another_kind_is_valid_and_left_alone_with_the_reason(
    kind: str, spec: dict[str, Any]
) -> None:
    report = run(entity(kind, "a", spec))

    assert report.valid
    assert told(report) == [(kind, "unchanged", ["kind-not-imported"])]
    assert report.documents[0].problems[0].message.startswith("Not taken")
    assert not System.objects.exists()
    assert not DataProduct.objects.exists()


def test_a_system_whose_domain_is_unknown_is_refused_and_so_are_its_parts() -> None:
    report = run(SHOP | {"spec": {"owner": "x", "domain": "none"}}, API, domain=None)

    assert not report.applied
    assert {each.action for each in report.documents} == {"refused"}
    assert not System.objects.exists()


def test_a_descriptor_of_open_data_mesh_is_taken_with_the_contracts_that_it_carries() -> None:
    descriptor = {
        "dataProductDescriptor": "1.0.0",
        "info": {
            "fullyQualifiedName": "urn:dpds:orders:1",
            "name": "orders",
            "displayName": "Orders",
            "version": "1.2.0",
            "domain": "sales",
            "owner": {"id": "order-desk"},
        },
        "interfaceComponents": {
            "inputPorts": [{"name": "raw", "version": "1.0.0"}],
            "outputPorts": [
                {
                    "name": "table",
                    "version": "2.0.0",
                    "promises": {
                        "platform": "postgresql",
                        "api": {
                            "name": "a",
                            "version": "1",
                            "specification": "odcs",
                            "definition": contract_data(team={"name": "order-desk"}),
                        },
                    },
                }
            ],
        },
    }

    report = run(descriptor)

    assert [(kind, action) for kind, action, _ in told(report)] == [
        ("DataProductDescriptor", "create"),
        ("DataContract", "create"),
    ], report.documents
    product = DataProduct.objects.get()
    assert (product.document_id, product.fqn) == ("urn:dpds:orders:1", "sales.orders")
    port = product.output_ports.get()
    assert (port.fqn, port.technology) == ("sales.orders/table@2", "postgresql")
    assert port.contract is not None
    assert product.document == descriptor
    assert [action for _, action, _ in told(run(descriptor))] == ["unchanged"] * 2


def test_the_report_says_what_the_newest_version_would_say() -> None:
    older = contract_data(apiVersion="v3.0.2", team={"name": "order-desk"})
    product = {
        "apiVersion": "v1.0.0",
        "kind": "DataProduct",
        "id": "p",
        "team": {"name": "order-desk"},
    }

    first, second = (each.as_dict() for each in run(older, product, mode="validate").documents)

    assert (first["declared"], first["latest"]) == ("v3.0.2", "3.2.0")
    assert first["would_be_valid_under"] == {"3.2.0": first["latest_valid"]}
    assert (second["valid"], second["would_be_valid_under"]) == (False, {"1.1.0": True})


def test_an_unknown_kind_is_refused_with_near_names() -> None:
    report = process(
        text=dump_yaml({"kind": "DataProdukt"}).encode(), mode="validate", actor=system_actor()
    )

    (problem,) = report.documents[0].problems
    assert problem.code == "unknown-kind"
    assert problem.message.endswith("Did you mean DataProduct?")
