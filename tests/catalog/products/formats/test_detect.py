import pytest

from catalog.products.formats.detect import detect_kind, unknown_kind
from core.documents import load_documents


@pytest.mark.parametrize("kind", ["DataProduct", "DataContract"])
def test_the_kind_is_what_the_document_says(kind: str) -> None:
    assert detect_kind({"kind": kind}) == kind


@pytest.mark.parametrize(
    ("text", "pointer", "line"),
    [("a: 1\nkind: Component\n", "/kind", 2), ("a: 1\n", "", 1), ("just text", "", 1)],
)
def test_another_kind_is_refused_with_its_place(text: str, pointer: str, line: int) -> None:
    (document,) = load_documents(text)

    assert detect_kind(document.data) is None
    problem = unknown_kind(document)
    assert (problem.code, problem.pointer, problem.line) == ("unknown-kind", pointer, line)
