import pytest

from catalog.lineage.models import Dataset, LineageEvent
from portal.bench.lineage_ingest import ingest_figures

pytestmark = pytest.mark.django_db


def test_taking_in_lineage_is_measured_and_undone():
    figures = ingest_figures(single=3, batches=1)

    assert figures["batch"]["events"] == 500
    assert figures["single"]["events/s"] > 0
    assert not LineageEvent.objects.exists()
    assert not Dataset.objects.exists()
