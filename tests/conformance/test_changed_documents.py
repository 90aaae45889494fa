"""Valid files with one mistake: each is refused with a place and a reason, and nothing changes."""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from accounts.actors import system_actor
from catalog.contracts.formats import odcs
from catalog.products.descriptors import process_files
from catalog.products.formats import odps
from core.documents import Document, load_documents
from core.schema_checks import SchemaCheck
from tests.conformance.changes import changed
from tests.conformance.corpus import Example, examples, official_schema, require_folder
from tests.database import checksum
from tests.factories import DomainFactory, TeamFactory

SEED = 20_261_125
WANTED = 600
SCHEMAS = {
    ("odcs", "v3.2.0"): "odcs-3.2.0.schema.json",
    ("odcs", "v3.1.0"): "odcs-json-schema-v3.1.0.json",
    ("odcs", "v3.0.2"): "odcs-json-schema-v3.0.2.json",
    ("odps", "v1.1.0"): "odps-1.1.0.schema.json",
    ("odps", "v1.0.0"): "odps-json-schema-v1.0.0.json",
}
READERS = {"odcs": odcs, "odps": odps}
LARGEST = 12_000  # bytes of an example; larger ones have the same places many times
TABLES = ("products_dataproduct", "contracts_contractversion", "core_auditevent")


def valid_documents(standard: str, version: str) -> Iterator[tuple[Example, Any]]:
    for example in examples(standard):
        if example is None or example.declared != version or not example.expected_valid:
            continue
        if not example.is_semantic and example.path.stat().st_size <= LARGEST:
            (document,) = load_documents(example.path.read_bytes(), media=example.media)
            yield example, document.data


def mistakes() -> list[tuple[str, str, Any]]:
    """`WANTED` changed documents that the official schema refuses: standard, what, document."""
    found = []
    for (standard, version), name in SCHEMAS.items():
        check = SchemaCheck(official_schema(standard, name))
        for example, data in valid_documents(standard, version):
            found += [
                (standard, f"{example}: {what}", each)
                for what, each in changed(data)
                if isinstance(each, dict) and not check.accepts(each) and each.get("kind")
            ]
    return random.Random(SEED).sample(found, WANTED)


@pytest.mark.django_db
def test_every_mistake_is_refused_with_a_place_and_a_reason_and_nothing_changes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    require_folder()
    TeamFactory(slug="platform", domain=DomainFactory(path="sandbox"))
    wrong = mistakes()
    before = checksum(TABLES)

    report = process_files(
        files=[(what, json.dumps(each).encode()) for _, what, each in wrong],
        mode="apply",
        actor=system_actor(),
        domain="sandbox",
        team="platform",
        on_error="skip",
    )

    told: Counter[str] = Counter()
    for document in report.documents:
        errors = [problem for problem in document.problems if problem.severity == "error"]
        told.update(problem.code for problem in errors)
        assert (document.action, document.valid) == ("refused", False), document.source
        assert errors, document.source
        assert all(each.line and each.message.strip() for each in errors), document.source
    assert len(report.documents) == WANTED
    assert checksum(TABLES) == before
    with capsys.disabled():
        sys.stdout.write(f"\n{WANTED} mistakes refused: {dict(told.most_common(8))}\n")


@pytest.mark.parametrize(("standard", "version"), SCHEMAS, ids="-".join)
def test_changed_documents_are_judged_as_the_official_schema_judges_them(
    standard: str, version: str
) -> None:
    require_folder()
    official = SchemaCheck(official_schema(standard, SCHEMAS[standard, version]))
    chance = random.Random(SEED)
    every = [
        (example, what, data)
        for example, given in valid_documents(standard, version)
        for what, data in changed(given)
        if isinstance(data, dict) and data.get("apiVersion") == version
    ]
    for example, what, data in chance.sample(every, min(len(every), 1_500)):
        verdict = READERS[standard].validate(Document(data, json.dumps(data), "json"))
        if not official.accepts(data):
            assert not verdict.valid, f"{example}: {what}"
        elif not verdict.valid:
            assert {each.code for each in verdict.problems} & BEYOND, f"{example}: {what}"


# What our rules refuse although the schema accepts it.
BEYOND = frozenset(
    [
        "dangling-reference",
        "duplicate-id",
        "duplicate-name",
        "duplicate-port",
        "duplicate-property",
        "duplicate-server",
        "duplicate-value",
        "empty-rule",
        "empty-value",
        "impossible-bounds",
        "impossible-dates",
        "length-mismatch",
        "missing-currency",
        "missing-schedule",
        "negative-price",
        "negative-value",
        "not-a-date",
        "out-of-range",
        "port-major-clash",
        "version-too-great",
    ]
)
