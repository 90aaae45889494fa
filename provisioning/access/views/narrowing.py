"""The part of the form that asks for less than everything: columns, and conditions on rows."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from core.problems import Problem
from provisioning.access.formats.narrow import WORDS, Narrow, Shape

ROWS = 3  # conditions that the form has room for; scripts may send more
MOST_COLUMNS = 300  # that are offered one by one


def narrow_in(post: QueryDict, shape: Shape) -> dict[str, Any] | None:
    """What a form has sent, as a document; None: everything."""
    found: dict[str, dict[str, Any]] = {}
    for i, name in enumerate(shape):
        chosen = post.getlist(f"only-{i}")
        if chosen:
            found[name] = {"columns": chosen}
    names = list(shape)
    for n in range(ROWS):
        place, _, column = post.get(f"row-{n}-column", "").partition(".")
        if not place.isdecimal() or int(place) >= len(names):
            continue
        values = [each.strip() for each in post.get(f"row-{n}-values", "").split(",")]
        row = {
            "column": column,
            "operator": post.get(f"row-{n}-operator", ""),
            "values": [each for each in values if each],
        }
        found.setdefault(names[int(place)], {}).setdefault("rows", []).append(row)
    return found or None


def narrow_group(
    shape: Shape, narrow: Narrow | None, problems: list[Problem]
) -> dict[str, Any] | None:
    """The context of `_narrow.html`; None where there is nothing to choose from."""
    if not shape or sum(map(len, shape.values())) > MOST_COLUMNS:
        return None
    narrow = narrow or {}
    return {
        "objects": [
            {
                "name": name,
                "field": f"only-{i}",
                "columns": [
                    {"name": column, "chosen": column in narrow.get(name, {}).get("columns", ())}
                    for column in columns
                ],
                "open": bool(narrow.get(name, {}).get("columns")),
            }
            for i, (name, columns) in enumerate(shape.items())
        ],
        "rows": _rows(shape, narrow),
        "operators": WORDS.items(),
        "has_rows": any(each.get("rows") for each in narrow.values()),
        "errors": [each.message for each in problems],
    }


def _rows(shape: Shape, narrow: Narrow) -> list[dict[str, Any]]:
    options = [
        {"value": f"{i}.{column}", "label": f"{name}.{column}" if len(shape) > 1 else column}
        for i, (name, columns) in enumerate(shape.items())
        for column in columns
    ]
    places = {name: i for i, name in enumerate(shape)}
    given = [
        {
            "column": f"{places[name]}.{row['column']}",
            "operator": row["operator"],
            "values": ", ".join(str(each) for each in row.get("values", ())),
        }
        for name, each in narrow.items()
        if name in places
        for row in each.get("rows", ())
    ]
    empty = {"column": "", "operator": "equals", "values": ""}
    rows = [*given, *[empty] * ROWS][:ROWS]
    return [{**row, "n": n, "options": options} for n, row in enumerate(rows)]
