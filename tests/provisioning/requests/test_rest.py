"""`blueprints` and `requests` over REST (INTERFACE §4)."""

import json
import threading
import time
import uuid

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.services import create_token
from provisioning.jobs.models import Operation
from provisioning.requests.models import Decision, Request
from tests.factories import ProductFactory
from tests.provisioning.blueprints.conftest import Shop, build_shop, parameters
from tests.provisioning.requests.conftest import Ask

URL = "/api/v1/requests"


def body(**changes):
    return {
        "blueprint": "data-product-postgresql",
        "parameters": parameters(**changes),
        "purpose": "For the spring range.",
    }


def send(client: Client, url: str, data, headers):
    return client.post(url, json.dumps(data), content_type="application/json", headers=headers)


def test_the_catalogue_has_schema_and_an_example_that_is_accepted(shop: Shop, client, bearer):
    headers = bearer(shop.owner)

    listed = client.get("/api/v1/blueprints", headers=headers).json()
    one = client.get("/api/v1/blueprints/data-product-postgresql", headers=headers).json()
    accepted = send(client, URL, {"blueprint": one["name"], "parameters": one["example"]}, headers)

    assert "data-product-postgresql" in [each["name"] for each in listed["results"]]
    assert one["schema"]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert accepted.status_code == 202, accepted.text


def test_an_unknown_blueprint_is_404_and_422(shop: Shop, client, bearer):
    headers = bearer(shop.owner)

    assert client.get("/api/v1/blueprints/none", headers=headers).status_code == 404
    refused = send(client, URL, {**body(), "blueprint": "none"}, headers)
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["pointer"] == "/blueprint"


def test_a_request_is_accepted_with_its_place(shop: Shop, client, bearer):
    headers = bearer(shop.helper)

    accepted = send(client, URL, body(), headers)

    assert accepted.status_code == 202
    assert accepted["Retry-After"].isdigit()
    request = Request.objects.get()
    assert accepted["Location"].endswith(f"{URL}/{request.pk}")
    seen = client.get(accepted["Location"], headers=headers).json()
    assert seen == accepted.json()
    assert seen["id"] == str(request.pk)
    assert (seen["kind"], seen["state"]) == ("service", "waiting")
    assert seen["waiting_for"] == "sales-data"
    assert seen["operation"] is None
    assert seen["grant"] is None
    assert seen["product"] is None
    assert seen["parameters"]["columns"][0] == {"name": "return_id", "type": "string", "key": True}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": None}, "/parameters/name"),
        ({"name": 7}, "/parameters/name"),
        ({"columns": None}, "/parameters"),
        ({"contract": "a: 1"}, "/parameters"),
        ({"columns": []}, "/parameters/columns"),
        ({"columns": ["x"]}, "/parameters/columns/0"),
        ({"columns": [{"name": "a"}]}, "/parameters/columns/0/type"),
        ({"columns": None, "contract": "kind: Pod"}, "/parameters/contract/kind"),
        ({"domain": "atlantis"}, "/parameters/domain"),
        ({"team": "foreign"}, "/parameters/team"),
        ({"nonsense": 1}, "/parameters/nonsense"),
        ({"retention_days": 1.5}, "/parameters/retention_days"),
    ],
)
def test_bad_parameters_are_refused_at_their_place_and_nothing_is_made(
    shop: Shop, client, bearer, changes, pointer
):
    refused = send(client, URL, body(**changes), bearer(shop.owner))

    assert refused.status_code == 422
    assert refused["Content-Type"] == "application/problem+json"
    assert pointer in [problem["pointer"] for problem in refused.json()["problems"]]
    assert not Request.objects.exists()
    assert not Operation.objects.exists()


@pytest.mark.parametrize("data", [[], "x", {"blueprint": []}, {"parameters": []}, None])
def test_a_body_of_another_shape_is_refused(shop: Shop, client, bearer, data):
    assert send(client, URL, data, bearer(shop.owner)).status_code == 422


@pytest.mark.parametrize("purpose", [["a"], 5, {"a": 1}, True])
def test_a_purpose_that_is_no_text_is_not_written_down_as_one(shop: Shop, client, bearer, purpose):
    refused = send(client, URL, {**body(), "purpose": purpose}, bearer(shop.owner))

    assert refused.status_code == 422
    assert refused.json()["problems"][0]["pointer"] == "/purpose"
    assert not Request.objects.exists()


def test_a_note_that_is_no_text_decides_nothing(shop: Shop, client, bearer, ask: Ask):
    decision = {"decision": "approve", "note": ["a"]}

    refused = send(client, f"{URL}/{ask().pk}/decision", decision, bearer(shop.owner))

    assert refused.status_code == 422
    assert refused.json()["problems"][0]["pointer"] == "/note"
    assert not Decision.objects.exists()


def test_the_same_key_and_body_make_one_request(shop: Shop, client, bearer):
    headers = bearer(shop.owner) | {"idempotency-key": "k-1"}

    first = send(client, URL, body(), headers)
    again = send(client, URL, body(), headers)
    other = send(client, URL, body(name="Other thing"), headers)

    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    assert again["Location"] == first["Location"]
    assert again["Idempotent-Replayed"] == "true"
    assert not first.has_header("Idempotent-Replayed")
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-mismatch"
    assert Request.objects.count() == Operation.objects.count() == 1


