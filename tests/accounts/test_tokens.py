"""API tokens: shown once, kept as a hash, dead when they should be."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken
from accounts.services import actor_for_token, create_token, revoke_token
from core.errors import Invalid, NotFound
from tests.factories import TeamFactory, UserFactory, actor_for, member_of

pytestmark = pytest.mark.django_db


def test_only_a_hash_is_kept():
    _, text = create_token(user=UserFactory(), name="t", scopes=["read"])

    row = ApiToken.objects.values().get()
    assert text not in str(row)
    assert actor_for_token(text).scopes == {"read"}


def test_a_token_of_a_team_acts_for_that_team_only_and_is_nobody_special():
    team = TeamFactory()
    user = member_of(team, portal_role="admin")
    member_of(TeamFactory())
    _, text = create_token(user=user, name="t", scopes=["read"], team=team)

    actor = actor_for_token(text)

    assert actor.team_ids == {team.pk}
    assert not actor.is_admin


@pytest.mark.parametrize("end", ["revoked", "expired", "disabled"])
def test_an_ended_token_is_refused_at_the_next_request(client, end):
    user = UserFactory()
    token, text = create_token(user=user, name="t", scopes=["read"])
    headers = {"authorization": f"Bearer {text}"}
    assert client.get(reverse("rest:products"), headers=headers).status_code == 200

    if end == "revoked":
        revoke_token(token_id=token.pk, actor=actor_for(user))
    elif end == "expired":
        begun, ended = (timezone.now() - dt.timedelta(days=each) for each in (2, 1))
        ApiToken.objects.update(created_at=begun, expires_at=ended)
    else:
        type(user).objects.update(is_active=False)

    answer = client.get(reverse("rest:products"), headers=headers)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic b3duZXI6eA==", "Bearer ", "x"])
def test_a_wrong_header_is_refused_even_for_somebody_logged_in(client, header):
    client.force_login(UserFactory())

    answer = client.get(reverse("rest:products"), headers={"authorization": header})

    assert answer.status_code == 401


def test_nobody_revokes_the_token_of_another():
    token, text = create_token(user=UserFactory(), name="t", scopes=["read"])

    with pytest.raises(NotFound):
        revoke_token(token_id=token.pk, actor=actor_for(UserFactory()))
    assert actor_for_token(text) is not None


@pytest.mark.parametrize(
    ("scopes", "days", "pointer"),
    [
        (["root"], 90, "/scopes"),
        ([], 90, "/scopes"),
        (["read"], 0, "/days"),
        (["read"], 366, "/days"),
    ],
)
def test_a_token_that_breaks_a_rule_is_not_made(scopes, days, pointer):
    with pytest.raises(Invalid) as refusal:
        create_token(user=UserFactory(), name="t", scopes=scopes, days=days)

    assert refusal.value.problems[0].pointer == pointer
    assert not ApiToken.objects.exists()


def test_the_command_prints_the_token_alone():
    user, out = UserFactory(username="owner"), StringIO()

    call_command("token", "owner", "--scope", "read", stdout=out)

    assert actor_for_token(out.getvalue().strip()).user_id == user.pk


def test_the_command_says_that_there_is_no_such_user():
    with pytest.raises(CommandError, match="no active user"):
        call_command("token", "nobody", "--scope", "read")


def test_the_page_shows_a_new_token_once(client):
    user = UserFactory()
    client.force_login(user)

    made = client.post(reverse("accounts:tokens"), {"name": "ci", "scope": ["read"], "days": "30"})
    text = made.context["new_token"]

    assert made.status_code == 201
    assert text in made.content.decode()
    assert text not in client.get(reverse("accounts:tokens")).content.decode()


def test_a_refused_form_keeps_what_was_typed(client):
    client.force_login(UserFactory())

    answer = client.post(reverse("accounts:tokens"), {"name": "my ci", "days": "9999"})

    assert answer.status_code == 422
    assert "my ci" in answer.content.decode()
    assert not ApiToken.objects.exists()
