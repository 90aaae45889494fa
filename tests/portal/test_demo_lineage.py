"""The demo company's lineage: told by tools, by dbt and by people."""

import pytest

from catalog.lineage.models import ColumnEdge, Dataset, DatasetEdge, ProductEdge, Symlink
from portal.demo import lineage
from portal.demo.loading import load_catalogue

pytestmark = pytest.mark.django_db


def test_the_lineage_shows_each_kind_and_loads_once():
    load_catalogue()
    lineage.load_lineage()
    before = [model.objects.count() for model in (Dataset, DatasetEdge, ColumnEdge, ProductEdge)]
    lineage.load_lineage()

    after = [model.objects.count() for model in (Dataset, DatasetEdge, ColumnEdge, ProductEdge)]
    assert before == after
    assert {"lineage", "dbt"} <= set(DatasetEdge.objects.values_list("origin", flat=True))
    assert ColumnEdge.objects.filter(origin="dbt", target__name="revenue").exists()
    assert Symlink.objects.filter(dataset__name="mesh.exports.orders_daily").exists()
    assert Dataset.objects.filter(name="mesh.exports.orders_daily", port=None).exists()
    manual = ProductEdge.objects.exclude(reason="").get()
    assert (manual.target.fqn, manual.made_by is not None) == ("supply.demand-forecast", True)
