"""REST called in ways that its description allows, and in others: never 5xx, always as described.

Schemathesis makes the calls; what answers is checked as in the role matrix.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from core.positions import number_events
from tests.portal.company import Company, make_company
from tests.portal.described import DOCUMENT, OPERATIONS, faults
from tests.portal.test_role_matrix import path_of, routes

pytestmark = pytest.mark.django_db

SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
LEAST, NIGHTLY = 500, 10_000  # calls
SENT = frozenset({"idempotency-key", "if-match", "if-none-match", "accept"})


@pytest.fixture
def company() -> Company:
    made = make_company()
    number_events()
    assert made.sessions
    return made


def test_calls_made_from_the_description_are_answered_as_described(company):
    assert called(company, a_way=2, derandomize=True) >= LEAST


@pytest.mark.nightly
def test_ten_thousand_calls(company):
    assert called(company, a_way=40, derandomize=False) >= NIGHTLY


def called(company: Company, *, a_way: int, derandomize: bool) -> int:
    """Call every operation `a_way` times for each way; returns how many calls were made."""
    real = real_paths(company)
    count = 0
    for operation in operations():
        for mode in GenerationMode:
            for path in {None, real[operation.method, operation.path]}:
                count += fuzzed(company, operation, mode, path, a_way, derandomize)
    return count


def operations() -> Iterator[Any]:
    for result in SCHEMA.get_all_operations():
        yield result.ok()


def real_paths(company: Company) -> dict[tuple[str, str], str | None]:
    """The path of each operation for the company's own things; None where it names none."""
    patterns = {}
    for name, pattern, _ in routes():
        if pattern.startswith("api/v1/"):
            shape = "/" + _plain(pattern, "<", ">")
            patterns[shape] = path_of(name, pattern, company) if "<" in pattern else None
    return {
        (method, path): patterns[_plain(path, "{", "}")]
        for path, methods in DOCUMENT["paths"].items()
        for method in methods
    }


def _plain(path: str, begin: str, end: str) -> str:
    parts = path.split("/")
    return "/".join("{}" if each.startswith(begin) and each.endswith(end) else each
                    for each in parts)  # fmt: skip


def fuzzed(
    company: Company,
    operation: Any,
    mode: GenerationMode,
    path: str | None,
    most: int,
    derandomize: bool,
) -> int:
    described = OPERATIONS[operation.method, _plain(operation.path, "{", "}")]
    clients = [(company.client("admin"), {}), (company.client("visitor"),
                                               company.headers["team token"])]  # fmt: skip
    made = []

    @settings(
        max_examples=most,
        derandomize=derandomize,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Any) -> None:
        client, headers = clients[len(made) % 2]
        made.append(case)
        answer = sent(client, headers, case, path)
        shown = f"{case.method} {path or case.path} {case.query} {case.body!r:.300}"
        assert answer.status_code < 500, shown
        assert list(faults(described, answer)) == [], f"{answer.status_code}: {shown}"

    with contextlib.suppress(Unsatisfiable):  # nothing can be sent that it does not take
        call()
    return len(made)


def sent(client: Any, headers: dict[str, str], case: Any, path: str | None) -> Any:
    where = path or quote(case.formatted_path.encode("utf-8", "replace"), safe="/%:@")
    query = urlencode(case.query or {}, doseq=True, errors="replace")
    given_headers = {
        name: str(value).encode("ascii", "replace").decode()
        for name, value in (case.headers or {}).items()
        if name.lower() in SENT
    }
    body: Any = b""
    if case.method.upper() not in {"GET", "DELETE"} and not _is_absent(case.body):
        body = case.body if isinstance(case.body, bytes) else json.dumps(case.body, default=str)
    with transaction.atomic():
        answer = client.generic(
            case.method.upper(),
            f"{where}?{query}" if query else where,
            body,
            content_type=case.media_type or "application/json",
            headers={**headers, **given_headers},
        )
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer


def _is_absent(body: Any) -> bool:
    return type(body).__name__ == "NotSet"
