"""The publish gate, what-if, and who fails today."""

import datetime as dt

import pytest

from catalog.contracts.models import SchemaObject, SchemaProperty, Sla
from catalog.governance.examples import EXAMPLES
from catalog.governance.extensions import example_of, subjects_of
from catalog.governance.models import Evaluation
from catalog.governance.selectors import policy_rows, what_if
from catalog.governance.services import retire_policy
from catalog.products import services as products
from catalog.products.models import Ownership
from catalog.products.selectors import publish_blockers, publish_problems
from catalog.products.selectors.facts import facts_of
from catalog.products.selectors.gate import gate_problems
from core import cel, outbox
from core.errors import Invalid
from portal.demo.policies import POLICIES, load_policies
from tests.catalog.governance.conftest import policy_of, product_of
from tests.factories import DomainFactory, TeamFactory

pytestmark = pytest.mark.django_db


def codes(product):
    return [(each.code, each.severity) for each in publish_problems(product)]


def test_an_enforced_policy_keeps_a_product_from_going_out(company):
    policy = policy_of(company, enforced=True)
    product = product_of(company, status="draft")

    with pytest.raises(Invalid, match="1 thing to fix") as refusal:
        products.publish_product(product=product, actor=company.owner)

    (problem,) = refusal.value.problems
    assert (problem.code, problem.message) == ("policy-failed", "Write a description.")
    assert (problem.policy, problem.url) == (policy.name, policy.get_absolute_url())
    assert problem.as_dict()["policy"] == policy.name
    product.refresh_from_db()
    assert product.status == "draft"
    product.description = "Orders"
    product.save()
    products.publish_product(product=product, actor=company.owner)


def test_a_draft_and_a_rule_in_grace_only_warn(company):
    policy_of(company, name="Draft")
    policy_of(company, name="Grace", enforced=True, grace_until=dt.date(2099, 1, 1))
    product = product_of(company, status="draft")

    assert codes(product) == [("policy-failed", "warning")] * 2
    assert publish_blockers(product) == []


def test_a_grace_that_is_over_blocks(company):
    policy_of(company, enforced=True, grace_until=dt.date(2020, 1, 1))

    assert codes(product_of(company, status="draft")) == [("policy-failed", "error")]


def test_what_could_not_be_evaluated_blocks_only_when_enforced(company):
    rule = 'extra.missing == "x"'
    policy_of(company, name="Draft", rule=rule)
    product = product_of(company, status="draft")
    assert codes(product) == []

    policy_of(company, name="Enforced", rule=rule, enforced=True)

    (problem,) = publish_problems(product)
    assert (problem.code, problem.severity) == ("policy-undecided", "error")
    assert "There is no “missing” here" in problem.message


def test_a_retired_policy_asks_nothing(company):
    retire_policy(policy=policy_of(company, enforced=True), actor=company.steward)

    assert codes(product_of(company, status="draft")) == []


def test_a_policy_of_a_domain_is_for_that_domains_tree(company):
    policy_of(company, enforced=True, domain=company.domain)
    below = DomainFactory(path="sales.emea", parent=company.domain)
    other = TeamFactory(domain=DomainFactory(path="salesforce"))

    assert codes(product_of(company, status="draft", domain=below)) != []
    company.team = other
    assert codes(product_of(company, status="draft", domain=other.domain)) == []


def test_the_gate_is_asked_for_many_at_once(company, django_assert_num_queries):
    policy_of(company, enforced=True)
    made = [product_of(company, status="draft") for _ in range(5)]
    facts = list(facts_of([each.pk for each in made]).values())

    with django_assert_num_queries(1):
        found = gate_problems(facts)

    assert {pk: [each.code for each in problems] for pk, problems in found.items()} == {
        each.pk: ["policy-failed"] for each in made
    }


def test_facts_cost_the_same_for_any_number(company, django_assert_num_queries):
    made = [product_of(company) for _ in range(4)]

    for count in (1, 4):
        with django_assert_num_queries(2):
            facts_of([each.pk for each in made[:count]])


