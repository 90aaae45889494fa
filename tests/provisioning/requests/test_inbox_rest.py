"""`approvals` and what a decider should know, over REST."""

import pytest

from provisioning.requests.models import Decision, Request
from provisioning.requests.services import decide
from tests.factories import TeamFactory, UserFactory, member_of
from tests.portal.graphql.asking import UNKNOWN
from tests.provisioning.access.test_rest import caller
from tests.provisioning.blueprints.conftest import Shop
from tests.provisioning.requests.conftest import Ask


def test_the_inbox_lists_what_waits_for_me_and_why(shop: Shop, ask: Ask):
    request = ask()

    (row,) = caller(shop.owner)("GET", "approvals").json()["results"]

    assert row["side"] == "sales-data"
    assert row["why"] == "you own Sales Data team"
    assert row["opened_at"] < row["due_at"]
    assert row["request"]["id"] == str(request.pk)
    assert row["request"]["parameters"] == request.parameters
    assert caller(shop.helper)("GET", "approvals").json()["results"] == []


def test_the_inbox_is_paged(shop: Shop, ask: Ask):
    for n in range(3):
        ask(name=f"Thing {n}")
    call = caller(shop.owner)

    first = call("GET", "approvals?page_size=2").json()
    rest = call("GET", first["next"].partition("/api/v1/")[2]).json()

    assert len(first["results"]) == 2
    assert len(rest["results"]) == 1
    assert rest["next"] is None
    assert call("GET", "approvals?cursor=x").status_code == 422
    assert call("GET", "approvals?page_size=0").status_code == 400


def test_several_are_decided_at_once_and_each_stands_for_itself(shop: Shop, ask: Ask):
    one, two, done = ask(name="One"), ask(name="Two"), ask(name="Three")
    decide(request=done, actor=shop.owns, approve=False, note="No need")
    ids = [str(each.pk) for each in (one, two, done)]
    body = {"requests": [*ids, UNKNOWN, "x"], "decision": "reject", "note": "Not now"}

    answer = caller(shop.owner)("POST", "approvals/decisions", body)

    assert answer.status_code == 200
    rows = answer.json()["results"]
    assert [each["request"] for each in rows] == body["requests"]
    assert [each["state"] for each in rows] == ["rejected", "rejected", "rejected", None, None]
    said = [each["problem"] and each["problem"]["type"] for each in rows]
    assert said == [
        None, None, "/problems/invalid-transition", "/problems/not-found", "/problems/not-found",
    ]  # fmt: skip
    assert Decision.objects.count() == 3


def test_a_strangers_request_is_as_unknown_as_none(shop: Shop, ask: Ask):
    request = ask()
    body = {"requests": [str(request.pk), UNKNOWN], "decision": "approve"}

    rows = caller(member_of(TeamFactory()))("POST", "approvals/decisions", body).json()["results"]

    assert rows[0]["problem"] == rows[1]["problem"]
    assert rows[0]["state"] is None
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"requests": []}, "/requests"),
        ({"requests": "x"}, "/requests"),
        ({"requests": [1]}, "/requests"),
        ({"requests": [str(n) for n in range(101)]}, "/requests"),
        ({"decision": "perhaps"}, "/decision"),
        ({"decision": []}, "/decision"),
        ({"note": 7}, "/note"),
    ],
)
def test_a_body_of_the_wrong_shape_decides_nothing(shop: Shop, ask: Ask, changes, pointer):
    body = {"requests": [str(ask().pk)], "decision": "approve", "note": ""} | changes

    answer = caller(shop.owner)("POST", "approvals/decisions", body)

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["problems"]] == [pointer]
    assert not Decision.objects.exists()


def test_a_rejection_of_several_without_a_note_is_refused_for_each(shop: Shop, ask: Ask):
    body = {"requests": [str(ask().pk)], "decision": "reject"}

    (row,) = caller(shop.owner)("POST", "approvals/decisions", body).json()["results"]

    assert row["state"] == "waiting"
    assert row["problem"]["problems"][0]["code"] == "note-missing"
    assert Request.objects.get().state == "waiting"


def test_the_same_key_decides_once(shop: Shop, ask: Ask):
    body = {"requests": [str(ask().pk)], "decision": "approve"}
    call = caller(shop.owner)

    first = call("POST", "approvals/decisions", body, **{"Idempotency-Key": "k-1"})
    again = call("POST", "approvals/decisions", body, **{"Idempotency-Key": "k-1"})

    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"


def test_facts_and_history_are_for_whoever_sees_the_request(shop: Shop, ask: Ask):
    request = ask()
    call = caller(shop.owner)

    facts = call("GET", f"requests/{request.pk}/facts").json()
    history = call("GET", f"requests/{request.pk}/history").json()["results"]

    assert {"label": "Columns", "value": "2 columns", "url": None} in facts["facts"]
    assert facts["approve_label"] == "Approve"
    assert [(each["name"], each["state"]) for each in history] == [
        ("Sent", "done"),
        ("Decision", "run"),
    ]
    stranger = caller(UserFactory())
    for name in ("facts", "history"):
        unseen = stranger("GET", f"requests/{request.pk}/{name}")
        unknown = stranger("GET", f"requests/{UNKNOWN}/{name}")
        assert unseen.status_code == unknown.status_code == 404
        assert unseen.json() == unknown.json()


def test_requests_are_chosen_by_whose_they_are(shop: Shop, ask: Ask):
    ask()
    helper, owner = caller(shop.helper), caller(shop.owner)

    assert len(helper("GET", "requests?whose=mine").json()["results"]) == 1
    assert owner("GET", "requests?whose=mine").json()["results"] == []
    assert len(owner("GET", "requests").json()["results"]) == 1
    assert owner("GET", "requests?whose=decided").json()["results"] == []
    decide(request=Request.objects.get(), actor=shop.owns, approve=False, note="No")
    assert len(owner("GET", "requests?whose=decided").json()["results"]) == 1
    assert helper("GET", "requests?whose=decided").json()["results"] == []
    for wrong in ("whose=theirs", "state=odd", "kind=odd"):
        assert owner("GET", f"requests?{wrong}").status_code == 422
