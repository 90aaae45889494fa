"""OpenLineage events in, product edges out; on the real database."""

import datetime as dt
import gzip
import json
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.services import create_token
from catalog.lineage.models import Dataset, DatasetEdge, LineageEvent, ProductEdge, Run
from catalog.lineage.selectors import neighbours
from catalog.lineage.services import ingest, match_datasets_of_ports
from catalog.products.models import PortDataset
from core.errors import Invalid, NotAllowed, NotFound
from core.models import OutboxEvent
from tests.catalog.lineage.events import NAMESPACE, event
from tests.factories import PortFactory, ProductFactory, TeamFactory, actor_for, member_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def actor(team):
    return actor_for(member_of(team))


def offer(name, **product):
    port = PortFactory(product=ProductFactory(**product))
    PortDataset.objects.create(port=port, namespace=NAMESPACE, name=name)
    return port


@pytest.mark.smoke
def test_an_event_between_two_ports_makes_a_product_edge(actor):
    source, target = offer("db.s.orders"), offer("db.m.revenue")

    ingest(event=event(["db.s.orders"], ["db.m.revenue"]), actor=actor)

    edge = ProductEdge.objects.get()
    assert (edge.source_id, edge.target_id) == (source.product_id, target.product_id)
    assert edge.via == "job:etl:load"


def test_a_repeat_changes_nothing(actor):
    body = event(["a"], ["b"])

    first, second = ingest(event=body, actor=actor), ingest(event=body, actor=actor)

    assert (first.duplicate, second.duplicate) == (False, True)
    assert LineageEvent.objects.count() == 1
    assert DatasetEdge.objects.count() == 1


def test_inputs_of_start_and_outputs_of_complete_meet_in_any_order(actor):
    run_id = uuid4()

    ingest(event=event(outputs=["b"], run_id=run_id), actor=actor)
    ingest(event=event(["a"], run_id=run_id, kind="START"), actor=actor)

    edge = DatasetEdge.objects.select_related("source", "target").get()
    assert (edge.source.name, edge.target.name) == ("a", "b")
    assert Run.objects.get().state == "complete"


def test_a_finished_run_says_how_fresh_a_product_is_and_an_older_one_nothing(actor):
    product = offer("db.s.orders").product
    other = offer("db.m.revenue").product

    ingest(event=event(["db.m.revenue"], ["db.s.orders"], kind="RUNNING"), actor=actor)
    product.refresh_from_db()
    assert product.written_at is None

    ingest(event=event(["db.m.revenue"], ["db.s.orders"]), actor=actor)
    earlier = event(outputs=["db.s.orders"], eventTime="2026-11-19T10:00:00Z")
    ingest(event=earlier, actor=actor)

    product.refresh_from_db()
    other.refresh_from_db()
    assert product.written_at == dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
    assert other.written_at is None


def test_rest_and_graphql_say_when_data_was_last_written(actor):
    product = offer("db.s.orders").product
    client = Client()
    client.force_login(member_of(product.owner))
    query = {"query": f'{{ product(fqn: "{product.fqn}") {{ writtenAt }} }}'}

    def told() -> list[str | None]:
        rest = client.get(f"/api/v1/products/{product.fqn}").json()
        graph = client.post("/graphql/", query, content_type="application/json").json()
        return [rest["written_at"], graph["data"]["product"]["writtenAt"]]

    assert told() == [None, None]
    ingest(event=event(outputs=["db.s.orders"]), actor=actor)

    at = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
    assert [dt.datetime.fromisoformat(each) for each in told()] == [at, at]


def test_a_run_that_ends_tomorrow_ended_now(actor):
    product = offer("db.s.orders").product
    tomorrow = timezone.now() + dt.timedelta(days=1)

    ingest(event=event(outputs=["db.s.orders"], eventTime=tomorrow.isoformat()), actor=actor)

    product.refresh_from_db()
    assert product.written_at <= timezone.now()


