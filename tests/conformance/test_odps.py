import pytest

from catalog.products.formats import odps
from catalog.products.formats.odps_schema import schema
from core.documents import load_documents
from tests.conformance.corpus import (
    Example,
    examples,
    official_schema,
    require_folder,
    rules_of,
)


@pytest.mark.parametrize("example", examples("odps"), ids=str)
def test_verdict_is_the_official_one(example: Example | None) -> None:
    require_folder()
    assert example is not None
    (document,) = load_documents(example.path.read_bytes(), media=example.media)

    verdict = odps.validate(document)

    assert verdict.valid == example.expected_valid, verdict.problems
    assert verdict.latest_valid == example.latest_valid
    assert verdict.declared == example.declared


@pytest.mark.parametrize("example", examples("odps"), ids=str)
def test_a_valid_product_loses_no_port(example: Example | None) -> None:
    require_folder()
    assert example is not None
    (document,) = load_documents(example.path.read_bytes(), media=example.media)
    if not odps.validate(document).valid:
        return

    product = odps.parse(document.data)

    assert len(product.output_ports) == len(document.data.get("outputPorts", []))
    assert len(product.input_ports) == len(document.data.get("inputPorts", []))
    assert product.document_id == document.data["id"]


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("v1.1.0", "odps-1.1.0.schema.json"),
        ("v1.0.0", "odps-json-schema-v1.0.0.json"),
        ("v0.9.0", "odps-json-schema-v0.9.0.json"),
    ],
)
def test_our_own_schema_demands_what_the_official_one_demands(version: str, name: str) -> None:
    official = official_schema("odps", name)

    ours = schema(version)

    every = frozenset(ours["$defs"]) | frozenset(official["$defs"])
    assert rules_of(ours, written_out=every) == rules_of(official, written_out=every)
