"""Questions about lineage over REST: nodes of every kind, who sees what, times, bounds."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.services import create_token
from accounts.states import PortalRole
from catalog.contracts.models import SchemaObject, SchemaProperty
from catalog.lineage.models import Dataset, DatasetEdge, JobDataset, ProductEdge
from catalog.products.models import InputPort, OutputPort
from tests.catalog.lineage.ground import (
    NAMESPACE,
    chain,
    column,
    dataset,
    end,
    job,
    offered,
    system,
)
from tests.factories import (
    ContractVersionFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    member_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return signed_in(UserFactory())


@pytest.fixture
def steward():
    return signed_in(UserFactory(portal_role=PortalRole.STEWARD))


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def ask(client, question="", status=200, **query):
    answer = client.get(f"/api/v1/lineage{question}", query)
    assert answer.status_code == status, answer.content
    return answer.json()


def named(answer):
    return {node["id"]: (node["distance"], node["side"]) for node in answer["nodes"]}


def pairs(answer):
    return {(edge["source"], edge["target"]) for edge in answer["edges"]}


def test_every_node_says_what_a_drawing_needs(member):
    a, b = offered("db.s.orders"), offered("db.m.revenue")
    chain(a, b, job=job("load"))
    product = b.port.product

    answer = ask(member, nodeId=a.node_id)

    [edge] = answer["edges"]
    assert {key: edge[key] for key in ("source", "target", "via", "origin")} == {
        "source": a.node_id,
        "target": b.node_id,
        "via": "job:etl:load",
        "origin": "lineage",
    }
    assert edge["first_seen"] <= edge["last_seen"]
    assert answer["nodes"][1] == {
        "id": b.node_id,
        "kind": "dataset",
        "name": "db.m.revenue",
        "distance": 1,
        "side": "downstream",
        "product": product.fqn,
        "product_name": product.name,
        "system": None,
        "system_name": None,
        "owner": product.owner.slug,
        "owner_name": product.owner.name,
        "domain": product.domain.path,
        "status": "active",
        "archetype": None,
        "score": None,
        "incident": None,
        "url": b.port.get_absolute_url(),
        "more": {"upstream": 0, "downstream": 0},
        "verified": False,
    }
    assert (answer["total_nodes"], answer["truncated"], answer["as_of"]) == (2, False, None)
    assert answer["hidden"] == {"upstream": 0, "downstream": 0}


def test_columns_of_a_dataset_and_what_they_touch(member):
    version = ContractVersionFactory()
    table = SchemaObject.objects.create(version=version, position=0, name="orders")
    SchemaProperty.objects.create(
        object=table,
        position=0,
        path="ID",
        name="ID",
        physical_type="bigint",
        classification="restricted",
    )
    a, b = offered("db.s.orders"), offered("db.m.revenue")
    OutputPort.objects.filter(pk=a.port_id).update(contract_version=version)
    Dataset.objects.filter(pk=b.pk).update(fields=[{"name": "order_id", "type": "text"}])
    source, other, target = column(a, "id"), column(a, "note"), column(b, "order_id")
    chain(source, target, transformation="DIRECT, IDENTITY", masking=True)

    answer = ask(member, nodeId=a.node_id, level="column")

    ids = [f"column:{NAMESPACE}:{name}" for name in ("db.s.orders#id", "db.s.orders#note")]
    far = f"column:{NAMESPACE}:db.m.revenue#order_id"
    assert named(answer) == {ids[0]: (0, "focus"), ids[1]: (0, "focus"), far: (1, "downstream")}
    by_id = {node["id"]: node for node in answer["nodes"]}
    assert by_id[ids[0]]["dataset"] == a.node_id
    assert (by_id[ids[0]]["data_type"], by_id[ids[0]]["classification"]) == ("bigint", "restricted")
    assert (by_id[far]["data_type"], by_id[far]["classification"]) == ("text", None)
    [edge] = answer["edges"]
    assert (edge["transformation"], edge["masking"]) == ("DIRECT, IDENTITY", True)
    alone = ask(member, nodeId=ids[1])
    assert named(alone) == {ids[1]: (0, "focus")}
    assert ask(member, nodeId=f"product:{a.port.product.fqn}", level="column") == {
        **answer,
        "nodes": answer["nodes"],
    }
    assert other.name == "note"


def test_a_product_at_the_level_of_datasets_is_all_its_datasets(member):
    a, b = offered("a"), offered("b")
    second = dataset("a2", port=a.port)
    chain(second, b)

    answer = ask(member, nodeId=f"product:{a.port.product.fqn}", level="dataset")
    port = ask(member, nodeId=f"port:{a.port.fqn}")

    assert named(answer) == {
        a.node_id: (0, "focus"),
        second.node_id: (0, "focus"),
        b.node_id: (1, "downstream"),
    }
    assert named(port) == named(answer)
    assert answer["total_nodes"] == 3


def test_a_port_without_datasets_is_alone(member):
    port = PortFactory()

    answer = ask(member, nodeId=f"port:{port.fqn}")

    assert named(answer) == {f"port:{port.fqn}": (0, "focus")}
    assert answer["nodes"][0]["kind"] == "port"


def test_a_job_stands_between_its_inputs_and_outputs(member):
    before, a, b, after = (offered(name) for name in ("before", "a", "b", "after"))
    load = job("load")
    JobDataset.objects.create(job=load, dataset=a, side="in")
    JobDataset.objects.create(job=load, dataset=b, side="out")
    chain(a, b, job=load)
    chain(before, a)
    chain(b, after)

    answer = ask(member, nodeId="job:etl:load")

    assert named(answer) == {
        "job:etl:load": (0, "focus"),
        a.node_id: (1, "upstream"),
        before.node_id: (2, "upstream"),
        b.node_id: (1, "downstream"),
        after.node_id: (2, "downstream"),
    }
    assert pairs(answer) == {
        (before.node_id, a.node_id),
        (a.node_id, "job:etl:load"),
        ("job:etl:load", b.node_id),
        (b.node_id, after.node_id),
    }
    near = ask(member, nodeId="job:etl:load", direction="upstream", depth=1)
    assert named(near) == {"job:etl:load": (0, "focus"), a.node_id: (1, "upstream")}


def test_what_the_reader_may_not_see_is_one_node_a_side_with_a_count(member, steward, settings):
    a, b, c = offered("a"), offered("b", visibility="restricted"), offered("c")
    up = offered("up", visibility="restricted")
    chain(up, a, b, c)

    answer = ask(member, nodeId=a.node_id)

    hidden = {node["id"]: node for node in answer["nodes"] if node["kind"] == "hidden"}
    assert answer["hidden"] == {"upstream": 1, "downstream": 1}
    assert {key: node["count"] for key, node in hidden.items()} == {
        "hidden:upstream": 1,
        "hidden:downstream": 1,
    }
    assert pairs(answer) == {
        ("hidden:upstream", a.node_id),
        (a.node_id, "hidden:downstream"),
        ("hidden:downstream", c.node_id),
    }
    assert b.name not in [node["name"] for node in answer["nodes"]]
    assert len(ask(steward, nodeId=a.node_id)["nodes"]) == 4
    settings.LINEAGE_HIDDEN = "omit"
    omitted = ask(member, nodeId=a.node_id)
    assert named(omitted) == {a.node_id: (0, "focus")}
    assert omitted["hidden"] == {"upstream": 0, "downstream": 0}


@pytest.mark.parametrize(
    "make",
    [
        lambda row: row.node_id,
        lambda row: f"product:{row.port.product.fqn}",
        lambda row: f"port:{row.port.fqn}",
        lambda row: f"column:{NAMESPACE}:secret#x",
        lambda row: "job:etl:secret",
    ],
)
@pytest.mark.parametrize("question", ["", "/impact", "/sources"])
def test_what_one_may_not_see_answers_as_if_it_were_not_there(member, steward, make, question):
    secret = offered("secret", visibility="restricted")
    column(secret, "x")
    JobDataset.objects.create(job=job("secret"), dataset=secret, side="in")
    node = make(secret)

    refused = ask(member, question, 404, nodeId=node)
    unknown = ask(member, question, 404, nodeId="dataset:not:there")

    assert refused == unknown
    ask(steward, question, nodeId=node)


def test_an_unmatched_dataset_is_seen_by_those_who_posted_it_and_their_team_token(member, steward):
    team = TeamFactory()
    a = dataset("a", posted_by=team)
    poster = member_of(team)
    _, text = create_token(user=poster, name="etl", scopes=["read"], team=team)

    assert named(ask(signed_in(poster), nodeId=a.node_id)) == {a.node_id: (0, "focus")}
    ask(steward, nodeId=a.node_id)
    ask(member, "", 404, nodeId=a.node_id)
    headers = {"authorization": f"Bearer {text}"}
    answer = Client().get("/api/v1/lineage", {"nodeId": a.node_id}, headers=headers)
    assert answer.status_code == 200
    assert Client().get("/api/v1/lineage", {"nodeId": a.node_id}).status_code == 401


def test_more_counts_the_neighbours_outside_that_the_reader_may_see(member, steward):
    a, b = offered("a"), offered("b")
    chain(a, b)
    for n in range(3):
        chain(b, offered(f"d{n}", visibility="restricted" if n else "company"))

    near = {node["id"]: node["more"] for node in ask(member, nodeId=a.node_id, depth=1)["nodes"]}
    all_of_them = ask(steward, nodeId=a.node_id, depth=1)["nodes"]

    assert near == {
        a.node_id: {"upstream": 0, "downstream": 0},
        b.node_id: {"upstream": 0, "downstream": 1},
    }
    assert all_of_them[1]["more"] == {"upstream": 0, "downstream": 3}


def test_systems_outside_count_as_more(member):
    a, b = (ProductFactory() for _ in "ab")
    chain(a, b)
    InputPort.objects.create(product=a, name="shop", system=system("shop"))

    answer = ask(member, nodeId=f"product:{b.fqn}", depth=1)

    more = {node["id"]: node["more"]["upstream"] for node in answer["nodes"]}
    assert more == {f"product:{b.fqn}": 0, f"product:{a.fqn}": 1}


def test_the_graph_as_of_a_day(member):
    a, b = offered("a"), offered("b")
    [edge] = chain(a, b)
    now = timezone.now()
    DatasetEdge.objects.filter(pk=edge.pk).update(
        first_seen=now - dt.timedelta(days=5), ended_at=now - dt.timedelta(days=2)
    )

    def at(days):
        return ask(member, nodeId=a.node_id, at=(now - dt.timedelta(days=days)).isoformat())

    assert [len(at(days)["nodes"]) for days in (6, 4, 1)] == [1, 2, 1]
    assert len(ask(member, nodeId=a.node_id)["nodes"]) == 1
    assert len(at(4)["edges"]) == 1
    day = (now - dt.timedelta(days=4)).date()
    answer = ask(member, nodeId=a.node_id, at=day.isoformat())
    assert answer["as_of"] == f"{day}T23:59:59.999999+00:00"
    assert len(answer["nodes"]) == 2
    then = at(4)["as_of"]
    assert ask(member, "/path", **{"from": a.node_id, "to": b.node_id, "at": then})["path"]
    assert ask(member, "/path", **{"from": a.node_id, "to": b.node_id})["path"] is None
    assert len(ask(member, "/impact", nodeId=a.node_id, at=then)["results"]) == 2
    sources = ask(member, "/sources", nodeId=b.node_id, at=then)
    assert [node["id"] for node in sources["nodes"]] == [a.node_id]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"depth": "0"}, "/depth"),
        ({"depth": "21"}, "/depth"),
        ({"depth": "x"}, "/depth"),
        ({"direction": "sideways"}, "/direction"),
        ({"level": "row"}, "/level"),
        ({"at": "yesterday"}, "/at"),
        ({"at": "2026-13-01"}, "/at"),
        ({"at": "2026-11-20T99:00"}, "/at"),
    ],
)
def test_a_question_that_cannot_be_read_says_what_to_mend(member, query, pointer):
    a = offered("a")

    refused = ask(member, "", 422, nodeId=a.node_id, **query)

    [problem] = refused["problems"]
    assert problem["pointer"] == pointer
    assert problem["message"]


def test_a_hub_is_cut_and_counted(member):
    hub = offered("hub")
    for n in range(5):
        chain(hub, offered(f"d{n}"))

    answer = ask(member, nodeId=hub.node_id, first=2)

    assert (len(answer["nodes"]), answer["total_nodes"], answer["truncated"]) == (3, 6, True)


@pytest.mark.parametrize("level", ["product", "dataset", "column"])
@pytest.mark.parametrize("question", ["", "/impact", "/sources"])
def test_more_neighbours_cost_no_more_statements(member, level, question):
    def grow(count):
        for n in range(count):
            name = f"{n}-{DatasetEdge.objects.count()}"
            other = offered(name)
            side = (root, other) if n % 2 else (other, root)
            chain(*side)
            chain(*(each.port.product for each in side))
            chain(*(column(each, name) for each in side))
            chain(other, offered(f"x{other.pk}", visibility="restricted"))

    def cost():
        with CaptureQueriesContext(connection) as caught:
            ask(member, question, nodeId=f"product:{root.port.product.fqn}", level=level)
        return len(caught)

    root = offered("root")
    grow(3)
    cost()  # the first request finds out who asks
    few = cost()
    grow(30)

    assert cost() == few


def test_ended_edges_of_products_are_gone(member):
    a, b = (ProductFactory() for _ in "ab")
    [edge] = chain(a, b)
    end(edge)

    assert len(ask(member, nodeId=f"product:{a.fqn}")["nodes"]) == 1
    assert ProductEdge.objects.count() == 1