def test_an_odd_event_is_stored_with_warnings(actor):
    body = event(
        ["a"], ["b"], kind="finished", schemaURL=None, eventTime="2026-11-20T10:00:00.1234567"
    )

    result = ingest(event=body, actor=actor)

    assert len(result.warnings) == 3
    assert LineageEvent.objects.get().warnings == list(result.warnings)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"eventTime": None}, "/eventTime"),
        ({"eventTime": "yesterday"}, "/eventTime"),
        ({"job": {"namespace": "etl"}}, "/job/name"),
        ({"run": {"runId": "7"}}, "/run/runId"),
    ],
)
def test_an_event_without_its_core_is_refused_and_nothing_is_stored(actor, changes, pointer):
    with pytest.raises(Invalid) as refusal:
        ingest(event=event(["a"], ["b"], **changes), actor=actor)

    assert refusal.value.problems[0].pointer == pointer
    assert not LineageEvent.objects.exists()
    assert not Dataset.objects.exists()


def test_a_reading_token_may_not_send(team):
    user = member_of(team)
    _, text = create_token(user=user, name="t", scopes=["read"])
    from accounts.services import actor_for_token

    with pytest.raises(NotAllowed):
        ingest(event=event(["a"], ["b"]), actor=actor_for_token(text))
    assert not LineageEvent.objects.exists()


def test_a_dataset_seen_before_its_port_is_matched_later(actor):
    ingest(event=event(["db.s.orders"], ["db.m.revenue"]), actor=actor)
    for port in (offer("db.s.orders"), offer("db.m.revenue")):
        match_datasets_of_ports(
            [OutboxEvent(topic="port.changed", payload={"port_id": str(port.pk)})]
        )

    assert ProductEdge.objects.count() == 1


def test_the_graph_leaves_out_what_the_reader_may_not_see(actor):
    seen, hidden = offer("a"), offer("b", visibility="restricted")
    ingest(event=event(["a"], ["b"]), actor=actor)

    graph = neighbours(actor=actor, node=f"product:{seen.product.fqn}")

    assert [node.id for node in graph.nodes] == [f"product:{seen.product.fqn}"]
    assert graph.edges == []
    with pytest.raises(NotFound):
        neighbours(actor=actor, node=f"product:{hidden.product.fqn}")


def test_a_cycle_ends_and_each_node_comes_once(actor):
    ports = [offer(name) for name in "abc"]
    for source, target in ("ab", "bc", "ca"):
        ingest(event=event([source], [target]), actor=actor)

    graph = neighbours(actor=actor, node=f"product:{ports[0].product.fqn}", depth=20)

    assert len(graph.nodes) == graph.total_nodes == 3
    assert len(graph.edges) == 3


@pytest.mark.parametrize("question", [{"depth": 0}, {"depth": 21}, {"level": "row"}])
def test_a_question_out_of_range_is_refused(actor, question):
    port = offer("a")

    with pytest.raises(Invalid):
        neighbours(actor=actor, node=f"product:{port.product.fqn}", **question)


def test_the_endpoint_takes_gzip_and_a_token_and_answers_201(client, team):
    user = member_of(team)
    _, token = create_token(user=user, name="etl", scopes=["lineage:write"])

    answer = client.post(
        reverse("rest:lineage"),
        gzip.compress(json.dumps(event(["a"], ["b"])).encode()),
        content_type="application/json",
        headers={"authorization": f"Bearer {token}", "content-encoding": "gzip"},
    )

    assert answer.status_code == 201
    assert DatasetEdge.objects.count() == 1


def test_a_batch_judges_each_event_on_its_own(client, team):
    _, token = create_token(user=member_of(team), name="etl", scopes=["lineage:write"])

    answer = client.post(
        reverse("rest:lineage-batch"),
        json.dumps([event(["a"], ["b"]), {"eventTime": "never"}]),
        content_type="application/json",
        headers={"authorization": f"Bearer {token}"},
    )

    assert answer.status_code == 200
    assert answer.json()["status"] == "partial_success"
    assert answer.json()["failed_events"][0]["index"] == 1
    assert LineageEvent.objects.count() == 1


@pytest.mark.parametrize("body", [b"{", b"[1", b"\xff"])
def test_a_body_that_is_not_json_is_refused_with_400(client, team, body):
    _, token = create_token(user=member_of(team), name="etl", scopes=["lineage:write"])

    answer = client.post(
        reverse("rest:lineage"),
        body,
        content_type="application/json",
        headers={"authorization": f"Bearer {token}"},
    )

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
