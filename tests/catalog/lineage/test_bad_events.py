"""Bad events: each is refused or taken as said, soon, with the reason, and nothing else happens."""

import gzip
import json
import time

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.services import create_token
from catalog.lineage.formats.facet_shapes import _looked_for, _validator
from catalog.lineage.formats.openlineage import parse_event
from catalog.lineage.models import (
    ColumnEdge,
    Dataset,
    DatasetEdge,
    Job,
    JobDataset,
    LineageEvent,
    Run,
)
from catalog.lineage.rest.parsers import MAX_BATCH, MAX_EVENT
from catalog.lineage.services import ingest_many
from catalog.lineage.services.reading import MAX_PAIRS
from core.errors import Invalid
from tests.catalog.lineage.events import NAMESPACE, columns, event, named
from tests.factories import TeamFactory, actor_for, member_of

pytestmark = pytest.mark.django_db
SHARED = [HealthCheck.function_scoped_fixture]  # every example is an event of its own
TABLES = (Dataset, DatasetEdge, ColumnEdge, Job, JobDataset, LineageEvent, Run)


def counts():
    return [model.objects.count() for model in TABLES]


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def actor(team):
    return actor_for(member_of(team))


@pytest.fixture
def post(client, team):
    _, token = create_token(user=member_of(team), name="t", scopes=["lineage:write"])

    def send(body, path="lineage", **headers):
        return client.post(
            f"/api/v1/{path}",
            body if isinstance(body, bytes) else orjson.dumps(body),
            content_type="application/json",
            headers={"authorization": f"Bearer {token}", **headers},
        )

    return send


