"""Tokens that people and teams make: for whom, how strong, who sees and ends them."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken
from accounts.services import (
    TokenData,
    actor_for_token,
    create_token,
    make_token,
    remind_of_ends,
)
from accounts.states import TeamRole
from core.errors import Invalid, NotAllowed
from core.models import AuditEvent, OutboxEvent
from portal.models import Notification
from portal.services import notify
from tests.clients import browser, script
from tests.factories import MembershipFactory, TeamFactory, UserFactory, actor_for, member_of

pytestmark = pytest.mark.django_db

TOKENS = "/api/v1/tokens"


def made(client, headers=None, **body):
    wanted = {"name": "nightly", "scopes": ["read"], **body}
    return client.post(TOKENS, wanted, content_type="application/json", headers=headers)


def test_a_person_makes_a_token_that_works_and_is_shown_once():
    user = UserFactory()
    client = browser(user)

    answer = made(client, days=7)

    text = answer.json()["token"]
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    assert actor_for_token(text).user_id == user.pk
    for address in (answer["Location"], TOKENS, reverse("accounts:tokens")):
        assert text not in client.get(address).content.decode()


def test_the_same_call_again_makes_no_second_token_and_tells_no_secret():
    client = browser(UserFactory())
    body = {"name": "nightly", "scopes": ["read"]}
    send = {"content_type": "application/json", "headers": {"Idempotency-Key": "one"}}

    first, second = (client.post(TOKENS, body, **send) for _ in range(2))

    assert second["Idempotent-Replayed"] == "true"
    assert second.json() == {**first.json(), "token": None}
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": 7}, "/name"),
        ({"name": "x" * 121}, "/name"),
        ({"name": "a\u202eb"}, "/name"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": "read"}, "/scopes"),
        ({"scopes": ["root"]}, "/scopes"),
        ({"days": 0}, "/days"),
        ({"days": 366}, "/days"),
        ({"days": "7"}, "/days"),
        ({"days": True}, "/days"),
        ({"team": "nobody"}, "/team"),
        ({"service_account": "nobody"}, "/service_account"),
        ({"team": "x", "service_account": "y"}, "/team"),
        ({"scope": "read"}, "/scope"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_made(body, pointer):
    answer = made(browser(UserFactory()), **body)

    assert answer.status_code == 422
    assert answer.json()["problems"][0]["pointer"] == pointer
    assert not ApiToken.objects.exists()


def test_the_database_itself_refuses_a_token_without_scope_or_before_its_beginning():
    token, _ = create_token(user=UserFactory(), name="t", scopes=["read"])
    past = token.created_at - dt.timedelta(days=1)

    for wrong in ({"scopes": []}, {"scopes": ["root"]}, {"expires_at": past}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiToken.objects.update(**wrong)


def test_a_token_of_a_team_has_the_role_of_its_maker_there_and_nothing_else():
    team = TeamFactory()
    user = member_of(team, TeamRole.CONTRIBUTOR, portal_role="steward")
    MembershipFactory(user=user)

    text = made(browser(user), team=team.slug).json()["token"]

    actor = actor_for_token(text)
    assert (actor.team_ids, actor.owner_team_ids) == ({team.pk}, frozenset())
    assert not actor.sees_all_metadata
    user.memberships.all().delete()
    assert actor_for_token(text).team_ids == frozenset()


def test_nobody_makes_a_token_of_a_team_that_they_are_not_in():
    team = TeamFactory()

    for user in (UserFactory(), UserFactory(portal_role="admin")):
        answer = made(browser(user), team=team.slug)
        assert answer.status_code == 403
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"scopes": ["read", "lineage:write"]}, "lineage:write"),
        ({"days": 90}, "ends"),
    ],
)
def test_a_token_makes_none_that_is_stronger_than_itself(wanted, why):
    user = UserFactory()
    _, text = create_token(user=user, name="t", scopes=["read", "write"], days=30)
    data = TokenData(**{"name": "child", "scopes": ["read"], "days": 7, **wanted})

    with pytest.raises(NotAllowed, match=why):
        make_token(data=data, actor=actor_for_token(text))

    assert ApiToken.objects.count() == 1


def test_a_token_makes_a_weaker_one(client):
    user = UserFactory()

    answer = made(client, script(user), days=7)

    assert actor_for_token(answer.json()["token"]).scopes == {"read"}
    assert answer.json()["created_by"] == user.username


def test_a_token_of_a_team_makes_none_of_its_person(client):
    team = TeamFactory()
    user = member_of(team)
    _, text = create_token(user=user, name="t", scopes=["read", "write"], team=team)
    headers = {"Authorization": f"Bearer {text}"}

    assert made(client, headers, days=7).status_code == 403
    assert made(client, headers, days=7, team=team.slug).status_code == 201


def test_a_reading_token_makes_none(client):
    _, text = create_token(user=UserFactory(), name="t", scopes=["read"])

    assert made(client, {"Authorization": f"Bearer {text}"}, days=1).status_code == 403


def test_there_is_a_limit(monkeypatch):
    user = UserFactory()
    monkeypatch.setattr("accounts.services.keys.MOST_LIVE", 1)
    create_token(user=user, name="t", scopes=["read"])

    with pytest.raises(Invalid, match="too many"):
        make_token(data=TokenData("u", ["read"]), actor=actor_for(user))


def test_owners_of_a_team_see_and_revoke_what_acts_for_it():
    team = TeamFactory()
    maker, owner = member_of(team, TeamRole.CONTRIBUTOR), member_of(team)
    of_team, text = create_token(user=maker, name="team", scopes=["read"], team=team)
    own, _ = create_token(user=maker, name="own", scopes=["read"])

    listed = browser(owner).get(TOKENS).json()["results"]
    hidden = browser(owner).post(f"{TOKENS}/{own.pk}/revoke")
    ended = browser(owner).post(f"{TOKENS}/{of_team.pk}/revoke")

    assert [each["id"] for each in listed] == [of_team.pk]
    assert hidden.status_code == 404
    assert (ended.status_code, ended.json()["state"]) == (200, "revoked")
    assert ended.json()["revoked_by"] == owner.username
    assert actor_for_token(text) is None


def test_members_who_own_nothing_see_their_own_alone():
    team = TeamFactory()
    create_token(user=member_of(team), name="team", scopes=["read"], team=team)

    assert browser(member_of(team, TeamRole.CONTRIBUTOR)).get(TOKENS).json()["results"] == []


def test_the_list_is_paged_filtered_and_counted():
    user = UserFactory()
    for number in range(3):
        create_token(user=user, name=f"t{number}", scopes=["read"])
    ApiToken.objects.filter(name="t0").update(revoked_at=timezone.now())
    client = browser(user)

    first = client.get(f"{TOKENS}?page_size=2&count=true").json()
    rest = client.get(first["next"]).json()
    live = client.get(f"{TOKENS}?state=live").json()

    assert [each["name"] for each in first["results"] + rest["results"]] == ["t2", "t1", "t0"]
    assert (first["count"], first["count_capped"]) == (3, False)
    assert [each["name"] for each in live["results"]] == ["t2", "t1"]
    assert client.get(f"{TOKENS}?state=dead").status_code == 422


def test_using_a_token_writes_once_in_five_minutes():
    token, text = create_token(user=UserFactory(), name="t", scopes=["read"])

    actor_for_token(text)
    with CaptureQueriesContext(
        connection,
    ) as again:
        actor_for_token(text)
    token.refresh_from_db()
    first = token.last_used_at
    ApiToken.objects.update(last_used_at=timezone.now() - dt.timedelta(minutes=6))
    actor_for_token(text)
    token.refresh_from_db()

    assert len([each for each in again if "SAVEPOINT" not in each["sql"]]) == 1
    assert token.last_used_at > first


def test_making_and_ending_stand_in_the_audit_log_without_the_text():
    user = UserFactory()
    client = browser(user)
    answer = made(client).json()
    client.post(f"{TOKENS}/{answer['id']}/revoke")

    rows = AuditEvent.objects.filter(object_kind="token")
    assert [(each.verb, each.actor) for each in rows] == [
        ("token.created", user.username),
        ("token.revoked", user.username),
    ]
    assert answer["token"] not in str(list(rows.values()))


def test_who_has_a_token_is_reminded_once_a_week_before_it_ends():
    team = TeamFactory()
    owner, maker = member_of(team), member_of(team, TeamRole.CONTRIBUTOR)
    create_token(user=maker, name="Nightly", scopes=["read"], team=team)
    create_token(user=maker, name="Short", scopes=["read"], days=3)
    create_token(user=maker, name="Long", scopes=["read"])
    soon = timezone.now() + dt.timedelta(days=6)
    begun = timezone.now() - dt.timedelta(days=80)
    ApiToken.objects.filter(name="Nightly").update(expires_at=soon, created_at=begun)

    assert (remind_of_ends(), remind_of_ends()) == (1, 0)
    for event in OutboxEvent.objects.filter(topic="token.ending"):
        notify(event)

    told = Notification.objects.order_by("user_id")
    assert {each.user_id for each in told} == {owner.pk, maker.pk}
    assert all("Nightly" in each.title for each in told)


def test_the_page_makes_a_token_for_a_team_and_lists_those_of_the_team():
    team = TeamFactory()
    owner = member_of(team)
    other, _ = create_token(user=member_of(team), name="theirs", scopes=["read"], team=team)
    client, page = browser(owner), reverse("accounts:tokens")
    form = {"name": "cron-of-mine", "for": f"team:{team.slug}", "scope": ["read"], "days": "30"}

    answer = client.post(page, form)
    theirs = client.get(page, {"show": "teams"}).content.decode()
    gone = client.post(reverse("accounts:token-revoke", args=[other.pk]), {"show": "teams"})

    assert answer.status_code == 201
    assert ApiToken.objects.get(name="cron-of-mine").team == team
    assert "theirs" in theirs
    assert "cron-of-mine" not in theirs
    assert gone["Location"].endswith("?show=teams")
    assert "theirs" in client.get(page, {"show": "ended"}).content.decode()


def test_the_page_says_what_is_wrong_where():
    answer = browser(UserFactory()).post(
        reverse("accounts:tokens"), {"name": "", "for": "team:none", "days": "x"}
    )

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose one of the list." in text
    assert not ApiToken.objects.exists()
