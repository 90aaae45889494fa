"""Quality rules of a contract: what is asked, and what the operator says of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

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
WHOLE = frozenset({"rowCount", "age"})  # a part of the rows cannot tell


class NotEvaluable(Exception):
    """The rule cannot be evaluated as it is written; the message says why."""


@dataclass(frozen=True)
class Rule:
    """`columns` are named as the contract names them, or as the table does."""

    id: str
    metric: str
    columns: tuple[str, ...]
    arguments: Mapping[str, Any]
    query: str
    operator: str
    threshold: float | list[float]
    unit: str  # rows, percent, or seconds of an age

    @property
    def is_query(self) -> bool:
        return bool(self.query)

    @property
    def is_duplicates(self) -> bool:
        return not self.query and self.metric == "duplicateValues"

    def judged(
        self, value: float, evaluated: int | None, failed: int | None, note: str = ""
    ) -> RuleResult:
        """The result for a measured value.

        Raises:
            NotEvaluable: the operator and its threshold do not fit.
        """
        if (self.operator in TWO_BOUNDS) != isinstance(self.threshold, list):
            raise NotEvaluable(f"{self.operator} does not fit its threshold.")
        passed = bool(OPERATORS[self.operator](value, self.threshold))
        return RuleResult(self.id, passed, value, evaluated, failed, note=note)

    def judged_rows(self, looked_at: int, bad: int, total: int, note: str = "") -> RuleResult:
        """The result when `bad` of the rows that were looked at break the rule.

        Of a sample, a limit in rows is held against what that means for all rows.
        """
        if self.unit == "percent":
            value = 100 * bad / looked_at if looked_at else 0.0
        else:
            value = bad if looked_at >= total else round(bad * total / looked_at) if bad else 0
            value = max(value, bad)
        return self.judged(value, looked_at, bad, note)


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
