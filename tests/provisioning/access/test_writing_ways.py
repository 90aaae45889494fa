"""Access that writes, as rules, pages and scripts meet it."""

from __future__ import annotations

import json

from django.urls import reverse

from provisioning.access.services import (
    amend_access,
    offer_writes,
)
from provisioning.access.services.wishes import AccessData
from provisioning.requests.models import Request
from provisioning.requests.selectors.back_testing import Scope
from provisioning.requests.services import save_rule
from tests.factories import TeamFactory, member_of
from tests.portal.graphql.conftest import ask_as
from tests.provisioning.access.conftest import in_days
from tests.provisioning.access.test_pages import ask_url, filled, signed_in
from tests.provisioning.access.test_rest import body, caller
from tests.provisioning.access.writing import WRITE, opened


def rule(company, condition: str) -> None:
    save_rule(
        actor=company.owns,
        name="Short looks",
        condition=condition,
        outcome={"approve": True},
        scope=Scope(port=company.port),
    )


def test_a_rule_that_says_nothing_of_writing_approves_reading_only(offered, ask):
    rule(offered, "duration <= 40")

    assert ask().state == "running"
    request = ask(mode=WRITE)

    assert request.state == "waiting"
    assert "says nothing of writing" in request.reason


def test_a_rule_reads_the_mode(offered, ask):
    rule(offered, 'mode == "write" && duration <= 40')

    assert ask(mode=WRITE).state == "running"
    assert ask(consumer=f"user:{offered.consumer.username}").state == "waiting"


def test_what_waits_can_be_changed_to_reading(offered, ask):
    request = ask(mode=WRITE)
    data = AccessData(
        port=offered.port.fqn,
        consumer=request.parameters["consumer"],
        purpose=request.purpose,
        until=in_days(30),
    )

    amend_access(data, request=request, actor=offered.asks)

    request.refresh_from_db()
    assert request.parameters["mode"] == "read"


# Pages and interfaces


def test_the_form_offers_writing_where_the_owner_does(company, ask):
    client = signed_in(company.consumer)
    assert 'name="mode"' not in client.get(ask_url(company)).content.decode()
    offer = {"port": company.port.fqn, "offered": "yes"}
    stranger = signed_in(company.consumer).post(reverse("access:offer-writes"), offer)
    assert stranger.status_code == 403

    page = signed_in(company.owner).post(reverse("access:offer-writes"), offer, follow=True)

    assert "Others may ask to write." in page.content.decode()
    form = client.get(f"{ask_url(company)}&mode=write").content.decode()
    assert 'value="write" checked' in form
    asked = client.post(ask_url(company), filled(company, mode="write"), follow=True)
    assert "Read and write" in asked.content.decode()
    decider = signed_in(company.owner).get("/approvals/").content.decode()
    assert "Asks to" in decider
    assert "Approve writing until" in decider
    grant = opened(company, Request.objects.get())
    shown = client.get(grant.get_absolute_url()).content.decode()
    assert "read and write" in shown
    assert "writes" in client.get(reverse("access:mine")).content.decode()
    assert "may write" in client.get(company.port.get_absolute_url()).content.decode()


def test_who_reads_is_offered_to_write(offered, granted):
    page = signed_in(offered.consumer).get(offered.port.get_absolute_url()).content.decode()

    assert "Ask to write" in page


def test_an_unknown_mode_stands_at_its_field(offered):
    response = signed_in(offered.consumer).post(ask_url(offered), filled(offered, mode="own"))

    assert response.status_code == 422
    assert 'href="#mode"' in response.content.decode()
    assert not Request.objects.exists()


def test_the_list_asks_for_all_ports_in_one_mode_and_says_which_takes_no_writes(offered, ask):
    client = signed_in(offered.consumer)
    client.post(reverse("access:cart-add"), {"port": offered.port.fqn})
    offer_writes(port=offered.port, offered=False, actor=offered.owns)

    response = client.post(reverse("access:cart"), filled(offered, mode="write"))

    assert response.status_code == 422
    assert "not offered for writing" in response.content.decode()
    offer_writes(port=offered.port, offered=True, actor=offered.owns)
    assert 'name="mode"' in client.get(reverse("access:cart")).content.decode()
    client.post(reverse("access:cart"), filled(offered, mode="write"))
    assert Request.objects.get().parameters["mode"] == "write"


def test_rest_has_the_mode_and_read_is_the_default(company):
    call = caller(company.consumer)
    own = caller(company.owner)
    assert call("POST", "access-requests", body(company, mode="write")).status_code == 422
    offer = {"port": company.port.fqn, "offered": True}
    assert call("POST", "port-writes", offer).status_code == 403
    foreign = own("POST", "port-writes", {**offer, "port": "no.such/port@1"})
    assert foreign.status_code == 404
    wrong = own("POST", "port-writes", {**offer, "offered": "yes"})
    assert wrong.json()["problems"][0]["pointer"] == "/offered"
    answer = own("POST", "port-writes", offer)
    assert answer.json() == {"port": company.port.fqn, "takes_writes": True}

    assert call("POST", "access-requests", body(company, mode="write")).status_code == 202
    writer = opened(company, Request.objects.get())
    mine = f"user:{company.consumer.username}"
    assert call("POST", "access-requests", body(company, consumer=mine)).status_code == 202
    reader = opened(company, Request.objects.first())

    modes = {each["id"]: each["mode"] for each in call("GET", "grants").json()["results"]}
    assert modes == {str(writer.pk): "write", str(reader.pk): "read"}
    refused = call("POST", "access-requests", body(company, mode="own", consumer=mine))
    assert {each["pointer"] for each in refused.json()["problems"]} == {"/mode"}


def test_authorization_comes_before_validation(offered):
    strange = caller(member_of(TeamFactory()))

    answer = strange("POST", "port-writes", {"port": offered.port.fqn, "offered": "?"})

    assert answer.status_code == 403


def test_graphql_asks_to_write(offered):
    query = """mutation($port: String!, $consumer: String!, $until: Date!, $mode: AccessMode) {
      requestAccess(port: $port, consumer: $consumer, purpose: "Mend orders by hand.",
                    until: $until, mode: $mode) { request { id } problems { pointer } } }"""
    given = {
        "port": offered.port.fqn,
        "consumer": f"user:{offered.consumer.username}",
        "until": in_days(30).isoformat(),
        "mode": "WRITE",
    }
    client = signed_in(offered.consumer)
    sent = json.dumps({"query": query, "variables": given})
    answer = client.post("/graphql/", sent, content_type="application/json").json()
    assert answer["data"]["requestAccess"]["request"]
    opened(offered, Request.objects.get())

    query = "{ grants(first: 5) { edges { node { mode port { takesWrites } } } } }"
    answer = client.post("/graphql/", json.dumps({"query": query}), "application/json").json()

    (edge,) = answer["data"]["grants"]["edges"]
    assert edge["node"] == {"mode": "WRITE", "port": {"takesWrites": True}}


def test_a_script_offers_it_in_graphql(company):
    offer = (
        'mutation { offerWrites(port: "%s", offered: %s)'
        " { outputPort { takesWrites } problems { code } } }"
    )
    port = company.port.fqn

    def said(user, offered="true"):
        (answer,) = ask_as(user)(offer % (port, offered)).json()["data"].values()
        return answer["outputPort"], [each["code"] for each in answer["problems"]]

    assert said(company.consumer) == (None, ["not-allowed"])
    assert said(company.owner) == ({"takesWrites": True}, [])
    assert said(company.owner, "false") == ({"takesWrites": False}, [])
