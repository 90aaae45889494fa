"""Results of Great Expectations, 0.x and 1.x: validations, and checkpoints that hold several."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

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
    outcome_of,
    text_of,
    time_of,
)
from catalog.quality.states import Dimension, Outcome

DIMENSIONS: Mapping[str, str] = {
    "not_be_null": Dimension.COMPLETENESS,
    "proportion_of_non_null": Dimension.COMPLETENESS,
    "be_null": Dimension.CONFORMITY,
    "unique": Dimension.UNIQUENESS,
    "row_count_to_equal_other": Dimension.CONSISTENCY,
    "row_count": Dimension.COVERAGE,
    "column_count": Dimension.CONFORMITY,
    "columns_to_match": Dimension.CONFORMITY,
    "to_exist": Dimension.CONFORMITY,
    "pair_values": Dimension.CONSISTENCY,
    "multicolumn": Dimension.CONSISTENCY,
    "values_to_be": Dimension.CONFORMITY,
    "values_to_match": Dimension.CONFORMITY,
    "values_to_not_match": Dimension.CONFORMITY,
    "value_lengths": Dimension.CONFORMITY,
    "distinct_values": Dimension.CONFORMITY,
}
NOT_IDENTITY = frozenset({"result_format", "batch_id", "catch_exceptions", "include_config"})


def read_validation(body: Json, received_at: dt.datetime) -> Report:
    """One validation result, of any version."""
    report = Report("great-expectations")
    _validation(report, "", body, received_at)
    return report


def read_checkpoint(body: Json, received_at: dt.datetime) -> Report:
    """A checkpoint's result or its description: one validation for each batch."""
    report = Report("great-expectations-checkpoint")
    runs = body.get("validation_results", body.get("run_results"))
    items = (
        [(f"/run_results/{at}", each) for at, each in enumerate(runs.values())]
        if isinstance(runs, dict)
        else [(f"/validation_results/{at}", each) for at, each in enumerate(list_of(runs))]
    )
    for pointer, each in items:
        found = dict_of(each)
        _validation(report, pointer, dict_of(found.get("validation_result")) or found, received_at)
    return report


def _validation(report: Report, pointer: str, body: Json, received_at: dt.datetime) -> None:
    meta = dict_of(body.get("meta"))
    dataset, at = _dataset_of(meta), _time_of(meta) or received_at
    name = "results" if "results" in body else "expectations"
    for n, each in enumerate(list_of(body.get(name))):
        _expectation(report, f"{pointer}/{name}/{n}", dict_of(each), dataset, at)


def _expectation(report: Report, pointer: str, row: Json, dataset: str, at: dt.datetime) -> None:
    config = dict_of(row.get("expectation_config")) or row
    kind = text_of(config.get("type") or config.get("expectation_type"))
    outcome = outcome_of(row.get("success"))
    error = _error_of(dict_of(row.get("exception_info")))
    if not kind or (outcome is None and error is None):
        report.skip(pointer, "unreadable", "It names no expectation, or does not say if it holds.")
        return
    kwargs, result = dict_of(config.get("kwargs")), dict_of(row.get("result"))
    severity = text_of(config.get("severity")).lower()
    report.results.append(
        Reported(
            pointer=pointer,
            key=key_of_expectation(kind, kwargs),
            name=_name_of(kind, kwargs),
            outcome=Outcome.ERROR if error is not None else outcome or Outcome.ERROR,
            at=at,
            dimension=dimension_by(DIMENSIONS, kind),
            dataset=dataset or _batch_of(kwargs),
            evaluated=count_of(result.get("element_count")),
            failed=count_of(result.get("unexpected_count")),
            value=number_of(result.get("observed_value")),
            message=error or "",
            weight=SEVERITIES.get(severity, 1.0) if severity != "critical" else 1.0,
        )
    )


def key_of_expectation(kind: str, kwargs: Json) -> str:
    """The same expectation has the same key, whatever its suite gives it as an id."""
    said = {key: value for key, value in kwargs.items() if key not in NOT_IDENTITY}
    digest = hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
    column = text_of(kwargs.get("column"))
    return f"gx:{kind}:{column}:{digest}"[:LONGEST_KEY]


def _name_of(kind: str, kwargs: Json) -> str:
    words = kind.removeprefix("expect_").replace("_", " ")
    column = text_of(kwargs.get("column"))
    return text_of(f"{column}: {words}" if column else words.capitalize())


def _error_of(info: Json) -> str | None:
    """Why an expectation could not be evaluated; flat, or by metric as 1.x writes it."""
    entries: list[Any] = [info, *info.values()]
    for each in map(dict_of, entries):
        if each.get("raised_exception") is True:
            return text_of(each.get("exception_message"), LONGEST_MESSAGE) or "It raised an error."
    return None


def _dataset_of(meta: Json) -> str:
    """The table or asset that was validated, wherever this version keeps it."""
    definition = dict_of(meta.get("active_batch_definition"))
    kwargs, spec = dict_of(meta.get("batch_kwargs")), dict_of(meta.get("batch_spec"))
    table = spec.get("table_name") or kwargs.get("table")
    schema = spec.get("schema_name") or kwargs.get("schema")
    if isinstance(table, str) and table:
        return ".".join(part for part in (text_of(schema), text_of(table)) if part)
    asset = definition.get("data_asset_name") or kwargs.get("data_asset_name")
    asset = asset or meta.get("data_asset_name")
    if isinstance(asset, dict):  # 0.9: {"datasource", "generator", "generator_asset"}
        asset = asset.get("generator_asset")
    return text_of(asset)


def _batch_of(kwargs: Json) -> str:
    """A checkpoint's description names only the batch: `<data source>-<asset>`."""
    return text_of(kwargs.get("batch_id")).partition("-")[2]


def _time_of(meta: Json) -> dt.datetime | None:
    run = meta.get("run_id")
    of_run = run.get("run_time") if isinstance(run, dict) else run
    return time_of(meta.get("validation_time")) or time_of(of_run)
