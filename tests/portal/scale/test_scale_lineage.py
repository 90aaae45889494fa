"""A lineage graph alone: as ingestion would have named it, and with hubs."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from catalog.lineage.engine.questions import Question, everything
from catalog.lineage.keys import key_of, node_key_of
from catalog.lineage.models import Dataset, DatasetEdge
from catalog.products.models import DataProduct
from portal.bench.lineage import STEWARD

pytestmark = pytest.mark.django_db


def made(*options):
    out = StringIO()
    call_command("scale", *options, stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def test_datasets_have_the_keys_that_an_event_would_find():
    answer = made("--datasets", "2000", "--edges", "6000")

    assert answer["rows"]["lineage_dataset"] == Dataset.objects.count() == 2000
    assert DataProduct.objects.count() == 500
    assert DatasetEdge.objects.count() == answer["rows"]["lineage_datasetedge"]
    assert 5000 < DatasetEdge.objects.count() < 7000
    for each in Dataset.objects.all()[:50]:
        assert each.key == key_of(each.namespace, each.name)
        assert each.node_key == node_key_of(each.node_id)
    assert Dataset.objects.filter(port=None).count() == 500


def test_the_first_dataset_reaches_four_fifths():
    made("--datasets", "4000")

    first = Dataset.objects.order_by("pk")[0]
    found = everything(STEWARD, Question("dataset", (first.pk,), "downstream"))

    assert 2800 < len(found.nodes) < 3300


@pytest.mark.parametrize(
    "options",
    [("--datasets", "0"), ("--datasets", "9", "--edges", "0"), ("--datasets", "9", "--seed", "0")],
)
def test_a_size_out_of_range_is_refused(options):
    with pytest.raises(CommandError):
        made(*options)
    assert not Dataset.objects.exists()


def test_the_same_seed_twice_is_refused():
    made("--datasets", "100")

    with pytest.raises(CommandError, match="seed 1 is there"):
        made("--datasets", "100")
    made("--datasets", "100", "--seed", "2")
    assert Dataset.objects.count() == 200


def test_the_bench_says_what_it_measured():
    out = StringIO()
    call_command("bench", "lineage", "--samples", "2", "--json", stdout=out)
    assert json.loads(out.getvalue())[0]["extra"].keys() == {"not measured", "ingestion"}
    made("--datasets", "2000")
    out = StringIO()

    call_command("bench", "lineage", "--samples", "2", "--json", stdout=out)

    [result] = json.loads(out.getvalue())
    assert result["size"]["datasets"] == 2000
    names = {figure["name"] for figure in result["figures"]}
    assert {"5 hops, ordinary", "all downstream, hubs, member"} <= names
    assert result["extra"]["hub"]["reaches"] == result["extra"]["hub"]["by plain SQL"]
    assert result["extra"]["ingestion"]["single"]["events"] == 8
    assert result["extra"]["snapshot"]["MB per million edges"] > 0
