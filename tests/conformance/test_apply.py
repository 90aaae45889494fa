"""The standards' own examples through `./run apply --skip-refused`: refused or found at once."""

from __future__ import annotations

from collections import Counter

import pytest

from accounts.actors import Actor, system_actor
from catalog.products.descriptors import DocumentReport, process_files
from catalog.search.selectors import SearchQueryData, find
from core.documents import load_documents
from tests.conformance.corpus import Example, examples, require_folder
from tests.factories import DomainFactory, TeamFactory, UserFactory, actor_for

pytestmark = pytest.mark.django_db
TAKEN = {"odcs": ("v3.1", "v3.2"), "odps": ("v1.",)}
OF_THE_PORTAL = {  # right documents, refused beside others or for what published products need
    *("duplicate-document", "unknown-contract"),
    *("contract-missing", "port-missing", "purpose-missing"),
}


def corpus() -> list[Example]:
    return [
        example
        for standard, versions in TAKEN.items()
        for example in examples(standard)
        if example is not None and str(example.declared).startswith(versions)
    ]


@pytest.fixture
def reported() -> dict[str, DocumentReport]:
    """The report of each file, by its path."""
    require_folder()
    TeamFactory(slug="platform", domain=DomainFactory(path="sandbox", name="Sandbox"))
    files = [(str(example.path), example.path.read_bytes()) for example in corpus()]
    report = process_files(
        files=files,
        mode="apply",
        actor=system_actor(),
        domain="sandbox",
        team="platform",
        on_error="skip",
    )
    assert report.applied
    return {document.source: document for document in report.documents}


def test_the_invalid_are_refused_with_reasons_and_the_others_are_in_the_marketplace(reported):
    member = actor_for(UserFactory())
    wrong: list[str] = []
    for example in corpus():
        document = reported[str(example.path)]
        if not example.expected_valid or example.is_semantic:
            wrong += _not_refused(example, document)
        elif {problem.code for problem in document.problems} & OF_THE_PORTAL:
            wrong += [] if document.valid else [f"{example} keeps its standard"]
        else:
            wrong += _not_found(example, document, member)

    assert wrong == []
    assert Counter(document.action for document in reported.values())["create"] > 40


def _not_refused(example: Example, document: DocumentReport) -> list[str]:
    errors = [problem for problem in document.problems if problem.severity == "error"]
    located = all(problem.line and problem.message for problem in errors)
    if document.action == "refused" and errors and located and not document.valid:
        return []
    return [f"{example} must be refused with a place and a reason"]


def _not_found(example: Example, document: DocumentReport, member: Actor) -> list[str]:
    if document.action == "refused":
        return [f"{example} must be taken: {document.problems}"]
    (given,) = load_documents(example.path.read_bytes())
    is_contract = document.kind == "DataContract"
    everybody = is_contract or given.data["status"] in ("active", "deprecated")
    name = document.id if is_contract else str(given.data.get("name") or document.id)
    query = SearchQueryData(text=name, kinds=("contract" if is_contract else "product",), size=200)
    found = find(member if everybody else system_actor(), query).rows
    names = {hit.fqn if is_contract else hit.name for hit in found}
    return [] if name in names else [f"{example} is not found as {name}"]
