"""An open incident is seen where products are chosen: in lists, on cards, in the lineage."""

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from catalog.products.services.indexing import reindex
from catalog.products.states import ProductStatus
from catalog.quality.models import Incident
from tests.catalog.lineage.ground import dataset as dataset_at
from tests.catalog.quality.incidents.seen import breaks, flows, make, mends, text_of
from tests.clients import browser, script
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return UserFactory()


@pytest.fixture
def reader(person):
    return browser(person)


@pytest.fixture
def orders():
    made = make("Orders")
    make("Other")
    reindex([made.pk])
    return made


def found(client, person, **asked):
    answer = client.get("/api/v1/search", {"kind": "product", **asked}, headers=script(person))
    return {each["name"]: each["incident"] for each in answer.json()["results"]}


@pytest.mark.parametrize("view", ["table", "cards"])
@pytest.mark.parametrize("order", ["", "&order=score", "&q=orders"])
def test_the_marketplace_marks_a_product_with_an_open_incident(reader, orders, view, order):
    address = f"/marketplace/?view={view}{order}"
    assert "Incident</span>" not in text_of(reader, address)
    check = breaks(orders)

    assert "Incident</span>" in text_of(reader, address)

    mends(check)
    assert "Incident</span>" not in text_of(reader, address)


def test_scripts_are_told_how_bad_the_gravest_one_is(reader, person, orders):
    assert found(reader, person) == {"Orders": None}
    breaks(orders, "a")
    breaks(orders, "b")
    Incident.objects.filter(title="a").update(severity="critical")

    assert found(reader, person) == {"Orders": "critical"}
    assert found(reader, person, q="orders") == {"Orders": "critical"}
    Incident.objects.filter(title="a").update(state="acknowledged", acknowledged_at=Now())
    assert found(reader, person) == {"Orders": "critical"}


def test_a_mark_costs_no_statement(reader, orders):
    def cost() -> int:
        with CaptureQueriesContext(connection) as context:
            text_of(reader, "/marketplace/")
        return len(context)

    text_of(reader, "/marketplace/")
    before = cost()
    breaks(orders)

    assert cost() == before


def test_the_lineage_marks_products_and_their_datasets(reader, person, orders):
    reads = make("Reads")
    flows(orders, reads)
    port = orders.output_ports.get()
    dataset = dataset_at("orders", port=port)
    breaks(orders)

    def told(node: str, **asked: str) -> dict[str, str | None]:
        asked = {"nodeId": node, **asked}
        answer = reader.get("/api/v1/lineage", asked, headers=script(person))
        return {each["id"]: each["incident"] for each in answer.json()["nodes"]}

    assert told(f"product:{reads.fqn}") == {
        f"product:{reads.fqn}": None,
        f"product:{orders.fqn}": "major",
    }
    assert told(dataset.node_id, level="dataset")[dataset.node_id] == "major"
    page = text_of(reader, f"/lineage/?node=product:{reads.fqn}")
    assert '<b class="bad">Incident</b>' in page


def test_on_a_lineage_card_the_incident_stands_before_the_end_of_the_product(reader, orders):
    reads = make("Reads")
    flows(orders, reads)
    orders.status = ProductStatus.DEPRECATED
    orders.save()
    breaks(orders)

    page = text_of(reader, f"/lineage/?node=product:{reads.fqn}")

    assert '<b class="bad">Incident</b>' in page
    assert '<b class="warn">Deprecated</b>' not in page
