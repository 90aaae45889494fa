"""SQL, snapshot and reference give the same answers."""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from catalog.lineage.engine import snapshot, sql
from catalog.lineage.engine.closures import products_of
from catalog.lineage.engine.questions import everything, nearest
from tests.catalog.lineage import naive
from tests.catalog.lineage.ground import STEWARD, asked, chain, column, dataset, offered
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
