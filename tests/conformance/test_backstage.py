import json
from typing import Any

import pytest

from catalog.products.formats import backstage
from catalog.products.formats.detect import detect_kind
from core.documents import Document, DocumentError, load_documents
from core.schema_checks import SchemaCheck
from tests.conformance.corpus import FOLDER, Example, examples, require_folder


def documents_of(example: Example) -> list[Document] | None:
    """None for a text that cannot be read at all."""
    try:
        return load_documents(example.path.read_bytes(), media=example.media)
    except DocumentError:
        return None


@pytest.mark.parametrize("example", examples("backstage"), ids=str)
def test_verdict_is_the_official_one(example: Example | None) -> None:
    require_folder()
    assert example is not None
    documents = documents_of(example)
    if documents is None:
        assert not example.expected_valid
        return

    verdicts = [backstage.validate(document) for document in documents]

    assert all(each.valid for each in verdicts) == example.expected_valid
    for each in verdicts:
        assert each.valid or all(problem.line and problem.message for problem in each.problems)


@pytest.mark.parametrize("example", examples("backstage"), ids=str)
def test_the_kind_is_found_and_a_valid_entity_keeps_its_name(example: Example | None) -> None:
    require_folder()
    assert example is not None
    for document in documents_of(example) or []:
        assert detect_kind(document.data) == document.data["kind"]
        if backstage.validate(document).valid:
            entity = backstage.parse(document.data)
            assert entity.name == document.data["metadata"]["name"]
            assert entity.reference.startswith(f"{entity.kind}:".lower())


def official(kind: str) -> SchemaCheck:
    """The official schema of one kind with those it refers to, as one."""
    require_folder()
    folder = FOLDER / "schemas" / "backstage"

    def read(name: str) -> Any:
        text = (folder / f"{name}.schema.json").read_text()
        return json.loads(text.replace("#relation", "relation").replace("#status", "status"))

    common = read("common")["definitions"]
    named = {"Entity": read("Entity"), "EntityMeta": read("EntityMeta"), **common}
    schema = {**read(f"{kind}.v1alpha1"), "$defs": named}
    return SchemaCheck(_local(schema))


def _local(node: Any) -> Any:
    """References to other files as references to `$defs`."""
    if isinstance(node, list):
        return [_local(each) for each in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        name = reference.removeprefix("common").removeprefix("#")
        return {"$ref": f"#/$defs/{name}"}
    return {key: _local(value) for key, value in node.items() if key not in ("$id", "$schema")}


def changed(kind: str) -> list[dict[str, Any]]:
    """Entities of one kind, each with one field taken away or of another type."""
    texts = ("type", "lifecycle", "owner", "system", "definition", "subdomainOf", "parent")
    lists = ("children", "members", "memberOf", "dependsOn", "providesApis", "targets")
    spec = {**dict.fromkeys(texts, "x"), **{name: ["x"] for name in lists}}
    whole = {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": "a", "tags": ["b"], "links": [{"url": "https://x"}], "labels": {}},
        "spec": spec,
        "relations": [{"type": "ownedBy", "targetRef": "group:default/a"}],
    }
    found = [whole, {**whole, "apiVersion": "backstage.io/v2"}, {**whole, "more": 1}]
    for place in (whole, whole["metadata"], spec):
        for name in place:
            for value in (None, "", 1, [], {}, ["x", 1], {"a": 1}):
                found.append(json.loads(json.dumps(whole)))
                target = found[-1] if place is whole else found[-1]["metadata"]
                target = found[-1]["spec"] if place is spec else target
                target[name] = value
            found.append(json.loads(json.dumps(whole)))
            target = found[-1] if place is whole else found[-1]["metadata"]
            target = found[-1]["spec"] if place is spec else target
            del target[name]
    return found


@pytest.mark.parametrize("kind", [each for each in backstage.KINDS if each != "Template"])
def test_our_own_schema_judges_changed_entities_as_the_official_one(kind: str) -> None:
    check = official(kind)

    for data in changed(kind):
        ours = backstage.validate(Document(data, json.dumps(data), "json"))
        if data.get("kind") == kind:
            errors = {each.code for each in ours.problems if each.severity == "error"}
            assert ours.valid == check.accepts(data), (data, errors)
