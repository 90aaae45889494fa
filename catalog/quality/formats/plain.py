"""The portal's own form: `{"results": [{dataset|port, check, dimension, passed, evaluated, ...}]}`.

It is written for the portal, so it is read strictly: what is wrong is named, and nothing is kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from catalog.quality.formats.records import (
    LONGEST_KEY,
    LONGEST_MESSAGE,
    SEVERITIES,
    Json,
    Report,
    Reported,
    count_of,
    dict_of,
    number_of,
    text_of,
    time_of,
)
from catalog.quality.states import Dimension, Outcome
from core.errors import Invalid
from core.problems import Problem

KNOWN = frozenset(
    {"dataset", "namespace", "port", "check", "key", "dimension", "outcome", "passed", "evaluated"}
    | {"failed", "value", "message", "severity", "at"}
)
# names of the field for what DESIGN §7 folds into ODCS's seven
ALIASES: Mapping[str, str] = {
    "validity": Dimension.CONFORMITY,
    "freshness": Dimension.TIMELINESS,
    "volume": Dimension.COVERAGE,
}
LONGEST_NAME = 1000


def read_plain(body: Json, received_at: dt.datetime) -> Report:
    """Results as this portal words them.

    Raises:
        Invalid: anything in it is wrong; pointers say what.
    """
    report = Report("plain")
    problems: list[Problem] = []
    rows = body["results"]
    for n, each in enumerate(rows):
        found = _row(f"/results/{n}", dict_of(each), received_at, problems)
        if found:
            report.results.append(found)
    if problems:
        raise Invalid("The results could not be read; none was kept.", problems[:200])
    return report


def _row(
    pointer: str, row: Json, received_at: dt.datetime, problems: list[Problem]
) -> Reported | None:
    known = len(problems)

    def wrong(field: str, code: str, message: str) -> None:
        problems.append(Problem(f"{pointer}/{field}" if field else pointer, code, message))

    for field in sorted(row.keys() - KNOWN):
        wrong(text_of(field), "unknown-field", f"A result has: {', '.join(sorted(KNOWN))}.")
    check = text_of(row.get("check"))
    if not check:
        wrong("check", "missing", "Name the check.")
    port, dataset = text_of(row.get("port")), text_of(row.get("dataset"), LONGEST_NAME)
    if not port and not dataset:
        wrong("", "subject-missing", "Name the port, or the dataset as lineage calls it.")
    counts = _counts(row, wrong)
    if len(problems) > known:
        return None
    dimension, outcome = _dimension(row, wrong), _outcome(row, counts, wrong)
    at = _at(row, received_at, wrong)
    severity = text_of(row.get("severity")).lower()
    if severity and severity not in {*SEVERITIES, "error"}:
        wrong("severity", "unknown", "One of: info, warning, error, critical.")
    if len(problems) > known:
        return None
    return Reported(
        pointer=pointer,
        key=f"plain:{text_of(row.get('key')) or check}"[:LONGEST_KEY],
        name=check,
        outcome=outcome,
        at=at,
        dimension=dimension,
        dataset=dataset,
        namespace=text_of(row.get("namespace"), 500),
        port=port,
        evaluated=counts["evaluated"],
        failed=counts["failed"],
        value=number_of(row.get("value")),
        message=text_of(row.get("message"), LONGEST_MESSAGE),
        weight=SEVERITIES.get(severity, 1.0),
    )


def _counts(row: Json, wrong: Any) -> dict[str, int | None]:
    """evaluated and failed; `passed` is the number of rows, or yes and no."""
    found: dict[str, int | None] = {}
    for name in ("passed", "evaluated", "failed"):
        value = row.get(name)
        found[name] = count_of(value)
        is_yes_or_no = name == "passed" and isinstance(value, bool)
        if value is not None and found[name] is None and not is_yes_or_no:
            wrong(name, "not-a-count", "A number of rows: 0 or more, no fraction.")
    passed, evaluated, failed = found["passed"], found["evaluated"], found["failed"]
    if evaluated is None and passed is not None and failed is not None:
        evaluated = passed + failed
    if failed is None and evaluated is not None and passed is not None:
        failed = evaluated - passed
    if evaluated is not None:
        for name, count in (("passed", passed), ("failed", failed)):
            if count is not None and (count > evaluated or count < 0):
                wrong(name, "more-than-evaluated", f"At most the {evaluated} rows evaluated.")
                break
        else:
            if passed is not None and failed is not None and passed + failed != evaluated:
                wrong("evaluated", "does-not-add-up", "passed and failed make evaluated.")
    return {"passed": passed, "evaluated": evaluated, "failed": failed}


def _outcome(row: Json, counts: Mapping[str, int | None], wrong: Any) -> str:
    said = row.get("outcome")
    if said is not None:
        if said in Outcome.values:
            return str(said)
        wrong("outcome", "unknown", f"One of: {', '.join(Outcome.values)}.")
    elif isinstance(row.get("passed"), bool):
        return str(Outcome.PASS if row["passed"] else Outcome.FAIL)
    elif counts["failed"] is not None:
        return str(Outcome.FAIL if counts["failed"] else Outcome.PASS)
    else:
        wrong("passed", "missing", "Say if it passed: yes or no, or how many rows of evaluated.")
    return ""


def _dimension(row: Json, wrong: Any) -> str:
    said = text_of(row.get("dimension")).lower()
    said = ALIASES.get(said, said)
    if not said:
        return Dimension.ACCURACY
    if said not in Dimension.values:
        wrong("dimension", "unknown", f"One of: {', '.join(Dimension.values)}.")
    return said


def _at(row: Json, received_at: dt.datetime, wrong: Any) -> dt.datetime:
    if row.get("at") is None:
        return received_at
    found = time_of(row["at"])
    if found is None:
        wrong("at", "not-a-time", "A time like 2026-11-26T10:00:00Z.")
    return found or received_at
