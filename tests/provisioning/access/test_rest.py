import json

import pytest
from django.test import Client

from accounts.services import create_token
from provisioning.access.models import Credential, Grant
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from provisioning.requests.services import decide
from tests.factories import TeamFactory, member_of
from tests.provisioning.access.conftest import in_days, read, snapshot


def caller(user, *scopes):
    """`call("POST", "grants/…", {...})` with a token of `user`."""
    _, token = create_token(user=user, name="test", scopes=list(scopes) or ["read", "write"])
    client = Client(headers={"Authorization": f"Bearer {token}"})

    def call(method: str, path: str, body: object = None, **headers: str):
        return client.generic(
            method,
            f"/api/v1/{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers=headers,
        )

    return call


def body(company, **changes) -> dict[str, str]:
    given = {
        "port": company.port.fqn,
        "consumer": f"team:{company.marketing.slug}",
        "purpose": "Count orders by channel for the weekly report.",
        "until": in_days(30).isoformat(),
    }
    return given | changes


def test_from_asking_to_rows_and_to_the_end(company):
    call = caller(company.consumer)

    asked = call("POST", "access-requests", body(company))
    assert asked.status_code == 202
    assert asked["Location"].endswith(f"/api/v1/requests/{asked.json()['id']}")
    request = Request.objects.get()
    decide(request=request, actor=company.owns, approve=True, note="")
    run_due()
    grant = call("GET", f"requests/{request.pk}").json()["grant"]
    assert call("GET", f"grants/{grant}").json()["state"] == "active"
    shown = call("POST", f"grants/{grant}/credentials")
    assert shown.status_code == 200
    assert shown["Cache-Control"] == "no-store"
    assert set(shown.json()) == {"username", "password", "dsn", "expires_at"}
    assert read(shown.json()["dsn"], company.port)
    ended = call("POST", f"grants/{grant}/revoke", {"reason": "Finished."})
    assert ended.status_code == 202
    assert ended.json()["state"] == "revoked"
    run_due()
    assert call("GET", f"grants/{grant}").json()["removed_at"]


def test_credentials_are_given_once_and_then_renewed_on_demand(company, granted):
    call = caller(company.consumer)
    path = f"grants/{granted.pk}/credentials"
    first = call("POST", path).json()

    second = call("POST", path)
    renewed = call("POST", path, {"renew": True})
    run_due()
    third = call("POST", path)

    assert second.status_code == 409
    assert second.json()["type"] == "/problems/credential-gone"
    assert renewed.status_code == 202
    assert "/api/v1/operations/" in renewed["Location"]
    assert third.json()["username"] == first["username"]
    assert third.json()["password"] != first["password"]


def test_a_colleague_without_a_login_is_made_one(company, granted):
    call = caller(company.colleague)
    path = f"grants/{granted.pk}/credentials"

    making = call("POST", path)
    run_due()

    assert making.status_code == 202
    assert read(call("POST", path).json()["dsn"], company.port)


def test_problems_have_pointers_and_nothing_changes(company):
    before = snapshot(company)

    answer = caller(company.consumer)("POST", "access-requests", body(company, until="soon"))

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert [each["pointer"] for each in answer.json()["problems"]] == ["/until"]
    assert snapshot(company) == before


@pytest.mark.parametrize("sent", [[], "text", {"port": 1}, {"port": "a\u0000b"}])
def test_a_body_of_the_wrong_shape_is_refused(company, sent):
    answer = caller(company.consumer)("POST", "access-requests", sent)

    assert answer.status_code == 422
    assert not Request.objects.exists()


def test_the_same_key_asks_once(company):
    call = caller(company.consumer)

    first = call("POST", "access-requests", body(company), **{"Idempotency-Key": "k-1"})
    again = call("POST", "access-requests", body(company), **{"Idempotency-Key": "k-1"})

    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    assert Request.objects.count() == 1


def test_a_foreign_grant_is_as_unknown_as_none(company, granted):
    call = caller(member_of(TeamFactory()))
    unknown = "00000000-0000-7000-8000-000000000000"

    for method, path in (("GET", ""), ("POST", "/revoke"), ("POST", "/credentials")):
        foreign = call(method, f"grants/{granted.pk}{path}")
        absent = call(method, f"grants/{unknown}{path}")
        assert foreign.status_code == absent.status_code == 404
        assert foreign.json() == absent.json()
    assert call("GET", "grants").json()["results"] == []
    granted.refresh_from_db()
    assert granted.state == "active"


def test_a_token_that_only_reads_changes_nothing(company, granted):
    call = caller(company.consumer, "read")

    assert call("GET", "grants").json()["results"]
    for path in (f"grants/{granted.pk}/credentials", f"grants/{granted.pk}/revoke"):
        assert call("POST", path).status_code == 403
    assert call("POST", "access-requests", body(company)).status_code == 403
    assert Credential.objects.get().ciphertext is not None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=active", 1),
        ("state=revoked", 0),
        ("port={port}", 1),
        ("port=no.such/port@1", 0),
        ("consumer=team:{team}", 1),
        ("consumer=team:nobody", 0),
    ],
)
def test_grants_are_filtered(company, granted, query, found):
    query = query.format(port=company.port.fqn, team=company.marketing.slug)

    answer = caller(company.owner)("GET", f"grants?{query}")

    assert len(answer.json()["results"]) == found


def test_a_filter_of_unknown_words_is_refused(company, granted):
    call = caller(company.owner)
    for query in ("state=lost", "consumer=marketing", "consumer=team:", "consumer=port:a"):
        assert call("GET", f"grants?{query}").status_code == 422, query


def test_a_list_costs_the_same_however_long(company, granted, django_assert_max_num_queries):
    call = caller(company.owner)
    call("GET", "grants")

    with django_assert_max_num_queries(6):
        results = call("GET", "grants?page_size=1").json()["results"]

    assert results[0]["id"] == str(Grant.objects.get().pk)
