"""The rows of the product form: links, and people with a part in the product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalog.products.models import Ownership
from catalog.products.states import LinkKind
from core.grids import Posted, grid_rows, posted_rows
from core.problems import Problem

Row = dict[str, str]
TEAM = "team:"
PEOPLE_LIST = "people-list"  # id of the datalist that all rows share
NOT_CHOSEN = {"value": "", "label": "Choose…"}


def _kinds(choices: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [NOT_CHOSEN, *({"value": value, "label": label} for value, label in choices)]


COLUMNS: dict[str, list[dict[str, Any]]] = {
    "links": [
        {
            "name": "kind",
            "label": "Kind",
            "kind": "select",
            "options": _kinds(
                (each.value, "Other" if each is LinkKind.OTHER else each.label) for each in LinkKind
            ),
        },
        {"name": "url", "label": "Address", "kind": "text", "placeholder": "https://"},
        {"name": "label", "label": "Label", "kind": "text"},
    ],
    "ownership": [
        {
            "name": "kind",
            "label": "Part",
            "kind": "select",
            "options": _kinds(Ownership.Kind.choices),
        },
        {
            "name": "holder",
            "label": "Person or team",
            "kind": "text",
            "placeholder": "Type a name",
            "autocomplete": "off",
            "list_id": PEOPLE_LIST,
        },
    ],
}
ADD = {"links": "Add a link", "ownership": "Add a person or team"}
# the cell of a problem that is said of a whole row, or of what is no cell
CELL_OF = {("links", ""): "url", **{("ownership", key): "holder" for key in ("", "user", "team")}}


def rows_of(name: str, kept: Iterable[Mapping[str, str]]) -> list[Row]:
    """What the product has, as rows of the form."""
    if name == "links":
        return [{key: each[key] for key in ("kind", "url", "label")} for each in kept]
    return [{"kind": each["kind"], "holder": each["user"] or TEAM + each["team"]} for each in kept]


def typed_rows(name: str, post: Posted) -> list[Row]:
    """The rows into which something was typed."""
    found = posted_rows(name, [each["name"] for each in COLUMNS[name]], post)
    return [row for row in found if any(row.values())]


def without_row(name: str, post: Posted, number: str) -> list[Row]:
    """The typed rows without the one of that number on the page."""
    every = posted_rows(name, [each["name"] for each in COLUMNS[name]], post)
    return [row for at, row in enumerate(every) if str(at) != number and any(row.values())]


def values_of(name: str, rows: Iterable[Row]) -> list[Row]:
    """What the service takes."""
    return list(rows) if name == "links" else [_part(row) for row in rows]


def grid(
    name: str, rows: Sequence[Row], problems: Iterable[Problem], picker_url: str
) -> dict[str, Any]:
    """Of a field of kind `columns`: the rows and a spare one, each error at its cell."""
    errors: dict[tuple[int, str], str] = {}
    for problem in problems:
        _, field, *rest = (*problem.pointer.split("/"), "", "")
        if field == name and rest[0].isdigit():
            errors.setdefault(
                (int(rest[0]), CELL_OF.get((name, rest[1]), rest[1])), problem.message
            )
    columns = [
        {**each, "options_url": picker_url} if "list_id" in each else each for each in COLUMNS[name]
    ]
    listed = {"list_id": PEOPLE_LIST} if name == "ownership" else {}
    return {
        "kind": "columns",
        "add_label": ADD[name],
        **listed,
        **grid_rows(name, columns, [*rows, {}], errors),
    }


def text_of(rows: Iterable[Row]) -> str:
    """A line for each row, to be compared by people."""
    return "\n".join(" ".join(filter(None, row.values())) for row in rows)


def _part(row: Row) -> Row:
    team = row["holder"].removeprefix(TEAM).strip()
    if team != row["holder"]:
        return {"kind": row["kind"], "user": "", "team": team}
    return {"kind": row["kind"], "user": row["holder"], "team": ""}
