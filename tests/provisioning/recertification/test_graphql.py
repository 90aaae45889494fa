"""A recertification that a script begins, decides and stops; and each refusal."""

import pytest

from provisioning.access.models import Credential
from provisioning.access.services import revoke_grant
from provisioning.jobs.services.work import run_due
from provisioning.recertification.models import Campaign, Review
from provisioning.requests.selectors.back_testing import Scope
from tests.factories import TeamFactory, UserFactory, member_of
from tests.portal.graphql.asking import PROBLEMS, UNKNOWN, codes, field, nodes, pointers
from tests.portal.graphql.conftest import ask_as
from tests.provisioning.access.conftest import in_days, roles_of
from tests.provisioning.access.test_rest import caller
from tests.provisioning.recertification.test_pages import user_of

PROGRESS = "progress { total open kept revoked gone dropped }"
CAMPAIGN = f"""id name scope reason silence createdBy {{ username }} dueAt closedAt
    port {{ fqn }} domain {{ path }} classification {PROGRESS}"""
START = f"""mutation ($name: String!, $scope: String!, $until: Date!, $silence: Silence!,
    $reason: String) {{
  startRecertification(name: $name, scope: $scope, until: $until, silence: $silence,
      reason: $reason) {{ recertification {{ {CAMPAIGN} }} {PROBLEMS} }} }}"""
REVIEWS = """query ($id: ID!, $first: Int! = 10, $state: ReviewState, $toDecide: Boolean) {
  recertification(id: $id) { reviews(first: $first, state: $state, toDecide: $toDecide) {
    edges { node { id state mayDecide note decidedAt decidedBy { username }
                   grant { consumer purpose until lastSeenAt port { fqn } } } }
    pageInfo { hasNextPage } } } }"""
DECIDE = f"""mutation ($id: ID!, $keep: [ID!], $revoke: [ID!], $note: String) {{
  decideReviews(recertification: $id, keep: $keep, revoke: $revoke, note: $note) {{
    recertification {{ {PROGRESS} }} {PROBLEMS} }} }}"""
STOP = f"""mutation ($id: ID!) {{
  stopRecertification(id: $id) {{ recertification {{ closedAt {PROGRESS} }} {PROBLEMS} }} }}"""
LISTED = f"{{ recertifications(first: 10) {{ edges {{ node {{ name {PROGRESS} }} }} }} }}"


def given(company, **changes) -> dict:
    return {
        "name": "Autumn",
        "scope": f"port:{company.port.fqn}",
        "until": str(in_days(14)),
        "silence": "REVOKE",
    } | changes


def counts(**changes: int) -> dict[str, int]:
    found = {"total": 0, "open": 0, "kept": 0, "revoked": 0, "gone": 0, "dropped": 0}
    return found | changes | {"total": sum(changes.values())}


def reviews_in(ask, campaign, **arguments) -> list[dict]:
    return nodes(field(ask, REVIEWS, id=str(campaign.pk), **arguments)["reviews"])


def review_of(grant) -> str:
    return str(Review.objects.get(grant=grant).pk)


