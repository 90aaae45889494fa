"""dbt's run_results.json and sources.json, with the manifest that tells what was tested.

Read tolerantly: the published schemas refuse files that dbt itself writes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from catalog.quality.formats.records import (
    LONGEST_KEY,
    LONGEST_MESSAGE,
    SEVERITIES,
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
    "success": Outcome.PASS,
    "warn": Outcome.WARN,
    "fail": Outcome.FAIL,
    "error": Outcome.ERROR,
    "runtime error": Outcome.ERROR,
}
NOT_RUN = frozenset({"skipped", "no-op", "partial success", "reused"})
DIMENSIONS: Mapping[str, str] = {
    "not_null": Dimension.COMPLETENESS,
    "not_empty": Dimension.COMPLETENESS,
    "at_least_one": Dimension.COMPLETENESS,
    "unique": Dimension.UNIQUENESS,
    "accepted_values": Dimension.CONFORMITY,
    "accepted_range": Dimension.CONFORMITY,
    "match_regex": Dimension.CONFORMITY,
    "of_type": Dimension.CONFORMITY,
    "in_set": Dimension.CONFORMITY,
    "relationships": Dimension.CONSISTENCY,
    "equal_rowcount": Dimension.CONSISTENCY,
    "equality": Dimension.CONSISTENCY,
    "row_count": Dimension.COVERAGE,
    "rowcount": Dimension.COVERAGE,
    "recency": Dimension.TIMELINESS,
    "freshness": Dimension.TIMELINESS,
}


def read_run_results(body: Json, manifest: Json) -> Report:
    """Results of tests; models that were built tell nothing of their data.

    Args:
        manifest: `{}` when it was not sent; then the tests' own names are all that is known.
    """
    report = Report("dbt-run-results")
    generated = time_of(dict_of(body.get("metadata")).get("generated_at"))
    for at, row in enumerate(list_of(body.get("results"))):
        _run_result(report, f"/results/{at}", dict_of(row), manifest, generated)
    return report


def _run_result(
    report: Report, pointer: str, row: Json, manifest: Json, generated: dt.datetime | None
) -> None:
    unique_id = text_of(row.get("unique_id"), LONGEST_KEY)
    if not unique_id.startswith(("test.", "unit_test.")):
        return
    status = text_of(row.get("status")).lower()
    moment = _completed(row) or generated
    if status in NOT_RUN:
        report.skip(pointer, "not-run", f"dbt did not run {unique_id} ({status}).")
    elif status not in OUTCOMES or moment is None:
        report.skip(pointer, "unreadable", f"{unique_id} has no known status or no time.")
    else:
        test = dict_of(dict_of(manifest.get("nodes")).get(unique_id))
        report.results.append(_of_test(pointer, unique_id, row, test, manifest, status, moment))


def _of_test(
    pointer: str,
    unique_id: str,
    row: Json,
    test: Json,
    manifest: Json,
    status: str,
    moment: dt.datetime,
) -> Reported:
    name = text_of(test.get("name")) or unique_id.split(".")[2 if unique_id.count(".") > 1 else -1]
    kind = text_of(dict_of(test.get("test_metadata")).get("name")) or name
    severity = text_of(dict_of(test.get("config")).get("severity")).lower()
    failures = count_of(row.get("failures"))
    return Reported(
        pointer=pointer,
        key=f"dbt:{unique_id}"[:LONGEST_KEY],
        name=name,
        outcome=OUTCOMES[status],
        at=moment,
        dimension=dimension_by(DIMENSIONS, kind),
        dataset=_relation_of(test, manifest),
        failed=failures,
        value=None if failures is None else float(failures),
        message=text_of(row.get("message"), LONGEST_MESSAGE),
        weight=SEVERITIES.get(severity, 1.0),
    )


def _completed(row: Json) -> dt.datetime | None:
    times = [time_of(dict_of(each).get("completed_at")) for each in list_of(row.get("timing"))]
    return max((each for each in times if each), default=None)


def _relation_of(test: Json, manifest: Json) -> str:
    """`database.schema.table` of the model that a test looks at: attached, or the one it names."""
    depends = list_of(dict_of(test.get("depends_on")).get("nodes"))
    candidates = [test.get("attached_node"), *reversed(depends)]
    for node_id in candidates:
        if isinstance(node_id, str):
            found = dict_of(dict_of(manifest.get("nodes")).get(node_id))
            found = found or dict_of(dict_of(manifest.get("sources")).get(node_id))
            if found:
                return relation_of(found)
    return ""


def relation_of(node: Json) -> str:
    """`database.schema.table` of a model or source, without quotes."""
    table = node.get("alias") or node.get("identifier") or node.get("name")
    parts = [node.get("database"), node.get("schema"), table]
    return ".".join(text_of(part) for part in parts if isinstance(part, str) and part)


def read_sources(body: Json, manifest: Json) -> Report:
    """Freshness of sources (`dbt source freshness`)."""
    report = Report("dbt-sources")
    generated = time_of(dict_of(body.get("metadata")).get("generated_at"))
    for at, each in enumerate(list_of(body.get("results"))):
        row, pointer = dict_of(each), f"/results/{at}"
        unique_id = text_of(row.get("unique_id"), LONGEST_KEY)
        status = text_of(row.get("status")).lower()
        moment = time_of(row.get("snapshotted_at")) or generated
        if not unique_id or status not in OUTCOMES or moment is None:
            report.skip(pointer, "unreadable", "It has no name, no known status or no time.")
            continue
        age = number_of(row.get("max_loaded_at_time_ago_in_s"))
        source = dict_of(dict_of(manifest.get("sources")).get(unique_id))
        # dbt's error says that the data is too old; its runtime error, that it could not look
        late = {"error": Outcome.FAIL}.get(status, OUTCOMES[status])
        report.results.append(
            Reported(
                pointer=pointer,
                key=f"dbt:freshness:{unique_id}"[:LONGEST_KEY],
                name=f"Freshness of {unique_id.rpartition('.')[2]}",
                outcome=late,
                at=moment,
                dimension=Dimension.TIMELINESS,
                dataset=relation_of(source) if source else ".".join(unique_id.split(".")[2:]),
                value=age,
                message=text_of(row.get("error"), LONGEST_MESSAGE),
            )
        )
    return report
