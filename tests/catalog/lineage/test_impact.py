"""Whom a change reaches: products, owners, consumers by grant; complete, in pages and as CSV."""

import csv
import datetime as dt
import io

import pytest
from django.utils import timezone

from accounts.states import PortalRole
from catalog.lineage.engine import seen, snapshot, sql
from catalog.lineage.models import JobDataset
from catalog.lineage.selectors import impact
from catalog.products.models import InputPort
from provisioning.access.models import Grant
from provisioning.jobs.models import Instance
from provisioning.requests.models import Request
from tests.catalog.lineage.ground import STEWARD, chain, column, dataset, job, offered, system
from tests.catalog.lineage.test_questions import ask, signed_in
from tests.factories import (
    ContractFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return signed_in(UserFactory())


@pytest.fixture
def steward():
    return signed_in(UserFactory(portal_role=PortalRole.STEWARD))


def granted(port, state="active", **consumer):
    """A grant on the port."""
    team = port.product.owner
    instance = Instance.objects.create(
        kind="grant", name="x", domain=team.domain, owner=team, driver="postgres"
    )
    request = Request.objects.create(
        kind="access", title="Read", requester=UserFactory(), team=team, decided_at=timezone.now()
    )
    return Grant.objects.create(
        request=request,
        instance=instance,
        port=port,
        purpose="Weekly report",
        state=state,
        until=timezone.now() + dt.timedelta(days=9),
        **consumer,
    )


def reached(answer):
    return [(row["product"], row["distance"]) for row in answer["results"]]


def test_the_complete_impact_of_a_column_in_one_call(member):
    a, b, c = offered("a"), offered("b"), offered("c")
    second = dataset("b2", port=b.port)
    secret = offered("secret", visibility="restricted")
    source, one, two = column(a, "x"), column(b, "x"), column(second, "y")
    chain(source, one, column(c, "z"))
    chain(source, two)
    chain(two, column(secret, "s"))
    chain(a, secret, c)  # other columns of the same datasets
    reader = TeamFactory()
    granted(a.port, consumer_team=reader)

    answer = ask(member, "/impact", nodeId="column:postgres://warehouse:5432:a#x")

    products = [each.port.product for each in (a, b, c)]
    assert reached(answer) == [(each.fqn, n) for n, each in enumerate(products)]
    assert answer["results"][1]["via"] == {"columns": 2, "datasets": 2}
    assert answer["results"][1] | {"via": None, "consumers": None} == {
        "product": products[1].fqn,
        "name": products[1].name,
        "owner": products[1].owner.slug,
        "owner_name": products[1].owner.name,
        "domain": products[1].domain.path,
        "status": "active",
        "url": products[1].get_absolute_url(),
        "distance": 1,
        "via": None,
        "consumers": None,
        "other_consumers": 0,
    }
    assert answer["totals"] == {
        "products": 2,
        "owners": 2,
        "teams": 3,
        "consumers": 1,
        "datasets": 3,
        "columns": 3,
        "hidden": 1,
    }
    assert (answer["level"], answer["next"], answer["truncated"]) == ("column", None, False)


def test_consumers_are_named_to_those_who_may_see_their_grants(member, steward):
    a, b = offered("a"), offered("b")
    chain(a, b)
    team, person, product = TeamFactory(), UserFactory(), ProductFactory()
    grant = granted(b.port, consumer_team=team)
    granted(b.port, consumer_user=person)
    granted(b.port, consumer_product=product)
    granted(b.port, state="revoked", consumer_team=TeamFactory())

    def row(client):
        return ask(client, "/impact", nodeId=a.node_id)["results"][1]

    seen = row(steward)
    assert {each["consumer"]: each["kind"] for each in seen["consumers"]} == {
        f"team:{team.slug}": "team",
        f"user:{person.username}": "user",
        f"product:{product.fqn}": "product",
    }
    assert seen["consumers"][0]["until"] == grant.until.isoformat()
    assert seen["other_consumers"] == 0
    assert (row(member)["consumers"], row(member)["other_consumers"]) == ([], 3)
    of_team = row(signed_in(member_of(team)))
    assert [each["consumer"] for each in of_team["consumers"]] == [f"team:{team.slug}"]
    assert of_team["other_consumers"] == 2
    owner = row(signed_in(member_of(b.port.product.owner)))
    assert len(owner["consumers"]) == 3


def test_a_port_reaches_those_who_declare_it_and_what_follows(member):
    port = PortFactory()
    data = dataset("data", port=port)
    derived = offered("derived")
    chain(data, derived)
    declaring, further = ProductFactory(), ProductFactory()
    InputPort.objects.create(product=declaring, name="in", source=port)
    chain(declaring, further)
    other_port = PortFactory(product=port.product)
    granted(other_port, consumer_team=TeamFactory())
    granted(port, consumer_team=TeamFactory())

    answer = ask(member, "/impact", nodeId=f"port:{port.fqn}")

    near = {derived.port.product.fqn: 1, declaring.fqn: 1, further.fqn: 2, port.product.fqn: 0}
    assert dict(reached(answer)) == near
    assert answer["results"][0]["other_consumers"] == 1
    assert answer["totals"]["consumers"] == 1
    assert (answer["totals"]["products"], answer["totals"]["datasets"]) == (3, 1)


def test_a_contract_is_all_ports_that_name_it(member):
    contract = ContractFactory(visibility="company")
    ports = [PortFactory(contract=contract) for _ in range(2)]
    for n, port in enumerate(ports):
        chain(dataset(f"d{n}", port=port), offered(f"out{n}"))

    answer = ask(member, "/impact", nodeId=f"contract:{contract.document_id}")

    assert [hops for _, hops in reached(answer)] == [0, 0, 1, 1]
    assert answer["totals"]["products"] == 2


@pytest.mark.parametrize("kind", ["product", "system", "job"])
def test_products_systems_and_jobs_have_an_impact_too(member, kind):
    a, b = offered("a"), offered("b")
    chain(a.port.product, b.port.product)
    shop = system("shop")
    InputPort.objects.create(product=a.port.product, name="shop", system=shop)
    JobDataset.objects.create(job=job("load"), dataset=b, side="out")
    nodes = {
        "product": (f"product:{a.port.product.fqn}", [(a, 0), (b, 1)]),
        "system": (f"system:{shop.fqn}", [(a, 1), (b, 2)]),
        "job": ("job:etl:load", [(b, 1)]),
    }
    node, wanted = nodes[kind]

    answer = ask(member, "/impact", nodeId=node)

    assert reached(answer) == [(each.port.product.fqn, hops) for each, hops in wanted]
    assert (
        ask(member, "/impact", nodeId=node, depth=1)["results"]
        == answer["results"][: (len([hops for _, hops in wanted if hops <= 1]))]
    )


def test_pages_follow_one_another_and_hold_everything_once(member):
    hub = offered("hub")
    for n in range(7):
        each = offered(f"d{n}")
        chain(hub, each)
        chain(each, offered(f"e{n}"))
    whole = ask(member, "/impact", nodeId=hub.node_id)

    rows, page = [], ask(member, "/impact", nodeId=hub.node_id, first=4)
    while True:
        rows += page["results"]
        if page["next"] is None:
            break
        page = member.get(page["next"]).json()

    assert rows == whole["results"]
    assert len(rows) == 15
    assert page["totals"] == whole["totals"]


@pytest.mark.parametrize("cursor", ["x", "WzFd", "WyJhIiwiYiJd", "Wzk5OTk5OTk5OTk5OTksImEiXQ"])
def test_a_cursor_of_another_list_is_refused(member, cursor):
    a = offered("a")

    refused = ask(member, "/impact", 422, nodeId=a.node_id, cursor=cursor)

    assert refused["problems"][0]["pointer"] == "/cursor"


def test_as_csv_every_row_and_no_formula(member):
    a = offered("a")
    b = offered("b", name="=1+1")
    chain(a, b)

    answer = member.get(
        "/api/v1/lineage/impact", {"nodeId": a.node_id}, headers={"accept": "text/csv"}
    )

    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert [row["product"] for row in rows] == [a.port.product.fqn, b.port.product.fqn]
    assert rows[1]["name"] == "'=1+1"
    assert (rows[1]["distance"], rows[1]["datasets"], rows[1]["columns"]) == ("1", "1", "")
    refused = member.get(
        "/api/v1/lineage/impact", {"nodeId": "dataset:x"}, headers={"accept": "text/csv"}
    )
    assert refused.status_code == 404


def test_without_a_snapshot_it_says_that_it_may_not_be_all(member, monkeypatch):
    a, b, c = offered("a"), offered("b", visibility="restricted"), offered("c")
    chain(a, b, c)
    chain(a.port.product, c.port.product)
    whole = ask(member, "/impact", nodeId=a.node_id)
    monkeypatch.setattr(snapshot, "SMALL", 0)
    monkeypatch.setattr(snapshot, "build_behind", lambda level: None)

    by_sql = ask(member, "/impact", nodeId=a.node_id)
    sources = ask(member, "/sources", nodeId=c.node_id)
    path = ask(member, "/path", **{"from": a.node_id, "to": c.node_id})["path"]
    monkeypatch.setattr(sql, "MOST_NODES", 2)
    cut = ask(member, "/impact", nodeId=a.node_id)

    assert by_sql == whole
    assert [node["id"] for node in sources["nodes"]] == [a.node_id]
    assert [node["kind"] for node in path["nodes"]] == ["dataset", "hidden", "dataset"]
    assert cut["truncated"] is True
    ask(member, "/path", 503, **{"from": a.node_id, "to": c.node_id})
    ask(member, "/cycles", 503)


def test_what_is_omitted_ends_the_way(member, settings):
    a, b, c = offered("a"), offered("b", visibility="restricted"), offered("c")
    chain(a, b, c)
    settings.LINEAGE_HIDDEN = "omit"

    answer = ask(member, "/impact", nodeId=a.node_id)

    assert reached(answer) == [(a.port.product.fqn, 0)]
    assert answer["totals"]["hidden"] == 0


def test_very_many_products_are_judged_by_one_value(monkeypatch):
    a, b, c = offered("a"), offered("b", visibility="restricted"), offered("c")
    chain(a, b, c)
    actor = actor_for(UserFactory())
    one_by_one = impact(actor=actor, node=a.node_id)
    monkeypatch.setattr(seen, "FEW_PRODUCTS", 0)

    together = impact(actor=actor, node=a.node_id)

    assert together == one_by_one
    assert [row.product.pk for row in together.rows] == [a.port.product_id, c.port.product_id]
    assert impact(actor=STEWARD, node=a.node_id).totals.products == 2


def test_the_lineage_tab_says_how_far_a_change_reaches(member):
    a, b, c, lone = offered("a"), offered("b"), offered("c"), offered("lone")
    chain(a, b, c)
    chain(a.port.product, b.port.product, c.port.product)
    chain(*(column(each, "id") for each in (a, b, c)))
    granted(b.port, consumer_team=TeamFactory(name="Readers"))

    tab = member.get(f"/products/{a.port.product.fqn}/?tab=lineage").text
    alone = member.get(f"/products/{lone.port.product.fqn}/?tab=lineage").text

    said = " ".join(tab.replace("<b>", "").replace("</b>", "").split())
    assert "reaches 2 columns, 2 products and 1 reader of 3 teams, however far down" in said
    assert f"impact?nodeId=product%3A{a.port.product.fqn}&amp;format=csv" in tab
    assert "reaches" not in alone
