"""What facets tell of columns, other names, renamed and dropped datasets, and of runs."""

import pytest
from django.utils import timezone

from catalog.lineage.models import (
    Column,
    ColumnEdge,
    Dataset,
    DatasetEdge,
    Job,
    JobDataset,
    ProductEdge,
    Run,
    Symlink,
)
from catalog.lineage.services import ingest, ingest_many, match_datasets_of_ports
from catalog.products.models import PortDataset
from core.models import OutboxEvent
from tests.catalog.lineage.events import NAMESPACE, columns, event, named
from tests.factories import PortFactory, ProductFactory, TeamFactory, actor_for, member_of

pytestmark = pytest.mark.django_db
DIRECT = [{"type": "DIRECT", "subtype": "IDENTITY"}]
FILTER = [{"type": "INDIRECT", "subtype": "FILTER", "masking": True}]


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def actor(team):
    return actor_for(member_of(team))


@pytest.fixture
def stranger():
    return actor_for(member_of(TeamFactory()))


def offer(name, **product):
    port = PortFactory(product=ProductFactory(**product))
    PortDataset.objects.create(port=port, namespace=NAMESPACE, name=name)
    return port


def told():
    """Living edges of columns: (source, target, transformation, masking)."""
    alive = ColumnEdge.objects.filter(ended_at=None).select_related("source", "target")
    return {
        (
            f"{edge.source.dataset.name}.{edge.source.name}",
            f"{edge.target.dataset.name}.{edge.target.name}",
            edge.transformation,
            edge.masking,
        )
        for edge in alive
    }


def pairs():
    alive = DatasetEdge.objects.filter(ended_at=None)
    return set(alive.values_list("source__name", "target__name"))


def test_column_lineage_makes_columns_and_edges_and_its_sources_are_read(actor):
    facet = columns(total=["a.price", "b.amount"], day="a.day")

    ingest(event=event(["a"], [named("c", columnLineage=facet)]), actor=actor)

    assert told() == {
        ("a.price", "c.total", "", False),
        ("b.amount", "c.total", "", False),
        ("a.day", "c.day", "", False),
    }
    assert pairs() == {("a", "c"), ("b", "c")}
    reads = JobDataset.objects.filter(side="in").values_list("dataset__name", flat=True)
    assert set(reads) == {"a", "b"}
    assert Column.objects.count() == 5


def test_the_strongest_transformation_counts_and_whether_it_hides_the_value(actor):
    facet = columns(id=[("a.id", FILTER + DIRECT)], name=[("a.name", FILTER)])

    ingest(event=event(["a"], [named("b", columnLineage=facet)]), actor=actor)

    assert told() == {
        ("a.id", "b.id", "DIRECT/IDENTITY", False),
        ("a.name", "b.name", "INDIRECT/FILTER", True),
    }


def test_the_old_transformation_type_is_read(actor):
    facet = columns(hash="a.mail")
    facet["fields"]["hash"]["transformationType"] = "MASKED"

    ingest(event=event(["a"], [named("b", columnLineage=facet)]), actor=actor)

    assert told() == {("a.mail", "b.hash", "DIRECT/MASKED", True)}


def test_what_the_whole_dataset_depends_on_reaches_each_column_that_is_known(actor):
    facet = columns() | {
        "dataset": [
            {"namespace": NAMESPACE, "name": "a", "field": "day", "transformations": FILTER}
        ]
    }
    schema = {"fields": [{"name": "x"}, {"name": "y"}]}

    ingest(event=event([], [named("b", columnLineage=facet, schema=schema)]), actor=actor)

    assert {(source, target) for source, target, *_ in told()} == {
        ("a.day", "b.x"),
        ("a.day", "b.y"),
    }
    assert pairs() == {("a", "b")}


def test_a_wide_dataset_keeps_the_edge_but_not_one_for_each_column(actor):
    facet = columns() | {"dataset": [{"namespace": NAMESPACE, "name": "a", "field": "day"}]}
    schema = {"fields": [{"name": f"c{n}"} for n in range(201)]}

    result = ingest(event=event([], [named("b", columnLineage=facet, schema=schema)]), actor=actor)

    assert not ColumnEdge.objects.exists()
    assert pairs() == {("a", "b")}
    assert "up to 200 columns" in result.warnings[0]


def test_explicit_lineage_counts_instead_of_all_inputs(actor):
    source = {"namespace": NAMESPACE, "name": "a", "type": "DATASET"}
    facet = {"inputs": [source], "fields": {"x": {"inputs": [{**source, "field": "y"}]}}}

    ingest(event=event(["a", "b"], [named("c", lineage=facet)]), actor=actor)

    assert pairs() == {("a", "c")}
    assert told() == {("a.y", "c.x", "", False)}


