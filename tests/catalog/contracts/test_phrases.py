"""Promises of contracts, as people read them."""

import datetime as dt

import pytest

from catalog.contracts.phrases import promise_text


@pytest.mark.parametrize(
    ("value", "unit", "text", "within"),
    [
        ("1", "h", "1 hour", dt.timedelta(hours=1)),
        ("15", "min", "15 minutes", dt.timedelta(minutes=15)),
        ("31", "d", "31 days", dt.timedelta(days=31)),
        ("1", "y", "1 year", None),  # has no one length
        ("soon", "d", "soon days", None),
        ("4", "fortnights", "4 fortnights", None),
        ("1e99", "d", "1e99 days", None),
    ],
)
def test_a_promise_of_freshness_has_a_length_where_its_unit_has_one(value, unit, text, within):
    promise = promise_text("latency", value, unit)

    assert (promise.value, promise.within) == (text, within)


def test_other_promises_are_no_promises_of_freshness():
    assert promise_text("retention", "4", "d").within is None