def test_keys_of_two_people_do_not_meet_and_a_refusal_leaves_the_key_free(
    shop: Shop, client, bearer
):
    mine = bearer(shop.owner) | {"idempotency-key": "k-1"}
    theirs = bearer(shop.helper) | {"idempotency-key": "k-1"}

    refused = send(client, URL, body(domain="atlantis"), mine)
    mended = send(client, URL, body(), mine)
    other = send(client, URL, body(name="Other thing"), theirs)

    assert [each.status_code for each in (refused, mended, other)] == [422, 202, 202]


def test_a_token_that_only_reads_asks_for_nothing(shop: Shop, client, bearer):
    refused = send(client, URL, body(), bearer(shop.owner, "read"))
    nobody = send(client, URL, body(), {})

    assert (refused.status_code, nobody.status_code) == (403, 401)
    assert not Request.objects.exists()


def test_a_foreign_request_answers_like_an_unknown_one(shop: Shop, client, bearer, ask: Ask):
    request = ask()
    headers = bearer(shop.outsider)

    foreign = client.get(f"{URL}/{request.pk}", headers=headers)
    unknown = client.get(f"{URL}/{uuid.uuid4()}", headers=headers)
    decision = send(client, f"{URL}/{request.pk}/decision", {"decision": "approve"}, headers)

    assert foreign.status_code == unknown.status_code == decision.status_code == 404
    assert foreign.json() == unknown.json() == decision.json()
    assert client.get(URL, headers=headers).json() == {"results": [], "next": None}


def test_deciding_and_cancelling(shop: Shop, client, bearer, ask: Ask):
    first, second = ask(name="First thing"), ask(name="Second thing")
    owner, helper = bearer(shop.owner), bearer(shop.helper)

    own = send(client, f"{URL}/{first.pk}/decision", {"decision": "approve"}, helper)
    wrong = send(client, f"{URL}/{first.pk}/decision", {"decision": "yes"}, owner)
    bare = send(client, f"{URL}/{first.pk}/decision", {"decision": "reject"}, owner)
    approved = send(client, f"{URL}/{first.pk}/decision", {"decision": "approve"}, owner)
    twice = send(client, f"{URL}/{first.pk}/decision", {"decision": "approve"}, owner)
    cancelled = send(client, f"{URL}/{second.pk}/cancel", {}, helper)

    assert own.status_code == 403
    assert [each.json()["problems"][0]["pointer"] for each in (wrong, bare)] == [
        "/decision",
        "/note",
    ]
    assert approved.json()["state"] == "running"
    assert approved.json()["operation"]
    assert twice.status_code == 409
    assert cancelled.json()["state"] == "cancelled"
    assert Decision.objects.count() == 1


def test_the_list_is_paged_filtered_and_costs_a_constant_number_of_statements(
    shop: Shop, client, bearer, ask: Ask, django_assert_max_num_queries
):
    for number in range(7):
        ask(name=f"Thing {number}")
    headers = bearer(shop.helper)
    client.get(URL, headers=headers)

    with django_assert_max_num_queries(5):
        page = client.get(f"{URL}?page_size=5&state=waiting", headers=headers).json()
    rest = client.get(page["next"], headers=headers).json()

    assert (len(page["results"]), len(rest["results"]), rest["next"]) == (5, 2, None)
    assert client.get(f"{URL}?state=failed", headers=headers).json()["results"] == []


def test_what_requests_made_is_looked_up_once_for_a_page(
    shop: Shop, client, bearer, ask: Ask, django_assert_max_num_queries
):
    products = {}
    for number in range(7):
        asked = ask(name=f"Thing {number}")
        products[str(asked.pk)] = ProductFactory(instance_id=asked.instance_id).fqn
    waiting = str(asked.pk)
    Request.objects.exclude(pk=asked.pk).update(state="succeeded")
    headers = bearer(shop.helper)
    client.get(URL, headers=headers)

    with django_assert_max_num_queries(6):
        page = client.get(URL, headers=headers).json()

    named = {each["id"]: each["product"] for each in page["results"]}
    assert named == {**products, waiting: None}
    assert client.get(f"{URL}/{waiting}", headers=headers).json()["product"] is None


def test_while_the_first_call_runs_its_key_is_busy(transactional_db, settings, warehouse_url):
    shop = build_shop(settings, warehouse_url)
    _, token = create_token(user=shop.owner, name="t", scopes=("read", "write"))
    headers = {"authorization": f"Bearer {token}", "idempotency-key": "k-1"}
    answers: list[int] = []

    def first() -> None:
        answers.append(send(Client(), URL, body(), headers).status_code)
        connection.close()

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE requests_request IN ACCESS EXCLUSIVE MODE")
        thread = threading.Thread(target=first)
        thread.start()
        _wait_for_lock(cursor)
        busy = send(Client(), URL, body(), headers)
    thread.join()
    after = send(Client(), URL, body(), headers)

    assert busy.status_code == 409
    assert busy.json()["type"] == "/problems/idempotency-in-progress"
    assert answers == [202]
    assert (after.status_code, after["Idempotent-Replayed"]) == (202, "true")
    assert Request.objects.count() == 1


def _wait_for_lock(cursor) -> None:
    """Until the other thread waits for the table."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted"
            " AND relation = 'requests_request'::regclass"
        )
        if cursor.fetchone()[0]:
            return
    raise AssertionError("the first call never came to the table")
