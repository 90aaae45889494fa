"""A grant in GraphQL: its later ends, what it leaves out, its story, and the verbs on it."""

import pytest

from accounts.states import PortalRole
from provisioning.access.models import Credential, Grant, GrantExtension
from provisioning.access.services import request_access, request_extension, reveal_credential
from provisioning.access.services.wishes import AccessData
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from provisioning.requests.services import decide
from tests.factories import TeamFactory, UserFactory, member_of
from tests.portal.graphql.asking import PROBLEMS, UNKNOWN, codes, field, nodes, pointers
from tests.portal.graphql.conftest import ask_as
from tests.provisioning.access.conftest import in_days
from tests.provisioning.access.test_narrow import described, row  # noqa: F401 - a shared fixture

PURPOSE = "The weekly report goes on in spring."
GRANT = """query ($id: ID!) { grant(id: $id) {
  state consumer legalBasis until lastSeenAt remindedDays endedBy endReason narrowWords
  narrowing { object columns conditions { column operator values } }
  extensionAsked { number requester { username } }
  extensions { edges { node {
      state before until askedAt askedBy { username } request { number } settledAt } } } } }"""
STORY = """query ($id: ID!, $first: Int! = 50, $after: String) { grant(id: $id) {
  story(first: $first, after: $after) {
    edges { node { id at event words actor note url } } pageInfo { hasNextPage endCursor } } } }"""
HELD = "query ($held: Boolean) { grants(first: 10, held: $held) { edges { node { consumer } } } }"
AMEND = f"""mutation ($request: ID!, $purpose: String, $until: Date, $consumer: String,
    $narrow: JSON, $legalBasis: String) {{
  amendAccess(request: $request, purpose: $purpose, until: $until, consumer: $consumer,
      narrow: $narrow, legalBasis: $legalBasis) {{
    request {{ purpose parameters approvals {{ round state }} }} {PROBLEMS} }} }}"""
REVOKE = f"""mutation ($grant: ID!, $reason: String) {{
  revokeAccess(grant: $grant, reason: $reason) {{
    grant {{ state endedBy endReason endedAt }} {PROBLEMS} }} }}"""


@pytest.fixture
def more(company, granted) -> Request:
    """Marketing has asked for ninety days."""
    return request_extension(grant=granted, purpose=PURPOSE, until=in_days(90), actor=company.asks)


def grant_of(user, grant) -> dict:
    return field(ask_as(user), GRANT, id=str(grant.pk))


def test_a_grant_shows_the_more_time_that_is_asked_for_and_then_agreed(company, granted, more):
    who = {"username": company.consumer.username}
    before = grant_of(company.consumer, granted)
    assert before["extensionAsked"] == {"number": more.number, "requester": who}
    assert nodes(before["extensions"]) == []

    decide(request=more, actor=company.owns, approve=True, note="")
    under_way = grant_of(company.consumer, granted)
    run_due()
    after = grant_of(company.owner, granted)

    assert [each["state"] for each in nodes(under_way["extensions"])] == ["PENDING"]
    assert under_way["until"] == before["until"]
    assert after["extensionAsked"] is None
    (extension,) = nodes(after["extensions"])
    assert (extension["state"], extension["askedBy"]) == ("APPLIED", who)
    assert extension["request"] == {"number": more.number}
    assert (extension["before"], extension["until"]) == (before["until"], after["until"])
    assert extension["askedAt"] < extension["settledAt"]


def test_more_time_that_failed_says_so(company, granted, more):
    decide(request=more, actor=company.owns, approve=True, note="")
    assert field(ask_as(company.consumer), REVOKE, grant=str(granted.pk))["grant"]
    run_due()

    (extension,) = nodes(grant_of(company.owner, granted)["extensions"])

    assert extension["state"] == "FAILED"


