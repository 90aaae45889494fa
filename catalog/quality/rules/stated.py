"""The quality rules that a contract states, of every version of the standard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.contracts.formats.odcs import ContractDoc, Property, QualityRule
from catalog.quality.rules import limits
from catalog.quality.rules.phrases import demand_of, query_demand
from catalog.quality.rules.restrictions import KINDS, arguments_of, kind_of
from catalog.quality.rules.wanted import Wanted
from catalog.quality.states import Dimension, Origin

METRICS: Mapping[str, str] = {  # by letters only, small; older versions call it `rule`
    **dict.fromkeys(("nullvalues", "nullcheck", "nullcount", "notnull"), "nullValues"),
    **dict.fromkeys(("missingvalues", "missingcount"), "missingValues"),
    **dict.fromkeys(
        ("invalidvalues", "invalidcount", "validvalues", "between", "range"), "invalidValues"
    ),
    **dict.fromkeys(
        ("duplicatevalues", "duplicatecount", "uniquecheck", "unique"), "duplicateValues"
    ),
    **dict.fromkeys(("rowcount", "countcheck"), "rowCount"),
}
DIMENSIONS: Mapping[str, str] = {
    "nullValues": Dimension.COMPLETENESS,
    "missingValues": Dimension.COMPLETENESS,
    "invalidValues": Dimension.CONFORMITY,
    "duplicateValues": Dimension.UNIQUENESS,
    "rowCount": Dimension.COVERAGE,
}
CUSTOM_ARGUMENTS: Mapping[str, str] = {"min": "minimum", "max": "maximum"}
WITH_ARGUMENTS = frozenset({"invalidValues", "missingValues"})
NO_LIMIT = "It names no limit to compare with."
NESTED = "It is about a nested field; the portal looks at whole columns."


def stated(doc: ContractDoc, document: Mapping[str, Any]) -> Iterator[Wanted]:
    """A check for each rule but those in plain text, which are documentation."""
    properties = {
        (each.name, one.path): one for each in doc.objects for one in each.all_properties()
    }
    for rule in doc.rules:
        node = _node_at(document, rule.pointer)
        about = properties.get((rule.object_name, rule.property_path or ""))
        if rule.type == "library":
            yield _library(rule, node, about)
        elif rule.type in ("sql", "custom"):
            yield _other(rule, node)


def _library(rule: QualityRule, node: Mapping[str, Any], about: Property | None) -> Wanted:
    metric = METRICS.get(_letters(rule.metric), "")
    arguments = _arguments(rule, node, about) if metric in WITH_ARGUMENTS else {}
    columns = _columns(rule)
    operator, threshold = _limit(rule, metric)
    unit = limits.unit_of(rule.unit) or limits.ROWS
    demand = demand_of(metric, rule.object_name, columns, arguments, operator, threshold, unit)
    return Wanted(
        pointer=rule.pointer,
        origin=Origin.CONTRACT,
        object=rule.object_name,
        columns=columns,
        type="library",
        metric=metric,
        kind=kind_of(arguments) if metric == "invalidValues" else "",
        arguments=arguments,
        operator=operator,
        threshold=threshold,
        unit=unit,
        demand=demand if metric else rule.description or rule.name or "a rule without a metric",
        trouble=_trouble(rule, metric, columns, arguments, threshold),
        **_said(rule, node, DIMENSIONS.get(metric, Dimension.ACCURACY)),
    )


def _other(rule: QualityRule, node: Mapping[str, Any]) -> Wanted:
    """SQL, which the portal runs, or the rule of another tool, whose results are waited for."""
    is_query = rule.type == "sql"
    threshold = limits.threshold_of(rule.operator, rule.thresholds)
    trouble = f"Its results come from {rule.engine or 'another tool'}."
    if is_query:
        trouble = "" if threshold is not None else NO_LIMIT
    told = f"what {rule.engine or 'another tool'} checks"
    return Wanted(
        pointer=rule.pointer,
        origin=Origin.CONTRACT,
        object=rule.object_name,
        columns=_columns(rule),
        type=rule.type,
        operator=rule.operator if threshold is not None else "",
        threshold=threshold,
        unit=limits.unit_of(rule.unit) or limits.ROWS,
        query=rule.query,
        engine=rule.engine,
        implementation=rule.implementation,
        demand=query_demand(rule.operator, threshold, rule.description)
        if is_query
        else rule.description or told,
        trouble=trouble,
        **_said(rule, node, Dimension.ACCURACY),
    )


def _said(rule: QualityRule, node: Mapping[str, Any], dimension: str) -> dict[str, Any]:
    return {
        "name": rule.name or rule.description,
        "identity": str(node.get("id") or ""),
        "dimension": limits.dimension_of(rule.dimension, dimension),
        "weight": limits.weight_of(rule.severity),
        "schedule": rule.schedule,
    }


def _trouble(
    rule: QualityRule,
    metric: str,
    columns: tuple[str, ...],
    arguments: Mapping[str, Any],
    threshold: float | list[float] | None,
) -> str:
    """Why the portal cannot run a library rule."""
    if not metric:
        return f"The metric “{rule.metric}” is not known." if rule.metric else "It has no metric."
    if limits.unit_of(rule.unit) is None:
        return f"The unit “{rule.unit}” is not known; it counts rows or percent."
    if threshold is None:
        return NO_LIMIT
    if metric != "rowCount" and not columns:
        return "It names no property."
    if metric != "rowCount" and any("." in each for each in columns) and rule.property_path:
        return NESTED
    if metric == "invalidValues" and not KINDS.keys() & arguments.keys():
        return "It does not say which values are valid: give validValues or a pattern."
    return ""


def _limit(rule: QualityRule, metric: str) -> tuple[str, float | list[float] | None]:
    """Older versions leave out “none at all”, which can only be meant of bad rows."""
    if not rule.operator and metric and metric != "rowCount":
        return "mustBe", 0
    threshold = limits.threshold_of(rule.operator, rule.thresholds) if rule.operator else None
    return (rule.operator, threshold) if threshold is not None else ("", None)


def _columns(rule: QualityRule) -> tuple[str, ...]:
    if rule.property_path:
        return (rule.property_path,)
    given = rule.arguments.get("properties")
    return tuple(map(str, given)) if isinstance(given, list) else ()


def _arguments(
    rule: QualityRule, node: Mapping[str, Any], about: Property | None
) -> dict[str, Any]:
    """What is said in the rule, beside it (3.0), in its own properties, or of the column."""
    found = dict(rule.arguments)
    if isinstance(node.get("validValues"), list):
        found.setdefault("validValues", node["validValues"])
    for each in node.get("customProperties") or ():
        name = CUSTOM_ARGUMENTS.get(str(each.get("property", "")).lower())
        if name and limits.number(each.get("value")) is not None:
            found.setdefault(name, each["value"])
    found.pop("properties", None)
    if about is not None and not KINDS.keys() & found.keys() and _letters(rule.metric)[:3] == "inv":
        found |= arguments_of(about)
    return found


def _letters(text: str) -> str:
    return "".join(each for each in text.lower() if each.isalpha())


def _node_at(document: Any, pointer: str) -> Mapping[str, Any]:
    """What stands there; {} where the document does not have it."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, list):
            document = document[int(name)] if name.isdecimal() and int(name) < len(document) else {}
        else:
            document = document.get(name, {}) if isinstance(document, Mapping) else {}
    return document if isinstance(document, Mapping) else {}
