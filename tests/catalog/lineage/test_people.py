"""What people say of the graph: claims and edges with a reason; and what is forgotten."""

import datetime as dt
import json
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts.states import PortalRole
from catalog.lineage.errors import AmbiguousNode
from catalog.lineage.models import (
    ColumnEdge,
    Dataset,
    DatasetEdge,
    Job,
    LineageEvent,
    ProductEdge,
    Run,
)
from catalog.lineage.services import (
    claim_dataset,
    draw_edge,
    forget_lineage,
    ingest,
    match_datasets_of_ports,
    remove_edge,
    unclaim_dataset,
)
from catalog.products.models import PortDataset
from core.errors import Invalid, InvalidTransition, NotAllowed, NotFound
from core.models import AuditEvent, OutboxEvent
from tests.catalog.lineage.events import NAMESPACE, columns, event, named
from tests.factories import PortFactory, ProductFactory, TeamFactory, actor_for, member_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def actor(team):
    return actor_for(member_of(team))


@pytest.fixture
def sender():
    """A platform's orchestrator: it posts and owns nothing."""
    return actor_for(member_of(TeamFactory()))


@pytest.fixture
def steward():
    return actor_for(member_of(TeamFactory(), portal_role=PortalRole.STEWARD))


def offer(name, **product):
    port = PortFactory(product=ProductFactory(**product))
    PortDataset.objects.create(port=port, namespace=NAMESPACE, name=name)
    return port


def node(name):
    return f"dataset:{NAMESPACE}:{name}"


def test_an_owner_claims_what_lives_beside_the_own_datasets(actor, team, sender):
    port = offer("mine", owner=team)
    source = offer("source")
    ingest(event=event(["source"], ["mine", "beside"]), actor=sender)

    assert [each.name for each in Dataset.objects.unmatched_for(actor)] == ["beside"]
    claimed = claim_dataset(node=node("beside"), port=port.fqn, actor=actor)

    assert (claimed.port_id, claimed.claimed_by_id) == (port.pk, actor.user_id)
    assert not Dataset.objects.unmatched_for(actor).exists()
    assert ProductEdge.objects.filter(source=source.product, target=port.product).exists()
    assert AuditEvent.objects.filter(verb="dataset.claimed").exists()


def test_names_do_not_undo_a_claim_and_taking_it_back_lets_them_decide(actor, team, sender):
    port = offer("mine", owner=team)
    ingest(event=event([], ["mine", "beside"]), actor=sender)
    claim_dataset(node=node("beside"), port=port.fqn, actor=actor)
    other = PortFactory()
    PortDataset.objects.create(port=other, namespace=NAMESPACE, name="beside")
    changed = [
        OutboxEvent(topic="port.changed", payload={"port_id": str(each.pk)})
        for each in (port, other)
    ]

    match_datasets_of_ports(changed)
    assert Dataset.objects.get(name="beside").port_id == port.pk
    unclaim_dataset(node=node("beside"), actor=actor)

    beside = Dataset.objects.get(name="beside")
    assert (beside.port_id, beside.claimed_at) == (other.pk, None)
    with pytest.raises(InvalidTransition):
        unclaim_dataset(node=node("mine"), actor=actor)


def test_a_stranger_hears_of_nothing_to_claim(actor, sender):
    port = PortFactory()
    ingest(event=event([], ["hidden"]), actor=sender)

    for missing in ("hidden", "nothing"):
        with pytest.raises(NotFound) as refusal:
            claim_dataset(node=node(missing), port=port.fqn, actor=actor)
        assert str(refusal.value) == str(NotFound())
    assert Dataset.objects.get().port is None


def test_only_who_may_change_the_product_claims_for_it(sender, steward):
    port = PortFactory()
    ingest(event=event([], ["x"]), actor=sender)

    for who in (sender, steward):
        with pytest.raises(NotAllowed):
            claim_dataset(node=node("x"), port=port.fqn, actor=who)
    assert Dataset.objects.get().port is None


def test_two_datasets_that_are_called_the_same_are_told_apart(actor):
    for namespace, name in (("a", "b:c"), ("a:b", "c")):
        ingest(event=event([], [{"namespace": namespace, "name": name}]), actor=actor)

    with pytest.raises(AmbiguousNode) as refusal:
        draw_edge(source="dataset:a:b:c", target="dataset:a:b:c", reason="x", actor=actor)

    nodes = refusal.value.context["nodes"]
    assert nodes == ["dataset:a:b%3Ac", "dataset:a%3Ab:c"]
    drawn = draw_edge(source=nodes[0], target=nodes[1], reason="known", actor=actor)
    assert (drawn.source, drawn.target) == ("dataset:a:b:c",) * 2


