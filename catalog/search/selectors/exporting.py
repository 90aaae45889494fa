"""The whole list behind a page, as rows for CSV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from accounts.actors import Actor
from catalog.search.selectors.conditions import narrowed
from catalog.search.selectors.finding import understood
from catalog.search.selectors.questions import SearchQueryData

EXPORT_CAP = 50_000  # rows
CHUNK = 2_000
NOTE = f"Only the first {EXPORT_CAP:,} rows are here; narrow the search to get the rest."
NAMES = {  # heading: column, where it is another
    "purpose": "summary",
    "domain": "domain_path",
    "owner": "owner_slug",
}
HEADER_TEXT = """
kind fqn name purpose domain owner status archetype classification technologies tags score
measured_at stale_at consumers updated_at url
"""
HEADER = HEADER_TEXT.split()
COLUMNS = [NAMES.get(name, name) for name in HEADER]


def export_rows(actor: Actor, query: SearchQueryData) -> Iterator[list[Any]]:
    """Every row of the list, the most trusted first; a note as the last one where it was cut.

    It has no pages, so a cursor means nothing. Rows are read as they are sent, so the size of the
    list costs no memory.
    """
    query = replace(query, cursor=None)
    asked, _ = understood(actor, query)
    rows = narrowed(actor, query).matching(asked.required).order_by("-rank", "id")
    found = rows.values_list(*COLUMNS)[: EXPORT_CAP + 1].iterator(chunk_size=CHUNK)
    for number, row in enumerate(found):
        if number == EXPORT_CAP:
            yield ["note", "", NOTE]
            return
        yield [_cell(value) for value in row]


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(value)
    return value.isoformat(timespec="seconds") if hasattr(value, "isoformat") else value
