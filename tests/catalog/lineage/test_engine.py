"""SQL, snapshot and reference give the same answers; snapshots stay true and survive damage."""

import datetime as dt
import os
import threading
import time

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from catalog.lineage.engine import files, reading, snapshot, sql
from catalog.lineage.engine.closures import products_of
from catalog.lineage.engine.questions import Question, everything, nearest
from catalog.lineage.engine.upkeep import keep_snapshots
from catalog.lineage.models import Dataset, DatasetEdge, RemovedEdge
from tests.catalog.lineage import naive
from tests.catalog.lineage.ground import STEWARD, chain, column, dataset, end, job, offered
from tests.catalog.lineage.test_graph import QUESTIONS, SIZE
from tests.factories import ProductFactory, TeamFactory, actor_for, member_of

LEVELS = ("dataset", "column", "product")


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """Snapshots of its own for each test."""
    settings.DATA_DIR = tmp_path
    return tmp_path / "lineage"


def nodes_of(level):
    if level == "product":
        return ProductFactory.create_batch(SIZE)
    datasets = [dataset(f"d{n:02}") for n in range(SIZE)]
    return datasets if level == "dataset" else [column(each, "c") for each in datasets]


def write(nodes, pairs):
    for source, target in pairs:
        chain(nodes[source], nodes[target])


def asked(level, roots, direction="downstream", depth=None, at=None):
    return Question(level, tuple(root.pk for root in roots), direction, depth, at)


def of_snapshot(question):
    found = everything(STEWARD, question)
    ids = found.snapshot.nodes_at(found.nodes)
    return dict(zip(ids, found.distances.tolist(), strict=True))


@pytest.mark.django_db
@pytest.mark.parametrize("level", LEVELS)
def test_all_ways_give_what_the_reference_gives(level):
    nodes = nodes_of(level)
    named = [node.pk for node in nodes]

    @given(**{key: QUESTIONS[key] for key in ("pairs", "roots", "direction", "depth")})
    @hypothesis_settings(
        deadline=None, max_examples=15, suppress_health_check=list(HealthCheck), database=None
    )
    def same(pairs, roots, direction, depth):
        with transaction.atomic():
            write(nodes, pairs)
            question = asked(level, [nodes[root] for root in roots], direction, depth)
            said = [
                sql.by_levels(level, question.roots, direction, depth, None)[0],
                of_snapshot(question),
                sql.by_levels(level, question.roots, direction, depth, timezone.now())[0],
            ]
            if depth is not None:
                said.append(sql.small(level, question.roots, direction, depth, None))
                each = sql.each(level, question.roots, direction, depth, 100_000)
            transaction.set_rollback(True)
        wanted = naive.reach(pairs, roots, direction, depth)
        assert said == [{named[node]: hops for node, hops in wanted.items()}] * len(said)
        if depth is not None:
            assert {root: {} for root in question.roots} | grouped(each) == {
                named[root]: others(pairs, root, direction, depth, named) for root in roots
            }

    same()


def grouped(rows):
    found = {}
    for root, node, hops in rows:
        found.setdefault(root, {})[node] = hops
    return found


def others(pairs, root, direction, depth, named):
    found = naive.reach(pairs, [root], direction, depth)
    return {named[node]: hops for node, hops in found.items() if node != root}


@pytest.mark.django_db
@pytest.mark.parametrize("at", [None, "now"])
def test_a_question_says_how_many_there_are_whichever_way_it_is_answered(monkeypatch, at):
    hub, *rest = [offered(f"d{n}") for n in range(7)]
    for each in rest:
        chain(hub, each)
    question = asked("dataset", [hub], depth=2, at=at and timezone.now())

    small = nearest(STEWARD, question, 3)
    monkeypatch.setattr(sql, "MOST_ROWS", 2)
    large = nearest(STEWARD, question, 3)

    assert small == large
    assert small.nodes == [(hub.pk, 0), *((each.pk, 1) for each in rest[:2])]
    assert (small.total, small.is_complete, small.per_distance) == (7, True, {0: 1, 1: 6})


@pytest.mark.django_db
def test_without_a_snapshot_a_large_question_ends_where_there_is_no_room(monkeypatch):
    nodes = [offered(f"d{n}") for n in range(6)]
    chain(*nodes)
    monkeypatch.setattr(snapshot, "SMALL", 0)
    monkeypatch.setattr(snapshot, "build_behind", lambda level: None)
    monkeypatch.setattr(sql, "MOST_NODES", 4)

    found = nearest(STEWARD, asked("dataset", nodes[:1]), 10)

    assert (found.is_complete, found.total) == (False, 4)