def test_the_lineage_facet_of_a_job_names_datasets_that_no_list_has(actor):
    source = {"namespace": NAMESPACE, "name": "a", "type": "DATASET"}
    entries = [
        {"namespace": NAMESPACE, "name": "b", "type": "DATASET", "inputs": [source]},
        {"type": "JOB", "inputs": [{**source, "name": "rules"}]},
    ]
    job = {"namespace": "etl", "name": "load"}
    facets = {"lineage": {"entries": entries, "_producer": "p", "_schemaURL": "s"}}

    ingest(event=event(job={**job, "facets": facets}), actor=actor)

    assert pairs() == {("a", "b")}
    assert JobDataset.objects.filter(dataset__name="rules", side="in").exists()


def test_a_dataset_named_by_its_symlink_is_the_same(actor):
    alias = {"identifiers": [{"namespace": "hive", "name": "db.t", "type": "TABLE"}]}
    ingest(event=event(["a"], [named("t", symlinks=alias)]), actor=actor)

    ingest(event=event([{"namespace": "hive", "name": "db.t"}], ["z"]), actor=actor)

    assert pairs() == {("a", "t"), ("t", "z")}
    assert Symlink.objects.get().kind == "TABLE"


def test_a_port_is_found_by_a_symlink(actor):
    port = PortFactory()
    PortDataset.objects.create(port=port, namespace="hive", name="db.t")
    alias = {"identifiers": [{"namespace": "hive", "name": "db.t", "type": "TABLE"}]}

    ingest(event=event([], [named("t", symlinks=alias)]), actor=actor)

    assert Dataset.objects.get(name="t").port_id == port.pk


def test_a_port_that_comes_later_is_found_by_a_symlink_and_left_when_it_goes(actor):
    alias = {"identifiers": [{"namespace": "hive", "name": "db.t", "type": "TABLE"}]}
    source = offer("a")
    ingest(event=event(["a"], [named("t", symlinks=alias)]), actor=actor)
    port = PortFactory()
    changed = [OutboxEvent(topic="port.changed", payload={"port_id": str(port.pk)})]
    offered = PortDataset.objects.create(port=port, namespace="hive", name="db.t")

    match_datasets_of_ports(changed)
    edge = ProductEdge.objects.get()
    assert (edge.source_id, edge.target_id) == (source.product_id, port.product_id)
    offered.delete()
    match_datasets_of_ports(changed)

    edge.refresh_from_db()
    assert edge.ended_at is not None
    assert Dataset.objects.get(name="t").port is None


def test_a_dataset_of_ones_own_becomes_another_name_and_its_edges_move(actor):
    ingest(event=event(["a"], ["old"]), actor=actor)
    alias = {"identifiers": [{"namespace": NAMESPACE, "name": "old", "type": "TABLE"}]}

    ingest(event=event([named("t", symlinks=alias)], ["z"]), actor=actor)
    ingest(event=event(["old"], ["y"]), actor=actor)

    assert pairs() == {("a", "t"), ("t", "z"), ("t", "y")}


@pytest.mark.parametrize("whose", ["the named one", "the other name"])
def test_nobody_takes_another_teams_dataset_over_by_a_name(actor, stranger, whose):
    taken = "t" if whose == "the named one" else "old"
    ingest(event=event(["a"], [taken]), actor=actor)
    alias = {"identifiers": [{"namespace": NAMESPACE, "name": "old", "type": "TABLE"}]}

    result = ingest(event=event([named("t", symlinks=alias)], ["z"]), actor=stranger)

    assert "another team speaks for that dataset" in result.warnings[0]
    assert not Symlink.objects.exists()
    assert ("a", taken) in pairs()


def lifecycle(change, **more):
    return {"lifecycleStateChange": {"lifecycleStateChange": change, **more}}


def test_a_renamed_dataset_keeps_its_edges_and_its_port(actor, team):
    port = offer("old", owner=team)
    ingest(event=event(["a"], ["old"]), actor=actor)
    before = {"namespace": NAMESPACE, "name": "old"}

    ingest(
        event=event([], [named("new", **lifecycle("RENAME", previousIdentifier=before))]),
        actor=actor,
    )

    assert pairs() == {("a", "new")}
    assert Dataset.objects.get(name="new").port_id == port.pk
    ingest(event=event(["old"], ["z"]), actor=actor)
    assert ("new", "z") in pairs()


def test_a_dropped_dataset_has_no_edges_until_it_is_written_again(actor):
    ingest(event=event(["a"], [named("b", columnLineage=columns(x="a.x"))]), actor=actor)
    drop = event([], [named("b", **lifecycle("DROP"))], eventTime="2026-11-21T10:00:00Z")

    ingest(event=drop, actor=actor)
    assert pairs() == set()
    assert told() == set()
    ingest(event=event(["a"], ["b"], eventTime="2026-11-20T12:00:00Z"), actor=actor)  # was late
    assert pairs() == set()
    ingest(event=event(["a"], ["b"], eventTime="2026-11-22T10:00:00Z"), actor=actor)

    assert pairs() == {("a", "b")}
    assert Dataset.objects.get(name="b").dropped_at is None