def test_a_script_begins_decides_on_many_and_reads_the_outcome(company, granted, second, settings):
    ask = ask_as(company.owner)
    Credential.objects.filter(grant=granted).update(last_seen_at=granted.starts_at)

    begun = field(ask, START, **given(company, reason="As every year."))["recertification"]
    campaign = Campaign.objects.get()
    listed = reviews_in(ask, campaign, toDecide=True)
    done = field(
        ask, DECIDE, id=begun["id"], note="One is enough.",
        keep=[review_of(granted)], revoke=[review_of(second)],
    )  # fmt: skip
    run_due()

    assert begun | {"dueAt": "", "id": ""} == {
        "id": "",
        "name": "Autumn",
        "scope": f"port:{company.port.fqn}",
        "reason": "As every year.",
        "silence": "REVOKE",
        "createdBy": {"username": company.owner.username},
        "dueAt": "",
        "closedAt": None,
        "port": {"fqn": company.port.fqn},
        "domain": None,
        "classification": None,
        "progress": counts(open=2),
    }
    assert [each["mayDecide"] for each in listed] == [True, True]
    assert listed[0]["grant"]["consumer"] == f"team:{company.marketing.slug}"
    assert listed[0]["grant"]["lastSeenAt"] is not None
    assert listed[1]["grant"]["lastSeenAt"] is None
    assert done == {
        "recertification": {"progress": counts(kept=1, revoked=1)},
        "problems": [],
    }
    kept, ended = reviews_in(ask, campaign)
    assert (kept["state"], ended["state"]) == ("KEPT", "REVOKED")
    assert (ended["note"], ended["mayDecide"]) == ("One is enough.", False)
    assert ended["decidedBy"] == {"username": company.owner.username}
    assert roles_of(second, settings) == set()
    assert roles_of(granted, settings)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": " "}, ("/name", "missing")),
        ({"name": "x" * 121}, ("/name", "too-long")),
        ({"reason": "x" * 2001}, ("/reason", "too-long")),
        ({"until": str(in_days(0))}, ("/until", "in-the-past")),
        ({"until": str(in_days(400))}, ("/until", "too-late")),
        ({"scope": "somewhere"}, ("/scope", "unknown-scope")),
        ({"scope": "port:sales.none/x@1"}, ("/scope", "unknown-scope")),
    ],
)
def test_a_wrong_campaign_is_refused_at_its_place(company, granted, changes, problem):
    assert pointers(ask_as(company.owner), START, **given(company, **changes)) == [problem]
    assert not Campaign.objects.exists()


def test_who_does_not_govern_a_part_begins_nothing_there(company, granted):
    wrong = {"name": " "}  # which is told to those who may only

    for user, scope in (
        (company.consumer, f"port:{company.port.fqn}"),
        (company.owner, "company"),
        (company.owner, f"domain:{company.port.product.domain.path}"),
    ):
        assert codes(ask_as(user), START, **given(company, scope=scope, **wrong)) == ["not-allowed"]
    assert not Campaign.objects.exists()


def test_where_nobody_reads_there_is_nothing_to_look_at(company):
    assert codes(ask_as(company.owner), START, **given(company)) == ["nothing-there"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, ("", "nothing-chosen")),
        ({"keep": ["x"]}, ("/keep", "not-a-list")),
        ({"revoke": ["9" * 40]}, ("/revoke", "not-a-list")),
        ({"keep": ["999999"]}, ("/999999", "not-open")),
        ({"keep": ["1"], "revoke": ["1"]}, ("", "both")),
        ({"keep": [str(n) for n in range(501)]}, ("", "too-many")),
        ({"keep": ["1"], "note": "x" * 2001}, ("/note", "too-long")),
    ],
)
def test_a_wrong_decision_changes_nothing(company, granted, begin, changes, problem):
    campaign = begin()

    found = pointers(ask_as(company.owner), DECIDE, id=str(campaign.pk), **changes)

    assert found == [problem]
    assert Review.objects.get().state == "open"


def test_all_or_none_are_decided(company, granted, second, begin):
    ask, campaign = ask_as(company.owner), begin()
    keep = [review_of(granted), "999999"]

    assert codes(ask, DECIDE, id=str(campaign.pk), keep=keep) == ["not-open"]
    assert {each.state for each in Review.objects.all()} == {"open"}


def test_what_is_not_theirs_is_unknown_or_not_open(company, granted, begin, steward):
    campaign, pk = begin(), review_of(granted)
    readers = ask_as(company.consumer)

    for given_id in (str(campaign.pk), UNKNOWN, "x"):
        assert codes(readers, DECIDE, id=given_id, keep=[pk]) == ["not-found"]
        assert codes(readers, STOP, id=given_id) == ["not-found"]
        assert field(readers, REVIEWS, id=given_id) is None
    assert nodes(field(readers, LISTED)) == []
    platform = ask_as(UserFactory(portal_role="platform"))
    assert codes(platform, DECIDE, id=str(campaign.pk), keep=[pk]) == ["not-open"]
    assert [each["mayDecide"] for each in reviews_in(platform, campaign)] == [False]
    assert reviews_in(platform, campaign, toDecide=True) == []


