"""How much of a body is read, and that one in parts is read at all."""

import gzip
import io
import json
from typing import Any

import pytest
from django.test import RequestFactory

from accounts.services import create_token
from catalog.lineage.rest.parsers import MAX_EVENT
from core.bodies import CHUNK, LIMIT
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
EVENT = {
    "eventTime": "2026-11-01T00:00:00Z",
    "eventType": "COMPLETE",
    "run": {"runId": "11111111-1111-1111-1111-111111111111"},
    "job": {"namespace": "n", "name": "j"},
}


class Counting(io.RawIOBase):
    """A body of blanks; as a server hands it over, it ends by itself."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        wanted = self.size if size < 0 else size
        part = b" " * min(wanted, self.size - self.taken)
        self.taken += len(part)
        return part


@pytest.fixture
def send(client):
    _, token = create_token(user=UserFactory(), name="t", scopes=["read", "write"])

    def call(path: str, body: Any, **said: Any) -> tuple[int, dict[str, Any]]:
        """As a web server calls us: status and answer."""
        environ = RequestFactory().post(path, content_type="application/json").environ
        environ |= {"HTTP_AUTHORIZATION": f"Bearer {token}", "wsgi.input": body, **said}
        answer = client.request(**environ)
        return answer.status_code, answer.json()

    return call


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/api/v1/requests", LIMIT),
        ("/api/v1/lineage", MAX_EVENT),
        ("/api/v1/lineage/batch", 32 * 2**20),
        ("/api/v1/quality-results", 64 * 2**20),
        ("/api/v1/descriptors?mode=validate", 32 * 2**20),
    ],
)
@pytest.mark.parametrize("size", [60 * 2**20, 5 * 2**30])
def test_what_is_too_large_is_not_read_whole(send, path, limit, size):
    size = max(size, limit + CHUNK)
    body = Counting(size)

    status, answer = send(path, body, CONTENT_LENGTH=str(size))

    assert (status, answer["type"]) == (413, "/problems/too-large")
    assert f"{limit:,} bytes" in answer["detail"]
    assert body.taken <= limit


def test_a_body_in_parts_that_does_not_end_is_not_read_whole(send):
    body = Counting(5 * 2**30)

    status, _ = send("/api/v1/lineage", body, **PARTS)

    assert status == 413
    assert body.taken <= MAX_EVENT + CHUNK


PARTS = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}


@pytest.mark.parametrize("zipped", [False, True])
def test_a_body_in_parts_is_read(send, zipped):
    text = json.dumps(EVENT).encode()
    said = {**PARTS, **({"HTTP_CONTENT_ENCODING": "gzip"} if zipped else {})}

    status, _ = send("/api/v1/lineage", io.BytesIO(gzip.compress(text) if zipped else text), **said)

    assert status == 201


def test_parts_and_one_piece_are_refused_alike(send):
    whole = send("/api/v1/requests", io.BytesIO(b'{"blueprint": 5}'), CONTENT_LENGTH="16")

    assert send("/api/v1/requests", io.BytesIO(b'{"blueprint": 5}'), **PARTS) == whole
    assert whole[0] == 422


def test_a_query_that_is_too_large_is_refused_in_the_words_of_graphql(send):
    body = Counting(60 * 2**20)

    status, answer = send("/graphql/", body, CONTENT_LENGTH=str(body.size))

    assert (status, answer["errors"][0]["extensions"]["code"]) == (400, "too-large")
    assert body.taken == 0


def test_a_query_in_parts_is_answered(send):
    body = io.BytesIO(b'{"query": "{ __typename }"}')

    status, answer = send("/graphql/", body, **PARTS)

    assert (status, answer["data"]) == (200, {"__typename": "Query"})
