import pytest

from catalog.products.formats import dpds
from catalog.products.formats.detect import detect_kind
from core.documents import load_documents
from core.schema_checks import SchemaCheck
from tests.conformance.changes import changed
from tests.conformance.corpus import Example, examples, official_schema, require_folder


@pytest.mark.parametrize("example", examples("dpds"), ids=str)
def test_verdict_is_the_official_one(example: Example | None) -> None:
    require_folder()
    assert example is not None
    (document,) = load_documents(example.path.read_bytes(), media=example.media)

    verdict = dpds.validate(document)

    assert detect_kind(document.data) == dpds.KIND
    assert verdict.valid == example.expected_valid, verdict.problems
    assert verdict.valid or all(each.line and each.message for each in verdict.problems)


@pytest.mark.parametrize("example", examples("dpds"), ids=str)
def test_a_valid_descriptor_loses_no_port_that_is_written_out(example: Example | None) -> None:
    require_folder()
    assert example is not None
    (document,) = load_documents(example.path.read_bytes(), media=example.media)
    if not dpds.validate(document).valid:
        return

    product = dpds.parse(document.data)

    ports = document.data["interfaceComponents"]["outputPorts"]
    assert len(product.output_ports) == sum("$ref" not in port for port in ports)
    assert product.document_id == document.data["info"]["fullyQualifiedName"]


@pytest.mark.parametrize("example", examples("dpds"), ids=str)
def test_our_own_schema_judges_changed_descriptors_as_the_official_one(
    example: Example | None,
) -> None:
    require_folder()
    assert example is not None
    official = SchemaCheck(official_schema("dpds", "schema-1.0.0.json"))
    (document,) = load_documents(example.path.read_bytes(), media=example.media)

    for pointer, data in changed(document.data):
        assert dpds.schema_check().accepts(data) == official.accepts(data), pointer
