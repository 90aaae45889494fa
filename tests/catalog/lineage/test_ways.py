"""Paths between nodes, where data begins, what nothing touches, and cycles."""

import pytest

from accounts.states import PortalRole
from catalog.lineage.engine import snapshot
from catalog.lineage.states import Level
from tests.catalog.lineage.ground import chain, end, job, offered, system
from tests.catalog.lineage.test_questions import ask, named, signed_in
from tests.factories import ProductFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return signed_in(UserFactory())


@pytest.fixture
def steward():
    return signed_in(UserFactory(portal_role=PortalRole.STEWARD))


def test_one_path_with_its_edges(member):
    a, b, c, d = (offered(name) for name in "abcd")
    chain(a, b, c, d)
    chain(a, c)

    found = ask(member, "/path", **{"from": a.node_id, "to": d.node_id})["path"]

    assert [node["id"] for node in found["nodes"]] == [a.node_id, c.node_id, d.node_id]
    assert [node["distance"] for node in found["nodes"]] == [0, 1, 2]
    assert [(edge["source"], edge["target"]) for edge in found["edges"]] == [
        (a.node_id, c.node_id),
        (c.node_id, d.node_id),
    ]
    assert ask(member, "/path", **{"from": d.node_id, "to": a.node_id}) == {"path": None}
    mixed = {"from": f"product:{a.port.product.fqn}", "to": d.node_id}
    assert len(ask(member, "/path", **mixed)["path"]["nodes"]) == 3
    refused = {"from": d.node_id, "to": "dataset:not:there"}
    ask(member, "/path", 404, **refused)


def test_a_path_through_what_one_may_not_see_tells_nothing_of_it(member, settings):
    a, b, c = offered("a"), offered("secret", visibility="restricted"), offered("c")
    chain(a, b, c, job=job("secret"))
    question = {"from": a.node_id, "to": c.node_id}

    found = ask(member, "/path", **question)["path"]

    assert [node["kind"] for node in found["nodes"]] == ["dataset", "hidden", "dataset"]
    assert "secret" not in str(found)
    settings.LINEAGE_HIDDEN = "omit"
    assert ask(member, "/path", **question) == {"path": None}


def test_a_path_at_different_levels_that_never_meet_is_refused(member):
    a, shop = offered("a"), system("shop")

    ask(member, "/path", 422, **{"from": f"system:{shop.fqn}", "to": a.node_id})


def test_where_data_begins(member):
    a, b, c, hidden = offered("a"), offered("b"), offered("c"), offered("h", visibility="domain")
    chain(a, c)
    chain(b, c)
    chain(hidden, c)
    d = offered("d")
    chain(c, d)

    answer = ask(member, "/sources", nodeId=d.node_id)

    assert named(answer) == {a.node_id: (2, "upstream"), b.node_id: (2, "upstream")}
    assert (answer["total"], answer["hidden"], answer["truncated"]) == (2, 1, False)
    alone = ask(member, "/sources", nodeId=a.node_id)
    assert named(alone) == {a.node_id: (0, "focus")}


@pytest.mark.parametrize("is_built", [True, False])
def test_omitted_sources_are_as_if_they_were_not_there(member, settings, is_built):
    settings.LINEAGE_HIDDEN = "omit"
    a, c, d = offered("a"), offered("c"), offered("d")
    hidden = offered("h", visibility="restricted")
    chain(a, c, d)
    if is_built:
        snapshot.build(Level.DATASET)
    bare = {each: ask(member, "/sources", nodeId=each.node_id) for each in (a, c, d)}
    lone = ask(member, "/orphans")

    before_all, beside = chain(hidden, a), chain(offered("h2", visibility="restricted"), d)

    assert before_all
    assert beside
    assert bare == {each: ask(member, "/sources", nodeId=each.node_id) for each in (a, c, d)}
    assert named(bare[d]) == {a.node_id: (2, "upstream")}
    assert lone == ask(member, "/orphans")


def test_an_omitted_neighbour_leaves_an_orphan(member, settings):
    lone, hidden = offered("lone"), offered("h", visibility="restricted")
    chain(hidden, lone)
    chain(hidden.port.product, lone.port.product)
    for level in ("dataset", "product"):
        assert ask(member, "/orphans", level=level)["results"] == []

    settings.LINEAGE_HIDDEN = "omit"

    for level, name in (("dataset", lone.node_id), ("product", f"product:{lone.port.product.fqn}")):
        assert [node["id"] for node in ask(member, "/orphans", level=level)["results"]] == [name]


def test_what_has_no_lineage_is_listed_page_by_page(member, steward):
    lone = [offered(f"lone{n}") for n in range(3)]
    offered("secret", visibility="restricted")
    a, b = offered("a"), offered("b")
    [edge] = chain(a, b)

    first = ask(member, "/orphans", page_size=2)
    rest = member.get(first["next"]).json()

    assert [node["id"] for node in first["results"]] == [each.node_id for each in lone[:2]]
    assert [node["id"] for node in rest["results"]] == [lone[2].node_id]
    assert rest["next"] is None
    assert len(ask(steward, "/orphans")["results"]) == 4
    end(edge)
    assert len(ask(member, "/orphans")["results"]) == 5
    assert len(ask(member, "/orphans", level="product")["results"]) == 5
    ask(member, "/orphans", 422, level="column")
    ask(member, "/orphans", 422, cursor="x")


def test_products_that_read_one_another_in_a_circle(member, steward):
    a, b, c, lone = (ProductFactory() for _ in range(4))
    chain(a, b, c, a)
    chain(c, lone)
    secret = ProductFactory(visibility="restricted")
    chain(secret, lone, secret)

    seen = ask(member, "/cycles")
    every = ask(steward, "/cycles", first=1)

    [cycle] = seen["results"]
    assert (cycle["size"], seen["total"]) == (3, 1)
    assert {node["id"] for node in cycle["nodes"]} == {f"product:{each.fqn}" for each in (a, b, c)}
    assert (len(every["results"]), every["total"]) == (1, 2)
