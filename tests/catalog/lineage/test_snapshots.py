"""Snapshots stay true while others write, and survive damage; with transactions that end."""

import datetime as dt
import os
import threading
import time

import pytest
from django.db import connection, transaction
from django.utils import timezone

from catalog.lineage.engine import files, reading, snapshot
from catalog.lineage.engine.questions import everything, nearest
from catalog.lineage.engine.upkeep import keep_snapshots
from catalog.lineage.models import Dataset, DatasetEdge, RemovedEdge
from tests.catalog.lineage.ground import STEWARD, asked, chain, column, end, job, offered
from tests.factories import ProductFactory, TeamFactory, actor_for, member_of

pytestmark = pytest.mark.django_db(transaction=True)
LEVELS = ("dataset", "column", "product")


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """Snapshots of its own for each test."""
    settings.DATA_DIR = tmp_path
    return tmp_path / "lineage"


def reached(root, level="dataset"):
    found = everything(STEWARD, asked(level, [root]))
    return set(found.snapshot.nodes_at(found.nodes))


def test_a_snapshot_is_shared_and_brought_up_to_date(folder):
    a, b, c, d = (offered(name) for name in "abcd")
    [first, second] = chain(a, b, c)
    made = snapshot.build("dataset")
    [path] = folder.glob("*/dataset-*")

    chain(b, d)
    end(second)
    fresh = snapshot.current("dataset")

    assert made.graph.size == 3
    assert fresh.head == made.head
    assert reached(a) == {a.pk, b.pk, d.pk}
    first.delete()
    assert reached(a) == {a.pk}
    assert [*folder.glob("*/dataset-*")] == [path]


def test_an_edge_that_began_again_is_there():
    a, b = (offered(name) for name in "ab")
    [edge] = chain(a, b)
    end(edge)
    snapshot.build("dataset")
    assert reached(a) == {a.pk}

    DatasetEdge.objects.filter(pk=edge.pk).update(ended_at=None)

    assert reached(a) == {a.pk, b.pk}


def test_a_pair_is_there_while_any_job_has_it():
    a, b = (offered(name) for name in "ab")
    [one], [other] = chain(a, b, job=job("x")), chain(a, b, job=job("y"))
    snapshot.build("dataset")

    end(one)
    assert reached(a) == {a.pk, b.pk}
    end(other)
    assert reached(a) == {a.pk}


def test_a_deleted_dataset_leaves_no_ghost_between_others():
    a, b, c = (offered(name) for name in "abc")
    chain(a, b, c)
    snapshot.build("dataset")

    b.delete()

    assert reached(a) == {a.pk}
    assert RemovedEdge.objects.count() == 2


def nodes_of(level):
    if level == "product":
        return ProductFactory.create_batch(4)
    return [column(offered(f"d{n}"), "c") for n in range(4)]


@pytest.mark.parametrize("level", ["product", "column"])
def test_the_other_levels_are_brought_up_to_date_too(level):
    nodes = nodes_of(level)
    edges_made = chain(*nodes[:3])
    snapshot.build(level)

    end(edges_made[1])
    chain(nodes[1], nodes[3])

    assert reached(nodes[0], level) == {nodes[n].pk for n in (0, 1, 3)}


def test_an_edge_of_an_older_transaction_that_commits_later_is_not_lost():
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
    before = reached(a)
    go_on.set()
    thread.join(20)

    assert before == {a.pk}
    assert reached(a) == {a.pk, b.pk, c.pk}
    assert snapshot.current("dataset").head == made.head


def test_what_is_not_committed_is_in_no_snapshot(folder):
    a, b = (offered(name) for name in "ab")
    with transaction.atomic():
        chain(a, b)
        assert reached(a) == {a.pk, b.pk}
        assert not [*folder.glob("*/dataset-*")]
        transaction.set_rollback(True)

    assert reached(a) == {a.pk}
    assert [*folder.glob("*/dataset-*")]


def test_who_sees_a_dataset_follows_its_port_after_the_snapshot():
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


def test_a_column_is_seen_with_its_dataset_after_the_snapshot():
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
def test_a_damaged_snapshot_is_dropped_and_made_again(folder, harm):
    a, b = (offered(name) for name in "ab")
    chain(a, b)
    snapshot.build("dataset")
    [path] = folder.glob("*/dataset-*")
    harm(path)

    assert reached(a) == {a.pk, b.pk}
    assert [*folder.glob("*/dataset-*")] != [path]


def test_an_unfinished_snapshot_is_not_seen_and_swept_when_old(folder):
    a, b = (offered(name) for name in "ab")
    chain(a, b)
    place = reading.place_of("dataset")
    left = folder / place.identity / ".dataset-00000000000000000001-dead"
    left.mkdir(parents=True)
    os.utime(left, (1, 1))

    assert reached(a) == {a.pk, b.pk}
    assert not left.exists()


def test_a_snapshot_of_another_database_or_a_later_state_is_not_used(folder, monkeypatch):
    a, b = (offered(name) for name in "ab")
    [_edge] = chain(a, b)
    made = snapshot.build("dataset")
    place = reading.place_of("dataset")

    assert snapshot._stored("dataset", place).head == made.head
    assert snapshot._stored("dataset", place._replace(ceiling=made.head.horizon - 1)) is None
    assert snapshot._stored("dataset", place._replace(identity="another")) is None
    monkeypatch.setattr(time, "time", lambda: made.head.made_at + snapshot.TOO_OLD_S + 1)
    assert snapshot._stored("dataset", place) is None


def test_an_emptied_table_is_another_table():
    chain(offered("a"), offered("b"))
    before = reading.place_of("dataset").identity

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE lineage_datasetedge")

    assert reading.place_of("dataset").identity != before


def test_a_folder_that_cannot_be_written_costs_only_time(settings, tmp_path):
    a, b = (offered(name) for name in "ab")
    chain(a, b)
    blocked = tmp_path / "file"
    blocked.write_text("")
    settings.DATA_DIR = blocked

    assert reached(a) == {a.pk, b.pk}


def test_two_that_build_at_once_leave_one_snapshot(folder):
    chain(offered("a"), offered("b"))

    threads = [snapshot.build_behind("dataset") for _ in range(2)]
    for thread in threads:
        thread.join(20)
    snapshot.build("dataset")

    assert len([*folder.glob("*/dataset-*")]) == 1
    assert not [*folder.glob("*/.dataset-*")]


def test_who_finds_another_at_work_leaves_it_to_it(folder):
    with files.alone(folder, "dataset") as first, files.alone(folder, "dataset") as second:
        assert (first, second) == (True, False)


def test_refresh_makes_what_is_due_and_nothing_else(folder, monkeypatch):
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


def test_upkeep_forgets_old_removals_and_numbers_restored_rows_anew(monkeypatch):
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


def test_too_many_changes_are_left_to_a_new_snapshot(monkeypatch):
    nodes = [offered(f"d{n}") for n in range(4)]
    snapshot.build("dataset")
    chain(*nodes)
    asked_for = []
    monkeypatch.setattr(snapshot, "build_behind", asked_for.append)
    monkeypatch.setattr(reading, "MOST_CHANGES", 2)

    found = nearest(STEWARD, asked("dataset", nodes[:1]), 9)

    assert asked_for == ["dataset"]
    assert [node for node, _ in found.nodes] == [node.pk for node in nodes]
