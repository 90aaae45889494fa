"""Figures as a table for people and as JSON for scripts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from portal.bench.core import Budget, Figure, Result

HEAD = (
    *("", "n", "SQL", "db p50", "db p95", "cpu p50", "cpu p95", "p50", "p95"),
    *("× empty", "budget", "ratio", ""),
)
WIDTHS = (38, 4, 4, 8, 8, 8, 8, 8, 8, 8, 24, 6, 7)


def as_data(result: Result) -> dict[str, Any]:
    """Everything, with the ratios worked out."""
    empty = _empty(result)
    data = asdict(result)
    for kind in ("floors", "figures"):
        figures: list[Figure] = getattr(result, kind)
        for row, figure in zip(data[kind], figures, strict=True):
            row |= {"ratio": figure.ratio, "verdict": figure.verdict}
            row["times_empty_view"] = figure.response.p95 / empty if empty else None
    return data


def as_text(result: Result) -> Iterator[str]:
    """Lines of a table; times in ms."""
    yield f"{result.suite}: " + ", ".join(f"{n:,} {name}" for name, n in result.size.items())
    if result.figures:
        yield _line(HEAD)
        yield from (_line(_cells(figure, _empty(result))) for figure in result.floors)
        yield from (_line(_cells(figure, _empty(result))) for figure in result.figures)
        scans = sorted({scan for figure in result.figures for scan in figure.scans})
        yield f"Big tables read from end to end: {len(scans)}"
        yield from (f"  {scan}" for scan in scans)
    yield from (f"  {name}: {value}" for name, value in result.extra.items())


def _empty(result: Result) -> float:
    return next((f.response.p95 for f in result.floors if f.name == "empty view"), 0.0)


def _cells(figure: Figure, empty: float) -> tuple[str, ...]:
    spreads = (figure.database, figure.cpu, figure.response)
    times = [time for each in spreads for time in (each.p50, each.p95)]
    return (
        figure.name,
        str(figure.requests),
        str(figure.statements),
        *(f"{each:.2f}" for each in times),
        f"{figure.response.p95 / empty:.1f}" if empty else "",
        _granted(figure.budget),
        "" if figure.ratio is None else f"{figure.ratio:.2f}",
        figure.verdict,
    )


def _granted(budget: Budget) -> str:
    parts = (
        (budget.statements, "{}"),
        (budget.db_p95_ms, "db {:g}"),
        (budget.response_p50_ms, "p50 {:.3g}"),
        (budget.response_p95_ms, "{:.4g} ms"),
        (budget.cpu_p50_ms, "cpu {:.3g}"),
    )
    return ", ".join(form.format(value) for value, form in parts if value is not None)


def _line(cells: tuple[str, ...]) -> str:
    first, *rest = zip(cells, WIDTHS, strict=True)
    return f"{first[0]:<{first[1]}}" + " ".join(f"{cell:>{width}}" for cell, width in rest)