BODIES = {
    "no JSON": (b"{", 400),
    "half a surrogate pair": (b'{"job": "\\ud800"}', 400),
    "not UTF-8": (b'{"job": "\xff"}', 400),
    "no number": (b'{"job": NaN}', 400),
    "a key twice": (b'{"job": {"name": "a", "name": "b"}}', 400),
    "nested without end": (b"[" * 100_000, 400),
    "a list": (b"[]", 422),
    "a number": (b"7", 422),
    "nothing": (b"", 400),
    "too deep to keep": (
        orjson.dumps(event(["a"], ["b"]))[:-1] + b',"x":' + b"[" * 300 + b"]" * 300 + b"}",
        422,
    ),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_is_no_event_is_refused(post, what):
    body, status = BODIES[what]

    answer = post(body)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert counts() == [0] * len(TABLES)


def test_a_bomb_and_a_flood_are_refused_before_they_are_unpacked(post):
    bomb = gzip.compress(b" " * 200_000_000, 1)
    started = time.monotonic()

    answers = [
        post(bomb, **{"content-encoding": "gzip"}),
        post(b" " * (MAX_EVENT + 1)),
        post(b" " * 50_000_000),
        post(b" " * (MAX_BATCH + 1), path="lineage/batch"),
        post(b"not gzip", **{"content-encoding": "gzip"}),
        post(b"{}", **{"content-encoding": "br"}),
    ]

    assert [answer.status_code for answer in answers] == [413, 413, 413, 413, 400, 415]
    assert time.monotonic() - started < 5
    assert "5,242,880 bytes" in answers[0].json()["detail"]


UUID_1 = "11111111-1111-1111-1111-111111111111"
CORES = {
    "no eventTime": ({"eventTime": None}, "/eventTime"),
    "no time": ({"eventTime": "soon"}, "/eventTime"),
    "a number as time": ({"eventTime": 1.5e9}, "/eventTime"),
    "the year 0": ({"eventTime": "0001-01-01T00:00:00+14:00"}, "/eventTime"),
    "the year 9999": ({"eventTime": "9999-12-31T23:59:59-14:00"}, "/eventTime"),
    "a long time": ({"eventTime": "1" * 100_000}, "/eventTime"),
    "no job": ({"job": None}, "/job"),
    "a job that is a text": ({"job": "load"}, "/job"),
    "a job without a name": ({"job": {"namespace": "etl", "name": ""}}, "/job/name"),
    "a job's number": ({"job": {"namespace": "etl", "name": 7}}, "/job/name"),
    "a turned name": ({"job": {"namespace": "etl", "name": "a\u202eb"}}, "/job/name"),
    "NUL": ({"job": {"namespace": "e\0", "name": "a"}}, "/job/namespace"),
    "10,000 characters": ({"job": {"namespace": "e", "name": "a" * 10_000}}, "/job/name"),
    "no runId": ({"run": {}}, "/run/runId"),
    "a run that is a list": ({"run": []}, "/run/runId"),
    "a runId that is none": ({"run": {"runId": "x" * 100_000}}, "/run/runId"),
}


@pytest.mark.parametrize("what", CORES)
def test_an_event_without_its_core_says_where(post, what):
    changes, pointer = CORES[what]
    body = event(["a"], ["b"]) | changes

    answer = post({key: value for key, value in body.items() if value is not None})

    assert answer.status_code == 422
    assert answer.json()["problems"][0]["pointer"] == pointer
    assert counts() == [0] * len(TABLES)


TIMES = {
    "2026-11-20T10:00:00": ("2026-11-20T10:00:00+00:00", 1),
    "2026-11-20T10:00:00.123456789Z": ("2026-11-20T10:00:00.123456+00:00", 0),
    "2026-11-20T10:00:00.1234567+02:00": ("2026-11-20T08:00:00.123456+00:00", 0),
    "2026-11-20": ("2026-11-20T00:00:00+00:00", 1),
}


@pytest.mark.parametrize("given_time", TIMES)
def test_a_time_is_read_as_exactly_as_it_can_be(given_time):
    found = parse_event(event(eventTime=given_time))

    expected, warnings = TIMES[given_time]
    assert found.time.isoformat() == expected
    assert len(found.warnings) == warnings


NAMES = {
    "NUL": ("a\0b", "U+0000"),
    "right to left": ("a\u202eb", "U+202E"),
    "nothing wide": ("a\u200bb", "U+200B"),
    "a new line": ("a\nb", "U+000A"),
    "10,000 characters": ("a" * 10_000, "longer than 1,000 characters"),
    "nothing": ("", "is missing"),
    "a list": (["a"], "is not a text"),
}


@pytest.mark.parametrize("what", NAMES)
def test_a_dataset_with_a_name_of_no_use_is_left_out_alone(post, what):
    name, reason = NAMES[what]

    answer = post(event([{"namespace": NAMESPACE, "name": name}, "a"], ["b"]))

    assert answer.status_code == 201
    assert reason in answer.json()["warnings"][0]
    assert set(Dataset.objects.values_list("name", flat=True)) == {"a", "b"}


@pytest.mark.parametrize("name", ["é", "e\u0301", "表", "🙂", "a b", "a'b\"c", "%s", "../x", "#:"])
def test_an_unusual_name_is_a_name(post, name):
    answer = post(event(["a"], [name]))

    assert answer.status_code == 201
    assert answer.json()["warnings"] == []
    assert Dataset.objects.filter(name=name).exists()


def test_nul_in_what_is_only_kept_is_kept(post):
    body = event(["a"], ["b"], producer="p", custom={"text": "a\0b"})

    assert post(body).status_code == 201

    assert LineageEvent.objects.get().document == body


def test_a_schema_with_odd_fields_keeps_the_others(post):
    fields = [{"name": "a\0b", "type": 7}, {"name": 7}, 7, {"type": "int"}, {"name": "ok"}]

    answer = post(event([], [named("t", schema={"fields": fields})]))

    assert answer.status_code == 201
    assert [each["name"] for each in Dataset.objects.get().fields] == ["ab", "ok"]


@pytest.mark.parametrize("facets", [[], "x", 7, {"schema": []}, {"columnLineage": {"fields": 7}}])
def test_facets_of_another_form_are_a_warning(post, facets):
    answer = post(event([], [{**named("t"), "facets": facets}]))

    assert answer.status_code == 201
    assert answer.json()["warnings"] or facets == []
    assert Dataset.objects.count() == 1


def test_contradicting_schemas_are_told(post):
    one, two = ({"fields": [{"name": name}]} for name in "ab")

    answer = post(event([], [named("t", schema=one), named("t", schema=two)]))

    assert "another schema" in answer.json()["warnings"][0]
    assert Dataset.objects.get().fields[0]["name"] == "a"


def test_a_cycle_and_a_loop_are_taken(post):
    loop = columns(x="a.x")

    for body in (
        event(["a"], ["b"]),
        event(["b"], ["a"]),
        event(["a"], [named("a", columnLineage=loop)]),
    ):
        assert post(body).status_code == 201

    assert DatasetEdge.objects.count() == 2
    assert not ColumnEdge.objects.exists()


def test_a_flood_of_pairs_keeps_who_reads_and_writes_and_says_so(actor):
    body = event([f"in{n}" for n in range(200)], [f"out{n}" for n in range(200)])

    (result,) = ingest_many(events=[body], actor=actor)

    assert f"more than {MAX_PAIRS:,} pairs" in result.warnings[0]
    assert JobDataset.objects.count() == 400
    assert not DatasetEdge.objects.exists()
    assert LineageEvent.objects.get().warnings == list(result.warnings)


def test_of_100_000_inputs_so_many_are_read_as_do_no_harm(post):
    inputs = [{"namespace": "n", "name": f"in{n}"} for n in range(100_000)]
    started = time.monotonic()

    answer = post(event(inputs, ["out"]))

    assert time.monotonic() - started < 20  # of a busy machine
    assert answer.status_code == 201
    assert "the first 5,000 of 100,000 datasets" in answer.json()["warnings"][0]
    assert DatasetEdge.objects.count() == 5_000


def test_columns_that_multiply_are_bounded(actor):
    sources = [{**named("a"), "field": f"f{n}"} for n in range(200)]
    schema = {"fields": [{"name": f"c{n}"} for n in range(150)]}
    facets = {"columnLineage": columns() | {"dataset": sources}, "schema": schema}

    (result,) = ingest_many(events=[event([], [named("b", **facets)])], actor=actor)

    assert any("20,000 pairs of columns at most" in text for text in result.warnings)
    assert 0 < ColumnEdge.objects.count() <= 20_000


def test_an_event_that_the_database_refuses_fails_alone(actor, monkeypatch):
    bodies = [event(["a"], [f"b{n}"]) for n in range(3)]
    bodies[1]["outputs"][0]["name"] = "x" * 1001
    monkeypatch.setattr("catalog.lineage.formats.names.LONGEST_NAME", 5000)

    results = ingest_many(events=bodies, actor=actor)

    assert [result.refusal is None for result in results] == [True, False, True]
    assert results[1].refusal.problems[0].code == "not-storable"
    assert DatasetEdge.objects.count() == 2


def test_too_many_events_in_one_call_are_refused(post):
    answer = post([{}] * 10_001, path="lineage/batch")

    assert answer.status_code == 413


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FULL = event(
    [named("a", schema={"fields": [{"name": "x"}]})],
    [
        named(
            "b",
            schema={"fields": [{"name": "x"}]},
            columnLineage=columns(x=[("a.x", [{"type": "DIRECT"}])]) | {"dataset": []},
            symlinks={"identifiers": [{"namespace": "h", "name": "b", "type": "TABLE"}]},
            lifecycleStateChange={"lifecycleStateChange": "CREATE"},
            lineage={"inputs": [{"namespace": "n", "name": "c", "type": "DATASET"}], "fields": {}},
        )
    ],
    run_id=UUID_1,
)


def places(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(each, (*path, key))


def changed(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=st.sampled_from([path for path in places(FULL) if path]), new=JSON)
def test_an_event_with_any_one_part_replaced_is_refused_or_taken(actor, path, new):
    body = json.loads(json.dumps(changed(FULL, path, new)))

    (result,) = ingest_many(events=[body], actor=actor)

    if result.refusal is not None:
        assert isinstance(result.refusal, Invalid)
        assert path[0] in {"eventTime", "job", "run"}


@settings(max_examples=200, deadline=None)
@given(path=st.sampled_from([path for path in places(FULL) if path]), new=JSON)
def test_the_quick_look_at_facets_misses_nothing_that_the_careful_one_finds(path, new):
    body = changed(FULL, path, new)

    if isinstance(body, dict) and _validator().is_valid(body):
        assert list(_looked_for(body)) == []
