"""Hostile documents: each is refused by its first excess, quickly, and says where and why."""

import gzip
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from catalog.products.descriptors.reading import read
from core.documents import Document, DocumentError, load_documents
from core.problems import Problem

CONTRACT: dict[str, Any] = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "c-1",
    "version": "1.0.0",
    "status": "active",
}
PRODUCT: dict[str, Any] = {"apiVersion": "v1.1.0", "kind": "DataProduct", "id": "p-1", "name": "a"}
LAUGHS = "\n".join(
    ["a0: &a0 [lol, lol]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
)


def contract(**change: Any) -> bytes:
    return json.dumps({**CONTRACT, **change}).encode()


def product(**change: Any) -> bytes:
    return json.dumps({**PRODUCT, **change}).encode()


def nested(depth: int) -> bytes:
    """A schema of that many objects in each other, valid but for its depth."""
    opening = '{"name":"a","logicalType":"object","properties":[' * depth
    return b'{"schema":[' + opening.encode() + b"]}" * depth + b"]}"


def filled(size: int) -> bytes:
    head = b"kind: DataContract\ndescription: "
    return head + b"a" * (size - len(head))


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "anchor": (lambda: b"a: &x 1\nb: 2\n", "anchor"),
    "alias": (lambda: b"a: *x\n", "alias"),
    "billion laughs": (LAUGHS.encode, "anchor"),
    "merge key": (lambda: b"<<: *x\n", "alias"),
    "tag to run code": (lambda: b"a: !!python/object/apply:os.system [ls]\n", "tag"),
    "tag for bytes": (lambda: b"a: !!binary aGk=\n", "tag"),
    "verbatim tag": (lambda: b"a: !<tag:yaml.org,2002:str> b\n", "tag"),
    "1 MB and a byte": (lambda: filled(1_000_001), "document-too-large"),
    "1 MB and a byte of JSON": (
        lambda: b'{"a": "' + b"a" * 999_993 + b'"}',
        "document-too-large",
    ),
    "32 MB and a byte": (lambda: b"a" * (32 * 2**20 + 1), "stream-too-large"),
    "lists 10,000 deep": (lambda: b"a: " + b"[" * 10_000 + b"]" * 10_000, "too-deep"),
    "block lists 10,000 deep": (lambda: b"- " * 10_000 + b"a", "too-deep"),
    "objects 10,000 deep": (lambda: nested(10_000), "too-many-nodes"),
    "objects 2,000 deep": (lambda: nested(2_000), "too-deep"),
    "open brackets of JSON": (lambda: b'{"a": ' + b"[" * 400_000, "too-many-nodes"),
    "20,001 nodes": (lambda: b"- a\n" * 20_001, "too-many-nodes"),
    "20,001 nodes of JSON": (lambda: json.dumps({"a": ["b"] * 20_001}).encode(), "too-many-nodes"),
    "300,000 keys": (
        lambda: b"\n".join(b"%d:" % n for n in range(120_000)),
        "too-many-nodes",
    ),
    "10,001 documents": (lambda: b"a: 1\n---\n" * 10_001, "too-many-documents"),
    "10,001 elements": (lambda: json.dumps([{}] * 10_001).encode(), "too-many-documents"),
    "dividers only": (lambda: b"---\n" * 900_000, "too-many-documents"),
    "a key twice": (lambda: contract()[:-1] + b', "id": "c-2"}', "duplicate-key"),
    "a deep key twice": (
        lambda: contract()[:-1] + b', "team": {"name": "a", "name": "b"}}',
        "duplicate-key",
    ),
    "NaN": (lambda: contract()[:-1] + b', "price": {"priceAmount": NaN}}', "value-not-storable"),
    "NaN of YAML": (lambda: b"a: .nan\n", "value-not-storable"),
    "infinity": (lambda: b"a: -.inf\n", "value-not-storable"),
    "a number beyond all": (lambda: b'{"a": 1e999}', "value-not-storable"),
    "an integer of 400,000 digits": (
        lambda: b'{"a": ' + b"9" * 400_000 + b"}",
        "value-not-storable",
    ),
    "an integer of 65 bits": (lambda: b"a: 36893488147419103232\n", "value-not-storable"),
    "base 60": (lambda: product(version=190 * 60)[:-1] + b"}", "wrong-type"),
    "NUL": (lambda: b'{"a": "\\u0000"}', "value-not-storable"),
    "half a pair": (lambda: b'{"a": "\\ud800"}', "value-not-storable"),
    "a control character": (lambda: b"a: \x01\n", "not-yaml"),
    "a bidirectional name": (lambda: product(name="safe\u202egnp.exe"), "unsafe-name"),
    "a zero-width name": (lambda: product(name="ord\u200bers"), "unsafe-name"),
    "a control in a name": (lambda: product(name="ord\u0007ers"), "unsafe-name"),
    "a zero-width id": (lambda: contract(id="c\u2060-1"), "unsafe-name"),
    "a zero-width column": (
        lambda: contract(schema=[{"name": "t", "properties": [{"name": "a\ufeffb"}]}]),
        "unsafe-name",
    ),
    "a bidirectional port": (
        lambda: product(outputPorts=[{"name": "a\u2066b", "version": "1"}]),
        "unsafe-name",
    ),
    "a zero-width key": (lambda: '{"na\u200bme": 1}'.encode(), "unsafe-name"),
    "not UTF-8": (lambda: b"name: caf\xe9\n", "not-utf8"),
    "UTF-16 with its mark": (lambda: "kind: DataProduct".encode("utf-16"), "not-utf8"),
    "an overlong form": (lambda: b"a: \xc0\xaf\n", "not-utf8"),
    "gzip": (lambda: gzip.compress(contract()), "not-utf8"),
    "nothing": (lambda: b"", "no-document"),
    "a mark alone": (lambda: b"\xef\xbb\xbf", "no-document"),
    "comments only": (lambda: b"# a\n# b\n", "no-document"),
    "a text": (lambda: b"hello", "unknown-kind"),
    "a list of texts": (lambda: b"- a\n- b\n", "unknown-kind"),
    "a key that is a list": (lambda: b"? [a, b]\n: c\n", "key-not-text"),
    "an unclosed quote": (lambda: b'a: "' + b"x" * 900_000, "not-yaml"),
    "900,000 escaped quotes": (lambda: b'{"a": "' + b'\\"' * 450_000, "not-json"),
    "an unknown kind": (lambda: b"kind: DataProducts\n", "unknown-kind"),
    "an unknown version": (lambda: contract(apiVersion="v9"), "version-not-supported"),
    "5,000 unknown fields": (
        lambda: product(**{f"x{n}": n for n in range(5_000)}),
        "unknown-field",
    ),
    "5,000 wrong columns": (
        lambda: contract(schema=[{"name": "t", "properties": [{"nome": 1}] * 5_000}]),
        "missing-field",
    ),
    "5,000 twin columns": (
        lambda: contract(schema=[{"name": "t", "properties": [{"name": "a"}] * 5_000}]),
        "duplicate-name",
    ),
    "a pattern that runs away": (
        lambda: contract(id="a" * 300_000 + " "),
        "",
    ),
}