def test_an_owner_draws_and_removes_an_edge_between_products(actor, team):
    source, target = ProductFactory(), ProductFactory(owner=team)

    drawn = draw_edge(
        source=f"product:{source.fqn}",
        target=f"product:{target.fqn}",
        reason="by hand",
        actor=actor,
    )

    edge = ProductEdge.objects.get()
    assert (edge.reason, edge.made_by_id, edge.origin) == ("by hand", actor.user_id, "manual")
    assert not drawn.closes_circle
    remove_edge(edge=drawn.id, actor=actor)
    edge.refresh_from_db()
    assert edge.ended_at is not None
    verbs = AuditEvent.objects.filter(object_kind="lineage-edge").values_list("verb", flat=True)
    assert set(verbs) == {"lineage-edge.drawn", "lineage-edge.removed"}


def test_an_edge_between_datasets_reaches_the_products(actor, team):
    source, target = offer("a"), offer("b", owner=team)
    ingest(event=event(["a"], []), actor=actor)
    ingest(event=event([], ["b"]), actor=actor)

    drawn = draw_edge(source=node("a"), target=node("b"), reason="a copy", actor=actor)
    derived = ProductEdge.objects.get()
    assert (derived.source_id, derived.target_id) == (source.product_id, target.product_id)
    remove_edge(edge=drawn.id, actor=actor)

    derived.refresh_from_db()
    assert derived.ended_at is not None
    again = draw_edge(source=node("a"), target=node("b"), reason="a copy", actor=actor)
    assert again.id == drawn.id
    assert DatasetEdge.objects.get().ended_at is None


def test_a_column_that_only_the_schema_knows_can_be_an_end(actor):
    schema = {"fields": [{"name": "x"}]}
    ingest(event=event([named("a", schema=schema)], [named("b", schema=schema)]), actor=actor)
    ends = [f"column:{NAMESPACE}:{name}#x" for name in "ab"]

    drawn = draw_edge(source=ends[0], target=ends[1], reason="renamed by hand", actor=actor)

    assert ColumnEdge.objects.get().reason == "renamed by hand"
    remove_edge(edge=drawn.id, actor=actor)
    assert not ColumnEdge.objects.filter(ended_at=None).exists()


def test_an_edge_that_closes_a_circle_is_drawn_and_told(actor, team):
    one, two = ProductFactory(owner=team), ProductFactory(owner=team)
    ends = f"product:{one.fqn}", f"product:{two.fqn}"
    draw_edge(source=ends[0], target=ends[1], reason="there", actor=actor)

    assert draw_edge(source=ends[1], target=ends[0], reason="and back", actor=actor).closes_circle


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"reason": "  "}, "/reason"),
        ({"reason": "x" * 501}, "/reason"),
        ({"source": "same"}, "/source"),
        ({"source": "dataset"}, "/source"),
    ],
)
def test_an_edge_that_makes_no_sense_is_refused(actor, team, change, pointer):
    target = ProductFactory(owner=team)
    ingest(event=event([], ["a"]), actor=actor)
    ends = {"same": f"product:{target.fqn}", "dataset": node("a")}
    asked = {"source": f"product:{ProductFactory().fqn}", "reason": "known"} | {
        key: ends.get(value, value) for key, value in change.items()
    }

    with pytest.raises(Invalid) as refusal:
        draw_edge(target=f"product:{target.fqn}", actor=actor, **asked)

    assert refusal.value.problems[0].pointer == pointer
    assert not ProductEdge.objects.exists()


def test_a_stranger_draws_and_removes_nothing(actor, sender, steward, team):
    source, target = ProductFactory(), ProductFactory(owner=team)
    asked = {"source": f"product:{source.fqn}", "target": f"product:{target.fqn}", "reason": "x"}

    with pytest.raises(NotAllowed):
        draw_edge(**asked, actor=sender)
    drawn = draw_edge(**asked, actor=steward)
    with pytest.raises(NotAllowed):
        remove_edge(edge=drawn.id, actor=sender)
    for unknown in ("product-999999", "dataset-1", "x", "product-", "product-\u0661", "job-1"):
        with pytest.raises(NotFound):
            remove_edge(edge=unknown, actor=actor)

    assert ProductEdge.objects.get().ended_at is None


