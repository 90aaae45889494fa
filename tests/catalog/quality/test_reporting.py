"""Results of other tools, as they are: found a port for, kept, or refused with the reason."""

import datetime as dt
import gzip
import json
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.services import create_token
from catalog.lineage.services import ingest
from catalog.products.models import DataProduct, PortDataset
from catalog.quality.models import CheckResult, QualityCheck, UnmatchedResult
from catalog.quality.services import match_unmatched, report_results
from core.errors import Invalid, NotAllowed
from core.models import OutboxEvent
from tests.factories import PortFactory, ProductFactory, TeamFactory, actor_for, member_of

pytestmark = pytest.mark.django_db
SPACE = "postgres://warehouse:5432"
AT = "2026-11-20T10:00:00Z"


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def actor(team):
    return actor_for(member_of(team))


@pytest.fixture
def port(team):
    return offer(ProductFactory(owner=team), "db.shop.orders")


def offer(product, name):
    port = PortFactory(product=product)
    PortDataset.objects.create(port=port, namespace=SPACE, name=name)
    return port


def plain(*rows, **body):
    return {"results": [{"check": "no gaps", "at": AT, **row} for row in rows], **body}


def soda(table="orders", outcome="fail", at=AT):
    check = {"identity": "abc", "name": "missing_count(id) = 0", "table": table, "outcome": outcome}
    diagnostics = {"value": 3, "checkRowsTested": 12}
    return {
        "definitionName": "daily",
        "scanStartTimestamp": at,
        "dataTimestamp": at,
        "checks": [{**check, "diagnostics": diagnostics}],
    }


def test_results_reach_the_port_and_its_score(actor, port):
    body = plain(
        {"port": port.fqn, "passed": 90, "evaluated": 100, "dimension": "validity"},
        {"port": port.fqn, "check": "fresh", "passed": True, "dimension": "timeliness"},
    )

    taken = report_results(body=body, actor=actor)

    assert (taken.format, taken.received, taken.stored, taken.unmatched) == ("plain", 2, 2, [])
    result = CheckResult.objects.get(check_run__name="no gaps")
    assert (result.evaluated, result.failed, result.outcome) == (100, 10, "fail")
    assert result.check_run.dimension == "conformity"
    assert DataProduct.objects.get().quality_score == 95


@pytest.mark.parametrize("name", ["orders", "shop.orders", "DB.SHOP.ORDERS"])
def test_a_tool_may_shorten_the_name_of_a_dataset(actor, port, name):
    taken = report_results(body=soda(name), actor=actor)

    assert taken.stored == 1
    check = QualityCheck.objects.get()
    assert (check.port, check.score, check.dimension) == (port, 0.75, "completeness")


def test_a_name_that_fits_two_ports_is_not_guessed(actor, port, team):
    offer(ProductFactory(owner=team), "db.archive.orders")

    taken = report_results(body=soda(), actor=actor)

    assert taken.unmatched == [{"namespace": "", "dataset": "orders"}]
    assert not QualityCheck.objects.exists()


def test_the_same_again_changes_nothing(actor, port):
    first = report_results(body=soda(), actor=actor)
    again = report_results(body=soda(), actor=actor)

    assert (first.stored, first.unchanged) == (1, 0)
    assert (again.stored, again.unchanged) == (0, 1)
    assert CheckResult.objects.count() == 1


def test_an_older_result_is_history_and_changes_no_score(actor, port):
    report_results(body=soda(outcome="pass"), actor=actor)
    report_results(body=soda(outcome="fail", at="2026-11-19T10:00:00Z"), actor=actor)

    assert CheckResult.objects.count() == 2
    assert QualityCheck.objects.get().outcome == "pass"
    assert DataProduct.objects.get().quality_score == 100


def test_the_future_is_left_out_and_said_so(actor, port):
    ahead = (timezone.now() + dt.timedelta(days=1)).isoformat()

    taken = report_results(body=soda(at=ahead), actor=actor)

    assert [(each.pointer, each.code) for each in taken.problems] == [
        ("/checks/0", "in-the-future")
    ]
    assert not CheckResult.objects.exists()