@pytest.mark.django_db
def test_without_a_snapshot_a_large_question_ends_when_time_is_up(monkeypatch):
    nodes = [offered(f"d{n}") for n in range(3)]
    chain(*nodes)
    monkeypatch.setattr(sql, "TIME_S", 0.05)
    monkeypatch.setattr(
        sql, "STEP", "SELECT 1 FROM pg_sleep(1) WHERE %(nodes)s::bigint[] IS NOT NULL"
    )

    found, is_complete = sql.by_levels("dataset", [nodes[0].pk], "downstream", None, None)

    assert (found, is_complete) == ({nodes[0].pk: 0}, False)
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() != ("50ms",)


@pytest.mark.django_db
def test_the_graph_as_of_a_date():
    a, b, c = (offered(name) for name in "abc")
    [first], [second] = chain(a, b), chain(b, c)
    days = [timezone.now() - dt.timedelta(days=n) for n in (5, 3, 1)]
    type(first).objects.filter(pk=first.pk).update(first_seen=days[0], ended_at=days[1])
    type(second).objects.filter(pk=second.pk).update(first_seen=days[1])

    def reached(at):
        return [node for node, _ in nearest(STEWARD, asked("dataset", [a, b], at=at), 9).nodes]

    assert reached(days[0]) == [a.pk, b.pk]
    assert reached(days[1] - dt.timedelta(seconds=1)) == [a.pk, b.pk]
    assert sql.small("dataset", [a.pk], "downstream", 3, days[0]) == {a.pk: 0, b.pk: 1}
    assert sql.small("dataset", [a.pk], "downstream", 3, days[1]) == {a.pk: 0}
    assert sql.small("dataset", [b.pk], "downstream", 3, days[0]) == {b.pk: 0}
    assert sql.small("dataset", [b.pk], "downstream", 3, days[2]) == {b.pk: 0, c.pk: 1}
    type(first).objects.filter(pk=first.pk).update(ended_at=None, first_seen=days[2])
    assert sql.small("dataset", [a.pk], "downstream", 1, timezone.now()) == {a.pk: 0, b.pk: 1}
    future = timezone.now() + dt.timedelta(days=9)
    assert sql.small("dataset", [a.pk], "downstream", 3, future) == {a.pk: 0, b.pk: 1, c.pk: 2}


