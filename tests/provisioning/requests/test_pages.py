"""Pages of requests: what is seen by whom, and that decisions arrive."""

import re
import uuid

import pytest

from provisioning.requests.models import Decision, Request
from tests.clients import browser
from tests.provisioning.blueprints.conftest import Shop
from tests.provisioning.requests.conftest import Ask


def shown(response, pk) -> str:
    """The page without what differs from answer to answer."""
    text = response.text.replace(str(pk), "").replace(response["X-Request-ID"], "")
    return re.sub(r"[A-Za-z0-9]{64}", "", text)


def test_the_list_shows_mine_my_teams_and_all_that_i_may_see(shop: Shop, ask: Ask):
    ask(name="Of the helper")
    ask(name="Of the owner", actor=shop.owns)
    helper, outsider = browser(shop.helper), browser(shop.outsider)

    mine = helper.get("/requests/").text
    team = helper.get("/requests/?tab=team").text

    assert "of-the-helper" in mine
    assert "of-the-owner" not in mine
    assert "of-the-owner" in team
    for tab in ("mine", "team", "all"):
        assert "Nothing asked for yet" in outsider.get(f"/requests/?tab={tab}").text


def test_the_list_costs_a_constant_number_of_statements(
    shop: Shop, ask: Ask, django_assert_max_num_queries
):
    for number in range(12):
        ask(name=f"Thing {number}")
    client = browser(shop.helper)
    client.get("/requests/")

    with django_assert_max_num_queries(7):
        client.get("/requests/")


def test_older_requests_are_a_page_further(shop: Shop, ask: Ask):
    for number in range(27):
        ask(name=f"Thing {number}")
    client = browser(shop.helper)

    first = client.get("/requests/")
    older = first.context["older"]
    second = client.get(f"/requests/{older}")

    assert len(first.context["rows"]) == 25
    assert [row.title for row in second.context["rows"]] == [
        "New data product sales.thing-1",
        "New data product sales.thing-0",
    ]


def test_a_waiting_request_says_who_decides_and_why(shop: Shop, ask: Ask):
    text = browser(shop.helper).get(ask().get_absolute_url()).text

    assert "Sales Data team" in text
    assert "Because the product belongs to Sales" in text
    assert "Withdraw" in text


def test_a_running_request_polls_itself_and_a_finished_one_does_not(shop: Shop, ask: Ask):
    request = ask(actor=shop.owns)
    client = browser(shop.owner)
    url = request.get_absolute_url()

    live = client.get(url).text
    part = client.get(url, headers={"HX-Request": "true"})
    Request.objects.update(state="succeeded")

    assert "every 1s" in live
    assert "<html" not in part.text
    assert "Check names and quota" in part.text
    assert "HX-Request" in part.headers["Vary"]
    assert "every 1s" not in client.get(url).text


def test_a_foreign_request_answers_like_an_unknown_one(shop: Shop, ask: Ask):
    request = ask()
    client = browser(shop.outsider)
    unknown = uuid.uuid4()

    for name in ("", "decision/", "cancel/"):
        send = client.post if name else client.get
        foreign = send(f"/requests/{request.pk}/{name}", {"decision": "approve"})
        none = send(f"/requests/{unknown}/{name}", {"decision": "approve"})
        assert foreign.status_code == none.status_code == 404
        assert shown(foreign, request.pk) == shown(none, unknown)
    request.refresh_from_db()
    assert request.state == "waiting"


def test_the_inbox_shows_what_waits_for_me_with_its_facts(shop: Shop, ask: Ask):
    first, second = ask(name="First thing"), ask(name="Second thing")
    client = browser(shop.owner)

    inbox = client.get("/approvals/")
    chosen = client.get(f"/approvals/?request={second.pk}")

    assert inbox.context["selected"] == first
    assert chosen.context["selected"] == second
    assert "For the spring range." in chosen.text
    assert "2 columns" in chosen.text
    assert "Nothing waits for you" in browser(shop.helper).get("/approvals/").text
    assert "Nothing waits for you" in browser(shop.outsider).get("/approvals/").text


def test_the_inbox_costs_a_constant_number_of_statements(
    shop: Shop, ask: Ask, django_assert_max_num_queries
):
    for number in range(12):
        ask(name=f"Thing {number}")
    client = browser(shop.owner)
    client.get("/approvals/")

    with django_assert_max_num_queries(8):
        client.get("/approvals/")


def test_approving_and_rejecting_in_the_inbox(shop: Shop, ask: Ask):
    good, bad = ask(name="Good thing"), ask(name="Bad thing")
    client = browser(shop.owner)

    client.post(f"/requests/{good.pk}/decision/", {"decision": "approve", "note": ""})
    client.post(f"/requests/{bad.pk}/decision/", {"decision": "reject", "note": "No <b>need</b>"})

    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.state, bad.state) == ("running", "rejected")
    page = browser(shop.helper).get(bad.get_absolute_url()).text
    assert "No &lt;b&gt;need" in page
    assert "bad-thing" in client.get("/approvals/?tab=decided").text


@pytest.mark.parametrize(
    ("body", "status"),
    [({"decision": "reject"}, 422), ({"decision": "maybe"}, 404), ({}, 404)],
)
def test_a_decision_that_cannot_be_taken_changes_nothing(shop: Shop, ask: Ask, body, status):
    request = ask()

    response = browser(shop.owner).post(f"/requests/{request.pk}/decision/", body)

    assert response.status_code == status
    request.refresh_from_db()
    assert request.state == "waiting"
    assert not Decision.objects.exists()


def test_the_requester_is_offered_no_decision_and_is_refused_one(shop: Shop, ask: Ask):
    request = ask()
    client = browser(shop.helper)

    response = client.post(f"/requests/{request.pk}/decision/", {"decision": "approve"})

    assert response.status_code == 403
    assert "Decide</a>" not in client.get(request.get_absolute_url()).text
    assert not Decision.objects.exists()


def test_cancelling_on_the_page(shop: Shop, ask: Ask):
    request = ask()

    response = browser(shop.helper).post(f"/requests/{request.pk}/cancel/", follow=True)

    assert "Cancelled" in response.text
    assert "Withdrawn" in response.text


def test_the_page_of_a_job_names_its_request(shop: Shop, ask: Ask):
    request = ask(actor=shop.owns)

    page = browser(shop.owner).get(f"/operations/{request.operation_id}/")

    assert f'href="{request.get_absolute_url()}">R-{request.number}</a>' in page.text
