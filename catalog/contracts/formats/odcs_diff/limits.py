"""Is what is allowed now wider, narrower, the same or another thing? Plain arithmetic."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from typing import Any, Literal

How = Literal["same", "wider", "narrower", "changed"]

_NUMBER = re.compile(r"([iuf])(\d+)$")
_SQL_TYPE = re.compile(r"([a-z][a-z0-9_ ]*?)\s*(?:\(\s*(\w+)\s*(?:,\s*(\w+)\s*)?\))?$")
_TYPES = {  # family, size
    **dict.fromkeys(("tinyint", "int8_t", "byte"), ("integer", 1)),
    **dict.fromkeys(("smallint", "int2", "short", "int16"), ("integer", 2)),
    **dict.fromkeys(("int", "integer", "int4", "int32"), ("integer", 4)),
    **dict.fromkeys(("bigint", "int8", "long", "int64"), ("integer", 8)),
    **dict.fromkeys(("real", "float4", "float32"), ("float", 4)),
    **dict.fromkeys(("double", "double precision", "float8", "float64"), ("float", 8)),
    **dict.fromkeys(("text", "string", "clob"), ("text", inf)),
    **dict.fromkeys(("varchar", "character varying", "nvarchar", "varchar2"), ("text", inf)),
    **dict.fromkeys(("decimal", "numeric", "number"), ("decimal", inf)),
    **dict.fromkeys(("boolean", "bool"), ("boolean", 1)),
    **dict.fromkeys(("timestamptz", "timestamp with time zone"), ("timestamptz", 1)),
    **dict.fromkeys(("timestamp", "timestamp without time zone"), ("timestamp", 1)),
}


def compared(is_within: bool, holds: bool) -> How:
    """From “the new lies in the old” and “the old lies in the new”."""
    if is_within and holds:
        return "same"
    if holds:
        return "wider"
    return "narrower" if is_within else "changed"


def bound(old: Any, new: Any, *, upper: bool) -> How:
    """A limit that came, went or moved; None: no limit. `true` is the stricter of two flags."""
    if old is None or new is None:
        return "same" if old is new else "narrower" if old is None else "wider"
    if isinstance(old, bool) and isinstance(new, bool):
        return compared(new or not old, old or not new) if old != new else "same"
    for types in ((int, float), (str,)):
        if isinstance(old, types) and isinstance(new, types):
            first, second = (new, old) if upper else (old, new)
            return compared(first <= second, first >= second)  # type: ignore[operator]
    return "changed"


def multiple(old: Any, new: Any) -> How:
    """Multiples of 4 are multiples of 2."""
    if not all(_is_number(each) and each > 0 for each in (old, new) if each is not None):
        return "changed"
    if old is None or new is None:
        return bound(old, new, upper=True)
    ratio = Fraction(str(new)) / Fraction(str(old))
    return compared(ratio.denominator == 1, ratio.numerator == 1)


def number_format(old: str, new: str) -> How:
    """`i32` fits into `i64`, `u8` into `i16`, `f32` into `f64`."""
    first, second = _NUMBER.match(old), _NUMBER.match(new)
    if first is None or second is None:
        return "same" if old == new else "changed"
    return compared(_fits(second, first), _fits(first, second))


def _fits(inner: re.Match[str], outer: re.Match[str]) -> bool:
    kinds, bits = inner[1] + outer[1], (int(inner[2]), int(outer[2]))
    if kinds == "ui":
        return bits[0] < bits[1]
    return inner[1] == outer[1] and bits[0] <= bits[1]


def logical_type(old: str, new: str) -> How:
    if old == new:
        return "same"
    return {("integer", "number"): "wider", ("number", "integer"): "narrower"}.get(  # type: ignore[return-value]
        (old, new), "changed"
    )


def physical_type(old: str, new: str) -> How:
    """By what databases call their types; `varchar(50)` fits into `varchar(100)` and `text`."""
    first, second = _sql_type(old), _sql_type(new)
    if old.lower() == new.lower():
        return "same"
    if first is None or second is None or first.family != second.family:
        return "changed"
    return compared(second.fits(first), first.fits(second))


@dataclass(frozen=True)
class _SqlType:
    family: str
    size: float  # bytes, characters, or digits before the point
    scale: float = 0  # digits after the point

    def fits(self, outer: _SqlType) -> bool:
        return self.size <= outer.size and self.scale <= outer.scale


def _sql_type(text: str) -> _SqlType | None:
    match = _SQL_TYPE.match(" ".join(text.lower().split()))
    if match is None:
        return None
    name, first, second = match.groups()
    family, size = _TYPES.get(name, (name, 0))
    if family == "decimal" and first and first.isdigit():
        scale = int(second) if second and second.isdigit() else 0
        return _SqlType(family, int(first) - scale, scale)
    if family == "decimal":
        return _SqlType(family, inf, inf)
    if first and not first.isdigit() and first != "max":
        return None
    if first and first != "max":
        return _SqlType(family, int(first), int(second) if second and second.isdigit() else 0)
    return _SqlType(family, size)


@dataclass(frozen=True)
class _Range:
    low: float = -inf
    high: float = inf
    open_low: bool = False
    open_high: bool = False
    is_outside: bool = False  # everything but this

    def is_within(self, outer: _Range) -> bool:
        if self.is_outside != outer.is_outside:
            return False
        inner, around = (outer, self) if self.is_outside else (self, outer)
        low = inner.low > around.low or (
            inner.low == around.low and (inner.open_low or not around.open_low)
        )
        high = inner.high < around.high or (
            inner.high == around.high and (inner.open_high or not around.open_high)
        )
        return low and high


def thresholds(old: tuple[str, Any], new: tuple[str, Any]) -> How:
    """How `(operator, threshold)` of a quality rule moved: wider lets more through."""
    first, second = _range(*old), _range(*new)
    if first is None or second is None:
        return "changed"
    return compared(second.is_within(first), first.is_within(second))


def _range(operator: str, threshold: Any) -> _Range | None:
    if operator.endswith("Between"):
        if not isinstance(threshold, list) or len(threshold) != 2:
            return None
        low, high = threshold
    else:
        low = high = threshold
    if not (_is_number(low) and _is_number(high)):
        return None
    return {
        "mustBe": _Range(low, high),
        "mustNotBe": _Range(low, high, is_outside=True),
        "mustBeGreaterThan": _Range(low=low, open_low=True),
        "mustBeGreaterOrEqualTo": _Range(low=low),
        "mustBeLessThan": _Range(high=high, open_high=True),
        "mustBeLessOrEqualTo": _Range(high=high),
        "mustBeBetween": _Range(low, high),
        "mustNotBeBetween": _Range(low, high, is_outside=True),
    }.get(operator)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
