"""Pages and calls of rules, deputies, and several decisions at once."""

import datetime as dt
import json

import pytest
from django.test import Client
from django.utils import timezone

from accounts.states import PortalRole
from catalog.products.models import OutputPort
from provisioning.requests.models import Decision, DecisionRule, Delegation, Request, RuleVersion
from tests.clients import browser
from tests.factories import PortFactory, ProductFactory, UserFactory, member_of
from tests.provisioning.blueprints.conftest import Shop
from tests.provisioning.requests.conftest import Ask

RULE = {
    "name": "A short look",
    "condition": "duration <= 30",
    "outcome": "ask",
    "who": "owner + steward\nplatform x2",
    "hours": "48",
    "escalate": "domain",
    "max_days": "90",
    "position": "5",
}


@pytest.fixture
def port(shop: Shop) -> OutputPort:
    return PortFactory(product=ProductFactory(domain=shop.sales, owner=shop.team))


def test_an_owner_writes_a_rule_for_their_port_in_the_form(shop: Shop, port: OutputPort):
    client = browser(shop.owner)
    form = client.get(f"/approvals/rules/new/?port={port.fqn}")
    assert f"port:{port.fqn}" in form.text

    client.post("/approvals/rules/new/", {**RULE, "scope": f"port:{port.fqn}"})

    rule = DecisionRule.objects.get()
    version = RuleVersion.objects.get()
    assert (rule.port, rule.position, version.condition) == (port, 5, "duration <= 30")
    assert version.outcome == {
        "stages": [
            [{"side": "owner"}, {"side": "steward"}],
            [{"side": "platform", "quorum": 2}],
        ],
        "hours": 48,
        "escalate": "domain",
        "max_days": 90,
    }
    again = client.get(rule.get_absolute_url())
    assert "owner + steward\nplatform x2" in again.text
    assert "An owner of the product and a steward, then 2 platform engineers" in (
        client.get("/approvals/rules/").text
    )


def test_a_refused_rule_keeps_what_was_typed_and_says_where(shop: Shop):
    typed = {**RULE, "scope": "domain:sales", "condition": "duration <", "who": "the boss"}

    page = browser(shop.owner).post("/approvals/rules/new/", typed)

    assert page.status_code == 422
    assert "the boss" in page.text
    assert "duration &lt;" in page.text
    assert "The rule ends too early" in page.text
    assert "One of owner, domain, steward, platform" in page.text
    assert not DecisionRule.objects.exists()


def test_the_check_says_what_is_wrong_or_what_it_would_have_done(shop: Shop):
    client = browser(shop.owner)

    wrong = client.post("/approvals/rules/check/", {**RULE, "condition": "lifetime > 3"})
    right = client.post("/approvals/rules/check/", RULE)

    assert "“lifetime” is no fact" in wrong.text
    assert "nothing to try it on" in right.text


def test_who_may_not_change_a_rule_reads_it_without_a_form(shop: Shop, port: OutputPort):
    browser(shop.owner).post("/approvals/rules/new/", {**RULE, "scope": "domain:sales"})
    rule = DecisionRule.objects.get()

    page = browser(shop.outsider).get(rule.get_absolute_url())

    assert "duration &lt;= 30" in page.text
    assert "Put into force" not in page.text


