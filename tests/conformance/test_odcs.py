import sys
import time
from collections.abc import Iterator

import pytest

from catalog.contracts.formats import odcs
from catalog.contracts.formats.odcs_older import older_schema
from catalog.contracts.formats.odcs_schema import schema
from core.documents import DocumentError, load_documents
from tests.conformance.corpus import (
    FOLDER,
    Example,
    examples,
    official_schema,
    require_folder,
    rules_of,
)

# Where we refuse what the official schema accepts, and why. The source project of each refuses it.
STRICTER = {
    "odcs__fixtures__invalid-duplicate-key.json": "duplicate-key",
    "odcs__fixtures__invalid-empty-id.yaml": "empty-value",
    "odcs__fixtures__invalid-nested-duplicate-key.json": "duplicate-key",
    "odcs__fixtures__invalid-nested-property-ref.yaml": "dangling-reference",
    "odcs__fixtures__invalid-pricing-negative-amount.yaml": "negative-price",
    "odcs__fixtures__invalid-quality-empty-rule.yaml": "empty-rule",
    "odcs__fixtures__invalid-relationship-dangling.yaml": "dangling-reference",
    "odcs__fixtures__invalid-relationship-from.yaml": "dangling-reference",
    "odcs__fixtures__invalid-roles-duplicate-id.yaml": "duplicate-id",
    "odcs__fixtures__invalid-sla-schedule-without-scheduler.yaml": "missing-schedule",
    "odcs__fixtures__invalid-structural-duplicate-schema-name.yaml": "duplicate-name",
    "odcs__fixtures__invalid-structural-sla-default-element-dangling.yaml": "dangling-reference",
    "odcs__fixtures__invalid-structural-sla-element-dangling.yaml": "dangling-reference",
}
ADVENTURE_WORKS = "datacontract-cli__fixtures__odcs_v3__adventureworks.odcs.yaml"


def verdict_of(example: Example) -> odcs.Verdict | None:
    """None for a text that cannot be read at all."""
    try:
        (document,) = load_documents(example.path.read_bytes(), media=example.media)
    except DocumentError:
        return None
    return odcs.validate(document)


@pytest.mark.parametrize("example", examples("odcs"), ids=str)
def test_verdict_is_the_official_one_or_stricter_for_a_stated_reason(
    example: Example | None,
) -> None:
    require_folder()
    assert example is not None
    verdict = verdict_of(example)
    if verdict is None:
        assert not example.expected_valid
        return

    if reason := STRICTER.get(example.path.name):
        assert example.is_semantic
        assert not verdict.valid
        assert reason in {problem.code for problem in verdict.problems}
    else:
        assert not example.is_semantic
        assert verdict.valid == example.expected_valid, verdict.problems
        assert verdict.latest_valid == example.latest_valid
    assert verdict.declared == example.declared


@pytest.mark.parametrize("example", examples("odcs"), ids=str)
def test_every_refusal_says_where_and_how_to_mend_it(example: Example | None) -> None:
    require_folder()
    assert example is not None
    verdict = verdict_of(example)

    if verdict is None or verdict.valid:
        return
    lines = len(example.path.read_text().splitlines())
    for problem in verdict.problems:
        assert problem.message.endswith((".", "$", "?"))
        assert problem.line is not None
        assert 1 <= problem.line <= lines


@pytest.mark.parametrize("example", examples("odcs"), ids=str)
def test_a_valid_contract_loses_no_column_and_no_rule(example: Example | None) -> None:
    require_folder()
    assert example is not None
    verdict = verdict_of(example)
    if verdict is None or not verdict.valid:
        return
    (document,) = load_documents(example.path.read_bytes(), media=example.media)

    contract = odcs.parse(document.data)

    found = [entry for each in contract.objects for entry in each.all_properties()]
    assert len(found) == sum(1 for _ in named_lists(document.data.get("schema"), "properties"))
    assert len(contract.rules) == sum(
        1 for _ in named_lists(document.data.get("schema"), "quality")
    )
    assert contract.document_id == document.data["id"]


def named_lists(node: object, field: str) -> Iterator[object]:
    """Entries of every list called `field`, wherever it stands."""
    if isinstance(node, list):
        for each in node:
            yield from named_lists(each, field)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == field and isinstance(value, list):
                yield from value
            if key not in ("customProperties", "arguments", "implementation"):
                yield from named_lists(value, field)


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("v3.2.0", "odcs-3.2.0.schema.json"),
        ("v3.1.0", "odcs-json-schema-v3.1.0.json"),
        ("v3.0.2", "odcs-json-schema-v3.0.2.json"),
    ],
)
def test_differences_from_the_newest_give_exactly_the_official_rules(
    version: str, name: str
) -> None:
    official = official_schema("odcs", name)
    port = frozenset({"Port"})  # one rule under a name in 3.2.0, written out before

    ours = rules_of(schema(version), written_out=port)

    assert ours == rules_of(official, written_out=port)


def test_our_own_schema_of_the_older_shape_demands_what_the_official_one_demands() -> None:
    official = official_schema("odcs", "odcs-json-schema-v2.2.2.json")
    del official["properties"]["apiVersion"]["pattern"]  # the version is known before it is judged
    for definition in ("value", "valueExt"):  # a number is no text: one of them is any of them
        level = official["$defs"]["ServiceLevelAgreementProperty"]["properties"][definition]
        level["anyOf"] = level.pop("oneOf")

    ours = older_schema()

    every = frozenset(ours["$defs"]) | frozenset(official["$defs"])
    assert rules_of(ours, written_out=every) == rules_of(official, written_out=every)


def test_a_large_contract_is_valid_and_its_time_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    require_folder()
    text = (FOLDER / "examples" / "odcs" / ADVENTURE_WORKS).read_bytes()
    odcs.validate(load_documents(text)[0])

    started = time.perf_counter()
    (document,) = load_documents(text)
    loaded = time.perf_counter()
    verdict = odcs.validate(document)
    judged = time.perf_counter()

    assert verdict.valid
    with capsys.disabled():
        sys.stdout.write(f"\n{len(text):,} bytes: read in {loaded - started:.3f} s, ")
        sys.stdout.write(f"judged in {judged - loaded:.3f} s\n")
