"""Rules of decision in GraphQL: what scripts do with them, and each refusal."""

import json

import pytest

from catalog.products.models import OutputPort
from provisioning.requests.models import DecisionRule, Request, RuleVersion
from provisioning.requests.selectors.back_testing import Scope
from provisioning.requests.services import save_rule
from tests.factories import (
    DomainFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
    waiting_request,
)
from tests.portal.graphql.asking import PROBLEMS, UNKNOWN, codes, field, nodes, pointers
from tests.portal.graphql.conftest import ask_as

pytestmark = pytest.mark.django_db

OUTCOME = {
    "stages": [[{"side": "owner"}, {"side": "steward", "quorum": 2}], [{"side": "platform"}]],
    "hours": 48,
    "escalate": "domain",
    "maxDays": 90,
}
ASKED = """approves hours escalation maxDays words changedBy version condition
    stages { sides { side quorum } }"""
CREATE = f"""mutation ($name: String!, $scope: String!, $condition: String!,
    $outcome: DecisionOutcomeInput!, $position: Int! = 100) {{
  createDecisionRule(name: $name, scope: $scope, condition: $condition, outcome: $outcome,
      position: $position) {{
    rule {{ id name scope position port {{ fqn }} wording {{ {ASKED} }} }} {PROBLEMS} }} }}"""
CHANGE = f"""mutation ($id: ID!, $name: String!, $condition: String!,
    $outcome: DecisionOutcomeInput!) {{
  changeDecisionRule(id: $id, name: $name, condition: $condition, outcome: $outcome) {{
    rule {{ name position wording {{ version }}
            versions(first: 5) {{ edges {{ node {{ version approves hours }} }} }} }}
    {PROBLEMS} }} }}"""
RETIRE = f"""mutation ($id: ID!) {{
  retireDecisionRule(id: $id) {{ rule {{ retiredAt }} {PROBLEMS} }} }}"""
TEST = f"""mutation ($condition: String!, $outcome: DecisionOutcomeInput!, $scope: String!) {{
  testDecisionRule(condition: $condition, outcome: $outcome, scope: $scope) {{
    result {{ asked approved left passedBy undecided tooLong words
              differing {{ byPeople byRule request {{ number }} }} }} {PROBLEMS} }} }}"""
RULES = "{ decisionRules(first: 10) { edges { node { name scope } } } }"


@pytest.fixture
def team():
    return TeamFactory(slug="sales-data")


@pytest.fixture
def owner(team):
    return member_of(team, username="olga")


@pytest.fixture
def port(team) -> OutputPort:
    return PortFactory(product=ProductFactory(owner=team))


def rule(port: OutputPort, condition: str = "duration <= 30", **changes) -> dict:
    given = {"name": "A short look", "scope": f"port:{port.fqn}", "condition": condition}
    return given | {"outcome": OUTCOME} | changes


def stored(owner, port) -> DecisionRule:
    return save_rule(
        actor=actor_for(owner),
        name="A short look",
        condition="true",
        outcome={"approve": True},
        scope=Scope(port=port),
        position=7,
    ).rule


