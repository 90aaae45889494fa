"""Grids: fields whose value is a list of rows (`parts/_grid.html`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol


class Posted(Protocol):
    """What a form sent, e.g. Django's QueryDict."""

    def get(self, key: str, /) -> str | None: ...

    def __iter__(self) -> Any: ...


def grid_rows(
    name: str,
    columns: Sequence[Mapping[str, object]],
    rows: Sequence[Mapping[str, object]],
    errors: Mapping[tuple[int, str], str] | None = None,
) -> dict[str, object]:
    """`heads`, `rows` and `blank` of a grid field (`parts/_field.html`, kind "columns").

    Args:
        name: form name of the grid; a cell is called `<name>-<row>-<column>`.
        columns: field dicts without a value, each with name, label, kind and what the kind needs.
        rows: values by column name.
        errors: messages by (row, column name).
    """
    errors = errors or {}
    return {
        "heads": [column["label"] for column in columns],
        "rows": [
            [
                _cell(name, str(index), column, row.get(str(column["name"])))
                | {"error": errors.get((index, str(column["name"])), "")}
                for column in columns
            ]
            for index, row in enumerate(rows)
        ],
        "blank": [_cell(name, "__i__", column, column.get("value")) for column in columns],
    }


def _cell(name: str, index: str, column: Mapping[str, object], value: object) -> dict[str, object]:
    full = f"{name}-{index}-{column['name']}"
    return {**column, "name": full, "id": full, "value": "" if value is None else value}


def posted_rows(name: str, columns: Iterable[str], posted: Posted) -> list[dict[str, str]]:
    """The rows of the grid `name` as they were typed, in the order of the page."""
    columns = list(columns)
    pattern = re.compile(rf"{re.escape(name)}-(\d{{1,6}})-{re.escape(columns[0])}")
    numbers = [int(found[1]) for key in posted if (found := pattern.fullmatch(str(key)))]
    return [
        {column: plain(posted.get(f"{name}-{number}-{column}") or "") for column in columns}
        for number in dict.fromkeys(numbers)
    ]


def plain(text: str) -> str:
    """NFC, one kind of line end, no blanks around, no NUL (which no database keeps)."""
    kept = text.replace("\r\n", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}").strip()
    return unicodedata.normalize("NFC", kept.encode(errors="replace").decode())