def test_what_a_grant_leaves_out_is_said_by_object_and_in_words(described, ask):  # noqa: F811
    narrow = {"orders": {"columns": ["order_id"], "rows": [row("greater", 20)]}}
    decide(request=ask(narrow=narrow), actor=described.owns, approve=True, note="")

    found = grant_of(described.consumer, Grant.objects.get())

    assert found["narrowing"] == [
        {
            "object": "orders",
            "columns": ["order_id"],
            "conditions": [{"column": "amount", "operator": "greater", "values": [20]}],
        }
    ]
    assert found["narrowWords"] == ["orders: only order_id", "orders: amount is greater than 20"]


def test_a_whole_grant_leaves_nothing_out_and_says_its_last_use_and_reminder(company, granted):
    fresh = grant_of(company.consumer, granted)
    Credential.objects.update(last_seen_at=granted.starts_at)
    Grant.objects.update(reminded_days=7)

    found = grant_of(company.consumer, granted)

    assert (fresh["narrowing"], fresh["narrowWords"]) == ([], [])
    assert (fresh["lastSeenAt"], fresh["remindedDays"]) == (None, None)
    assert found["lastSeenAt"] is not None
    assert found["remindedDays"] == 7


def test_the_story_is_told_in_turn_and_page_by_page(company, granted, more):
    reveal_credential(grant=granted, actor=company.asks)
    ask, pk = ask_as(company.consumer), str(granted.pk)

    whole = nodes(field(ask, STORY, id=pk)["story"])
    first = field(ask, STORY, id=pk, first=2)["story"]
    cursor = first["pageInfo"]["endCursor"]
    rest = field(ask, STORY, id=pk, after=cursor)["story"]

    assert [each["event"] for each in whole] == [
        "request.submitted",
        "request.approved",
        "grant.approved",
        "grant.activated",
        "grant.extension-asked",
        "credential.revealed",
    ]
    assert whole[0]["words"] == "Asked for"
    assert whole[0]["url"] == granted.request.get_absolute_url()
    assert whole[4]["note"] == f"until {in_days(90)}"
    assert whole[5]["actor"] == company.consumer.username
    assert first["pageInfo"]["hasNextPage"]
    assert nodes(first) + nodes(rest) == whole
    assert not rest["pageInfo"]["hasNextPage"]


def test_a_story_holds_no_password(company, granted):
    shown = reveal_credential(grant=granted, actor=company.asks)

    answer = ask_as(company.consumer)(STORY, id=str(granted.pk))

    assert shown.password not in answer.text


@pytest.mark.parametrize("after", ["x", "WyJ4Il0", "WzEsMl0", "W10"])
def test_a_cursor_that_no_story_gave_is_refused(company, granted, after):
    body = ask_as(company.consumer)(STORY, id=str(granted.pk), after=after).json()

    assert body["errors"][0]["extensions"]["problems"][0]["code"] == "bad-cursor"


def test_of_a_request_that_one_may_not_see_the_story_tells_nothing(company, granted):
    """Owners of the domain see the grant, but neither asked nor decided."""
    above = member_of(TeamFactory())
    domain = company.port.product.domain
    domain.owner = above.teams.get()
    domain.save()

    story = nodes(field(ask_as(above), STORY, id=str(granted.pk))["story"])

    assert [each["event"] for each in story] == ["grant.approved", "grant.activated"]


@pytest.mark.parametrize("given", [UNKNOWN, "x", ""])
def test_an_unseen_grant_is_null_like_an_unknown_one(company, granted, given):
    assert field(ask_as(UserFactory()), GRANT, id=str(granted.pk)) is None
    assert field(ask_as(company.consumer), GRANT, id=given) is None


def test_held_grants_are_those_that_one_may_read_through(company, granted):
    steward = UserFactory(portal_role=PortalRole.STEWARD)

    assert len(nodes(field(ask_as(company.colleague), HELD, held=True))) == 1
    assert nodes(field(ask_as(company.owner), HELD, held=True)) == []
    assert nodes(field(ask_as(steward), HELD, held=True)) == []
    assert len(nodes(field(ask_as(steward), HELD))) == 1