def test_a_script_writes_a_rule_and_reads_all_that_it_says(owner, port):
    ask = ask_as(owner)

    found = field(ask, CREATE, **rule(port, position=5))

    assert found["problems"] == []
    assert found["rule"] == {
        "id": str(DecisionRule.objects.get().pk),
        "name": "A short look",
        "scope": f"port:{port.fqn}",
        "position": 5,
        "port": {"fqn": port.fqn},
        "wording": {
            "approves": False,
            "hours": 48,
            "escalation": "domain",
            "maxDays": 90,
            "words": "An owner of the product and 2 stewards, then a platform engineer,"
            " for at most 90 days",
            "changedBy": "olga",
            "version": 1,
            "condition": "duration <= 30",
            "stages": [
                {"sides": [{"side": "owner", "quorum": 1}, {"side": "steward", "quorum": 2}]},
                {"sides": [{"side": "platform", "quorum": 1}]},
            ],
        },
    }
    one = "query ($id: ID!) { decisionRule(id: $id) { name retiredAt classification url } }"
    assert field(ask, one, id=found["rule"]["id"]) == {
        "name": "A short look",
        "retiredAt": None,
        "classification": None,
        "url": DecisionRule.objects.get().get_absolute_url(),
    }


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": " "}, ("/name", "empty")),
        ({"name": "x" * 121}, ("/name", "too-long")),
        ({"condition": "duration <"}, ("/condition", "rule")),
        ({"condition": "nobody == 1"}, ("/condition", "rule")),
        ({"position": 0}, ("/position", "out-of-range")),
        ({"outcome": {}}, ("/outcome/stages", "stages-missing")),
        ({"outcome": {"approve": True, "stages": [[{"side": "owner"}]]}}, ("/outcome", "both")),
        (
            {"outcome": {"stages": [[{"side": "king"}]]}},
            ("/outcome/stages/0/0/side", "unknown-side"),
        ),
        (
            {"outcome": {"stages": [[{"side": "team:none"}]]}},
            ("/outcome/stages/0/0/side", "unknown-team"),
        ),
        (
            {"outcome": {"stages": [[{"side": "owner", "quorum": 99}]]}},
            ("/outcome/stages/0/0/quorum", "out-of-range"),
        ),
        ({"outcome": {"approve": True, "maxDays": 999}}, ("/outcome/max_days", "out-of-range")),
        ({"scope": "somewhere"}, ("/scope", "unknown-scope")),
        ({"scope": "port:sales.none/x@1"}, ("/scope", "unknown-scope")),
    ],
)
def test_a_wrong_rule_is_refused_at_its_place_and_nothing_is_kept(owner, port, changes, problem):
    assert pointers(ask_as(owner), CREATE, **rule(port, **changes)) == [problem]
    assert not DecisionRule.objects.exists()


def test_who_may_not_rule_there_is_told_so_whatever_they_send(owner, port):
    others, wrong = ask_as(UserFactory()), {"condition": "duration <"}

    assert codes(others, CREATE, **rule(port, **wrong)) == ["not-allowed"]
    assert codes(ask_as(owner), CREATE, **rule(port, scope="company")) == ["not-allowed"]
    assert not DecisionRule.objects.exists()


def test_a_name_stands_once_in_a_part(owner, port):
    ask = ask_as(owner)
    field(ask, CREATE, **rule(port))

    assert codes(ask, CREATE, **rule(port)) == ["conflict"]
    assert RuleVersion.objects.count() == 1


def test_a_next_wording_keeps_the_place_and_the_wordings_before(owner, port):
    kept = stored(owner, port)

    given = {"id": str(kept.pk), "name": "Longer", "condition": "true", "outcome": OUTCOME}
    found = field(ask_as(owner), CHANGE, **given)["rule"]

    assert (found["name"], found["position"], found["wording"]) == ("Longer", 7, {"version": 2})
    assert nodes(found["versions"]) == [
        {"version": 2, "approves": False, "hours": 48},
        {"version": 1, "approves": True, "hours": None},
    ]


def test_a_retired_rule_says_since_when_and_is_neither_changed_nor_retired_again(owner, port):
    kept, ask = stored(owner, port), ask_as(owner)
    given = {"id": str(kept.pk), "name": "x", "condition": "true", "outcome": {"approve": True}}

    assert field(ask, RETIRE, id=str(kept.pk))["rule"]["retiredAt"] is not None
    assert codes(ask, RETIRE, id=str(kept.pk)) == ["invalid-transition"]
    assert codes(ask, CHANGE, **given) == ["invalid-transition"]
    assert nodes(field(ask, RULES)) == []
    assert RuleVersion.objects.count() == 1


@pytest.mark.parametrize("query", [CHANGE, RETIRE])
def test_a_rule_that_is_not_theirs_is_not_changed_and_an_unseen_one_is_unknown(owner, port, query):
    kept = stored(owner, port)
    given = {"name": "x", "condition": "true", "outcome": {"approve": True}}
    given = given if query == CHANGE else {}
    reader = ask_as(UserFactory())
    assert codes(reader, query, id=str(kept.pk), **given) == ["not-allowed"]

    port.product.status = "draft"
    port.product.save()

    for pk in (str(kept.pk), UNKNOWN, "x"):
        assert codes(reader, query, id=pk, **given) == ["not-found"]
    kept.refresh_from_db()
    assert (kept.name, kept.retired_at) == ("A short look", None)


