"""Lineage told by dbt manifests and SQL text."""

import gzip
import json
import time

import pytest

from accounts.services import create_token
from catalog.lineage.ingestion.dbt import ingest_dbt
from catalog.lineage.models import ColumnEdge, Dataset, DatasetEdge, Job, ProductEdge
from catalog.lineage.services import ingest
from catalog.products.models import PortDataset
from core.errors import Invalid, NotAllowed
from core.sql import MAX_SQL, SqlUnread, read_sql, reading
from tests.catalog.lineage.events import event, named
from tests.factories import PortFactory, TeamFactory, actor_for, member_of

pytestmark = pytest.mark.django_db
SERVER = "postgres://warehouse:5432"


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def actor(team):
    return actor_for(member_of(team))


@pytest.fixture
def post(client, team):
    _, token = create_token(user=member_of(team), name="t", scopes=["lineage:write"])

    def send(path, body, **headers):
        return client.post(
            f"/api/v1/lineage/{path}",
            body if isinstance(body, bytes) else json.dumps(body),
            content_type="application/json",
            headers={"authorization": f"Bearer {token}", **headers},
        )

    return send


def model(name, *parents, sql="", **more):
    return {
        "resource_type": "model",
        "package_name": "shop",
        "database": "db",
        "schema": "s",
        "name": name,
        "depends_on": {"nodes": list(parents)},
        "compiled_code": sql,
        **more,
    }


def manifest(**nodes):
    source = {"resource_type": "source", "database": "db", "schema": "raw", "identifier": "orders"}
    return {
        "metadata": {"project_name": "shop", "adapter_type": "postgres"},
        "nodes": {f"model.shop.{name}": node for name, node in nodes.items()},
        "sources": {"source.shop.raw.orders": source},
        "exposures": {},
    }


def pairs():
    alive = DatasetEdge.objects.filter(ended_at=None)
    return set(alive.values_list("source__name", "target__name"))


STAGED = model("staged", "source.shop.raw.orders", sql="select id, sum(x) t from db.raw.orders")
MART = model("mart", "model.shop.staged", sql="select * from db.s.staged")


def test_models_become_datasets_and_jobs_and_columns_pass_through_a_star(actor):
    ingest_dbt(document=manifest(staged=STAGED, mart=MART), namespace=SERVER, actor=actor)

    assert pairs() == {("db.raw.orders", "db.s.staged"), ("db.s.staged", "db.s.mart")}
    assert set(Dataset.objects.values_list("namespace", flat=True)) == {SERVER}
    assert set(Job.objects.values_list("name", flat=True)) == {
        "model.shop.staged",
        "model.shop.mart",
    }
    assert {edge.origin for edge in DatasetEdge.objects.all()} == {"dbt"}
    columns = ColumnEdge.objects.values_list("source__name", "target__name", "transformation")
    assert set(columns) == {
        ("id", "id", "DIRECT/IDENTITY"),
        ("x", "t", "DIRECT/AGGREGATION"),
        ("t", "t", "DIRECT/IDENTITY"),
    }


def test_the_datasets_of_a_project_belong_to_the_ports_that_offer_them(actor):
    ports = [PortFactory(), PortFactory()]
    for port, name in zip(ports, ("db.raw.orders", "db.s.staged"), strict=True):
        PortDataset.objects.create(port=port, namespace=SERVER, name=name)

    ingest_dbt(document=manifest(staged=STAGED), namespace=SERVER, actor=actor)

    edge = ProductEdge.objects.get()
    assert (edge.source_id, edge.target_id) == tuple(port.product_id for port in ports)
    assert edge.origin == "dbt"


def test_an_ephemeral_model_is_passed_through(actor):
    middle = model("middle", "source.shop.raw.orders", config={"materialized": "ephemeral"})

    ingest_dbt(
        document=manifest(middle=middle, mart=model("mart", "model.shop.middle")),
        namespace="",
        actor=actor,
    )

    assert pairs() == {("db.raw.orders", "db.s.mart")}


def test_a_later_manifest_ends_what_it_has_no_more_and_nothing_else(actor):
    ingest_dbt(document=manifest(staged=STAGED, mart=MART), namespace=SERVER, actor=actor)
    ingest(event=event(["db.raw.orders"], ["db.s.other"]), actor=actor)

    taken = ingest_dbt(document=manifest(staged=STAGED), namespace=SERVER, actor=actor)

    assert taken.ended == 3  # an edge of datasets, and two of columns
    assert pairs() == {("db.raw.orders", "db.s.staged"), ("db.raw.orders", "db.s.other")}
    ingest_dbt(document=manifest(staged=STAGED, mart=MART), namespace=SERVER, actor=actor)
    assert ("db.s.staged", "db.s.mart") in pairs()
    assert DatasetEdge.objects.count() == 3


def test_another_team_does_not_end_a_projects_edges(actor):
    ingest_dbt(document=manifest(staged=STAGED), namespace=SERVER, actor=actor)
    stranger = actor_for(member_of(TeamFactory()))

    with pytest.raises(NotAllowed, match="Another team sends this dbt project"):
        ingest_dbt(document=manifest(), namespace=SERVER, actor=stranger)

    assert pairs() == {("db.raw.orders", "db.s.staged")}


def test_an_exposure_shows_who_is_reached(actor):
    document = manifest(staged=STAGED)
    parents = {"nodes": ["model.shop.staged"]}
    document["exposures"]["exposure.shop.board"] = {"name": "board", "depends_on": parents}

    ingest_dbt(document=document, namespace=SERVER, actor=actor)

    board = Dataset.objects.get(name="exposure.shop.board")
    assert board.namespace == "dbt://shop"
    assert ("db.s.staged", "exposure.shop.board") in pairs()