def test_a_waiting_request_is_changed_and_everybody_is_asked_again(company, ask):
    request = ask()

    found = field(ask_as(company.consumer), AMEND, request=str(request.pk), until=str(in_days(10)))[
        "request"
    ]

    assert found["parameters"] == request.parameters | {"until": str(in_days(10))}
    assert found["purpose"] == request.purpose
    assert found["approvals"] == [
        {"round": 1, "state": "CLOSED"},
        {"round": 2, "state": "WAITING"},
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"purpose": "x"}, ("/purpose", "too-short")),
        ({"until": str(in_days(-1))}, ("/until", "in-the-past")),
        ({"until": str(in_days(400))}, ("/until", "too-late")),
        ({"consumer": "team:none"}, ("/consumer", "unknown-consumer")),
        ({"legalBasis": "because"}, ("/legal_basis", "unknown-choice")),
        ({"narrow": {"none": {}}}, ("/narrow/none", "unknown-object")),
    ],
)
def test_a_wrong_change_is_refused_at_its_place_and_the_request_stays(
    company, ask, changes, problem
):
    request = ask()
    given = {"request": str(request.pk)} | changes

    assert pointers(ask_as(company.consumer), AMEND, **given) == [problem]
    request.refresh_from_db()
    assert request.round == 1


def test_only_whoever_asked_changes_it_and_only_while_it_waits(company, ask):
    request = ask()
    given = {"request": str(request.pk), "until": str(in_days(10))}

    assert codes(ask_as(company.owner), AMEND, **given) == ["not-allowed"]
    assert codes(ask_as(UserFactory()), AMEND, **given) == ["not-found"]
    decide(request=request, actor=company.owns, approve=False, note="No")
    assert codes(ask_as(company.consumer), AMEND, **given) == ["invalid-transition"]
    service = Request.objects.create(kind="service", requester=company.consumer, title="Shop")
    given["request"] = str(service.pk)
    assert codes(ask_as(company.consumer), AMEND, **given) == ["not-found"]


def test_a_grant_is_ended_once_by_those_who_may(company, granted):
    given = {"grant": str(granted.pk), "reason": "Done with it."}

    for stranger in (UserFactory(), member_of(TeamFactory())):
        assert codes(ask_as(stranger), REVOKE, **given) == ["not-found"]
    platform = ask_as(UserFactory(portal_role=PortalRole.PLATFORM))
    assert codes(platform, REVOKE, **given) == ["not-allowed"]
    too_long = {**given, "reason": "x" * 2001}
    assert pointers(ask_as(company.owner), REVOKE, **too_long) == [("/reason", "too-long")]
    granted.refresh_from_db()
    assert granted.state == "active"

    found = field(ask_as(company.owner), REVOKE, **given)["grant"]

    assert (found["state"], found["endedBy"]) == ("REVOKED", company.owner.username)
    assert found["endReason"] == "Done with it."
    assert found["endedAt"] is not None
    assert codes(ask_as(company.owner), REVOKE, **given) == ["invalid-transition"]


def test_extensions_are_paged_newest_first(company, granted):
    for days in (60, 90):
        request = request_extension(
            grant=granted, purpose=PURPOSE, until=in_days(days), actor=company.asks
        )
        decide(request=request, actor=company.owns, approve=True, note="")
        run_due()
        granted.refresh_from_db()
    query = """query ($id: ID!) { grant(id: $id) { extensions(first: 1) {
        edges { node { until } } pageInfo { hasNextPage } } } }"""

    found = field(ask_as(company.consumer), query, id=str(granted.pk))["extensions"]

    assert GrantExtension.objects.count() == 2
    assert nodes(found)[0]["until"].startswith(str(in_days(90)))
    assert found["pageInfo"]["hasNextPage"]


def test_what_waits_for_a_decision_of_another_consumer_is_no_extension(company, granted):
    """A colleague's own request for the same port concerns no grant that is there."""
    data = AccessData(
        port=company.port.fqn,
        consumer=f"user:{company.consumer.username}",
        purpose=PURPOSE,
        until=in_days(9),
    )
    request_access(data, actor=company.asks)

    assert grant_of(company.consumer, granted)["extensionAsked"] is None
