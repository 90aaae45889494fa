"""Rules on requests for access, and requests that are changed while they wait."""

import datetime as dt

import pytest
from django.utils import timezone

from core.errors import Invalid, InvalidTransition, NotAllowed
from provisioning.access.models import Grant
from provisioning.access.services import AccessData, amend_access
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from provisioning.requests.selectors.back_testing import Scope
from provisioning.requests.services import decide, save_rule
from tests.factories import actor_for, member_of, sides_of


def wish(consumer: str, purpose: str, until: dt.date | None) -> AccessData:
    """A change of a request; its port stays what it was."""
    return AccessData("", consumer, purpose, until)


def test_a_rule_approves_and_the_request_keeps_its_facts(company, ask):
    save_rule(
        actor=company.owns,
        name="Teams",
        condition='consumer.kind == "team" && duration <= 400',
        outcome={"approve": True},
        scope=Scope(port=company.port),
    )

    request = ask()

    assert (request.state, request.reason) == ("running", "“Teams” approves it.")
    assert request.subject["rule"]["name"] == "Teams"
    facts = request.subject["facts"]
    assert facts["consumer"]["team"] == company.marketing.slug
    assert facts["port"]["fqn"] == company.port.fqn
    assert facts["history"] == {"granted": 0, "rejected": 0, "live": 0, "extension": False}
    run_due()
    assert Grant.objects.get().state == "active"


def test_longer_than_a_rule_allows_is_refused_with_the_latest_day(company, ask):
    save_rule(
        actor=company.owns,
        name="A month",
        condition="true",
        outcome={"approve": True, "max_days": 30},
        scope=Scope(port=company.port),
    )
    today = timezone.now().date()

    with pytest.raises(Invalid) as refusal:
        ask(until=today + dt.timedelta(days=30))
    problem = refusal.value.problems[0]
    assert (problem.pointer, problem.code) == ("/until", "beyond-rule")
    assert (today + dt.timedelta(days=29)).isoformat() in problem.message
    assert not Request.objects.exists()
    assert ask(until=today + dt.timedelta(days=29)).state == "running"


def test_what_is_changed_while_it_waits_is_asked_of_everybody_again(company, ask):
    second = actor_for(member_of(company.sales))
    save_rule(
        actor=company.owns,
        name="Two owners",
        condition="true",
        outcome={"stages": [[{"side": "owner", "quorum": 2}]]},
        scope=Scope(port=company.port),
    )
    request = ask()
    decide(request=request, actor=company.owns, approve=True, note="")

    until = timezone.now().date() + dt.timedelta(days=5)
    shorter = wish(f"user:{company.consumer.username}", "A shorter look at the orders.", until)
    amended = amend_access(shorter, request=request, actor=company.asks)

    assert (amended.round, amended.parameters["until"]) == (2, until.isoformat())
    assert amended.subject["facts"]["duration"] == 6
    decide(request=amended, actor=company.owns, approve=True, note="")
    assert amended.state == "waiting"  # the first round's approval counts no more
    decide(request=amended, actor=second, approve=True, note="")
    assert amended.state == "running"
    with pytest.raises(InvalidTransition):
        amend_access(shorter, request=amended, actor=company.asks)


def test_only_whoever_asked_changes_it_and_a_wrong_change_changes_nothing(company, ask):
    request = ask()
    before = Request.objects.values().get()
    wrong = wish(f"user:{company.consumer.username}", "x", None)

    with pytest.raises(Invalid) as refusal:
        amend_access(wrong, request=request, actor=company.asks)
    assert {each.pointer for each in refusal.value.problems} == {"/purpose", "/until"}
    today = timezone.now().date()
    theirs = wish(f"user:{company.colleague.username}", "A longer look at the orders.", today)
    with pytest.raises(NotAllowed):
        amend_access(theirs, request=request, actor=actor_for(company.colleague))
    assert Request.objects.values().get() == before
    assert request.approvals.count() == 1


def test_a_change_of_what_waited_for_people_is_never_approved_by_rule(company, ask):
    request = ask(until=timezone.now().date() + dt.timedelta(days=300))
    save_rule(
        actor=company.owns,
        name="Short",
        condition="duration <= 30",
        outcome={"approve": True},
        scope=Scope(port=company.port),
    )

    today = wish(request.parameters["consumer"], request.purpose, timezone.now().date())
    amended = amend_access(today, request=request, actor=company.asks)

    assert (amended.state, sides_of(amended)[-1]) == ("waiting", company.sales)
