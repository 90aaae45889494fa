"""Products out as DCAT 3 / DPROD, judged by the official shapes."""

from __future__ import annotations

from typing import Any

import pytest
from pyshacl import validate
from rdflib import RDF, RDFS, Graph, Namespace

from accounts.actors import system_actor
from catalog.products.descriptors import process
from tests.conformance.corpus import FOLDER, examples, require_folder
from tests.factories import DomainFactory, TeamFactory, UserFactory
from tests.factories.documents import contract_data, product_data, stream

pytestmark = pytest.mark.django_db
DCAT = Namespace("http://www.w3.org/ns/dcat#")
DPROD = Namespace("https://ekgf.github.io/dprod/")


@pytest.fixture
def member(client: Any) -> Any:
    TeamFactory(slug="platform", domain=DomainFactory(path="sandbox", name="Sandbox"))
    client.force_login(UserFactory())
    return client


def apply(text: bytes) -> None:
    process(
        text=text,
        mode="apply",
        actor=system_actor(),
        domain="sandbox",
        team="platform",
        on_error="skip",
    )


def graph_of(response: Any) -> Graph:
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("application/ld+json")
    return Graph().parse(data=response.content, format="json-ld")


def conforms(graph: Graph) -> tuple[bool, str]:
    require_folder()
    folder = FOLDER / "schemas" / "dprod"
    found, _, text = validate(
        graph,
        shacl_graph=str(folder / "dprod-shapes.ttl"),
        ont_graph=str(folder / "dprod-ontology.ttl"),
    )
    return bool(found), str(text)


def test_a_product_is_linked_data_that_keeps_the_shapes(member: Any) -> None:
    apply(
        stream(
            contract_data(),
            product_data(
                inputPorts=[{"name": "raw orders", "version": "1", "contractId": "c-raw"}]
            ),
        )
    )

    response = member.get("/api/v1/products/sandbox.orders/descriptor", {"format": "dprod"})
    accepted = member.get(
        "/api/v1/products/sandbox.orders/descriptor", HTTP_ACCEPT="application/ld+json"
    )

    graph = graph_of(response)
    assert accepted.json() == response.json()
    assert conforms(graph) == (True, conforms(graph)[1])
    (product,) = graph.subjects(RDF.type, DPROD.DataProduct)
    assert str(graph.value(product, RDFS.label)) == "Orders"
    assert len(list(graph.objects(product, DPROD.outputPort))) == 1
    assert len(list(graph.objects(product, DPROD.inputPort))) == 1
    (dataset,) = graph.subjects(RDF.type, DCAT.Dataset)
    assert (None, DPROD.isDistributionOf, dataset) in graph


def test_the_catalogue_comes_in_pages_and_only_with_what_the_reader_may_see(member: Any) -> None:
    for at in range(3):
        apply(stream(contract_data(), product_data(id=f"p-{at}", name=f"Orders {at}")))
    apply(stream(product_data(id="p-hidden", name="Hidden", status="draft", outputPorts=[])))

    first = member.get("/api/v1/catalog.jsonld", {"page_size": 2})
    rest = member.get(first["Link"].partition(">")[0].removeprefix("<"))

    assert "Link" not in rest
    labels = set()
    for graph in (graph_of(first), graph_of(rest)):
        assert conforms(graph)[0], conforms(graph)[1]
        (catalog,) = graph.subjects(RDF.type, DCAT.Catalog)
        resources = graph.objects(catalog, DCAT.resource)
        labels |= {str(graph.value(each, RDFS.label)) for each in resources}
    assert labels == {"Orders 0", "Orders 1", "Orders 2"}


def test_the_number_of_statements_does_not_grow_with_the_catalogue(
    member: Any, django_assert_max_num_queries: Any
) -> None:
    for at in range(8):
        apply(stream(contract_data(), product_data(id=f"p-{at}", name=f"Orders {at}")))

    with django_assert_max_num_queries(12):
        member.get("/api/v1/catalog.jsonld")


def test_every_product_of_the_corpus_keeps_the_shapes(member: Any) -> None:
    require_folder()
    for standard in ("odps", "dpds"):
        for example in examples(standard):
            assert example is not None
            apply(example.path.read_bytes())

    graph = graph_of(member.get("/api/v1/catalog.jsonld"))

    assert conforms(graph)[0], conforms(graph)[1]
