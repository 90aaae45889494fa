"""Datasets behind the interfaces of operational systems: matched by name, seen by all members."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.actors import VISITOR
from accounts.states import PortalRole
from catalog.lineage.engine import snapshot
from catalog.lineage.engine.questions import everything
from catalog.lineage.models import Dataset, NamespaceClaim
from catalog.lineage.selectors import neighbours
from catalog.lineage.services import claim_namespace, ingest, release_namespace
from catalog.products.data import SystemData, SystemPortData
from catalog.products.models import PortDataset, SystemDataset
from catalog.products.services import put_system
from core import outbox
from core.errors import Conflict, NotFound
from tests.catalog.lineage.events import NAMESPACE as WAREHOUSE
from tests.catalog.lineage.events import event
from tests.catalog.lineage.ground import asked, chain, dataset
from tests.factories import (
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)

pytestmark = pytest.mark.django_db
SHOP = "postgres://shop:5432"


@pytest.fixture
def team():
    return TeamFactory(slug="sales-data")


@pytest.fixture
def sender():
    """A platform's orchestrator: it posts and owns nothing."""
    return actor_for(member_of(TeamFactory()))


@pytest.fixture
def steward():
    return actor_for(member_of(TeamFactory(), portal_role=PortalRole.STEWARD))


@pytest.fixture
def orders():
    """A product whose port offers the dataset `orders` of the warehouse."""
    product = ProductFactory(slug="orders")
    port = PortFactory(product=product)
    PortDataset.objects.create(port=port, namespace=WAREHOUSE, name="orders")
    return product


def shop(team, *datasets, slug="shop", ports=None):
    """A system with a port of datasets, and whatever follows from it."""
    described = ports or {"tables": datasets}
    data = SystemData(
        document_id=slug,
        name=slug.title(),
        domain=team.domain,
        owner=team,
        slug=slug,
        ports=tuple(
            SystemPortData(name, "database", datasets=given if given is None else tuple(given))
            for name, given in described.items()
        ),
    )
    system, _, _ = put_system(data=data, actor=actor_for(member_of(team)))
    while outbox.drain():
        pass
    return system


def run(sender, source="shop.orders", **facets):
    """A job made `orders` from a table of the shop."""
    told = {"namespace": SHOP, "name": source} | ({"facets": facets} if facets else {})
    ingest(event=event([told], ["orders"]), actor=sender)
    return Dataset.objects.get(namespace=SHOP, name=source)


def ports_of(*datasets):
    return [
        each.system_port and each.system_port.name
        for each in Dataset.objects.filter(pk__in=[d.pk for d in datasets]).order_by("name")
    ]


def test_what_a_system_names_is_found_when_lineage_tells_of_it(team, sender, orders):
    system = shop(team, (SHOP, "shop.orders"))

    found = run(sender)

    assert found.system_port.system == system
    stranger = actor_for(UserFactory())
    assert found in Dataset.objects.visible_to(stranger)
    assert found not in Dataset.objects.unmatched_for(sender)


def test_what_lineage_told_of_before_is_found_when_a_system_names_it(team, sender, orders):
    found, other = run(sender), run(sender, "shop.other")
    stranger = actor_for(UserFactory())
    assert not Dataset.objects.visible_to(stranger).filter(namespace=SHOP).exists()

    shop(team, (SHOP, "shop.orders"))

    assert ports_of(found, other) == ["tables", None]
    assert list(Dataset.objects.visible_to(stranger).filter(namespace=SHOP)) == [found]


def test_a_name_that_a_system_gives_up_is_nobodys_again(team, sender, orders):
    shop(team, (SHOP, "shop.orders"))
    found = run(sender)

    shop(team, ("postgres://elsewhere", "x"))

    assert ports_of(found) == [None]
    assert found in Dataset.objects.unmatched_for(sender)