@pytest.mark.parametrize("body", [plain({"dataset": "orders", "passed": False}), soda()])
def test_a_time_without_a_zone_is_read_as_utc_and_said_so_once(actor, port, body):
    naive = json.loads(json.dumps([body, body]).replace(AT, "2026-11-20T10:00:00"))

    zoned, taken = (report_results(body=each, actor=actor) for each in ([body, body], naive))

    assert zoned.problems == []
    assert [(each.code, each.severity) for each in taken.problems] == [("no-time-zone", "warning")]
    assert "2026-11-20T10:00:00Z" in taken.problems[0].message
    assert taken.problems[0].pointer.startswith("/0/")
    assert CheckResult.objects.get().at == dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)


def test_of_two_results_of_one_moment_the_last_counts_and_the_other_is_named(actor, port):
    rows = [{"dataset": "orders", "passed": passed} for passed in (True, True, False)]

    taken = report_results(body=plain(*rows), actor=actor)

    assert (taken.received, taken.stored, taken.unchanged) == (3, 1, 2)
    assert CheckResult.objects.get().outcome == "fail"
    assert [(each.pointer, each.code) for each in taken.problems] == [("/results/1", "same-moment")]
    assert "/results/2" in taken.problems[0].message


def test_a_thousand_guesses_are_not_all_told(actor, port):
    rows = [
        {"dataset": "orders", "passed": True, "at": f"2026-11-20T10:{n // 60:02}:{n % 60:02}"}
        for n in range(1000)
    ]

    taken = report_results(body=plain(*rows), actor=actor)

    assert (taken.stored, len(taken.problems)) == (1000, 100)


def test_what_matches_no_port_waits_for_one(actor, team):
    taken = report_results(body=soda("orders"), actor=actor)
    report_results(body=soda("orders", outcome="pass", at="2026-11-21T10:00:00Z"), actor=actor)
    assert taken.unmatched == [{"namespace": "", "dataset": "orders"}]
    assert UnmatchedResult.objects.get().outcome == "pass"  # the latest

    port = offer(ProductFactory(owner=team), "db.shop.orders")
    match_unmatched([OutboxEvent(topic="port.changed", payload={"port_id": str(port.pk)})])

    assert not UnmatchedResult.objects.exists()
    assert QualityCheck.objects.get(port=port).outcome == "pass"


def test_another_teams_port_is_not_found_by_name(actor):
    other = offer(ProductFactory(), "db.shop.orders")

    taken = report_results(body=soda(), actor=actor)

    assert taken.unmatched == [{"namespace": "", "dataset": "orders"}]
    assert not QualityCheck.objects.filter(port=other).exists()


def test_another_teams_port_by_its_name_is_refused(actor):
    other = PortFactory()

    with pytest.raises(NotAllowed):
        report_results(body=soda(), actor=actor, port=other.fqn)
    with pytest.raises(NotAllowed):
        report_results(body=plain({"port": other.fqn, "passed": True}), actor=actor)
    assert not QualityCheck.objects.exists()


@pytest.mark.parametrize(
    ("row", "pointer", "code"),
    [
        ({"passed": 11, "evaluated": 10}, "/passed", "more-than-evaluated"),
        ({"failed": 11, "evaluated": 10}, "/failed", "more-than-evaluated"),
        ({"passed": 5, "failed": 4, "evaluated": 10}, "/evaluated", "does-not-add-up"),
        ({"passed": -1, "evaluated": 10}, "/passed", "not-a-count"),
        ({"passed": 1.5, "evaluated": 10}, "/passed", "not-a-count"),
        ({"passed": 10**30}, "/passed", "not-a-count"),
        ({"evaluated": 10}, "/passed", "missing"),
        ({"passed": True, "check": ""}, "/check", "missing"),
        ({"passed": True, "dimension": "beauty"}, "/dimension", "unknown"),
        ({"passed": True, "at": "yesterday"}, "/at", "not-a-time"),
        ({"passed": True, "severity": "huge"}, "/severity", "unknown"),
        ({"outcome": "maybe"}, "/outcome", "unknown"),
        ({"passed": True, "colour": "red"}, "/colour", "unknown-field"),
        ({"passed": True, "port": "", "dataset": ""}, "", "subject-missing"),
    ],
)
def test_the_portals_own_form_is_read_strictly(actor, port, row, pointer, code):
    body = plain({"port": port.fqn, "passed": True}, {"port": port.fqn, **row})

    with pytest.raises(Invalid) as refused:
        report_results(body=body, actor=actor)

    problem = refused.value.problems[0]
    assert (problem.pointer, problem.code) == (f"/results/1{pointer}", code)
    assert not CheckResult.objects.exists()