def test_sql_that_cannot_be_read_is_a_warning(actor):
    bad = model("bad", "source.shop.raw.orders", sql="select ((( from nowhere")

    taken = ingest_dbt(document=manifest(bad=bad), namespace=SERVER, actor=actor)

    assert pairs() == {("db.raw.orders", "db.s.bad")}
    assert taken.warnings[0].startswith("the SQL of model.shop.bad is not SQL that can be read")


def test_models_in_a_circle_are_taken(actor):
    one, two = model("one", "model.shop.two"), model("two", "model.shop.one")

    taken = ingest_dbt(document=manifest(one=one, two=two), namespace=SERVER, actor=actor)

    assert taken.edges == 2
    assert "in a circle" in taken.warnings[0]


@pytest.mark.parametrize(
    "broken",
    [
        {"resource_type": 7, "depends_on": [], "columns": [], "relation_name": "."},
        {"resource_type": "model", "name": "x\u202e", "depends_on": {"nodes": [1, None]}},
        {"resource_type": "model", "name": "n", "config": "no", "columns": {"a": 1}},
        7,
        None,
    ],
)
def test_a_broken_node_harms_no_other(actor, broken):
    ingest_dbt(document=manifest(staged=STAGED, x=broken), namespace=SERVER, actor=actor)

    assert ("db.raw.orders", "db.s.staged") in pairs()


@pytest.mark.parametrize("document", [[], {}, {"nodes": []}, {"manifest": None}, "x", None])
def test_what_is_no_manifest_is_refused(actor, document):
    with pytest.raises(Invalid, match="not a dbt manifest"):
        ingest_dbt(document=document, namespace="", actor=actor)

    assert not Dataset.objects.exists()


def test_rest_takes_a_gzipped_manifest(post):
    body = gzip.compress(json.dumps({"manifest": manifest(staged=STAGED)}).encode())

    answer = post(f"dbt?namespace={SERVER}", body, **{"content-encoding": "gzip"})

    assert answer.status_code == 200
    assert answer.json()["edges"] == 1
    assert answer.json()["namespace"] == SERVER


INSERT = "insert into mart.revenue (day, total) select o.day, sum(o.price) from orders o group by 1"


def test_sql_is_read_and_stored(post):
    body = {"sql": INSERT, "dialect": "postgres", "namespace": SERVER, "default_schema": "db.s"}

    answer = post("sql", body)

    assert answer.status_code == 200
    assert answer.json()["stored"] is True
    assert pairs() == {("db.s.orders", "db.mart.revenue")}
    columns = ColumnEdge.objects.values_list("source__name", "target__name", "origin")
    assert set(columns) == {("day", "day", "sql"), ("price", "total", "sql")}


def test_a_dry_run_of_sql_stores_nothing(post):
    answer = post("sql", {"sql": INSERT, "namespace": SERVER, "dry_run": True})

    assert answer.json()["statements"][0]["sources"] == [f"dataset:{SERVER}:orders"]
    assert not Dataset.objects.exists()


def test_a_star_is_what_the_reader_may_see_of_the_table(post, team):
    schema = {"fields": [{"name": "a"}, {"name": "b"}]}
    mine = actor_for(member_of(team))
    ingest(event=event([], [named("db.s.orders", schema=schema)]), actor=mine)

    post("sql", {"sql": "create table db.s.x as select * from db.s.orders", "namespace": SERVER})

    assert set(ColumnEdge.objects.values_list("target__name", flat=True)) == {"a", "b"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"sql": ""}, "/sql"),
        ({"sql": 7}, "/sql"),
        ({"sql": "x" * (MAX_SQL + 1)}, "/sql"),
        ({"sql": "select ((("}, "/sql"),
        ({"namespace": None}, "/namespace"),
        ({"namespace": "a\u202eb"}, "/namespace"),
        ({"dialect": "cobol"}, "/dialect"),
        ({"job": "etl"}, "/job"),
        ({"job": {"namespace": "etl"}}, "/job/name"),
    ],
)
def test_sql_that_cannot_be_taken_says_where(post, change, pointer):
    answer = post("sql", {"sql": INSERT, "namespace": SERVER, **change})

    assert answer.status_code == 422
    assert answer.json()["problems"][0]["pointer"] == pointer
    assert not Dataset.objects.exists()


HOSTILE = {
    "nested": "(" * 60_000 + "1" + ")" * 60_000,
    "wide": "select " + ",".join(f"c{n}" for n in range(30_000)) + " from t",
    "sum": "select " + " + ".join(f"c{n}" for n in range(20_000)) + " as x from t",
    "joins": "select * from " + ", ".join(f"t{n} a{n}" for n in range(8_000)),
    "tower": "with c0 as (select a from t),"
    + ",".join(f"c{n} as (select x.a from c{n - 1} x, c{n - 1} y)" for n in range(1, 400))
    + " select a from c399",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_sql_costs_no_more_than_the_limit(kind):
    started = time.monotonic()

    try:
        read_sql(HOSTILE[kind], dialect="postgres", limit_s=0.5)
    except SqlUnread as problem:
        assert str(problem).startswith(("took longer", "is not SQL"))  # noqa: PT017

    assert time.monotonic() - started < 5
    assert read_sql("select a from t", dialect="postgres")[0].links[0].field == "a"


def test_a_killed_helper_is_replaced():
    read_sql("select a from t", dialect="")
    before = reading._helper
    before._process.kill()
    before._process.wait()

    assert read_sql("select a from t", dialect="")[0].sources == (("t",),)
    assert reading._helper is not before
