"""Import, export, import: nothing is lost and nothing changes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from accounts.actors import system_actor
from catalog.contracts.models import ContractVersion
from catalog.products.descriptors import Report, process
from catalog.products.descriptors.export import descriptor_of
from catalog.products.models import DataProduct
from core.documents import load_documents
from tests.conformance.corpus import Example, examples, require_folder
from tests.factories import DomainFactory, TeamFactory

pytestmark = pytest.mark.django_db
UNPUBLISHABLE = {"contract-missing", "port-missing", "purpose-missing"}  # unless as a draft
PRODUCTS = [*examples("odps"), *examples("dpds"), *examples("backstage")]


@pytest.fixture(autouse=True)
def places() -> None:
    TeamFactory(slug="platform", domain=DomainFactory(path="sandbox", name="Sandbox"))


def apply(text: bytes) -> Report:
    return process(
        text=text,
        mode="apply",
        actor=system_actor(),
        domain="sandbox",
        team="platform",
        on_error="skip",
    )


def with_contracts(data: Any) -> bytes:
    """The product after the contracts that it names."""
    contracts = [
        {"apiVersion": "v3.1.0", "kind": "DataContract", "id": each, "version": "1.0.0"}
        | {"status": "active"}
        for each in sorted(
            {str(port.get("contractId") or "") for port in data.get("outputPorts") or ()} - {""}
        )
    ]
    return json.dumps([*contracts, data]).encode()


@pytest.mark.parametrize("example", examples("odps"), ids=str)
def test_a_product_comes_back_as_it_was_given_and_again_without_a_difference(
    example: Example | None,
) -> None:
    require_folder()
    assert example is not None
    (document,) = load_documents(example.path.read_bytes(), media=example.media)
    report = apply(with_contracts(document.data))
    if not example.expected_valid:
        assert report.documents[-1].action == "refused"
        return
    if {problem.code for problem in report.documents[-1].problems} & UNPUBLISHABLE:
        assert report.documents[-1].valid
        document = replace(document, data={**document.data, "status": "draft"})
        report = apply(with_contracts(document.data))
    assert report.documents[-1].action == "create", report.documents[-1].problems
    product = DataProduct.objects.select_related("domain", "owner").get()

    data, text = descriptor_of(product)

    differences = {
        key for key in data.keys() | document.data.keys() if data.get(key) != document.data.get(key)
    }
    assert differences <= {"status"}
    again = apply(text.encode())
    assert [each.action for each in again.documents] == ["unchanged"], again.documents
    product.refresh_from_db()
    assert descriptor_of(product)[1] == text


@pytest.mark.parametrize("example", PRODUCTS, ids=str)
def test_the_text_that_was_given_is_kept_to_the_letter(example: Example | None) -> None:
    require_folder()
    assert example is not None
    report = apply(example.path.read_bytes())
    taken = {each.id for each in report.documents if each.action == "create"}

    for product in DataProduct.objects.select_related("domain", "owner"):
        assert product.document_id in taken
        assert product.text.strip() in example.path.read_bytes().decode("utf-8-sig")
        exported = descriptor_of(product)[1]
        assert [each.action for each in apply(exported.encode()).documents] == ["unchanged"]


@pytest.mark.parametrize("example", examples("odcs"), ids=str)
def test_a_contract_comes_back_to_the_letter_and_again_without_a_difference(
    example: Example | None,
) -> None:
    require_folder()
    assert example is not None
    given = example.path.read_bytes()
    report = apply(given)
    for document in report.documents:
        if document.action == "refused":
            assert not ContractVersion.objects.exists()
            continue
        version = ContractVersion.objects.get()
        (read,) = load_documents(given, media=example.media)
        assert version.document == read.data
        assert version.text.strip() == given.decode("utf-8-sig").strip().removeprefix("---").strip()
        assert [each.action for each in apply(version.text.encode()).documents] == ["unchanged"]
