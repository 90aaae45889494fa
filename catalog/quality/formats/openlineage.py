"""Results inside OpenLineage events: assertions on datasets, and the test facet of a run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from catalog.quality.formats.dbt import DIMENSIONS
from catalog.quality.formats.records import (
    LONGEST_KEY,
    LONGEST_MESSAGE,
    SEVERITIES,
    Json,
    Report,
    Reported,
    dict_of,
    dimension_by,
    list_of,
    outcome_of,
    text_of,
    time_of,
)
from catalog.quality.states import Outcome

STATUSES: Mapping[str, str] = {"pass": Outcome.PASS, "fail": Outcome.FAIL}
LONGEST_NAMESPACE, LONGEST_DATASET = 500, 1000


def read_event(body: Json, received_at: dt.datetime) -> Report:
    """The results that one event tells; metrics are measures and no results."""
    report = Report("openlineage")
    at = time_of(body.get("eventTime")) or received_at
    datasets = list(_datasets(body))
    for pointer, dataset in datasets:
        for facets in ("inputFacets", "outputFacets", "facets"):
            facet = dict_of(dict_of(dataset.get(facets)).get("dataQualityAssertions"))
            for n, each in enumerate(list_of(facet.get("assertions"))):
                place = f"{pointer}/{facets}/dataQualityAssertions/assertions/{n}"
                _assertion(report, place, dict_of(each), dataset, at)
    tests = dict_of(dict_of(dict_of(body.get("run")).get("facets")).get("test"))
    for n, each in enumerate(list_of(tests.get("tests"))):
        only = datasets[0][1] if len(datasets) == 1 else {}
        _test(report, f"/run/facets/test/tests/{n}", dict_of(each), only, at)
    return report


def _datasets(body: Json) -> Iterator[tuple[str, Json]]:
    for side in ("inputs", "outputs"):
        for n, each in enumerate(list_of(body.get(side))):
            yield f"/{side}/{n}", dict_of(each)
    if isinstance(body.get("dataset"), dict):
        yield "/dataset", body["dataset"]


def _assertion(report: Report, pointer: str, row: Json, dataset: Json, at: dt.datetime) -> None:
    kind, column = text_of(row.get("assertion")), text_of(row.get("column"))
    outcome = outcome_of(row.get("success"))
    if not kind or outcome is None:
        report.skip(pointer, "unreadable", "An assertion has a name and says if it holds.")
        return
    said = text_of(row.get("name"))
    name = said or (f"{column}: {kind}" if column else kind)
    _add(report, pointer, row, dataset, at, f"{kind}:{column}:{said}", name, kind, outcome)


def _test(report: Report, pointer: str, row: Json, dataset: Json, at: dt.datetime) -> None:
    name, status = text_of(row.get("name")), text_of(row.get("status")).lower()
    if status == "skip":
        report.skip(pointer, "not-run", f"{name or 'A test'} was skipped.")
    elif not name or status not in STATUSES:
        report.skip(pointer, "unreadable", "A test has a name and the status pass, fail or skip.")
    else:
        kind = text_of(row.get("type")) or name
        _add(report, pointer, row, dataset, at, f"test:{name}", name, kind, STATUSES[status])


def _add(
    report: Report,
    pointer: str,
    row: Json,
    dataset: Json,
    at: dt.datetime,
    key: str,
    name: str,
    kind: str,
    outcome: str,
) -> None:
    severity = text_of(row.get("severity")).lower()
    told = [f"{word} {text_of(row.get(word))}" for word in ("expected", "actual") if row.get(word)]
    report.results.append(
        Reported(
            pointer=pointer,
            key=f"openlineage:{key}"[:LONGEST_KEY],
            name=name,
            outcome=outcome,
            at=at,
            dimension=dimension_by(DIMENSIONS, kind),
            dataset=text_of(dataset.get("name"), LONGEST_DATASET),
            namespace=text_of(dataset.get("namespace"), LONGEST_NAMESPACE),
            message=", ".join(told)[:LONGEST_MESSAGE],
            weight=SEVERITIES.get(severity, 1.0),
        )
    )