def test_a_port_that_is_left_out_takes_its_names_along_and_one_that_says_none_keeps_them(
    team, sender, orders
):
    shop(team, ports={"tables": [(SHOP, "shop.orders")], "queue": [(SHOP, "shop.z")]})
    first, last = run(sender), run(sender, "shop.z")

    shop(team, ports={"tables": None})

    assert ports_of(first, last) == ["tables", None]
    assert SystemDataset.objects.count() == 1


def test_all_of_a_namespace_but_what_another_port_names(team, sender, orders):
    NamespaceClaim.objects.create(namespace=SHOP, team=team)
    shop(team, ports={"tables": [(SHOP, "*")], "queue": [(SHOP, "shop.orders")]})

    found = [run(sender), run(sender, "shop.other")]

    assert ports_of(*found) == ["queue", "tables"]
    shop(team, ports={"tables": [(SHOP, "*")]})
    assert ports_of(*found) == ["tables", "tables"]


def test_a_product_that_offers_it_comes_before_the_system(team, sender, orders):
    product = ProductFactory(slug="copies")
    offer = PortDataset.objects.create(
        port=PortFactory(product=product), namespace=SHOP, name="shop.orders"
    )
    shop(team, (SHOP, "shop.orders"))

    found = run(sender)
    graph = neighbours(actor=sender, node=found.node_id, level="dataset", depth=1)
    assert (graph.focus.product, graph.focus.system) == (product, None)

    port = offer.port
    offer.delete()
    outbox.emit("port.changed", key=port.pk, port_id=str(port.pk))
    outbox.drain()
    assert ports_of(found) == ["tables"]


def test_another_name_of_a_dataset_is_as_good(team, sender, orders):
    shop(team, (SHOP, "shop.orders"))
    alias = {"namespace": SHOP, "name": "shop.orders", "type": "TABLE"}
    symlinks = {
        "_producer": "https://example.org/job",
        "_schemaURL": "https://example.org/facet.json",
        "identifiers": [alias],
    }

    found = run(sender, "file/orders", symlinks=symlinks)

    assert ports_of(found) == ["tables"]


@pytest.mark.parametrize("name", ["*", "shop.orders"])
def test_nobody_takes_a_namespace_that_another_team_answers_for(team, sender, orders, name):
    found = run(sender)
    NamespaceClaim.objects.create(namespace=SHOP, team=TeamFactory())

    shop(team, (SHOP, name))

    assert ports_of(found) == [None]


def test_nobody_shows_all_of_a_namespace_that_is_not_theirs(team, orders, steward):
    """Names that are guessed or known one by one are another thing than all there are."""
    sender = actor_for(member_of(TeamFactory()))
    shop(team, (SHOP, "*"))
    found, stranger = run(sender), actor_for(UserFactory())
    assert not Dataset.objects.visible_to(stranger).filter(namespace=SHOP).exists()

    claim_namespace(namespace=SHOP, team=team.slug, actor=steward)
    assert ports_of(found) == ["tables"]

    release_namespace(namespace=SHOP, actor=steward)
    assert ports_of(found) == [None]


def test_the_team_of_a_system_answers_for_its_namespace_and_no_other_does(
    team, sender, orders, steward
):
    shop(team, (SHOP, "shop.orders"))
    run(sender)
    stranger = TeamFactory()

    with pytest.raises(Conflict):
        claim_namespace(namespace=SHOP, team=stranger.slug, actor=steward)

    claim = claim_namespace(namespace=SHOP, team=team.slug, actor=steward)
    assert claim.team == team


def test_lineage_goes_from_the_product_to_the_system_and_back(team, sender, orders):
    """Nothing was declared: a job was seen to read the shop."""
    system = shop(team, (SHOP, "shop.orders"))
    found = run(sender)
    member, node = actor_for(UserFactory()), f"system:{system.fqn}"

    up = neighbours(actor=member, node=f"product:{orders.fqn}", depth=1)
    down = neighbours(actor=member, node=node, depth=1)
    tables = neighbours(actor=member, node=node, depth=1, level="dataset")
    from_tables = neighbours(actor=member, node="dataset:postgres://warehouse:5432:orders", depth=1)

    [edge] = up.edges
    assert (edge.source, edge.target, edge.via) == (node, f"product:{orders.fqn}", "job:etl:load")
    assert edge.last_seen is not None
    assert {each.id: each.distance for each in down.nodes} == {node: 0, f"product:{orders.fqn}": 1}
    shown = {each.id: (each.distance, each.system) for each in tables.nodes}
    assert shown[found.node_id] == (0, system)
    assert shown["dataset:postgres://warehouse:5432:orders"] == (1, None)
    assert [each.system for each in from_tables.nodes if each.distance == -1] == [system]
    assert from_tables.hidden == {"upstream": 0, "downstream": 0}


