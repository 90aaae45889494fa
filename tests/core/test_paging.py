"""Keyset pages."""

import pytest

from accounts.models import Domain
from core.errors import Invalid
from core.paging import keyset_page
from tests.factories import DomainFactory

pytestmark = pytest.mark.django_db


def test_pages_hold_every_row_once_in_order_also_while_rows_are_added():
    for n in (5, 3, 1, 4, 2):
        DomainFactory(path=f"d-{n}", name="same" if n < 4 else "other")
    first = keyset_page(Domain.objects.all(), order=["-name", "path"], size=2)
    DomainFactory(path="d-0", name="same")  # sorts before the cursor: must not shift the rest

    seen, cursor = list(first.rows), first.next_cursor
    while cursor:
        page = keyset_page(Domain.objects.all(), order=["-name", "path"], size=2, cursor=cursor)
        seen += page.rows
        cursor = page.next_cursor

    assert [domain.path for domain in seen] == ["d-1", "d-2", "d-3", "d-4", "d-5"]


def test_a_page_costs_one_statement(django_assert_num_queries):
    DomainFactory.create_batch(5)

    with django_assert_num_queries(1):
        keyset_page(Domain.objects.all(), order=["path"], size=3)


@pytest.mark.parametrize(
    "cursor", ["x", "bm90IGpzb24", "WzEsMl0", "🙂", "e30", "WzFlOTk5XQ", "WyJcdWQ4MDAiXQ"]
)
def test_a_cursor_that_we_did_not_make_is_refused(cursor):
    with pytest.raises(Invalid) as refusal:
        keyset_page(Domain.objects.all(), order=["path"], size=3, cursor=cursor)

    assert refusal.value.problems[0].code == "bad-cursor"
