"""Who decides by rule: the nearest part of the company, and the class beside it."""

import pytest
from django.db import IntegrityError, transaction

from accounts.actors import Actor
from accounts.states import PortalRole
from catalog.products.models import OutputPort
from core.errors import Conflict, Invalid, InvalidTransition, NotAllowed
from core.ids import uuid7
from core.models import AuditEvent
from provisioning.requests.data import Route
from provisioning.requests.formats.outcome import Outcome, WantedSide, read_outcome
from provisioning.requests.models import DecisionRule, Request, RuleVersion
from provisioning.requests.selectors.back_testing import Scope, back_test
from provisioning.requests.selectors.routing import EXAMPLE, route_of
from provisioning.requests.services import decide, retire_rule, save_rule, submit
from tests.factories import (
    DomainFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)

APPROVE = {"approve": True}
STEWARD = {"stages": [[{"side": "steward"}]]}
OWNER = {"stages": [[{"side": "owner"}]]}

pytestmark = pytest.mark.django_db


@pytest.fixture
def steward() -> Actor:
    return actor_for(UserFactory(portal_role=PortalRole.STEWARD))


@pytest.fixture
def owner_team():
    return TeamFactory(slug="sales-data", name="Sales Data")


@pytest.fixture
def owns(owner_team) -> Actor:
    return actor_for(member_of(owner_team))


@pytest.fixture
def reader() -> Actor:
    return actor_for(member_of(TeamFactory(slug="web-analytics"), username="rita"))


@pytest.fixture
def port(owner_team) -> OutputPort:
    sales = DomainFactory(path="sales", owner=owner_team)
    emea = DomainFactory(path="sales.emea", parent=sales, owner=owner_team)
    product = ProductFactory(domain=emea, owner=owner_team, classification="confidential")
    return PortFactory(product=product)


def sides(route: Route) -> list[list[str]]:
    """Stage by stage: teams by slug, roles by name, `*n` where n people have to agree."""
    return [
        [
            (side.team.slug if side.team else side.role)
            + (f"*{side.quorum}" if side.quorum > 1 else "")
            for side in stage
        ]
        for stage in route.stages
    ]


def rule(actor: Actor, condition: str = "true", outcome=None, *, name="A rule", **scope):
    position = scope.pop("position", 100)
    return save_rule(
        actor=actor,
        name=name,
        condition=condition,
        outcome=outcome or APPROVE,
        scope=Scope(**scope),
        position=position,
    )


def routed(port: OutputPort, actor: Actor, **facts) -> Route:
    return route_of(port, {**EXAMPLE, **facts}, actor).route


def test_without_a_rule_the_owner_decides_and_owners_need_nobody(port, reader, owns):
    assert sides(routed(port, reader)) == [["sales-data"]]
    assert routed(port, reader).escalate.role == "steward"
    assert sides(routed(port, owns)) == []


def test_a_rule_approves_where_it_holds_and_says_so(port, reader, owns):
    version = rule(owns, "duration <= 30", name="A short look", port=port)

    assert routed(port, reader, duration=30).reason == "“A short look” approves it."
    assert routed(port, reader, duration=30).rule == {
        "id": str(version.rule.pk),
        "name": "A short look",
        "version": 1,
    }
    assert sides(routed(port, reader, duration=31)) == [["sales-data"]]


def test_the_nearest_rule_that_holds_decides(port, reader, owns, steward):
    rule(steward, outcome=STEWARD, name="All")
    assert sides(routed(port, reader)) == [["steward"]]
    rule(owns, outcome={"stages": [[{"side": "domain"}]]}, domain=port.product.domain.parent)
    assert sides(routed(port, reader)) == [["sales-data"]]
    rule(owns, outcome={"stages": [[{"side": "platform"}]]}, domain=port.product.domain)
    assert sides(routed(port, reader)) == [["platform"]]
    rule(owns, port=port)
    assert sides(routed(port, reader)) == []


def test_the_first_rule_of_a_part_that_holds_decides(port, reader, owns):
    rule(owns, outcome=STEWARD, name="Rest", port=port, position=200)
    rule(owns, 'consumer.kind == "team"', name="Teams", port=port, position=100)

    assert sides(routed(port, reader)) == []
    person = {**EXAMPLE["consumer"], "kind": "user"}
    assert sides(routed(port, reader, consumer=person)) == [["steward"]]


def test_no_nearer_rule_lifts_what_the_class_asks_for(port, reader, owns, steward):
    rule(owns, port=port)
    assert sides(routed(port, reader)) == []

    rule(steward, outcome=STEWARD, name="Confidential", classification="confidential")
    assert sides(routed(port, reader)) == [["steward"]]
    assert "“Confidential”" in routed(port, reader).reason


