"""Writing policies: who may, what is refused, and what stays."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from catalog.governance.models import Policy, PolicyVersion
from catalog.governance.services import enforce_policy, retire_policy, save_policy
from core.errors import Conflict, Invalid, InvalidTransition, NotAllowed
from core.models import AuditEvent, OutboxEvent
from tests.catalog.governance.conftest import data_of, policy_of

pytestmark = pytest.mark.django_db


def states(policy):
    return list(policy.versions.order_by("number").values_list("number", "state"))


def test_a_new_policy_is_a_draft_and_is_told(company):
    policy = policy_of(company)

    assert states(policy) == [(1, "draft")]
    assert policy.slug == "orders-are-described"
    assert AuditEvent.objects.get(verb="policy.saved").object_id == policy.slug
    assert OutboxEvent.objects.filter(topic="policy.changed", key=str(policy.pk)).count() == 1


@pytest.mark.parametrize("who", ["member", "owner", "domain_owner"])
def test_only_stewards_write_for_the_company(company, who):
    with pytest.raises(NotAllowed):
        save_policy(data=data_of(company), actor=getattr(company, who))

    assert not Policy.objects.exists()


@pytest.mark.parametrize("who", ["member", "owner", "steward"])
def test_only_the_owners_of_a_domain_write_for_it(company, who):
    with pytest.raises(NotAllowed):
        save_policy(data=data_of(company, domain=company.domain), actor=getattr(company, who))

    assert not Policy.objects.exists()
    assert policy_of(company, domain=company.domain).domain == company.domain


def test_a_wrong_rule_is_refused_with_its_place(company):
    with pytest.raises(Invalid) as refusal:
        policy_of(company, rule="description !=\n  && 1", mend=" ")

    problems = {each.pointer: each for each in refusal.value.problems}
    assert problems["/rule"].code == "bad-rule"
    assert problems["/rule"].message.startswith("Line 2, character 3:")
    assert problems["/mend"].code == "empty-value"
    assert not Policy.objects.exists()


@pytest.mark.parametrize("rule", ["1 + 1", "name", "ports.map(p, p.columns)"])
def test_a_rule_that_decides_nothing_is_refused(company, rule):
    with pytest.raises(Invalid) as refusal:
        policy_of(company, rule=rule)

    assert [(each.pointer, each.code) for each in refusal.value.problems] == [("/rule", "bad-rule")]
    assert not Policy.objects.exists()


def test_a_new_wording_is_a_new_version_and_the_enforced_one_stays_in_force(company):
    policy = policy_of(company, enforced=True)

    save_policy(data=data_of(company, rule='purpose != ""'), actor=company.steward, policy=policy)

    assert states(policy) == [(1, "enforced"), (2, "draft")]


def test_the_same_content_makes_no_version(company):
    policy = policy_of(company)

    save_policy(data=data_of(company), actor=company.steward, policy=policy)

    assert states(policy) == [(1, "draft")]


def test_enforcing_puts_the_draft_in_the_place_of_what_was_in_force(company):
    policy = policy_of(company, enforced=True)
    save_policy(data=data_of(company, words="Other"), actor=company.steward, policy=policy)

    enforce_policy(policy=policy, actor=company.steward, grace_until=dt.date(2099, 1, 1))

    assert states(policy) == [(1, "retired"), (2, "enforced")]
    assert policy.versions.get(number=2).grace_until == dt.date(2099, 1, 1)


def test_without_a_draft_nothing_can_be_enforced(company):
    policy = policy_of(company, enforced=True)

    with pytest.raises(InvalidTransition):
        enforce_policy(policy=policy, actor=company.steward)

    assert states(policy) == [(1, "enforced")]


def test_a_retired_policy_is_retired_once(company):
    policy = policy_of(company)
    retire_policy(policy=policy, actor=company.steward)

    with pytest.raises(InvalidTransition):
        retire_policy(policy=policy, actor=company.steward)

    assert states(policy) == [(1, "retired")]


def test_outsiders_neither_enforce_nor_retire(company):
    policy = policy_of(company)

    for verb in (enforce_policy, retire_policy):
        with pytest.raises(NotAllowed):
            verb(policy=policy, actor=company.owner)

    assert states(policy) == [(1, "draft")]


def test_a_name_is_taken_once(company):
    policy_of(company)

    with pytest.raises(Conflict):
        policy_of(company, rule='purpose != ""')

    assert PolicyVersion.objects.count() == 1


def test_the_database_keeps_a_version_as_it_was_written(company):
    version = policy_of(company).versions.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(rule="true")

    version.refresh_from_db()
    assert version.rule == 'description != ""'


def test_the_database_allows_one_enforced_version(company):
    policy = policy_of(company, enforced=True)

    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.create(
            policy=policy, number=2, rule="true", words="x", mend="x", state="enforced"
        )