def test_a_system_that_is_declared_and_seen_stands_there_once(team, sender, orders):
    system = shop(team, (SHOP, "shop.orders"))
    orders.input_ports.create(name="shop", system=system, system_name=system.fqn)
    run(sender)

    graph = neighbours(actor=actor_for(UserFactory()), node=f"product:{orders.fqn}", depth=1)

    assert [each.via for each in graph.edges] == ["job:etl:load"]
    assert graph.total_nodes == 2


def test_a_snapshot_shows_members_what_stands_behind_a_system(team, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    source, target = dataset("a", namespace=SHOP), dataset("b", namespace=SHOP)
    chain(source, target)
    snapshot.build("dataset")
    member = actor_for(UserFactory())

    def seen():
        found = everything(member, asked("dataset", [source]))
        return {*found.snapshot.nodes_at(found.nodes[found.seen])}

    assert seen() == set()
    shop(team, (SHOP, "a"), (SHOP, "b"))
    assert seen() == {source.pk, target.pk}


def test_rest_and_graphql_name_the_system(team, sender, orders):
    system = shop(team, (SHOP, "shop.orders"))
    found = run(sender)
    client = Client()
    client.force_login(UserFactory())
    query = """query ($name: String!) { dataset(namespace: "postgres://shop:5432", name: $name) {
      port { fqn } systemPort { fqn datasets { namespace name } system { fqn } } }
      lineage(node: "%s", level: DATASET) { nodes { system { fqn } owner { slug } page } } }"""
    body = {"query": query % found.node_id, "variables": {"name": "shop.orders"}}

    node = client.get("/api/v1/lineage", {"nodeId": found.node_id, "level": "dataset"}).json()
    answer = client.post("/graphql/", body, content_type="application/json").json()

    first = next(each for each in node["nodes"] if each["id"] == found.node_id)
    assert (first["system"], first["system_name"]) == (system.fqn, "Shop")
    assert (first["owner"], first["url"]) == ("sales-data", system.get_absolute_url())
    assert answer["data"]["dataset"] == {
        "port": None,
        "systemPort": {
            "fqn": f"{system.fqn}/tables",
            "datasets": [{"namespace": SHOP, "name": "shop.orders"}],
            "system": {"fqn": system.fqn},
        },
    }
    nodes = answer["data"]["lineage"]["nodes"]
    owned = {"system": {"fqn": system.fqn}, "owner": {"slug": "sales-data"}}
    assert {**owned, "page": system.get_absolute_url()} in nodes


def test_pages_of_the_system_and_of_its_data(team, sender, orders):
    system = shop(team, (SHOP, "shop.orders"))
    found = run(sender)
    client = Client()
    client.force_login(UserFactory())

    page = client.get(system.get_absolute_url()).text
    explorer = client.get("/lineage/", {"node": found.node_id, "level": "dataset"}).text
    of_system = client.get("/lineage/", {"node": f"system:{system.fqn}"}).text

    assert f'<code class="cut">{SHOP}</code> <code class="cut">shop.orders</code>' in page
    assert f"system%3A{system.fqn}&amp;level=product" in explorer
    assert "level=dataset" in of_system


def test_a_visitor_sees_none_of_it(team, sender, orders):
    shop(team, (SHOP, "shop.orders"))
    found = run(sender)

    assert not Dataset.objects.visible_to(VISITOR).exists()
    with pytest.raises(NotFound):
        neighbours(actor=VISITOR, node=found.node_id, level="dataset")
