import copy
from typing import Any

import pytest

from catalog.products.formats.odps import (
    InputContract,
    InputPort,
    OutputPort,
    Verdict,
    dump_yaml,
    major_of,
    parse,
    product_descriptor,
    validate,
)
from core.documents import load_documents

PRODUCT: dict[str, Any] = {
    "apiVersion": "v1.1.0",
    "kind": "DataProduct",
    "id": "p-1",
    "name": "Orders",
    "outputPorts": [{"name": "orders", "version": "1.2.0", "contractId": "c-1"}],
}


def judged(**change: Any) -> Verdict:
    return validate(load_documents(dump_yaml(copy.deepcopy(PRODUCT) | change))[0])


def codes(verdict: Verdict) -> list[tuple[str, str]]:
    return [(problem.code, problem.pointer) for problem in verdict.problems]


@pytest.mark.parametrize(
    ("version", "major"),
    [("2.1.0", 2), ("v3", 3), ("", 1), ("latest", 1), ("release-4.1", 4), ("0.3.0", 0)],
)
def test_major_is_the_first_whole_number_of_a_version(version: str, major: int) -> None:
    assert major_of(version) == major


def test_two_output_ports_may_not_share_name_and_major() -> None:
    ports = [{"name": "a", "version": v} for v in ("1.0.0", "2.0.0", "v1.5")]

    verdict = judged(outputPorts=ports)

    assert not verdict.valid
    assert codes(verdict) == [("port-major-clash", "/outputPorts/2")]


def test_input_ports_are_told_apart_by_their_whole_version() -> None:
    ports = [{"name": "a", "version": v} for v in ("1.0.0", "1.1.0", "1.0.0")]

    assert codes(judged(inputPorts=ports)) == [("duplicate-port", "/inputPorts/2")]


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"id": ""}, "empty-value", "/id"),
        ({"name": "a\u200bb"}, "unsafe-name", "/name"),
        ({"outputPorts": [{"name": " "}]}, "empty-value", "/outputPorts/0/name"),
        ({"outputPorts": [{"version": "1"}]}, "missing-field", "/outputPorts/0"),
        (
            {"outputPorts": [{"name": "a", "version": "9" * 12}]},
            "version-too-great",
            "/outputPorts/0/version",
        ),
        ({"apiVersion": "v1.0.0"}, "missing-field", ""),
        ({"apiVersion": "v7"}, "not-in-list", "/apiVersion"),
        ({"owner": "me"}, "unknown-field", "/owner"),
        (
            {"customProperties": [{"property": "slug", "value": n} for n in "ab"]},
            "duplicate-property",
            "/customProperties/1/property",
        ),
    ],
)
def test_a_broken_rule_refuses_the_product(change: dict[str, Any], code: str, pointer: str) -> None:
    verdict = judged(**change)

    assert not verdict.valid
    assert codes(verdict) == [(code, pointer)]


def test_a_document_that_is_valid_only_under_the_newest_version_says_so() -> None:
    verdict = judged(apiVersion="v1.0.0")

    assert (verdict.valid, verdict.latest_valid, verdict.latest) == (False, True, "1.1.0")


@pytest.mark.parametrize(
    ("change", "archetype"),
    [
        ({"type": "sourceAligned"}, "source-aligned"),
        (
            {"customProperties": [{"property": "type", "value": "consumer-aligned"}]},
            "consumer-aligned",
        ),
        ({"customProperties": [{"property": "archetype", "value": "Aggregate"}]}, "aggregate"),
        ({"type": "dashboard"}, ""),
    ],
)
def test_archetype_is_read_from_type_or_from_the_property_before_it(
    change: dict[str, Any], archetype: str
) -> None:
    assert parse(PRODUCT | change).archetype == archetype


def test_a_descriptor_that_we_build_is_valid_and_reads_back_as_the_same_values() -> None:
    inputs = (InputPort("raw", "1.0.0", "c-0", tags=("raw",)),)
    outputs = (
        OutputPort(
            "orders",
            "2.0.0",
            type="tables",
            description="One row per order",
            contract_id="c-1",
            deprecated=True,
            input_contracts=(InputContract("c-0", "1.0.0"),),
            custom_properties={"database": "d", "schema": "s"},
        ),
    )

    built = product_descriptor(
        document_id="p-1",
        name="Orders",
        version="1.0.0",
        status="active",
        domain="sales.emea",
        team="order-desk",
        purpose="Know every order",
        archetype="aggregate",
        tags=["orders"],
        input_ports=inputs,
        output_ports=outputs,
        custom_properties={"slug": "all-orders"},
    )

    (document,) = load_documents(dump_yaml(built))
    assert validate(document).problems == ()
    product = parse(document.data)
    assert (product.input_ports, product.output_ports) == (inputs, outputs)
    assert (product.team, product.archetype, product.slug) == (
        "order-desk",
        "aggregate",
        "all-orders",
    )
    assert product.output_ports[0].major == 2