def judged(text: bytes) -> tuple[Problem, ...]:
    try:
        documents: list[Document] = load_documents(text, strict=False)
    except DocumentError as error:
        return error.problems
    return tuple(problem for document in documents for problem in read(document).problems)


@pytest.mark.parametrize("name", HOSTILE)
def test_each_is_refused_with_its_place_and_the_rule(name: str) -> None:
    build, code = HOSTILE[name]

    errors = [problem for problem in judged(build()) if problem.severity == "error"]

    if not code:
        assert errors == []
        return
    assert code in {problem.code for problem in errors}
    for problem in errors:
        assert problem.message.strip().endswith((".", "$", "?", ")"))
        whole = problem.code in ("stream-too-large", "too-many-documents", "no-document")
        assert whole or problem.line is not None


def test_the_time_of_each_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    times: dict[str, float] = {}
    judged(contract())
    judged(product())
    for name, (build, _) in HOSTILE.items():
        text = build()
        started = time.process_time()  # of this process: others share the machine
        judged(text)
        times[name] = (time.process_time() - started) * 1000

    slowest = sorted(times.items(), key=lambda item: -item[1])[:5]
    told = ", ".join(f"{name} {spent:.0f} ms" for name, spent in slowest)
    with capsys.disabled():
        sys.stdout.write(f"\n{len(times)} hostile documents; the slowest: {told}\n")
    assert len(times) == len(HOSTILE)