def test_a_decided_review_is_not_decided_again(company, granted, begin):
    ask, campaign, pk = ask_as(company.owner), begin(), review_of(granted)
    field(ask, DECIDE, id=str(campaign.pk), keep=[pk])

    assert pointers(ask, DECIDE, id=str(campaign.pk), revoke=[pk]) == [(f"/{pk}", "not-open")]
    granted.refresh_from_db()
    assert granted.state == "active"


def test_a_campaign_is_stopped_once_and_decides_nothing_after(company, granted, begin, steward):
    campaign, boss = begin(), ask_as(user_of(steward))
    assert codes(ask_as(company.owner), STOP, id=str(campaign.pk)) == ["not-allowed"]

    stopped = field(boss, STOP, id=str(campaign.pk))["recertification"]

    assert stopped["closedAt"] is not None
    assert stopped["progress"] == counts(dropped=1)
    assert codes(boss, STOP, id=str(campaign.pk)) == ["invalid-transition"]
    keep = [review_of(granted)]
    assert codes(boss, DECIDE, id=str(campaign.pk), keep=keep) == ["invalid-transition"]


def test_figures_are_those_that_the_caller_may_see(company, granted, second, begin, steward):
    begin()
    revoke_grant(grant=second, actor=company.owns, reason="")
    other = member_of(TeamFactory())

    assert nodes(field(ask_as(company.owner), LISTED)) == [
        {"name": "Autumn", "progress": counts(open=2)}
    ]
    assert nodes(field(ask_as(other), LISTED)) == []


def test_reviews_are_chosen_by_state_and_paged(company, granted, second, begin, steward):
    campaign, boss = begin(), ask_as(user_of(steward))
    field(boss, DECIDE, id=str(campaign.pk), keep=[review_of(granted)])

    assert [each["id"] for each in reviews_in(boss, campaign, state="KEPT")] == [review_of(granted)]
    assert [each["id"] for each in reviews_in(boss, campaign, toDecide=True)] == [review_of(second)]
    rest = caller(user_of(steward))
    path = f"recertifications/{campaign.pk}/reviews"
    (row,) = rest("GET", f"{path}?to_decide=true").json()["results"]
    assert str(row["id"]) == review_of(second)
    assert rest("GET", f"{path}?to_decide=no").status_code == 422
    page = field(boss, REVIEWS, id=str(campaign.pk), first=1)["reviews"]
    assert page["pageInfo"] == {"hasNextPage": True}
    first = boss(
        f'{{ recertification(id: "{campaign.pk}") {{ reviews {{ edges {{ cursor }} }} }} }}'
    )
    assert first.status_code == 400  # `first` is mandatory: there may be many


def test_rest_and_graphql_count_the_same(company, granted, second, begin, steward):
    campaign = begin(scope=Scope(domain=company.port.product.domain))
    boss = user_of(steward)

    rest = caller(boss)("GET", f"recertifications/{campaign.pk}").json()
    query = f"query ($id: ID!) {{ recertification(id: $id) {{ {CAMPAIGN} }} }}"
    found = field(ask_as(boss), query, id=str(campaign.pk))

    assert found["scope"] == rest["scope"]
    assert found["domain"] == {"path": company.port.product.domain.path}
    assert {state: found["progress"][state] for state in rest["reviews"]} == rest["reviews"]


def test_a_number_beyond_any_review_is_refused_in_rest_too(company, granted, begin):
    campaign = begin()

    answer = caller(company.owner)(
        "POST", f"recertifications/{campaign.pk}/decisions", {"keep": [10**30]}
    )

    assert answer.status_code == 422
    assert Review.objects.get().state == "open"