def test_no_event_changes_an_edge_that_a_person_drew(actor, sender):
    for name in "ab":
        ingest(event=event([], [name]), actor=actor)
    draw_edge(source=node("a"), target=node("b"), reason="known", actor=actor)

    ingest(event=event(["a"], ["b"]), actor=sender)

    manual = DatasetEdge.objects.get(origin="manual")
    assert (manual.reason, manual.ended_at) == ("known", None)
    assert DatasetEdge.objects.count() == 2


def test_rest_lists_claims_and_draws(client, team, actor):
    port = offer("mine", owner=team)
    ingest(event=event(["a"], ["mine"]), actor=actor)
    client.force_login(member_of(team))

    def send(path, body):
        return client.post(
            f"/api/v1/lineage/{path}", json.dumps(body), content_type="application/json"
        )

    listed = client.get("/api/v1/lineage/datasets?unmatched=true&search=A").json()["results"]
    assert [each["name"] for each in listed] == ["a"]
    claimed = send("datasets/claim", {"dataset": listed[0]["key"], "port": port.fqn})
    assert (claimed.status_code, claimed.json()["port"]) == (200, port.fqn)
    assert send("datasets/unclaim", {"dataset": node("a")}).json()["port"] is None
    drawn = send("edges", {"source": node("a"), "target": node("mine"), "reason": "known"})
    assert drawn.status_code == 201
    assert client.delete(f"/api/v1/lineage/edges/{drawn.json()['id']}").status_code == 204
    assert client.get("/api/v1/lineage/datasets?unmatched=maybe").status_code == 422


def test_old_events_and_runs_are_deleted_and_edges_end_when_they_were_last_seen(actor, settings):
    facet = columns(x="a.x")
    source, target = offer("a"), offer("b")
    ingest(event=event(["a"], [named("b", columnLineage=facet)]), actor=actor)
    draw_edge(
        source=node("a"),
        target=node("b"),
        reason="known",
        actor=actor_for(member_of(target.product.owner)),
    )
    long_ago = timezone.now() - dt.timedelta(days=200)
    LineageEvent.objects.update(received_at=long_ago)
    Run.objects.update(last_seen=long_ago)
    for model in (DatasetEdge, ColumnEdge):
        model.objects.update(last_seen=long_ago, change=1)

    forget_lineage()

    assert not LineageEvent.objects.exists()
    assert not Run.objects.exists()
    ended = DatasetEdge.objects.get(ended_at=F("last_seen"))
    assert (ended.origin, ended.change > 1) == ("lineage", True)
    assert DatasetEdge.objects.get(ended_at=None).origin == "manual"
    assert ColumnEdge.objects.get().ended_at == long_ago
    alive = ProductEdge.objects.filter(ended_at=None)
    assert list(alive.values_list("source", "origin")) == [(source.product_id, "manual")]
    assert Job.objects.exists()


def test_100_000_old_rows_go_in_few_passes(actor):
    ingest(event=event(["a"], ["b"]), actor=actor)
    old = "now() - interval '40 days'"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO lineage_lineageevent"
            " (identity, event_time, body, warnings, posted_by, received_at)"
            f" SELECT 'old-' || n, {old}, '', '{{}}', 'x', {old} FROM generate_series(1, 100000) n"
        )
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM lineage_lineageevent WHERE received_at < now()"
            " ORDER BY received_at LIMIT 5000"
        )
        plan = str(cursor.fetchall())

    passes = [forget_lineage(), forget_lineage()]

    assert "Index Scan" in plan
    assert passes == [100_000, 0]
    assert LineageEvent.objects.count() == 1


def test_a_run_of_long_ago_that_is_told_today_stays_and_one_of_tomorrow_goes(actor):
    old, far = uuid4(), uuid4()
    ingest(event=event(["a"], [], run_id=old, eventTime="1999-01-01T00:00:00Z"), actor=actor)
    ingest(event=event(["a"], [], run_id=far, eventTime="2999-01-01T00:00:00Z"), actor=actor)
    Run.objects.filter(run_id=far).update(last_seen=timezone.now() - dt.timedelta(days=31))

    forget_lineage()

    assert Run.objects.get().run_id == old


def test_a_run_id_is_free_again_once_it_is_forgotten(actor):
    run_id = uuid4()
    ingest(event=event(["a"], ["b"], run_id=run_id), actor=actor)
    Run.objects.update(last_seen=timezone.now() - dt.timedelta(days=31))

    forget_lineage()
    late = event(["c"], [], run_id=run_id, kind="OTHER", eventTime="2026-11-20T11:00:00Z")
    ingest(event=late, actor=actor)

    assert set(DatasetEdge.objects.values_list("source__name", flat=True)) == {"a"}