def test_an_unknown_port_is_named_and_nothing_is_kept(actor, port):
    body = plain({"port": port.fqn, "passed": True}, {"port": "no.such/table@1", "passed": True})

    with pytest.raises(Invalid) as refused:
        report_results(body=body, actor=actor)

    assert "no.such/table@1" in refused.value.problems[0].message
    assert not CheckResult.objects.exists()


@pytest.mark.parametrize("body", [[], "text", 7, None, {}, {"a": 1}, {"results": {}}])
def test_an_unknown_form_says_what_is_known(actor, body):
    with pytest.raises(Invalid) as refused:
        report_results(body=body, actor=actor)

    assert refused.value.problems[0].code == "unknown-form"


def test_the_call_takes_gzip_and_a_token_for_results_only(client: Client, team, port):
    _, text = create_token(user=member_of(team), name="ci", scopes=["quality:write"])
    headers = {"authorization": f"Bearer {text}", "content-encoding": "gzip"}

    answer = client.post(
        f"{reverse('rest:quality-results')}?port={port.fqn}",
        gzip.compress(json.dumps(soda("whatever")).encode()),
        content_type="application/json",
        headers=headers,
    )

    assert answer.status_code == 200
    assert answer.json() == {
        "format": "soda",
        "received": 1,
        "stored": 1,
        "unchanged": 0,
        "unmatched": [],
        "problems": [],
    }


def test_numbers_that_are_none_do_no_harm(client: Client, team, port):
    _, text = create_token(user=member_of(team), name="ci", scopes=["quality:write"])
    raw = json.dumps(soda()).replace('"value": 3', '"value": NaN')

    answer = client.post(
        reverse("rest:quality-results"),
        raw,
        content_type="application/json",
        headers={"authorization": f"Bearer {text}"},
    )

    assert answer.status_code == 400
    assert not CheckResult.objects.exists()


def told(port, outcome, at=AT):
    """An OpenLineage event with one assertion on the dataset of a port."""
    name = port.datasets.get().name
    facets = {
        "dataQualityAssertions": {"assertions": [{"assertion": "not_null", "success": outcome}]}
    }
    return {
        "eventType": "COMPLETE",
        "eventTime": at,
        "run": {"runId": "3f5e83fa-3480-44ff-99c5-ff943904e5e8"},
        "job": {"namespace": "etl", "name": "check"},
        "inputs": [{"namespace": SPACE, "name": name, "inputFacets": facets}],
    }


def test_results_in_lineage_events_count_too(actor, port):
    ingest(event=told(port, False), actor=actor)
    ingest(event=told(port, False), actor=actor)

    check = QualityCheck.objects.get()
    assert (check.port, check.outcome, check.dimension) == (port, "fail", "completeness")
    assert CheckResult.objects.count() == 1


def test_a_token_for_lineage_alone_tells_no_results(actor, port):
    ingest(event=told(port, False), actor=replace(actor, scopes=frozenset({"lineage:write"})))

    assert not QualityCheck.objects.exists()


def test_results_in_events_about_other_teams_data_do_not_count(actor):
    other = offer(ProductFactory(), "db.other.orders")

    ingest(event=told(other, False), actor=actor)

    assert not QualityCheck.objects.exists()