def test_the_facts_of_a_product(company):
    product = product_of(company, tags=["orders"], links=[{"kind": "runbook", "url": "https://x"}])
    version = product.output_ports.get().contract_version
    described = SchemaObject.objects.create(version=version, position=0, name="orders")
    for at, (name, tags) in enumerate([("id", []), ("email", ["pii"])]):
        SchemaProperty.objects.create(
            object=described, position=at, path=name, name=name, tags=tags, description=name[:at]
        )
    Sla.objects.create(version=version, property="latency", value="4")
    Ownership.objects.create(product=product, kind="steward", team=company.team)

    facts = facts_of([product.pk])[product.pk].as_json()

    (port,) = facts["ports"]
    assert (port["columns"], port["described_columns"], port["pii_columns"]) == (2, 1, 1)
    assert (port["promises"], port["has_sla"]) == (["latency"], True)
    assert facts["has_personal_data"] is True
    assert (facts["ownership"], facts["links"]) == (["steward"], ["runbook"])
    assert facts.keys() == subjects_of("product").example.keys()


def test_contracts_have_the_facts_of_their_newest_version(company):
    version = product_of(company).output_ports.get().contract_version
    facts = subjects_of("contract").facts([version.contract_id])[version.contract_id]

    assert facts.keys() == subjects_of("contract").example.keys()
    assert (facts["version"], facts["domain"]) == ("1.0.0", "sales")


def test_who_fails_follows_products_and_policies(company):
    policy = policy_of(company)
    failing, keeping = product_of(company), product_of(company, description="x")
    product_of(company, status="draft")
    outbox.drain()
    assert outcomes() == {failing.pk: "fail", keeping.pk: "pass"}
    since = Evaluation.objects.get(subject_id=failing.pk).since

    failing.description = "x"
    failing.save()
    outbox.emit("product.changed", key=failing.pk, product_id=str(failing.pk))
    outbox.drain()
    assert outcomes() == {failing.pk: "pass", keeping.pk: "pass"}
    assert Evaluation.objects.get(subject_id=failing.pk).since > since

    products.deprecate_product(product=failing, actor=company.owner)
    products.retire_product(product=failing, actor=company.owner)
    outbox.drain()
    assert outcomes() == {keeping.pk: "pass"}

    retire_policy(policy=policy, actor=company.steward)
    outbox.drain()
    assert outcomes() == {}


def outcomes():
    return dict(Evaluation.objects.values_list("subject_id", "outcome"))


def test_a_policy_is_evaluated_in_chunks(company, monkeypatch):
    monkeypatch.setattr("catalog.governance.services.evaluating.CHUNK", 2)
    made = {product_of(company).pk for _ in range(5)}
    policy_of(company)

    outbox.drain()

    assert set(outcomes()) == made


def test_counts_are_those_of_what_the_reader_may_see(company):
    policy_of(company)
    product_of(company)
    product_of(company, visibility="restricted")
    outbox.drain()

    assert policy_rows(company.steward)[0].failing == 2
    assert policy_rows(company.member)[0].failing == 1


def test_what_if_counts_apart_and_changes_nothing(company):
    version = policy_of(company, rule='extra.x == "y"').versions.get()
    for extra in ({}, {"x": "y"}, {"x": "n"}):
        product_of(company, extra=extra)
    product_of(company, extra={"x": "n"}, visibility="restricted")
    product_of(company, status="draft")

    result = what_if(version, company.member)

    assert (result.checked, result.kept, result.failing, result.undecided) == (3, 1, 1, 1)
    assert {outcome for _, outcome, _ in result.shown} == {"fail", "undecided"}
    assert not result.is_partial
    assert not Evaluation.objects.exists()


def test_what_if_is_bounded(company, monkeypatch):
    monkeypatch.setattr("catalog.governance.selectors.judging.WHAT_IF_MOST", 2)
    monkeypatch.setattr("catalog.governance.selectors.judging.WHAT_IF_CHUNK", 2)
    version = policy_of(company).versions.get()
    for _ in range(3):
        product_of(company)

    result = what_if(version, company.steward)

    assert (result.checked, result.is_partial) == (2, True)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.words)
def test_every_example_reads_well(example):
    facts = example_of(example.subject)

    assert cel.check(example.rule, {*facts, "now"}) == []
    assert cel.decide(example.rule, [facts])[0].value is not None


def test_the_demo_company_has_its_policies_once(company):
    for _ in range(2):
        load_policies(actor=company.steward, owner=company.team)

    rows = {row.policy.slug: row.state for row in policy_rows(company.steward)}
    assert len(rows) == len(POLICIES)
    assert rows["says-what-it-is-for"] == "enforced"
    assert publish_blockers(product_of(company, status="draft")) == []
