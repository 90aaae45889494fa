"""A body holds what openapi.json says and nothing else, whatever the operation."""

from __future__ import annotations

import pytest
from django.test import Client

from core import request_bodies
from core.request_bodies import _bodies
from tests.factories import TeamFactory, UserFactory, member_of

pytestmark = pytest.mark.django_db


def send(method, path, body, user=None):
    client = Client()
    client.force_login(user or UserFactory())
    call = getattr(client, method)
    return call(f"/api/v1/{path}", body, content_type="application/json")


def test_a_misspelt_member_is_named_with_the_one_that_was_meant():
    answer = send("post", "demands", {"titel": "Stock", "need": "Stock of each store"})

    assert answer.status_code == 422
    [problem] = answer.json()["problems"]
    assert (problem["pointer"], problem["code"]) == ("/titel", "unknown-field")
    assert problem["message"] == "`titel` is not taken here; did you mean `title`?"


def test_one_that_is_like_none_is_told_what_there_is():
    answer = send("post", "demands", {"title": "Stock", "need": "x", "colour/~": "red"})

    [problem] = answer.json()["problems"]
    assert problem["pointer"] == "/colour~1~0"
    assert problem["message"] == "`colour/~` is not taken here; there are domain, need, title."


def test_members_of_members_and_of_lists_are_looked_at():
    team = TeamFactory(slug="sales-data")
    body = {"name": "Shop", "team": team.slug, "ports": [{"name": "a", "kind": "file", "typ": "x"}]}

    answer = send("put", f"systems/{team.domain.path}.shop", body, member_of(team))

    assert [each["pointer"] for each in answer.json()["problems"]] == ["/ports/0/typ"]


@pytest.mark.parametrize(
    ("method", "path"), [("post", "access-requests"), ("patch", "saved-searches/1")]
)
def test_those_with_serializers_and_parameters_are_found_too(method, path):
    answer = send(method, path, {"folow": True})

    assert [each["code"] for each in answer.json()["problems"]] == ["unknown-field"]


def test_very_many_are_neither_named_nor_compared(monkeypatch):
    compared = []
    monkeypatch.setattr(request_bodies, "_said", lambda name, _: compared.append(name) or name)

    answer = send("post", "demands", {f"x{n}": n for n in range(5_000)})

    assert len(answer.json()["problems"]) == len(compared) == 20


def test_parameters_of_a_blueprint_and_documents_are_looked_at_by_others():
    assert _bodies()["/api/v1/descriptors", "POST"] is None
    assert _bodies()["/api/v1/requests", "POST"].members["parameters"] is None
