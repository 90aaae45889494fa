"""Results of a Soda 3 scan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from catalog.quality.formats.records import (
    LONGEST_KEY,
    LONGEST_MESSAGE,
    Json,
    Report,
    Reported,
    count_of,
    dict_of,
    dimension_by,
    list_of,
    number_of,
    text_of,
    time_of,
)
from catalog.quality.states import Dimension, Outcome

OUTCOMES: Mapping[str, str] = {
    "pass": Outcome.PASS,
    "warn": Outcome.WARN,
    "fail": Outcome.FAIL,
}
DIMENSIONS: Mapping[str, str] = {
    "missing_": Dimension.COMPLETENESS,
    "duplicate_": Dimension.UNIQUENESS,
    "invalid_": Dimension.CONFORMITY,
    "valid_": Dimension.CONFORMITY,
    "schema": Dimension.CONFORMITY,
    "freshness": Dimension.TIMELINESS,
    "row_count same as": Dimension.CONSISTENCY,
    "must exist in": Dimension.CONSISTENCY,
    "row_count": Dimension.COVERAGE,
}


def read_scan(body: Json, received_at: dt.datetime) -> Report:
    """One scan; a check that was not evaluated is told as one that could not be run."""
    report = Report("soda")
    at = time_of(body.get("dataTimestamp")) or time_of(body.get("scanEndTimestamp")) or received_at
    for n, each in enumerate(list_of(body.get("checks"))):
        _check(report, f"/checks/{n}", dict_of(each), at)
    return report


def _check(report: Report, pointer: str, row: Json, at: dt.datetime) -> None:
    name, table = text_of(row.get("name")), text_of(row.get("table"))
    identity = text_of(row.get("identity")) or name
    said = row.get("outcome")
    if not identity or (said is not None and said not in OUTCOMES):
        report.skip(pointer, "unreadable", "It has no name, or an outcome that Soda has not.")
        return
    diagnostics = dict_of(row.get("diagnostics"))
    value = number_of(diagnostics.get("value"))
    evaluated = count_of(diagnostics.get("checkRowsTested"))
    counts = "_count" in name and value is not None
    report.results.append(
        Reported(
            pointer=pointer,
            key=f"soda:{table}:{identity}"[:LONGEST_KEY],
            name=name or identity,
            outcome=Outcome.ERROR if said is None else OUTCOMES[said],
            at=at,
            dimension=dimension_by(DIMENSIONS, f"{_metric_of(row)} {name} {row.get('definition')}"),
            dataset=table,
            evaluated=evaluated,
            failed=count_of(value) if counts and not name.startswith("row_count") else None,
            value=value,
            message=_reasons_of(row),
        )
    )


def _metric_of(row: Json) -> str:
    """`duplicate_count` of `metric-orders_daily-duckdb-raw_orders-id-duplicate_count`."""
    names = [text_of(each).rpartition("-")[2] for each in list_of(row.get("metrics"))]
    return names[0] if names else ""


def _reasons_of(row: Json) -> str:
    reasons = list_of(row.get("outcomeReasons"))
    told = [
        text_of(each if isinstance(each, str) else dict_of(each).get("message"), LONGEST_MESSAGE)
        for each in reasons
    ]
    return "; ".join(filter(None, told))[:LONGEST_MESSAGE]
