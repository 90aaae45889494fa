"""Operational systems stand where lineage begins."""

import pytest
from django.test import Client

from catalog.lineage.models import ProductEdge
from catalog.lineage.selectors import neighbours
from catalog.products.data import SystemData
from catalog.products.models import InputPort
from catalog.products.services import put_system
from catalog.products.states import ProductStatus
from core.errors import NotFound
from tests.factories import ProductFactory, TeamFactory, UserFactory, actor_for, member_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain():
    """shop → orders → revenue; the shop is read by a draft of its team too."""
    team = TeamFactory(slug="sales-data")
    data = SystemData(document_id="shop", name="Shop", domain=team.domain, owner=team, slug="shop")
    system, _, _ = put_system(data=data, actor=actor_for(member_of(team)))
    orders, revenue = ProductFactory(owner=team, slug="orders"), ProductFactory(slug="revenue")
    draft = ProductFactory(owner=team, slug="draft", status=ProductStatus.DRAFT)
    for product in (orders, draft):
        InputPort.objects.create(product=product, name="shop", system=system)
    ProductEdge.objects.create(source=orders, target=revenue, via="declared")
    return system, orders, revenue


def shape(graph):
    nodes = {node.id: node.distance for node in graph.nodes}
    return nodes, {(edge.source, edge.target) for edge in graph.edges}, graph.total_nodes


def test_upstream_ends_at_the_system(chain):
    system, orders, revenue = chain
    actor = actor_for(UserFactory())
    ids = [f"system:{system.fqn}", f"product:{orders.fqn}", f"product:{revenue.fqn}"]

    whole = neighbours(actor=actor, node=ids[2], depth=2)
    near = neighbours(actor=actor, node=ids[2], depth=1)
    down = neighbours(actor=actor, node=ids[1], direction="downstream")

    edges = {(ids[0], ids[1]), (ids[1], ids[2])}
    assert shape(whole) == ({ids[2]: 0, ids[1]: -1, ids[0]: -2}, edges, 3)
    assert set(shape(near)[0]) == {ids[1], ids[2]}
    assert set(shape(down)[0]) == {ids[1], ids[2]}


def test_a_system_reaches_what_is_made_from_it_as_far_as_one_may_see(chain):
    system, orders, revenue = chain
    node = f"system:{system.fqn}"

    graph = neighbours(actor=actor_for(UserFactory()), node=node, depth=2)
    short = neighbours(actor=actor_for(UserFactory()), node=node, depth=1)

    nodes, edges, total = shape(graph)
    assert nodes == {node: 0, f"product:{orders.fqn}": 1, f"product:{revenue.fqn}": 2}
    assert (node, f"product:{orders.fqn}") in edges
    assert (len(edges), total) == (2, 3)
    assert set(shape(short)[0]) == {node, f"product:{orders.fqn}"}
    with pytest.raises(NotFound):
        neighbours(actor=actor_for(UserFactory()), node="system:nothing")


def test_the_explorer_rest_and_graphql_show_it(chain):
    system, orders, _ = chain
    client = Client()
    client.force_login(UserFactory())
    node = f"system:{system.fqn}"

    page = client.get(f"/lineage/?node={node}").text
    rest = client.get(f"/api/v1/lineage?nodeId=product:{orders.fqn}").json()
    query = f'{{ lineage(node: "{node}") {{ nodes {{ id kind owner {{ slug }} }} }} }}'
    answer = client.post("/graphql/", {"query": query}, content_type="application/json").json()

    assert "Lineage of Shop" in page
    assert orders.name in page
    kinds = {each["id"]: (each["kind"], each["owner"]) for each in rest["nodes"]}
    assert kinds[node] == ("system", "sales-data")
    first = answer["data"]["lineage"]["nodes"][0]
    assert first == {"id": node, "kind": "SYSTEM", "owner": {"slug": "sales-data"}}