def test_rules_are_listed_by_their_place_without_those_of_unseen_ports(owner, port):
    stored(owner, port)
    domain = DomainFactory(path="sales", owner=port.product.owner)
    given = {"name": "All of it", "condition": "true", "outcome": {"approve": True}}
    save_rule(actor=actor_for(owner), scope=Scope(domain=domain), **given)
    reader = ask_as(UserFactory())

    assert nodes(field(reader, RULES)) == [
        {"name": "A short look", "scope": f"port:{port.fqn}"},
        {"name": "All of it", "scope": "domain:sales"},
    ]
    port.product.status = "draft"
    port.product.save()
    assert [each["name"] for each in nodes(field(reader, RULES))] == ["All of it"]


def decided(port: OutputPort, owner, state: str, days: int) -> Request:
    """A request of last week that people decided."""
    facts = {"duration": days, "history": {}, "port": {"domain": "sales"}}
    request = waiting_request(
        port.product.owner,
        title="Read",
        requester=UserFactory(),
        subject={"port": port.fqn, "port_id": str(port.pk), "facts": facts},
    )
    approval = request.approvals.get()
    request.decisions.create(approval=approval, decided_by=owner, approved=state != "rejected")
    Request.objects.filter(pk=request.pk).update(state=state)
    return request


def test_a_rule_is_tried_before_it_is_saved(owner, port):
    decided(port, owner, "succeeded", 10)
    rejected = decided(port, owner, "rejected", 20)
    decided(port, owner, "succeeded", 60)

    found = field(
        ask_as(owner),
        TEST,
        condition="duration <= 30",
        outcome={"approve": True},
        scope=f"port:{port.fqn}",
    )["result"]

    assert found == {
        "asked": 3, "approved": 2, "left": 0, "passedBy": 1, "undecided": 0, "tooLong": 0,
        "words": "Of the last 3 requests this rule would have approved 2; 1 differently from the"
        " people who decided.",
        "differing": [
            {"byPeople": "rejected", "byRule": "approved", "request": {"number": rejected.number}}
        ],
    }  # fmt: skip
    assert not DecisionRule.objects.exists()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"condition": " "}, ("/condition", "empty")),
        ({"condition": "duration <"}, ("/condition", "rule")),
        ({"outcome": {"hours": 1}}, ("/outcome/stages", "stages-missing")),
        ({"scope": "class:none"}, ("/scope", "unknown-scope")),
    ],
)
def test_what_cannot_be_tried_is_refused_at_its_place(owner, changes, problem):
    given = {"condition": "true", "outcome": {"approve": True}, "scope": "company"}

    assert pointers(ask_as(owner), TEST, **given | changes) == [problem]


def test_a_token_that_reads_only_writes_nothing(owner, port):
    answer = ask_as(owner, "read")(CREATE, **rule(port))

    assert answer.status_code == 403
    assert not DecisionRule.objects.exists()


def test_rest_and_graphql_say_the_same_of_a_rule(owner, port, client):
    kept = stored(owner, port)
    client.force_login(owner)

    rest = client.get(f"/api/v1/decision-rules/{kept.pk}").json()
    query = f"""query ($id: ID!) {{ decisionRule(id: $id) {{
        id name scope position retiredAt wording {{ {ASKED} }} }} }}"""
    found = field(ask_as(owner), query, id=str(kept.pk))

    assert {name: found[name] for name in ("id", "name", "scope", "position")} == {
        name: rest[name] for name in ("id", "name", "scope", "position")
    }
    wording = found["wording"]
    assert (wording["version"], wording["condition"]) == (rest["version"], rest["condition"])
    assert json.dumps(rest["outcome"]) == '{"approve": true}'
    assert (wording["approves"], wording["changedBy"]) == (True, rest["changed_by"])
