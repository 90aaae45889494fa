"""A repository holds what the catalogue says of the product that the same request made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from catalog.products.models import DataProduct
from core.documents import dump_yaml, load_documents
from provisioning.drivers.catalog import CatalogDriver
from provisioning.drivers.protocol import Step
from provisioning.drivers.registry import get_driver
from tests.factories import DomainFactory, TeamFactory
from tests.factories.documents import contract_data
from tests.provisioning.drivers.kit import quiet
from tests.provisioning.drivers.repositories import commits_of, files_of
from tests.provisioning.drivers.test_catalog import PLACE, PORT

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> DataProduct:
    domain = DomainFactory(path="sales", name="Sales")
    TeamFactory(slug="sales-data", name="Sales Data", domain=domain)
    instance = uuid4()
    named = {"slug": "orders", "document_id": str(instance), "name": "Orders"}
    specs: dict[str, dict[str, Any]] = {
        "contract": {**PLACE, "text": dump_yaml(contract_data()), "visibility": "company"},
        "product": {**PLACE, **named, "purpose": "All orders", "ports": [PORT]},
    }
    for name, spec in specs.items():
        CatalogDriver().ensure(Step(name, instance, spec, quiet), effect_key="k", fence=1)
    return DataProduct.objects.get(instance_id=instance)


def test_descriptor_and_contract_are_in_it_and_follow_the_catalogue(
    product: DataProduct, settings: Any, tmp_path: Path
) -> None:
    settings.GIT_FOLDER = tmp_path
    spec = {"slug": "orders", "scaffold": "sql", "descriptors": True}
    assert product.instance_id is not None
    step = Step("repository", product.instance_id, spec, quiet)
    git = get_driver("git")

    git.ensure(step, effect_key="k", fence=1)
    git.ensure(step, effect_key="k", fence=2)

    (path,) = (tmp_path / "repositories").iterdir()
    files = files_of(path)
    assert len(commits_of(path)) == 1
    (odps,) = load_documents(files["product.odps.yaml"], media="yaml")
    assert (odps.data["kind"], odps.data["name"]) == ("DataProduct", "Orders")
    assert files["table-v1.odcs.yaml"].decode() == dump_yaml(contract_data())

    DataProduct.objects.update(purpose="All orders of all shops")
    git.ensure(step, effect_key="k2", fence=3)
    assert len(commits_of(path)) == 2
    assert b"of all shops" in files_of(path)["product.odps.yaml"]


def test_without_a_product_there_is_nothing_to_say(
    product: DataProduct, settings: Any, tmp_path: Path
) -> None:
    settings.GIT_FOLDER = tmp_path
    spec = {"slug": "orders", "scaffold": "sql", "descriptors": True}
    assert product.instance_id is not None
    step = Step("repository", product.instance_id, spec, quiet)
    other = replace(step, instance_id=uuid4())

    get_driver("git").ensure(other, effect_key="k", fence=1)

    (path,) = (tmp_path / "repositories").iterdir()
    assert "product.odps.yaml" not in files_of(path)
