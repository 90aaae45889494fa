"""A synthetic catalogue is what the services would have written, only faster."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client

from accounts.actors import system_actor
from accounts.models import User
from catalog.contracts import services as contracts
from catalog.contracts.formats import odcs
from catalog.contracts.models import (
    ContractVersion,
    DataContract,
    QualityRule,
    SchemaObject,
    SchemaProperty,
    Sla,
)
from catalog.contracts.rows import create_rows
from catalog.contracts.services import VersionInput
from catalog.governance.models import Term
from catalog.lineage.keys import key_of
from catalog.lineage.models import Column, ColumnEdge, Dataset, DatasetEdge, ProductEdge
from catalog.products import services as products
from catalog.products.models import DataProduct, InputPort, OutputPort, Revision
from catalog.products.services.history import snapshots_of
from catalog.products.services.indexing import record_offers
from catalog.quality.models import DimensionScore, QualityCheck
from catalog.quality.services import is_in_sync, recompute_score
from catalog.search.models import SearchEntry
from core.documents import load_documents
from portal.scale.loading import scale
from provisioning.access.selectors import readers

SIZE = 150
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def catalogue(django_db_setup, django_db_blocker):
    """One catalogue for the module; each test works in a transaction of its own."""
    from django.db import transaction

    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        try:
            yield scale(products=SIZE, seed=3)
        finally:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)


def rows_of(table, *order):
    """Everything in a table but its keys and moments of writing."""
    names = [f.attname for f in table._meta.concrete_fields if f.attname not in {"id", "vector"}]
    return list(table.objects.order_by(*order).values(*names))


def test_every_table_has_as_many_rows_as_were_told(catalogue):
    counted = {}
    with connection.cursor() as cursor:
        for table in catalogue:
            cursor.execute(f"SELECT count(*) FROM {table}")
            counted[table] = cursor.fetchone()[0]

    assert counted == catalogue
    assert all(catalogue.values())


def test_search_rows_are_those_that_reindexing_writes(catalogue):
    told = [f.attname for f in SearchEntry._meta.concrete_fields if f.attname not in {"id"}]
    left_out = {"updated_at"}  # of contracts: the moment of writing
    names = [name for name in told if name not in left_out]
    before = list(SearchEntry.objects.order_by("kind", "object_id").values(*names))

    products.reindex(list(DataProduct.objects.values_list("pk", flat=True)))
    contracts.reindex(list(DataContract.objects.values_list("pk", flat=True)))

    assert list(SearchEntry.objects.order_by("kind", "object_id").values(*names)) == before


def test_contracts_are_offered_as_their_ports_say(catalogue):
    before = rows_of(DataContract, "pk")

    record_offers(list(DataContract.objects.values_list("pk", flat=True)))

    assert rows_of(DataContract, "pk") == before


def test_documents_are_valid_and_the_text_says_the_same(catalogue):
    for version in ContractVersion.objects.all():
        (document,) = load_documents(version.text.encode(), media="yaml")
        verdict = odcs.validate(document)

        assert verdict.valid, verdict.problems
        assert not verdict.problems
        assert document.data == version.document
        item = VersionInput(document, version.contract.owner, version.contract.domain)
        assert item.sha256 == version.sha256


def test_contract_rows_are_those_that_the_document_gives(catalogue):
    tables = (SchemaObject, SchemaProperty, QualityRule, Sla)
    names = {
        table: [
            field.attname
            for field in table._meta.concrete_fields
            if field.attname not in {"id", "object_id"}
        ]
        for table in tables
    }

    def rows(version):
        owned = (
            SchemaObject.objects.filter(version=version).order_by("position"),
            SchemaProperty.objects.filter(object__version=version).order_by(
                "object__position", "position"
            ),
            QualityRule.objects.filter(version=version).order_by("pointer"),
            Sla.objects.filter(version=version).order_by("property"),
        )
        return [list(found.values(*names[found.model])) for found in owned]

    for version in ContractVersion.objects.all()[:40]:
        before = rows(version)
        for table in (SchemaObject, QualityRule, Sla):
            table.objects.filter(version=version).delete()

        create_rows([(version, odcs.parse(version.document))])

        assert rows(version) == before
        assert all(before)


def test_scores_are_those_that_the_results_give(catalogue):
    figures = ("quality_score", "quality_coverage", "quality_measured_at", "quality_stale_at")
    before = list(DataProduct.objects.order_by("pk").values(*figures))
    parts = ("product_id", "dimension", "score", "weight", "checks")
    found = DimensionScore.objects.order_by("product", "dimension").values(*parts)
    dimensions = list(found)

    for pk in DataProduct.objects.values_list("pk", flat=True):
        recompute_score(product_id=pk)

    assert list(DataProduct.objects.order_by("pk").values(*figures)) == before
    assert (
        list(DimensionScore.objects.order_by("product", "dimension").values(*parts)) == dimensions
    )
    assert dimensions


def test_checks_are_the_rules_of_the_contracts(catalogue):
    assert all(map(is_in_sync, OutputPort.objects.all()))
    assert not QualityCheck.objects.filter(runnable=True).exists()


def test_readers_are_those_of_the_grants(catalogue):
    for product in DataProduct.objects.all():
        teams, users, count = readers(product.pk)

        assert (product.reader_team_ids, product.reader_user_ids) == (sorted(teams), sorted(users))
        assert product.consumer_count == count
    assert DataProduct.objects.filter(consumer_count__gt=0).exists()


def test_lineage_has_layers_hubs_and_ports(catalogue):
    offered = Dataset.objects.filter(port__isnull=False)
    pairs = set(ProductEdge.objects.filter(origin="lineage").values_list("source", "target"))
    crossing = DatasetEdge.objects.exclude(source__port=None).exclude(target__port=None)
    found = {
        (source, target)
        for source, target in crossing.values_list("source__port__product", "target__port__product")
        if source != target
    }

    assert found == pairs
    assert set(offered.values_list("namespace", "name", "port")) == set(
        OutputPort.objects.values_list("datasets__namespace", "datasets__name", "pk")
    )
    assert Dataset.objects.filter(port=None).exists()


def test_some_products_tell_which_column_comes_from_which(catalogue):
    tables = set(DatasetEdge.objects.values_list("source", "target"))
    told = ColumnEdge.objects.values_list("source__dataset", "target__dataset")

    assert told.exists()
    assert set(told) <= tables
    assert ColumnEdge.objects.count() < 12 * len(tables)
    one = Column.objects.select_related("dataset").first()
    assert one.key == key_of(one.dataset.namespace, one.dataset.name, one.name)
    assert one.name in {each["name"] for each in one.dataset.fields}


def test_names_are_free_of_one_another(catalogue):
    from accounts.models import Domain
    from catalog.products.models import System

    names = [*DataProduct.objects.values_list("fqn", flat=True)]
    names += [*Domain.objects.values_list("path", flat=True)]
    names += [*System.objects.values_list("fqn", flat=True)]

    assert len(names) == len(set(names))


def test_what_is_written_next_gets_a_free_number(catalogue):
    user = User.objects.create(username="next")

    assert User.objects.filter(pk=user.pk).count() == 1


def test_pages_of_a_synthetic_product_open(catalogue):
    client = Client()
    client.force_login(User.objects.create(username="steward", portal_role="steward"))
    product = DataProduct.objects.filter(output_ports__isnull=False).order_by("-consumer_count")[0]

    for tab in ("overview", "schema", "quality", "lineage", "contract", "access", "activity"):
        assert client.get(f"{product.get_absolute_url()}?tab={tab}").status_code == 200
    assert client.get(product.output_ports.all()[0].get_absolute_url()).status_code == 200


def test_the_same_seed_twice_is_refused_and_changes_nothing(catalogue):
    with pytest.raises(CommandError, match="seed 3 is there already"):
        call_command("scale", products=10, seed=3, processes=0)

    assert DataProduct.objects.count() == SIZE


def test_another_seed_is_another_company_beside_the_first(catalogue):
    out = StringIO()

    call_command("scale", products=20, seed=4, processes=0, stdout=out)

    answer = json.loads(out.getvalue())
    assert answer["rows"]["products_dataproduct"] == 20
    assert DataProduct.objects.count() == SIZE + 20


@pytest.mark.parametrize("option", ["products", "datasets_per_product", "seed"])
def test_a_size_that_makes_no_sense_is_refused(option):
    with pytest.raises(CommandError, match="must be"):
        call_command("scale", **{"products": 10, option: 0})


def test_the_same_seed_gives_the_same_company():
    from django.db import transaction

    def company():
        with transaction.atomic():
            scale(products=30, seed=7)
            found = list(DataProduct.objects.order_by("pk").values("pk", "fqn", "quality_score"))
            texts = list(ContractVersion.objects.order_by("sha256").values_list("text", flat=True))
            transaction.set_rollback(True)
        return found, texts

    assert company() == company()


def test_revisions_hold_what_a_revert_reads(catalogue):
    ids = list(DataProduct.objects.values_list("pk", flat=True))
    told = {pk: snapshot for pk, (_, snapshot) in snapshots_of(ids).items()}

    kept = dict(Revision.objects.values_list("product_id", "snapshot"))

    assert kept == told


def test_a_product_of_the_catalogue_can_be_edited_and_taken_back(catalogue):
    product = DataProduct.objects.filter(status="active").earliest("fqn")
    actor = system_actor()
    products.edit_product(
        product=product, values={"purpose": "Another one"}, expected=1, actor=actor
    )
    product.refresh_from_db()

    saved = products.revert_product(product=product, number=1, actor=actor)

    first = Revision.objects.get(product=product, number=1).snapshot
    assert saved.action == "update"
    assert saved.product.purpose == first["purpose"]
    assert snapshots_of([product.pk])[product.pk][1] == first


def test_everything_that_can_be_found_stands_in_search(catalogue):
    kinds = set(SearchEntry.objects.values_list("kind", flat=True))

    assert kinds == {"product", "contract", "system", "term", "team", "domain"}
    assert SearchEntry.objects.filter(kind="term").count() == Term.objects.count()
    assert not InputPort.objects.filter(system__isnull=False, system_name="").exists()
