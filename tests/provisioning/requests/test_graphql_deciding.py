"""Deputies and the inbox in GraphQL: what scripts do with them, and each refusal."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.states import PortalRole
from provisioning.requests.models import Approval, Delegation, Request
from tests.factories import TeamFactory, UserFactory, member_of, waiting_request
from tests.portal.graphql.asking import PROBLEMS, codes, field, nodes, pointers
from tests.portal.graphql.conftest import ask_as

pytestmark = pytest.mark.django_db

DELEGATE = f"""mutation ($to: String!, $since: Date, $until: Date!, $note: String) {{
  delegate(to: $to, since: $since, until: $until, note: $note) {{
    delegation {{ id fromUser {{ username }} toUser {{ username }} note }} {PROBLEMS} }} }}"""
END = f"""mutation ($id: ID!) {{
  endDelegation(id: $id) {{ delegation {{ id endsAt }} {PROBLEMS} }} }}"""
DELEGATIONS = """query ($side: DelegationSide) { delegations(first: 10, side: $side) {
    edges { node { fromUser { username } toUser { username } } } } }"""
APPROVALS = """{ approvals(first: 10) { edges { node {
    why state stage openedAt dueAt request { number title parameters factsWhenAsked } } } } }"""
REQUESTS = """query ($whose: RequestWhose, $state: [RequestState!], $kind: RequestKind) {
    requests(first: 10, whose: $whose, state: $state, kind: $kind) {
      edges { node { title approvals { why } } } } }"""
REMIND = f"mutation ($id: ID!) {{ remind(id: $id) {{ request {{ number }} {PROBLEMS} }} }}"


def in_days(days: int) -> str:
    return (timezone.now().date() + dt.timedelta(days=days)).isoformat()


@pytest.fixture
def team():
    return TeamFactory(slug="sales-data")


@pytest.fixture
def owner(team):
    return member_of(team, username="olga")


def test_somebody_names_a_deputy_and_both_see_it(owner):
    deputy = UserFactory(username="dora")

    found = field(ask_as(owner), DELEGATE, to="dora", until=in_days(7), note="Skiing")

    assert found["problems"] == []
    assert found["delegation"] == {
        "id": str(Delegation.objects.get().pk),
        "fromUser": {"username": "olga"},
        "toUser": {"username": "dora"},
        "note": "Skiing",
    }
    for user, side in ((owner, "GIVEN"), (deputy, "TAKEN")):
        other = "TAKEN" if side == "GIVEN" else "GIVEN"
        assert len(nodes(field(ask_as(user), DELEGATIONS))) == 1
        assert len(nodes(field(ask_as(user), DELEGATIONS, side=side))) == 1
        assert nodes(field(ask_as(user), DELEGATIONS, side=other)) == []
    assert nodes(field(ask_as(UserFactory(portal_role=PortalRole.ADMIN)), DELEGATIONS)) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"to": "nobody"}, ("/to", "unknown-user")),
        ({"to": "olga"}, ("/to", "yourself")),
        ({"until": in_days(-1)}, ("/until", "in-the-past")),
        ({"until": in_days(200)}, ("/until", "too-late")),
        ({"since": in_days(9)}, ("/until", "in-the-past")),
        ({"note": "x" * 201}, ("/note", "too-long")),
    ],
)
def test_a_wrong_delegation_is_refused_at_its_place(owner, changes, problem):
    UserFactory(username="dora")

    given = {"to": "dora", "until": in_days(7)} | changes

    assert pointers(ask_as(owner), DELEGATE, **given) == [problem]
    assert not Delegation.objects.exists()


def test_one_deputy_at_a_time(owner):
    UserFactory(username="dora")
    ask = ask_as(owner)
    field(ask, DELEGATE, to="dora", until=in_days(7))

    assert codes(ask, DELEGATE, to="dora", until=in_days(3)) == ["conflict"]
    assert Delegation.objects.count() == 1


def test_either_ends_it_and_a_stranger_finds_none(owner):
    deputy = UserFactory(username="dora")
    field(ask_as(owner), DELEGATE, to="dora", until=in_days(7))
    field(ask_as(owner), DELEGATE, to="dora", since=in_days(20), until=in_days(27))
    now, later = Delegation.objects.order_by("starts_at")
    before = now.ends_at

    for given in (str(now.pk), "999999", "x", "9" * 40):
        assert codes(ask_as(UserFactory()), END, id=given) == ["not-found"]
    ended = field(ask_as(deputy), END, id=str(now.pk))["delegation"]
    gone = field(ask_as(owner), END, id=str(later.pk))["delegation"]

    assert dt.datetime.fromisoformat(ended["endsAt"]) < before
    assert gone["id"] == str(later.pk)
    assert list(Delegation.objects.all()) == [now]
    assert nodes(field(ask_as(owner), DELEGATIONS)) == []


@pytest.fixture
def waiting(team) -> Request:
    asking = TeamFactory()
    return waiting_request(
        team,
        title="Read orders",
        requester=member_of(asking, username="rita"),
        team=asking,
        parameters={"port": "sales.orders/orders@1", "consumer": "team:x", "until": "2099-01-01"},
        subject={"port": "sales.orders/orders@1", "facts": {"duration": 9}},
    )


def test_the_inbox_says_what_is_asked_and_why_it_is_mine(owner, waiting):
    (found,) = nodes(field(ask_as(owner), APPROVALS))

    assert found["why"] == "you own sales-data"
    assert (found["state"], found["stage"]) == ("WAITING", 1)
    assert found["openedAt"] < found["dueAt"]
    assert found["request"] == {
        "number": waiting.number,
        "title": "Read orders",
        "parameters": waiting.parameters,
        "factsWhenAsked": {"duration": 9},
    }
    assert nodes(field(ask_as(waiting.requester), APPROVALS)) == []


def test_a_deputy_finds_it_in_theirs_and_why(owner, waiting):
    deputy = UserFactory(username="dora")
    field(ask_as(owner), DELEGATE, to="dora", until=in_days(7))

    (found,) = nodes(field(ask_as(deputy), APPROVALS))

    assert found["why"] == "you decide for somebody who is away"


def test_requests_are_chosen_by_whose_kind_and_state(owner, waiting):
    waiting_request(TeamFactory(), title="Hidden", requester=UserFactory())
    requester = ask_as(waiting.requester)

    mine = nodes(field(requester, REQUESTS, whose="MINE", state=["WAITING"], kind="ACCESS"))

    assert mine == [{"title": "Read orders", "approvals": [{"why": None}]}]
    assert len(nodes(field(requester, REQUESTS, whose="TEAM"))) == 1
    assert nodes(field(requester, REQUESTS, state=["FAILED"])) == []
    assert nodes(field(requester, REQUESTS, kind="SERVICE")) == []
    assert nodes(field(ask_as(owner), REQUESTS, whose="MINE")) == []
    assert nodes(field(ask_as(owner), REQUESTS, whose="DECIDED")) == []
    assert nodes(field(ask_as(owner), REQUESTS)) == [
        {"title": "Read orders", "approvals": [{"why": "you own sales-data"}]}
    ]


def test_deciders_are_reminded_once_a_day(owner, waiting):
    requester, given = ask_as(waiting.requester), {"id": str(waiting.pk)}

    assert codes(requester, REMIND, **given) == ["too-soon"]
    Approval.objects.update(opened_at=timezone.now() - dt.timedelta(days=2))
    assert field(requester, REMIND, **given)["request"] == {"number": waiting.number}
    assert codes(requester, REMIND, **given) == ["too-soon"]
    assert codes(ask_as(owner), REMIND, **given) == ["not-allowed"]
    assert codes(ask_as(UserFactory()), REMIND, **given) == ["not-found"]
    Request.objects.update(state="cancelled")
    assert codes(requester, REMIND, **given) == ["invalid-transition"]
