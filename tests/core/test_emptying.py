"""What a test committed is gone before the next one, whatever table it is in."""

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Domain, User
from catalog.search.models import SearchEntry
from tests.emptying import MANY, empty_tables, filled_tables
from tests.portal.company import make_company

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_table_keeps_a_row_and_none_is_truncated():
    make_company()
    filled = filled_tables()
    assert len(filled) > 40
    assert SearchEntry.objects.exists()

    with CaptureQueriesContext(connection) as asked:
        empty_tables()

    assert filled_tables() == []
    assert not any("TRUNCATE" in each["sql"] for each in asked)
    assert ContentType.objects.filter(model="dataproduct").exists()
    assert Permission.objects.exists()


def test_many_rows_are_truncated():
    Domain.objects.bulk_create(Domain(path=f"d{n}", name="D") for n in range(MANY + 1))
    User.objects.create(username="ada")

    with CaptureQueriesContext(connection) as asked:
        empty_tables()

    assert filled_tables() == []
    assert any("TRUNCATE" in each["sql"] for each in asked)
    assert ContentType.objects.filter(model="dataproduct").exists()
