"""A product changed over REST: PATCH, revisions, hand-over."""

import json

import pytest

from catalog.products.models import DataProduct
from tests.factories import TeamFactory
from tests.factories.documents import contract_data, product_data, stream

pytestmark = pytest.mark.django_db


def patch(caller, fqn, body, **headers):
    return caller.client.patch(
        f"/api/v1/products/{fqn}",
        json.dumps(body),
        "application/json",
        headers={**caller.headers, **headers},
    )


@pytest.fixture
def mine(owner):
    body = stream(contract_data(), product_data(domain="sandbox"))
    made = owner.post("descriptors?mode=apply&domain=sandbox", body, "application/yaml")
    assert made.status_code == 200
    return "sandbox.orders"


def test_a_patch_changes_what_it_names_and_answers_the_new_revision(owner, mine):
    before = owner.get(f"products/{mine}")

    answer = patch(
        owner,
        mine,
        {
            "purpose": "Other",
            "links": [{"kind": "runbook", "url": "https://a.example"}],
            "extra": {"a": 1, "b": {"c": 2}},
        },
        **{"If-Match": before["ETag"]},
    )
    merged = patch(owner, mine, {"extra": {"a": None, "b": {"d": 3}}})

    assert answer.status_code == 200
    assert (before["ETag"][:3], answer["ETag"][:3]) == ('"1-', '"2-')
    body = answer.json()
    assert (body["purpose"], body["name"], body["revision"]) == ("Other", "Orders", 2)
    assert body["links"] == [{"kind": "runbook", "label": "", "url": "https://a.example"}]
    assert merged.json()["extra"] == {"b": {"c": 2, "d": 3}}
    assert "purpose: Other" in owner.get(f"products/{mine}/descriptor").content.decode()


def test_a_stale_patch_answers_both_versions_and_changes_nothing(owner, mine):
    patch(owner, mine, {"purpose": "Theirs"})

    answer = patch(owner, mine, {"purpose": "Mine", "tags": []}, **{"If-Match": '"1"'})

    assert (answer.status_code, answer.json()["type"]) == (412, "/problems/revision-differs")
    assert answer.json()["current"] == {"purpose": "Theirs"}
    assert answer.json()["yours"] == {"purpose": "Mine"}
    assert DataProduct.objects.get().purpose == "Theirs"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"status": "active"}, "unknown-field"),
        ({"name": None}, "wrong-type"),
        ({"name": " "}, "empty-value"),
        ({"purpose": 7}, "wrong-type"),
        ({"purpose": "a\0b"}, "value-not-storable"),
        ({"tags": "x"}, "wrong-type"),
        ({"links": [{"kind": "other", "href": "x"}]}, "wrong-form"),
        ({"links": [{"kind": "other", "url": "javascript:alert(1)"}]}, "bad-link"),
        ({"extra": []}, "wrong-type"),
        ({"domain": "nowhere"}, "unknown-domain"),
        ({"visibility": "all"}, "not-in-list"),
        ({"classification": "all"}, "not-in-list"),
    ],
)
def test_a_wrong_patch_is_refused_with_its_reason(owner, mine, body, code):
    answer = patch(owner, mine, body)

    assert answer.status_code == 422
    assert [each["code"] for each in answer.json()["problems"]] == [code]
    assert DataProduct.objects.get().revision == 1


def test_a_patch_is_done_once_with_a_key(owner, mine):
    key = {"Idempotency-Key": "k"}

    first = patch(owner, mine, {"purpose": "Other"}, **key)
    again = patch(owner, mine, {"purpose": "Other"}, **key)

    assert again["Idempotent-Replayed"] == "true"
    assert first["ETag"].startswith('"2-')
    assert again["ETag"] == first["ETag"]
    assert DataProduct.objects.get().revision == 2


def test_revisions_and_a_way_back(owner, mine):
    patch(owner, mine, {"purpose": "Other"})

    listed = owner.get(f"products/{mine}/revisions?page_size=1").json()
    back = owner.post(f"products/{mine}/revert", {"revision": 1})

    assert [each["number"] for each in listed["results"]] == [2]
    assert listed["next"]
    assert (back.status_code, back.json()["revision"]) == (200, 3)
    assert back.json()["purpose"] == product_data()["description"]["purpose"]
    assert owner.post(f"products/{mine}/revert", {"revision": "1"}).status_code == 422
    assert owner.post(f"products/{mine}/revert", {"revision": 9}).status_code == 404


def test_a_product_is_handed_to_a_team_that_exists(owner, mine):
    other = TeamFactory(slug="other")

    unknown = owner.post(f"products/{mine}/hand-over", {"team": "nobody"})
    answer = owner.post(f"products/{mine}/hand-over", {"team": "other", "note": "Theirs now"})

    assert unknown.json()["problems"][0]["code"] == "unknown-team"
    assert answer.json()["owner"]["slug"] == "other"
    assert DataProduct.objects.get().owner == other
    assert patch(owner, mine, {"purpose": "x"}).status_code == 403
