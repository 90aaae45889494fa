"""Which tool wrote a body, and what it says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from catalog.quality.formats.dbt import read_run_results, read_sources
from catalog.quality.formats.great_expectations import read_checkpoint, read_validation
from catalog.quality.formats.openlineage import read_event
from catalog.quality.formats.plain import read_plain
from catalog.quality.formats.records import ASSUMED, Json, Report, Reported, dict_of, list_of
from catalog.quality.formats.soda import read_scan
from core.errors import Invalid
from core.problems import Problem

MAX_RESULTS = 50_000  # in one call
CLOCKS_DIFFER = dt.timedelta(minutes=5)
KNOWN = (
    "a dbt run_results.json or sources.json, alone or as {run_results, manifest}; a result of Great"
    " Expectations; a Soda scan; an OpenLineage event; or {results: [{port, check, passed}]}"
)


def read_results(body: Any, *, received_at: dt.datetime) -> Report:
    """The results that a body of any known form holds.

    What a tool tells of the future is left out and said so: it would stand above all that comes.

    Raises:
        Invalid: it is of no known form, holds too many results, or (the portal's own form) has
            something wrong in it.
    """
    report = _read(body, received_at)
    if len(report.results) > MAX_RESULTS:
        text = f"Send {MAX_RESULTS:,} results at most in one call."
        raise Invalid("These are too many results.", [Problem("", "too-many", text)])
    latest = received_at + CLOCKS_DIFFER
    for each in report.results:
        if each.at > latest:
            report.skip(each.pointer, "in-the-future", f"It says {each.at:%Y-%m-%d %H:%M} UTC.")
    report.results = [each for each in report.results if each.at <= latest]
    report.guessed += _without_zone(report.results)
    return report


def _without_zone(results: Sequence[Reported]) -> list[Problem]:
    """Times that say no zone, each once. OpenLineage and RFC 3339 want one, tools leave it out."""
    first: dict[dt.datetime, str] = {}
    for each in results:
        if each.at.tzinfo is ASSUMED:
            first.setdefault(each.at, each.pointer)
    return [
        Problem(
            pointer,
            "no-time-zone",
            f"{at:%Y-%m-%d %H:%M:%S} was read as UTC; say the zone, as in {at:%Y-%m-%dT%H:%M:%S}Z.",
            "warning",
        )
        for at, pointer in first.items()
    ]


def _read(body: Any, received_at: dt.datetime) -> Report:
    if isinstance(body, list) and body:
        return _many(body, received_at)
    if not isinstance(body, dict):
        raise _unknown()
    manifest = dict_of(body.get("manifest"))
    if isinstance(body.get("run_results"), dict) and "validation_results" not in body:
        inner = body["run_results"]
        if _schema(inner).startswith("run-results") or "elapsed_time" in inner:
            return read_run_results(inner, manifest)
    if isinstance(body.get("sources"), dict) and "results" in body["sources"]:
        return read_sources(body["sources"], manifest)
    schema = _schema(body)
    if schema.startswith("run-results"):
        return read_run_results(body, manifest)
    if schema.startswith("sources"):
        return read_sources(body, manifest)
    return _of_other_tools(body, received_at)


def _many(bodies: list[Any], received_at: dt.datetime) -> Report:
    """Several files, or a batch of events, in one array."""
    whole = Report("")
    for at, each in enumerate(bodies):
        if isinstance(each, list):
            raise _unknown()
        part = _read(each, received_at)
        whole.format = part.format
        whole.results += [replace(r, pointer=f"/{at}{r.pointer}") for r in part.results]
        whole.skipped += [replace(p, pointer=f"/{at}{p.pointer}") for p in part.skipped]
    return whole


def _of_other_tools(body: Json, received_at: dt.datetime) -> Report:
    if "eventTime" in body or "openlineage" in str(body.get("schemaURL", "")).lower():
        return read_event(body, received_at)
    if "checks" in body and ("definitionName" in body or "scanStartTimestamp" in body):
        return read_scan(body, received_at)
    if isinstance(body.get("validation_results"), list) or isinstance(
        body.get("run_results"), dict
    ):
        return read_checkpoint(body, received_at)
    results = list_of(body.get("results"))
    if any("expectation_config" in dict_of(each) for each in results):
        return read_validation(body, received_at)
    if "expectations" in body and "expectation_suite_name" in body:
        text = "This is a suite: the expectations, not what became of them. Send the result."
        raise Invalid("There are no results here.", [Problem("", "no-results", text)])
    if isinstance(body.get("results"), list):
        return read_plain(body, received_at)
    raise _unknown()


def _schema(body: Json) -> str:
    """`run-results/v6.json` of dbt's metadata, else ""."""
    said = dict_of(body.get("metadata")).get("dbt_schema_version")
    return str(said).rpartition("/dbt/")[2] if isinstance(said, str) else ""


def _unknown() -> Invalid:
    return Invalid("The form of the body is not known.", [Problem("", "unknown-form", KNOWN)])


def for_port(report: Report, port: str) -> Report:
    """The report with every result told of one port."""
    report.results = [replace(each, port=port) for each in report.results]
    return report
