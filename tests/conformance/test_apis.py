"""Published OpenAPI and AsyncAPI documents are read, with operations."""

import json

import pytest

from catalog.products.formats import asyncapi, openapi
from core.documents import load_documents
from tests.conformance.corpus import FOLDER, require_folder

READERS = {"openapi": openapi.read, "asyncapi": asyncapi.read}


def documents() -> list[tuple[str, str, str] | None]:
    """(standard, file, verdict) of every example; a single None where the folder is absent."""
    found: list[tuple[str, str, str] | None] = []
    for standard in READERS:
        expected = FOLDER / "examples" / standard / "EXPECTED.json"
        if not expected.is_file():
            return [None]
        verdicts = json.loads(expected.read_text())
        found += [(standard, name, each["expected"]) for name, each in sorted(verdicts.items())]
    return found


@pytest.mark.parametrize("example", documents(), ids=lambda each: each and each[1])
def test_a_published_document_is_read_with_its_operations(
    example: tuple[str, str, str] | None,
) -> None:
    require_folder()
    assert example is not None
    standard, name, verdict = example
    (document,) = load_documents((FOLDER / "examples" / standard / name).read_bytes())

    api = READERS[standard](document.data)

    assert (not api.problems) == (verdict == "parseable")
    assert api.title
    assert api.operations
    assert all(each.name for each in api.operations)
