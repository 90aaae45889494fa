"""Asking again: registered queries, and answers that have not changed."""

from __future__ import annotations

import hashlib

import pytest
from django.test import Client

from accounts.states import PortalRole
from core.models import AuditEvent, PersistedQuery
from portal.services.queries import MAX_EACH
from tests.factories import ProductFactory, UserFactory
from tests.portal.graphql.asking import codes, field, pointers
from tests.portal.graphql.conftest import ask_as, headers_for

pytestmark = pytest.mark.django_db

TEXT = "query ($fqn: String!) { product(fqn: $fqn) { name } }"
SHA256 = hashlib.sha256(TEXT.encode()).hexdigest()
REGISTER = """mutation ($text: String!, $name: String!) { persistQuery(text: $text, name: $name) {
    query { id name createdBy } problems { pointer code message } } }"""
FORGET = "mutation ($id: ID!) { forgetQuery(id: $id) { forgotten problems { pointer code } } }"


def by_hash(user, sha256, variables=None, **headers):
    return Client().post(
        "/graphql/",
        data={"id": sha256, "variables": variables or {}},
        content_type="application/json",
        headers=headers_for(user) | headers,
    )


def test_a_registered_query_is_run_by_its_hash_with_the_callers_own_rights(ask, member):
    shown, hidden = ProductFactory(), ProductFactory(status="draft")

    made = field(ask, REGISTER, text=TEXT, name="Name of a product")
    other = UserFactory()
    seen = by_hash(other, SHA256, {"fqn": shown.fqn})
    unseen = by_hash(other, SHA256, {"fqn": hidden.fqn})

    assert made["query"] == {
        "id": SHA256,
        "name": "Name of a product",
        "createdBy": member.username,
    }
    assert seen.json()["data"] == {"product": {"name": shown.name}}
    assert unseen.json()["data"] == {"product": None}
    assert AuditEvent.objects.filter(verb="query.registered", object_id=SHA256).count() == 1


def test_the_same_text_is_registered_once(ask):
    field(ask, REGISTER, text=TEXT, name="One")
    again = field(ask_as(UserFactory()), REGISTER, text=TEXT, name="Two")

    assert again["query"]["name"] == "One"
    assert AuditEvent.objects.filter(verb="query.registered").count() == 1


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("{ nothing }", "x", ("/text", "invalid-query")),
        ("{", "x", ("/text", "syntax")),
        ("{" + "__typename " * 21 + "}", "x", ("/text", "too-many-equal-names")),
        ('mutation { cancel(id: "1") { problems { code } } }', "x", ("/text", "not-a-query")),
        (TEXT, " ", ("/name", "name-missing")),
        (TEXT, "x" * 121, ("/name", "too-long")),
    ],
)
def test_what_is_no_query_is_not_registered(ask, text, name, expected):
    assert pointers(ask, REGISTER, text=text, name=name) == [expected]
    assert not PersistedQuery.objects.exists()


def test_a_person_may_register_so_many_and_no_more(ask, member):
    PersistedQuery.objects.bulk_create(
        PersistedQuery(
            sha256=f"{n:064x}", name="x", text="{ __typename }", created_by="x", owner_id=member.pk
        )
        for n in range(MAX_EACH)
    )

    assert codes(ask, REGISTER, text=TEXT, name="One more") == ["too-many-queries"]
    assert field(ask_as(UserFactory()), REGISTER, text=TEXT, name="Another's")["query"]


def test_only_who_registered_it_and_administrators_remove_a_query(ask, member):
    field(ask, REGISTER, text=TEXT, name="Name")
    stranger = ask_as(UserFactory())
    admin = ask_as(UserFactory(portal_role=PortalRole.ADMIN))

    assert codes(stranger, FORGET, id=SHA256) == ["not-allowed"]
    assert PersistedQuery.objects.exists()
    assert field(admin, FORGET, id=SHA256) == {"forgotten": SHA256, "problems": []}
    assert codes(ask, FORGET, id=SHA256) == ["not-found"]
    assert by_hash(member, SHA256, {"fqn": "x"}).json()["errors"][0]["extensions"] == {
        "code": "unknown-query"
    }


@pytest.mark.parametrize("given", ["x", "A" * 64, 1, "0" * 63, {}])
def test_what_is_no_hash_is_refused(member, given):
    response = by_hash(member, given)

    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "bad-request"


def test_an_unchanged_answer_is_not_sent_again(ask, member):
    product = ProductFactory()
    query = {"query": TEXT, "variables": {"fqn": product.fqn}}

    def asked(**headers):
        return Client().post(
            "/graphql/",
            data=query,
            content_type="application/json",
            headers=headers_for(member) | headers,
        )

    first = asked()
    known = {"If-None-Match": f'"other", {first["ETag"]}'}
    same = asked(**known)
    product.name = "Renamed"
    product.save(update_fields=["name"])
    changed = asked(**known)

    assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
    assert changed.status_code == 200
    assert changed.json()["data"]["product"]["name"] == "Renamed"
    assert changed["ETag"] != first["ETag"]


def test_errors_and_mutations_carry_no_etag(ask):
    refused = ask('{ products(first: 1, after: "x") { edges { cursor } } }')
    done = ask(REGISTER, text=TEXT, name="Name")

    assert refused.json()["errors"]
    assert "ETag" not in refused
    assert "ETag" not in done