def test_a_stranger_drops_nothing(actor, stranger):
    ingest(event=event(["a"], ["b"]), actor=actor)

    result = ingest(event=event([], [named("b", **lifecycle("DROP"))]), actor=stranger)

    assert pairs() == {("a", "b")}
    assert "another team's" in result.warnings[0]


def test_a_drop_ends_no_edge_that_a_person_drew(actor):
    ingest(event=event(["a"], ["b"]), actor=actor)
    source, target = Dataset.objects.order_by("name")
    DatasetEdge.objects.create(source=source, target=target, origin="manual", reason="known")

    ingest(event=event([], [named("b", **lifecycle("DROP"))]), actor=actor)

    assert DatasetEdge.objects.get(ended_at=None).origin == "manual"


def test_the_parent_of_a_run_is_kept(actor):
    parent = {"run": {"runId": "0" * 32}, "job": {"namespace": "etl", "name": "dag"}}
    run_id = "11111111-1111-1111-1111-111111111111"
    facets = {"parent": {**parent, "_producer": "p", "_schemaURL": "s"}}

    ingest(event=event(["a"], ["b"], run={"runId": run_id, "facets": facets}), actor=actor)

    run = Run.objects.select_related("parent_job").get()
    assert (run.parent_run_id.int, run.parent_job.name) == (0, "dag")


def test_a_run_of_another_job_is_not_mixed_with_it(actor):
    run_id = "11111111-1111-1111-1111-111111111111"
    ingest(event=event(["a"], [], run_id=run_id, kind="START"), actor=actor)

    other = event([], ["b"], run_id=run_id, job={"namespace": "etl", "name": "other"})
    result = ingest(event=other, actor=actor)

    assert result.warnings == ("its run belongs to another job; read as a run of its own",)
    assert pairs() == set()
    assert Run.objects.get().job.name == "load"


@pytest.mark.parametrize(
    "kinds", [("START", "COMPLETE"), ("COMPLETE", "START"), ("COMPLETE", "COMPLETE")]
)
def test_the_state_of_a_run_does_not_depend_on_the_order(actor, kinds):
    run_id = "11111111-1111-1111-1111-111111111111"
    times = {"START": "2026-11-20T09:00:00Z", "COMPLETE": "2026-11-20T10:00:00Z"}

    for kind in kinds:
        body = event(["a"], ["b"], run_id=run_id, kind=kind, eventTime=times[kind])
        ingest(event=body, actor=actor)

    run = Run.objects.get()
    assert (run.state, run.ended_at.hour) == ("complete", 10)
    assert DatasetEdge.objects.count() == 1


def test_the_parts_of_a_batch_meet_as_those_of_single_events_do(actor):
    run_id = "11111111-1111-1111-1111-111111111111"
    events = [
        event(["a"], [], run_id=run_id, kind="START"),
        event([], ["b"], run_id=run_id, kind="RUNNING"),
        event(["c"], [], run_id=run_id),
    ]

    results = ingest_many(events=[*events, events[0], {"eventTime": 7}], actor=actor)

    assert [result.duplicate for result in results] == [False, False, False, True, False]
    assert results[4].refusal.problems[0].pointer == "/eventTime"
    assert pairs() == {("a", "b"), ("c", "b")}


def test_a_batch_costs_the_same_statements_for_many_events_as_for_one(
    actor, django_assert_num_queries
):
    def batch(count):
        return [
            event([f"a{n % 7}"], [named(f"b{n % 5}", columnLineage=columns(x=f"a{n % 7}.x"))])
            for n in range(count)
        ]

    ingest_many(events=batch(50), actor=actor)
    for count in (1, 200):
        with django_assert_num_queries(8):
            results = ingest_many(events=batch(count), actor=actor)
        assert not any(result.duplicate for result in results)


def test_an_edge_that_is_seen_again_begins_again_and_marks_the_change(actor):
    ingest(event=event(["a"], ["b"]), actor=actor)
    edge = DatasetEdge.objects.get()
    DatasetEdge.objects.update(ended_at=timezone.now(), change=1)

    ingest(event=event(["a"], ["b"]), actor=actor)

    edge.refresh_from_db()
    assert edge.ended_at is None
    assert edge.change > 1


def test_an_edge_that_is_seen_within_the_minute_is_left_alone(actor):
    ingest(event=event(["a"], ["b"]), actor=actor)
    DatasetEdge.objects.update(change=1)
    before = DatasetEdge.objects.get().last_seen

    ingest(event=event(["a"], ["b"]), actor=actor)

    edge = DatasetEdge.objects.get()
    assert (edge.change, edge.last_seen) == (1, before)
    assert Job.objects.count() == 1