def test_rules_by_call(shop: Shop, bearer):
    client, headers = Client(), bearer(shop.owner)
    body = {
        "name": "A short look",
        "scope": "domain:sales",
        "condition": "duration <= 30",
        "outcome": {"approve": True},
    }
    call = {"content_type": "application/json", "headers": headers}

    made = client.post("/api/v1/decision-rules", json.dumps(body), **call)
    assert made.status_code == 201, made.text
    url = f"/api/v1/decision-rules/{made.json()['id']}"
    changed = client.put(url, json.dumps({**body, "condition": "duration <= 20"}), **call)
    assert changed.json()["version"] == 2
    listed = client.get("/api/v1/decision-rules", headers=headers).json()["results"]
    assert [(each["name"], each["scope"]) for each in listed] == [("A short look", "domain:sales")]
    assert [each["version"] for each in client.get(url, headers=headers).json()["versions"]] == [
        2,
        1,
    ]
    tried = client.post("/api/v1/decision-rules/test", json.dumps(body), **call)
    assert (tried.status_code, tried.json()["asked"]) == (200, 0)
    refused = client.put(url, json.dumps({**body, "outcome": {"stages": [[]]}}), **call)
    assert refused.json()["problems"][0]["pointer"] == "/outcome/stages/0"
    assert client.post(f"{url}/retire", **call).json()["retired_at"]
    assert client.get("/api/v1/decision-rules", headers=headers).json()["results"] == []


def test_somebody_away_names_a_deputy_who_decides(shop: Shop, ask: Ask):
    request = ask()
    deputy = UserFactory(username="dana", display_name="Dana")
    until = (timezone.now() + dt.timedelta(days=3)).date().isoformat()
    owner = browser(shop.owner)

    refused = owner.post("/approvals/deputies/", {"to": "nobody", "until": until})
    assert refused.status_code == 422
    assert "There is nobody of that name" in refused.text
    owner.post("/approvals/deputies/", {"to": "dana", "until": until, "note": "On leave"})
    assert "Dana" in owner.get("/approvals/deputies/").text

    dana = browser(deputy)
    assert request.title in dana.get("/approvals/").text
    dana.post(f"/requests/{request.pk}/decision/", {"decision": "approve", "note": "Fine"})
    assert Decision.objects.get().instead_of == shop.owner
    assert "Dana for " in browser(shop.helper).get(request.get_absolute_url()).text

    dana.post(f"/approvals/deputies/{Delegation.objects.get().pk}/end/")
    assert not Delegation.objects.in_force().exists()


def test_several_are_decided_at_once_and_each_stands_for_itself(shop: Shop, ask: Ask):
    first, second = ask(name="One thing"), ask(name="Other thing")
    own = ask(name="Third thing", actor=shop.helps)
    own.approvals.update(team=None, role=PortalRole.STEWARD)
    ids = [str(each.pk) for each in (first, second, own)]

    page = browser(shop.owner).post(
        "/approvals/decide/", {"decision": "approve", "request": [*ids, "nonsense"]}, follow=True
    )

    assert f"R-{first.number}, R-{second.number} approved" in page.text
    assert f"R-{own.number}: The stewards decide on this" in page.text
    states = Request.objects.order_by("number").values_list("state", flat=True)
    assert list(states) == ["running", "running", "waiting"]


def test_a_rejection_of_several_needs_a_note(shop: Shop, ask: Ask):
    request = ask()

    page = browser(shop.owner).post(
        "/approvals/decide/", {"decision": "reject", "request": [str(request.pk)]}, follow=True
    )

    assert "Say why, so that the requester can mend it" in page.text
    assert not Decision.objects.exists()


def test_the_inbox_costs_the_same_however_many_wait(
    shop: Shop, ask: Ask, django_assert_max_num_queries
):
    for number in range(30):
        ask(name=f"Thing {number}")
    second = member_of(shop.team)
    client = browser(second)
    client.get("/approvals/")

    with django_assert_max_num_queries(8):
        page = client.get("/approvals/")

    assert len(page.context["rows"]) == 30


def test_the_requester_reminds_from_the_page(shop: Shop, ask: Ask):
    request = ask()
    client = browser(shop.helper)

    early = client.post(f"/requests/{request.pk}/remind/", follow=True)
    assert "remind them tomorrow" in early.text
    request.approvals.update(opened_at=timezone.now() - dt.timedelta(days=2))
    again = client.post(f"/requests/{request.pk}/remind/", follow=True)

    assert "They hear of it again" in again.text