def test_the_class_asks_beside_the_owner_and_nobody_twice(port, reader, owns, steward):
    rule(steward, outcome=STEWARD, classification="confidential")
    assert sides(routed(port, reader)) == [["sales-data"], ["steward"]]

    two = {"stages": [[{"side": "owner", "quorum": 2}, {"side": "steward"}]]}
    rule(steward, outcome=two, name="Two", classification="confidential", position=1)
    assert sides(routed(port, reader)) == [["sales-data*2"], ["steward"]]


def test_a_rule_of_another_class_is_not_asked(port, reader, steward):
    rule(steward, outcome=STEWARD, classification="restricted")

    assert sides(routed(port, reader)) == [["sales-data"]]


def test_an_owner_who_asks_has_agreed_for_their_side(port, owns):
    rule(owns, outcome={"stages": [[{"side": "owner"}], [{"side": "steward"}]]}, port=port)

    assert sides(routed(port, owns)) == [["steward"]]


def test_an_owner_who_asks_needs_one_colleague_less(port, owns):
    rule(owns, outcome={"stages": [[{"side": "owner", "quorum": 2}]]}, port=port)

    assert sides(routed(port, owns)) == [["sales-data"]]


def test_a_side_that_is_named_twice_is_asked_once_by_the_greater_number(port, reader, owns):
    """The domain's owner is the port's owner here."""
    stages = [
        [{"side": "owner"}, {"side": "domain", "quorum": 2}, {"side": "steward"}],
        [{"side": "steward", "quorum": 3}, {"side": "platform"}],
        [{"side": "domain"}],
    ]
    rule(owns, outcome={"stages": stages}, port=port)

    assert sides(routed(port, reader)) == [["sales-data*2", "steward*3"], ["platform"]]


def test_a_rule_that_cannot_be_evaluated_has_people_decide(port, reader, owns):
    rule(owns, "port.nothing == 1", name="Broken", port=port)

    assert sides(routed(port, reader)) == [["sales-data"], ["steward"]]
    assert "could not be evaluated" in routed(port, reader).reason


def test_a_class_whose_rule_cannot_be_evaluated_lifts_nothing(port, reader, owns, steward):
    rule(owns, port=port)
    rule(steward, "1 / 0 == 1", name="Broken", classification="confidential")

    assert sides(routed(port, reader)) == [["sales-data"], ["steward"]]


def test_a_team_that_is_gone_is_replaced_by_the_stewards(port, reader, owns):
    legal = TeamFactory(slug="legal")
    rule(owns, outcome={"stages": [[{"side": "team:legal"}]]}, port=port)
    assert sides(routed(port, reader)) == [["legal"]]

    legal.delete()
    assert sides(routed(port, reader)) == [["steward"]]


def test_the_shortest_time_of_the_rules_that_hold_counts(port, reader, owns, steward):
    rule(owns, outcome={**APPROVE, "max_days": 90}, name="Ninety", port=port)
    rule(
        steward,
        outcome={**STEWARD, "max_days": 30},
        name="Thirty",
        classification="confidential",
    )

    ruled = route_of(port, EXAMPLE, reader)
    assert (ruled.max_days, ruled.limited_by) == (30, "Thirty")


def test_a_new_wording_is_a_version_and_the_same_again_is_none(port, reader, owns):
    first = rule(owns, port=port)

    def again(condition: str) -> RuleVersion:
        return save_rule(
            actor=owns,
            name="A rule",
            condition=condition,
            outcome=APPROVE,
            scope=Scope(),
            rule=first.rule,
        )

    assert again("true").number == 1
    assert again("false").number == 2
    assert sides(routed(port, reader)) == [["sales-data"]]
    assert AuditEvent.objects.filter(verb="rule.saved").count() == 2
    with pytest.raises(IntegrityError, match="stays as it was written"), transaction.atomic():
        RuleVersion.objects.filter(pk=first.pk).update(condition="true")


def test_a_retired_rule_decides_nothing_more(port, reader, owns):
    version = rule(owns, port=port)

    retire_rule(rule=version.rule, actor=owns)

    assert sides(routed(port, reader)) == [["sales-data"]]
    with pytest.raises(InvalidTransition):
        retire_rule(rule=version.rule, actor=owns)
    rule(owns, port=port)  # its name is free again


@pytest.mark.parametrize("part", ["port", "domain", "classification", "company"])
def test_who_does_not_govern_a_part_writes_no_rule_for_it(port, reader, owns, steward, part):
    scope = {
        "port": {"port": port},
        "domain": {"domain": port.product.domain},
        "classification": {"classification": "confidential"},
        "company": {},
    }[part]
    may = owns if part in {"port", "domain"} else steward

    with pytest.raises(NotAllowed):
        rule(reader, **scope)
    assert not DecisionRule.objects.exists()
    rule(may, **scope)


