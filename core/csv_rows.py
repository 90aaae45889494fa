"""Lists as CSV that a spreadsheet can open without running anything."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

EXPORT_CAP = 50_000  # rows of a file
CHUNK = 500
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """A file whose `write` gives the text back."""

    def write(self, text: str) -> str:
        return text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Lines of a CSV file, one at a time."""
    writer: Any = csv.writer(_Echo())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([safe_cell(value) for value in row])


def safe_cell(value: Any) -> Any:
    """What people wrote may begin like a formula; a leading apostrophe makes it a text."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value


class CsvRenderer(BaseRenderer):
    """Lets a list be asked for as CSV; the view streams it, only errors are rendered here."""

    media_type = "text/csv"
    format = "csv"

    def render(self, data: Any, media_type: str | None = None, context: Any = None) -> bytes:
        """An error, as JSON."""
        return json.dumps(data, default=str).encode()


def wants_csv(request: Request) -> bool:
    """Asked by `Accept: text/csv` or `?format=csv`, where the view offers it."""
    renderer = getattr(request, "accepted_renderer", None)
    return getattr(renderer, "format", "") == "csv"


def csv_response(
    name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """A file of that name, sent as its rows are read."""
    lines = csv_lines(header, rows)
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def csv_list(
    name: str,
    columns: Sequence[str],
    rows: QuerySet[Any],
    order: Sequence[str],
    shown: Callable[[Any], Mapping[str, Any]],
) -> StreamingHttpResponse:
    """A list as a file: at most `EXPORT_CAP` rows, and a last one that says so where it was cut.

    Args:
        columns: members of the public form, dotted where they stand deeper; also the header.
        shown: the public form of a row.

    Cost: rows are read in pieces as they are sent, so the length of the list costs no memory.
    """
    found = rows.order_by(*order)[: EXPORT_CAP + 1].iterator(chunk_size=CHUNK)
    return csv_response(name, columns, _cells(found, columns, shown))


def _cells(
    found: Iterable[Any], columns: Sequence[str], shown: Callable[[Any], Mapping[str, Any]]
) -> Iterator[list[Any]]:
    for number, row in enumerate(found):
        if number == EXPORT_CAP:
            yield [f"Cut after {EXPORT_CAP:,} rows: narrow the list", *[""] * (len(columns) - 1)]
            return
        public = shown(row)
        yield [cell_at(public, column) for column in columns]


def cell_at(public: Mapping[str, Any], column: str) -> Any:
    """The value at a dotted name; lists joined, moments to the second, objects as JSON."""
    value: Any = public
    for part in column.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    if isinstance(value, dict | list):
        return json.dumps(value, default=str) if value else ""
    return value.isoformat(timespec="seconds") if isinstance(value, dt.datetime) else value
