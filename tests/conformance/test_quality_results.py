"""Every public result file is read as it is, and says what its tool says."""

import datetime as dt
import json
from collections import Counter

import pytest

from catalog.quality.formats.reading import read_results
from core.errors import Invalid
from tests.conformance.corpus import FOLDER, require_folder

NOW = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
SUITE = (
    "datahub__gx-plugin__tests__integration__setup__great_expectations__expectations__test_suite"
)


def files(*patterns):
    found = sorted(path for each in patterns for path in (FOLDER / "examples").glob(each))
    return [path for path in found if path.name != "EXPECTED.json"] or [None]


def events():
    """Those that are events by the standard's schema."""
    found = files("openlineage/events/*.json")
    if found == [None]:
        return found
    verdicts = json.loads((FOLDER / "examples/openlineage/EXPECTED.json").read_text())
    return [each for each in found if verdicts[f"events/{each.name}"]["expected"] == "valid"]


def name_of(path):
    return str(path.relative_to(FOLDER / "examples")) if path else "absent"


def read(path):
    require_folder()
    body = json.loads(path.read_bytes())
    manifest = path.with_name("manifest.json")
    if path.name in {"run_results.json", "sources.json"} and manifest.exists():
        body = {path.stem: body, "manifest": json.loads(manifest.read_bytes())}
    return body, read_results(body, received_at=NOW)


@pytest.mark.parametrize("path", files("dbt/*/run_results.json"), ids=name_of)
def test_dbt_tests_have_the_outcomes_that_dbt_counts(path):
    require_folder()
    expected = json.loads((FOLDER / "examples/dbt/EXPECTED.json").read_text())
    counted = Counter(expected[f"{path.parent.name}/run_results.json"]["results"])
    body, report = read(path)
    rows = body.get("run_results", body)["results"]
    tests = [row for row in rows if row["unique_id"].startswith("test.")]

    assert Counter(each.outcome for each in report.results) == Counter(
        {"success": "pass"}.get(row["status"], row["status"]) for row in tests
    )
    assert sum(counted.values()) == len(rows)
    assert not report.skipped


@pytest.mark.parametrize("path", files("dbt/*/sources.json"), ids=name_of)
def test_freshness_of_sources_is_timeliness(path):
    body, report = read(path)

    assert len(report.results) == len(body["results"])
    assert {each.dimension for each in report.results} == {"timeliness"}
    assert all(each.value and each.dataset for each in report.results)


@pytest.mark.parametrize("path", files("great_expectations/*.json"), ids=name_of)
def test_great_expectations_results_add_up_to_their_statistics(path):
    require_folder()
    if path.stem.endswith(SUITE):
        with pytest.raises(Invalid) as refused:
            read(path)
        assert refused.value.problems[0].code == "no-results"
        return
    body, report = read(path)
    told = [body, *body.get("validation_results", [])][-1]["statistics"]

    assert len(report.results) == told["evaluated_expectations"]
    passed = [each for each in report.results if each.outcome == "pass"]
    assert len(passed) == told["successful_expectations"]
    assert not report.skipped


@pytest.mark.parametrize("path", files("soda/*.json"), ids=name_of)
def test_soda_checks_keep_their_outcomes(path):
    body, report = read(path)

    assert [each.outcome for each in report.results] == [each["outcome"] for each in body["checks"]]
    assert {each.dataset for each in report.results} == {each["table"] for each in body["checks"]}


@pytest.mark.parametrize("path", events(), ids=name_of)
def test_assertions_in_events_are_results(path):
    body, report = read(path)
    text = json.dumps(body)

    assert len(report.results) == text.count('"assertion":')
    assert not [each for each in report.skipped if each.code != "not-run"]


@pytest.mark.parametrize("path", files("openlineage/facets/DataQualityAssertions*"), ids=name_of)
def test_the_assertions_facet_by_itself(path):
    require_folder()
    facet = json.loads(path.read_bytes())
    dataset = {"namespace": "db", "name": "a.b", "inputFacets": facet}
    event = {"eventTime": "2026-11-20T10:00:00Z", "job": {}, "inputs": [dataset]}

    report = read_results(event, received_at=NOW)

    assertions = facet["dataQualityAssertions"]["assertions"]
    assert len(report.results) == len(assertions)
    assert len({each.key for each in report.results}) == len(assertions)
    assert {each.dataset for each in report.results} == {"a.b"}