def test_a_name_stands_once_in_a_part(port, owns):
    rule(owns, port=port)

    with pytest.raises(Conflict):
        rule(owns, port=port)
    assert DecisionRule.objects.count() == 1


@pytest.mark.parametrize(
    ("condition", "outcome", "pointer"),
    [
        ("", APPROVE, "/condition"),
        ("duration <", APPROVE, "/condition"),
        ("lifetime < 3", APPROVE, "/condition"),
        ("[1].all(a, [1].all(b, [1].all(c, true)))", APPROVE, "/condition"),
        ("true", {}, "/outcome/stages"),
        ("true", [], "/outcome"),
        ("true", {"stages": []}, "/outcome/stages"),
        ("true", {"stages": [[]]}, "/outcome/stages/0"),
        ("true", {"stages": [[{"side": "boss"}]]}, "/outcome/stages/0/0/side"),
        ("true", {"stages": [[{"side": "team:nobody"}]]}, "/outcome/stages/0/0/side"),
        ("true", {"stages": [[{"side": "owner", "quorum": 0}]]}, "/outcome/stages/0/0/quorum"),
        ("true", {"stages": [[{"side": "owner", "quorum": True}]]}, "/outcome/stages/0/0/quorum"),
        ("true", {"stages": [[{"side": "owner"}, {"side": "owner"}]]}, "/outcome/stages/0"),
        ("true", {"approve": True, "stages": [[{"side": "owner"}]]}, "/outcome"),
        ("true", {"approve": True, "max_days": 0}, "/outcome/max_days"),
        ("true", {**OWNER, "hours": 10_000}, "/outcome/hours"),
        ("true", {**OWNER, "escalate": "boss"}, "/outcome/escalate"),
        ("true", {"approve": True, "because": "x"}, "/outcome/because"),
    ],
)
def test_a_rule_that_is_wrong_is_refused_with_its_place(port, owns, condition, outcome, pointer):
    with pytest.raises(Invalid) as refusal:
        save_rule(
            actor=owns,
            name="A rule",
            condition=condition,
            outcome=outcome,
            scope=Scope(port=port),
        )

    assert [each.pointer for each in refusal.value.problems] == [pointer]
    assert not DecisionRule.objects.exists()


def test_an_outcome_is_kept_as_it_is_read():
    outcome = Outcome(((WantedSide("owner", 2), WantedSide("steward")),), 48, "", 90)

    assert read_outcome(outcome.as_dict()) == (outcome, [])
    assert read_outcome(APPROVE)[0].as_dict() == APPROVE


def asked(port: OutputPort, actor: Actor, decider: Actor, *, approve: bool, **facts) -> Request:
    request = submit(
        kind="service",
        title="Read it",
        actor=actor,
        team=None,
        route=routed(port, actor),
        purpose="x",
        parameters={},
        subject={
            "port_id": str(port.pk),
            "facts": {**EXAMPLE, "port": {**EXAMPLE["port"], "domain": "sales.emea"}, **facts},
            "blueprint": "none",
        },
        instance_id=uuid7(),
    )
    Request.objects.filter(pk=request.pk).update(kind="access")
    if approve:
        Request.objects.filter(pk=request.pk).update(state="running")
        request.decisions.create(
            approval=request.approvals.get(), decided_by_id=decider.user_id, approved=True
        )
        return request
    return decide(request=request, actor=decider, approve=False, note="No")


def test_a_back_test_counts_what_the_rule_would_have_done(port, reader, owns):
    for days in (10, 20, 200):
        asked(port, reader, owns, approve=True, duration=days)
    refused = asked(port, reader, owns, approve=False, duration=15)
    asked(port, reader, owns, approve=False, duration=300)

    found = back_test(
        condition="duration <= 30",
        outcome=read_outcome(APPROVE)[0],
        scope=Scope(domain=port.product.domain.parent),
        actor=owns,
    )

    assert (found.asked, found.approved, found.passed_by, found.left) == (5, 3, 2, 0)
    assert [each.request for each in found.differing] == [refused]
    assert found.words == (
        "Of the last 5 requests this rule would have approved 3;"
        " 1 differently from the people who decided."
    )


def test_a_back_test_shows_only_what_its_reader_may_see(port, reader, owns):
    asked(port, reader, owns, approve=True)
    stranger = actor_for(UserFactory())

    found = back_test(condition="true", outcome=Outcome(), scope=Scope(), actor=stranger)

    assert found.asked == 0
    assert "nothing to try it on" in found.words
