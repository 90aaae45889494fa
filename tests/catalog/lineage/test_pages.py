"""The pages of unmatched datasets and of edges that people draw."""

import pytest
from django.contrib.messages import get_messages

from accounts.states import TeamRole
from catalog.lineage.models import Dataset, NamespaceClaim, ProductEdge
from catalog.lineage.services import ingest
from catalog.products.models import PortDataset
from tests.catalog.lineage.events import NAMESPACE, event
from tests.factories import PortFactory, ProductFactory, TeamFactory, actor_for, member_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def owner(client, team):
    client.force_login(member_of(team))
    return client


@pytest.fixture
def port(team):
    port = PortFactory(product=ProductFactory(owner=team))
    PortDataset.objects.create(port=port, namespace=NAMESPACE, name="mine")
    sender = actor_for(member_of(TeamFactory()))
    ingest(event=event(["elsewhere"], ["mine", "<b>beside</b>"]), actor=sender)
    return port


def test_what_waits_is_listed_and_can_be_found(owner, port):
    page = owner.get("/lineage/unmatched/")

    assert "&lt;b&gt;beside" in page.text
    assert "<b>beside" not in page.text
    assert "mine</a>" not in page.text
    assert "beside" not in owner.get("/lineage/unmatched/?q=nothing").text
    assert owner.get("/lineage/unmatched/?q=%00").status_code == 200
    assert owner.get("/lineage/unmatched/?cursor=x").status_code == 422


def test_nothing_waits_says_so(owner):
    assert "Every dataset has its port" in owner.get("/lineage/unmatched/").text


def test_a_claim_by_form_and_giving_it_back(owner, port):
    waiting = "dataset:postgres%3A%2F%2Fwarehouse%3A5432:%3Cb%3Ebeside%3C%2Fb%3E"

    for wrong in ("", "no.such/port@1"):
        refused = owner.post("/lineage/unmatched/claim/", {"dataset": waiting, "port": wrong})
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text
        assert f'value="{wrong}"' in refused.text
    done = owner.post("/lineage/unmatched/claim/", {"dataset": waiting, "port": port.fqn})

    assert done.status_code == 302
    assert Dataset.objects.get(name__contains="beside").port_id == port.pk
    assert "Claimed by hand" in owner.get("/lineage/unmatched/").text
    owner.post("/lineage/unmatched/unclaim/", {"dataset": waiting})
    assert Dataset.objects.get(name__contains="beside").port is None


def test_a_namespace_is_claimed_and_given_back_by_form(client, team):
    client.force_login(owner := member_of(team, role=TeamRole.OWNER))
    ingest(event=event(["raw"], ["mine"]), actor=actor_for(owner))
    here = {"namespace": NAMESPACE, "team": team.slug}
    assert f'value="{NAMESPACE}"' in client.get("/lineage/namespaces/").text

    refused = client.post("/lineage/namespaces/claim/", {**here, "namespace": "s3://<b>"})
    assert refused.status_code == 422
    assert "offers no dataset there" in refused.text
    assert client.post("/lineage/namespaces/claim/", here).status_code == 302
    assert NamespaceClaim.objects.get().team == team
    claimed = client.get("/lineage/namespaces/").text
    assert "Give it back" in claimed
    assert "Open, with datasets of yours" not in claimed
    assert client.post("/lineage/namespaces/claim/", here).status_code == 422
    assert client.post("/lineage/namespaces/release/", here).status_code == 302
    assert "Every namespace is open" in client.get("/lineage/namespaces/").text


def test_whoever_owns_no_team_sees_whose_a_namespace_is_and_no_button(client, team):
    NamespaceClaim.objects.create(namespace=NAMESPACE, team=team)
    client.force_login(member_of(TeamFactory()))

    page = client.get("/lineage/namespaces/").text

    assert team.name in page
    assert "Give it back" not in page
    assert "Claim for the team" not in page


def test_ports_are_offered_as_one_types(owner, port):
    PortFactory()

    page = owner.get("/lineage/unmatched/ports/", {"port": port.name[:4]})

    assert page.text.count("<option") == 1
    assert port.fqn in page.text


def test_an_edge_is_drawn_by_form_and_what_was_typed_stays(owner, team):
    ends = {
        "source": f"product:{ProductFactory().fqn}",
        "target": f"product:{ProductFactory(owner=team).fqn}",
    }
    assert ends["source"] in owner.get("/lineage/edges/new/", ends).text

    refused = owner.post("/lineage/edges/new/", {**ends, "reason": " "})
    assert refused.status_code == 422
    assert ends["source"] in refused.text
    assert "Say how you know" in refused.text
    unseen = owner.post("/lineage/edges/new/", {**ends, "source": "product:x.y", "reason": "x"})
    assert (unseen.status_code, ProductEdge.objects.count()) == (422, 0)
    drawn = owner.post("/lineage/edges/new/", {**ends, "reason": "a spreadsheet"})

    assert drawn.status_code == 302
    assert [str(each) for each in get_messages(drawn.wsgi_request)] == ["The edge is drawn."]
    edge = ProductEdge.objects.get()
    assert "a spreadsheet" in owner.get("/lineage/edges/new/").text
    owner.post(f"/lineage/edges/product-{edge.pk}/remove/")
    assert ProductEdge.objects.exclude(ended_at=None).count() == 1


def test_graphql_does_the_same(owner, port, team):
    def ask(query):
        return owner.post("/graphql/", {"query": query}, content_type="application/json").json()[
            "data"
        ]

    listed = ask('{ unmatchedDatasets(first: 5, search: "beside") { edges { node { id } } } }')
    (edge,) = listed["unmatchedDatasets"]["edges"]
    claimed = ask(
        f'mutation {{ claimDataset(dataset: "{edge["node"]["id"]}", port: "{port.fqn}")'
        " { dataset { port { fqn } } problems { code } } }"
    )
    drawn = ask(
        f'mutation {{ drawLineageEdge(source: "{edge["node"]["id"]}",'
        f' target: "dataset:{NAMESPACE}:mine", reason: "known")'
        " { edge { id closesCircle } problems { code } } }"
    )["drawLineageEdge"]
    removed = ask(
        f'mutation {{ removeLineageEdge(id: "{drawn["edge"]["id"]}")'
        " { removed problems { code } } }"
    )

    assert claimed["claimDataset"]["dataset"]["port"]["fqn"] == port.fqn
    assert drawn["edge"]["closesCircle"] is False
    assert removed["removeLineageEdge"] == {"removed": drawn["edge"]["id"], "problems": []}
