"""Results that arrive, on the database."""

import datetime as dt

import pytest

from catalog.products.models import DataProduct
from catalog.quality.models import DimensionScore, QualityCheck
from catalog.quality.services import ResultData, record_results
from catalog.quality.states import Outcome
from tests.factories import PortFactory
from tests.two_writers import together

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


@pytest.fixture
def checks():
    """Two checks of one product, of one dimension each."""
    port = PortFactory()
    return [
        QualityCheck.objects.create(port=port, key=name, name=name, dimension=name)
        for name in ("completeness", "uniqueness")
    ]


def arrive(*results, source="test"):
    return record_results(
        source=source,
        results=[
            ResultData(check_id=check.pk, outcome=outcome, at=NOW) for check, outcome in results
        ],
    )


@pytest.mark.django_db(transaction=True)
def test_results_of_two_senders_at_one_moment_both_count(checks):
    first, second = checks

    stored = together(lambda: arrive((first, Outcome.PASS)), lambda: arrive((second, Outcome.FAIL)))

    assert stored == [1, 1]
    product = DataProduct.objects.get()
    assert (product.quality_score, product.quality_coverage) == (50, 1)
    assert dict(DimensionScore.objects.values_list("dimension", "score")) == {
        "completeness": 100,
        "uniqueness": 0,
    }