class TestSnapshots:
    """With transactions that end, as in life."""

    pytestmark = pytest.mark.django_db(transaction=True)

    def reached(self, root, level="dataset"):
        return set(of_snapshot(asked(level, [root])))

    def test_a_snapshot_is_shared_and_brought_up_to_date(self, folder):
        a, b, c, d = (offered(name) for name in "abcd")
        [first, second] = chain(a, b, c)
        made = snapshot.build("dataset")
        [path] = folder.glob("*/dataset-*")

        chain(b, d)
        end(second)
        fresh = snapshot.current("dataset")

        assert made.graph.size == 3
        assert fresh.head == made.head
        assert self.reached(a) == {a.pk, b.pk, d.pk}
        first.delete()
        assert self.reached(a) == {a.pk}
        assert [*folder.glob("*/dataset-*")] == [path]

    def test_an_edge_that_began_again_is_there(self):
        a, b = (offered(name) for name in "ab")
        [edge] = chain(a, b)
        end(edge)
        snapshot.build("dataset")
        assert self.reached(a) == {a.pk}

        DatasetEdge.objects.filter(pk=edge.pk).update(ended_at=None)

        assert self.reached(a) == {a.pk, b.pk}

    def test_a_pair_is_there_while_any_job_has_it(self):
        a, b = (offered(name) for name in "ab")
        [one], [other] = chain(a, b, job=job("x")), chain(a, b, job=job("y"))
        snapshot.build("dataset")

        end(one)
        assert self.reached(a) == {a.pk, b.pk}
        end(other)
        assert self.reached(a) == {a.pk}

    def test_a_deleted_dataset_leaves_no_ghost_between_others(self):
        a, b, c = (offered(name) for name in "abc")
        chain(a, b, c)
        snapshot.build("dataset")

        b.delete()

        assert self.reached(a) == {a.pk}
        assert RemovedEdge.objects.count() == 2

    @pytest.mark.parametrize("level", ["product", "column"])
    def test_the_other_levels_are_brought_up_to_date_too(self, level):
        nodes = nodes_of(level)[:4]
        edges_made = chain(*nodes[:3])
        snapshot.build(level)

        end(edges_made[1])
        chain(nodes[1], nodes[3])

        assert self.reached(nodes[0], level) == {nodes[n].pk for n in (0, 1, 3)}

    def test_an_edge_of_an_older_transaction_that_commits_later_is_not_lost(self):
        a, b, c = (offered(name) for name in "abc")
        begun, go_on = threading.Event(), threading.Event()

        def slow():
            with transaction.atomic():
                chain(a, b)
                begun.set()
                go_on.wait(20)
            connection.close()

        thread = threading.Thread(target=slow)
        thread.start()
        begun.wait(20)
        chain(b, c)  # a younger transaction that ends first
        made = snapshot.build("dataset")
        before = self.reached(a)
        go_on.set()
        thread.join(20)

        assert before == {a.pk}
        assert self.reached(a) == {a.pk, b.pk, c.pk}
        assert snapshot.current("dataset").head == made.head

    def test_what_is_not_committed_is_in_no_snapshot(self, folder):
        a, b = (offered(name) for name in "ab")
        with transaction.atomic():
            chain(a, b)
            assert self.reached(a) == {a.pk, b.pk}
            assert not [*folder.glob("*/dataset-*")]
            transaction.set_rollback(True)

        assert self.reached(a) == {a.pk}
        assert [*folder.glob("*/dataset-*")]

    def test_who_sees_a_dataset_follows_its_port_after_the_snapshot(self):
        a, b, c = (offered(name) for name in "abc")
        chain(a, b, c)
        snapshot.build("dataset")
        actor = actor_for(member_of(TeamFactory()))
        question = asked("dataset", [a])

        Dataset.objects.filter(pk=b.pk).update(port=offered("x", visibility="restricted").port)
        Dataset.objects.filter(pk=c.pk).update(port=None)
        found = nearest(actor, question, 9)

        assert ([node for node, _ in found.nodes], found.hidden) == ([a.pk], 2)
        assert found.hidden_ids == [b.pk, c.pk]

    def test_a_column_is_seen_with_its_dataset_after_the_snapshot(self):
        a, b = (offered(name) for name in "ab")
        one, other = column(a, "x"), column(b, "x")
        chain(one, other)
        snapshot.build("column")
        Dataset.objects.filter(pk=b.pk).update(port=None)
        actor = actor_for(member_of(TeamFactory()))

        found = nearest(actor, asked("column", [one]), 9)

        assert (found.nodes, found.hidden) == ([(one.pk, 0)], 1)

    @pytest.mark.parametrize(
        "harm",
        [
            lambda path: (path / "head.json").unlink(),
            lambda path: (path / "head.json").write_text("{"),
            lambda path: (path / "head.json").write_text('{"format": 1}'),
            lambda path: (path / "out_to.npy").write_bytes(b""),
            lambda path: (path / "out_to.npy").write_bytes((path / "in_to.npy").read_bytes()[:-4]),
            lambda path: (path / "ids.npy").unlink(),
        ],
    )
    def test_a_damaged_snapshot_is_dropped_and_made_again(self, folder, harm):
        a, b = (offered(name) for name in "ab")
        chain(a, b)
        snapshot.build("dataset")
        [path] = folder.glob("*/dataset-*")
        harm(path)

        assert self.reached(a) == {a.pk, b.pk}
        assert [*folder.glob("*/dataset-*")] != [path]

    def test_an_unfinished_snapshot_is_not_seen_and_swept_when_old(self, folder):
        a, b = (offered(name) for name in "ab")
        chain(a, b)
        place = reading.place_of("dataset")
        left = folder / place.identity / ".dataset-00000000000000000001-dead"
        left.mkdir(parents=True)
        os.utime(left, (1, 1))

        assert self.reached(a) == {a.pk, b.pk}
        assert not left.exists()

    def test_a_snapshot_of_another_database_or_a_later_state_is_not_used(self, folder, monkeypatch):
        a, b = (offered(name) for name in "ab")
        [_edge] = chain(a, b)
        made = snapshot.build("dataset")
        place = reading.place_of("dataset")

        assert snapshot._stored("dataset", place).head == made.head
        assert snapshot._stored("dataset", place._replace(ceiling=made.head.horizon - 1)) is None
        assert snapshot._stored("dataset", place._replace(identity="another")) is None
        monkeypatch.setattr(time, "time", lambda: made.head.made_at + snapshot.TOO_OLD_S + 1)
        assert snapshot._stored("dataset", place) is None

    def test_an_emptied_table_is_another_table(self):
        chain(offered("a"), offered("b"))
        before = reading.place_of("dataset").identity

        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE lineage_datasetedge")

        assert reading.place_of("dataset").identity != before

    def test_a_folder_that_cannot_be_written_costs_only_time(self, settings, tmp_path):
        a, b = (offered(name) for name in "ab")
        chain(a, b)
        blocked = tmp_path / "file"
        blocked.write_text("")
        settings.DATA_DIR = blocked

        assert self.reached(a) == {a.pk, b.pk}

    def test_two_that_build_at_once_leave_one_snapshot(self, folder):
        chain(offered("a"), offered("b"))

        threads = [snapshot.build_behind("dataset") for _ in range(2)]
        for thread in threads:
            thread.join(20)
        snapshot.build("dataset")

        assert len([*folder.glob("*/dataset-*")]) == 1
        assert not [*folder.glob("*/.dataset-*")]

    def test_who_finds_another_at_work_leaves_it_to_it(self, folder):
        with files.alone(folder, "dataset") as first, files.alone(folder, "dataset") as second:
            assert (first, second) == (True, False)

    def test_refresh_makes_what_is_due_and_nothing_else(self, folder, monkeypatch):
        nodes = [offered(f"d{n}") for n in range(4)]
        chain(*nodes)
        made = []
        monkeypatch.setattr(snapshot, "build_behind", made.append)

        assert snapshot.refresh() == 3
        for level in LEVELS:
            snapshot.build(level)
        made.clear()
        assert (snapshot.refresh(), made) == (0, [])
        monkeypatch.setattr(snapshot, "DUE_CHANGES", 2)
        for each in nodes[:3]:
            chain(each, offered(f"x{each.pk}"))
        assert (snapshot.refresh(), made) == (1, ["dataset"])

    def test_upkeep_forgets_old_removals_and_numbers_restored_rows_anew(self, monkeypatch):
        a, b, c = (offered(name) for name in "abc")
        [restored, gone] = chain(a, b, c)
        gone.delete()
        RemovedEdge.objects.update(removed_at=timezone.now() - dt.timedelta(days=3))
        DatasetEdge.objects.filter(pk=restored.pk).update(change=10**12)
        monkeypatch.setattr(snapshot, "build_behind", lambda level: None)

        keep_snapshots()

        assert not RemovedEdge.objects.exists()
        restored.refresh_from_db()
        assert 0 < restored.change < reading.place_of("dataset").ceiling

    def test_too_many_changes_are_left_to_a_new_snapshot(self, monkeypatch):
        nodes = [offered(f"d{n}") for n in range(4)]
        snapshot.build("dataset")
        chain(*nodes)
        asked_for = []
        monkeypatch.setattr(snapshot, "build_behind", asked_for.append)
        monkeypatch.setattr(reading, "MOST_CHANGES", 2)

        found = nearest(STEWARD, asked("dataset", nodes[:1]), 9)

        assert asked_for == ["dataset"]
        assert [node for node, _ in found.nodes] == [node.pk for node in nodes]


