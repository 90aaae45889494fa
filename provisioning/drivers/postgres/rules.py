"""Quality rules of a contract: what counts as a bad row, and what the operator says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from psycopg import sql

from provisioning.drivers.protocol import Json, RuleResult

OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "mustBe": lambda v, t: v == t,
    "mustNotBe": lambda v, t: v != t,
    "mustBeGreaterThan": lambda v, t: v > t,
    "mustBeGreaterOrEqualTo": lambda v, t: v >= t,
    "mustBeLessThan": lambda v, t: v < t,
    "mustBeLessOrEqualTo": lambda v, t: v <= t,
    "mustBeBetween": lambda v, t: t[0] <= v <= t[1],
    "mustNotBeBetween": lambda v, t: not t[0] <= v <= t[1],
}
TWO_BOUNDS = frozenset({"mustBeBetween", "mustNotBeBetween"})


class NotEvaluable(Exception):
    """The rule cannot be evaluated as it is written; the message says why."""


@dataclass(frozen=True)
class Rule:
    id: str
    metric: str
    columns: tuple[str, ...]
    arguments: Mapping[str, Any]
    query: str
    operator: str
    threshold: float | list[float]
    unit: str  # rows or percent

    @property
    def is_query(self) -> bool:
        return bool(self.query)

    def judged(self, value: float, evaluated: int | None, failed: int | None) -> RuleResult:
        """The result for a measured value.

        Raises:
            NotEvaluable: the operator and its threshold do not fit.
        """
        if (self.operator in TWO_BOUNDS) != isinstance(self.threshold, list):
            raise NotEvaluable(f"{self.operator} does not fit its threshold.")
        passed = bool(OPERATORS[self.operator](value, self.threshold))
        return RuleResult(self.id, passed, value, evaluated, failed)

    def judged_rows(self, total: int, bad: int) -> RuleResult:
        """The result when `bad` of `total` rows break the rule."""
        if self.metric == "rowCount":
            return self.judged(total, total, None)
        percent = 100 * bad / total if total else 0.0
        return self.judged(percent if self.unit == "percent" else bad, total, bad)


def rule_of(spec: Json) -> Rule:
    return Rule(
        id=spec["id"],
        metric=spec.get("metric") or "",
        columns=tuple(spec.get("columns") or ()),
        arguments=spec.get("arguments") or {},
        query=spec.get("query") or "",
        operator=spec["operator"],
        threshold=spec["threshold"],
        unit=spec.get("unit") or "rows",
    )


def bad_rows(rule: Rule, known: frozenset[str]) -> sql.Composable:
    """An aggregate that counts the rows which break a library rule.

    Args:
        rule: a rule with a metric.
        known: the columns the table has.

    Raises:
        NotEvaluable: unknown metric, column, or missing arguments.
    """
    if rule.metric == "rowCount":
        return sql.SQL("0")
    unknown = [name for name in rule.columns if name not in known]
    if unknown or not rule.columns:
        raise NotEvaluable(
            f"There is no column {unknown[0]}." if unknown else "It names no column."
        )
    columns = [sql.Identifier(name) for name in rule.columns]
    if rule.metric == "duplicateValues":
        return _duplicates(columns)
    if rule.metric not in {"nullValues", "missingValues", "invalidValues"}:
        raise NotEvaluable(f"The metric “{rule.metric}” is not known here.")
    conditions = [_bad_value(rule, column) for column in columns]
    return sql.SQL("count(*) FILTER (WHERE {})").format(sql.SQL(" OR ").join(conditions))


def _bad_value(rule: Rule, column: sql.Identifier) -> sql.Composable:
    if rule.metric == "nullValues":
        return sql.SQL("{} IS NULL").format(column)
    if rule.metric == "missingValues":
        missing = rule.arguments.get("missingValues", [None, ""])
        return sql.SQL("({c} IS NULL OR {c}::text = ANY({v}))").format(c=column, v=_texts(missing))
    if "validValues" in rule.arguments:
        valid = _texts(rule.arguments["validValues"])
        return sql.SQL("({c} IS NOT NULL AND {c}::text <> ALL({v}))").format(c=column, v=valid)
    if "pattern" in rule.arguments:
        pattern = sql.Literal(str(rule.arguments["pattern"]))
        return sql.SQL("({c} IS NOT NULL AND {c}::text !~ {p})").format(c=column, p=pattern)
    raise NotEvaluable("It needs validValues or a pattern.")


def _duplicates(columns: list[sql.Identifier]) -> sql.Composable:
    """Rows beyond the first of each value; rows without a value do not count for one column."""
    if len(columns) == 1:
        return sql.SQL("count({c}) - count(DISTINCT {c})").format(c=columns[0])
    row = sql.SQL("ROW({})").format(sql.SQL(", ").join(columns))
    return sql.SQL("count(*) - count(DISTINCT {})").format(row)


def _texts(values: Any) -> sql.Composable:
    if not isinstance(values, list):
        raise NotEvaluable("Its values are not a list.")
    texts = [_text(each) for each in values if each is not None]
    return sql.SQL("{}::text[]").format(sql.Literal(texts))


def _text(value: Any) -> str:
    """A value as PostgreSQL's `::text` writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
