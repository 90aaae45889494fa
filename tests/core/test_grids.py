"""Fields whose value is a list of rows."""

from django.http import QueryDict
from django.template.loader import render_to_string

from core.grids import grid_rows, posted_rows


def test_a_grid_names_its_cells_by_row_and_offers_a_blank_one():
    columns = [{"name": "name", "label": "Name", "kind": "text"}]
    rows = grid_rows("columns", columns, [{"name": "order_id"}], {(0, "name"): "Twice."})
    grid = {"kind": "columns", "name": "columns", "id": "columns", "label": "Columns", **rows}

    html = render_to_string("parts/_field.html", {"field": grid})

    assert 'name="columns-0-name" value="order_id"' in html
    assert "Twice." in html
    assert 'name="columns-__i__-name"' in html
    assert 'name="remove_row" value="columns-0"' in html


def test_rows_are_read_in_the_order_of_the_page_whatever_their_numbers():
    posted = QueryDict(
        "links-7-kind=runbook&links-7-url= https://a.example%00&links-2-kind=other"
        "&links-x-kind=no&links-12-url=alone"
    )

    assert posted_rows("links", ["kind", "url"], posted) == [
        {"kind": "runbook", "url": "https://a.example\N{REPLACEMENT CHARACTER}"},
        {"kind": "other", "url": ""},
    ]