@pytest.mark.django_db
def test_products_of_a_closure_with_distance_and_counts():
    a, b = offered("a"), offered("b")
    inner = dataset("inner")
    second = dataset("b2", port=b.port)
    chain(a, inner, b, second)

    question = asked("dataset", [a])
    found = products_of(everything(STEWARD, question))

    assert found.distances.tolist() == [0, 2]
    assert found.nodes.tolist() == found.datasets.tolist() == [1, 2]


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["small", "large"])
def test_who_is_hidden_is_counted_or_as_if_not_there(settings, monkeypatch, way):
    a, b, c, d = offered("a"), offered("b", visibility="restricted"), offered("c"), offered("d")
    chain(a, b, c)
    chain(a, d)
    actor = actor_for(member_of(TeamFactory()))
    question = asked("dataset", [a], depth=3 if way == "small" else None)
    if way == "large":
        monkeypatch.setattr(sql, "small", lambda *_: pytest.fail("it is a large question"))

    counted = nearest(actor, question, 9)
    settings.LINEAGE_HIDDEN = "omit"
    omitted = nearest(actor, question, 9)

    assert [node for node, _ in counted.nodes] == [a.pk, d.pk, c.pk]
    assert (counted.total, counted.hidden, counted.hidden_ids) == (3, 1, [b.pk])
    assert [node for node, _ in omitted.nodes] == [a.pk, d.pk]
    assert (omitted.total, omitted.hidden, omitted.hidden_ids) == (2, 0, [])
