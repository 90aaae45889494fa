"""Login, throttling, and when a session ends."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"


@pytest.fixture
def user():
    user = UserFactory(username="owner")
    user.set_password(PASSWORD)
    user.save()
    return user


def log_in(client, password=PASSWORD, **more):
    form = {"username": "owner", "password": password, **more}
    return client.post(reverse("accounts:login"), form)


def is_logged_in(client):
    return client.get("/").status_code == 200


@pytest.mark.smoke
def test_a_visitor_is_sent_to_the_login_and_back(client, user):
    sent = client.get("/marketplace/?q=x")

    assert sent.url == "/accounts/login/?next=%2Fmarketplace%2F%3Fq%3Dx"
    assert log_in(client, next="/marketplace/?q=x").url == "/marketplace/?q=x"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"],
)
def test_next_never_leads_out(client, user, elsewhere):
    assert log_in(client, next=elsewhere).url == "/"


def test_the_session_id_changes_at_login(client, user):
    client.get(reverse("accounts:login"))
    before = client.session.session_key

    log_in(client)

    assert client.session.session_key != before


def test_the_sixth_attempt_is_refused_even_with_the_right_password(client, user):
    for _ in range(5):
        log_in(client, "wrong")

    answer = log_in(client)

    assert answer.status_code == 429
    assert answer["Retry-After"] == "900"
    assert not is_logged_in(client)


@pytest.mark.parametrize("end", ["logout", "disabled", "ended", "idle"])
def test_an_ended_session_is_dead_at_the_next_request(client, user, end):
    log_in(client)
    assert is_logged_in(client)

    if end == "logout":
        client.post(reverse("accounts:logout"))
    elif end == "disabled":
        User.objects.update(is_active=False)
    elif end == "ended":
        User.objects.update(sessions_valid_from=timezone.now() + dt.timedelta(seconds=1))
    else:
        session = client.session
        session["seen"] = (timezone.now() - dt.timedelta(hours=2)).timestamp()
        session.save()

    assert not is_logged_in(client)


def test_a_changed_password_ends_other_sessions(client, user):
    log_in(client)

    user.set_password("another long password")
    user.save()

    assert not is_logged_in(client)


def test_the_first_administrator_chooses_a_password_by_a_link_that_works_once(client, capsys):
    call_command("admin", "ada@example.org")
    link = capsys.readouterr().out.strip().removeprefix("http://127.0.0.1:8000")
    form_address = client.get(link).url
    typed = {"new_password1": PASSWORD, "new_password2": PASSWORD}

    client.post(form_address, typed)
    client.post(reverse("accounts:login"), {"username": "ada@example.org", "password": PASSWORD})

    assert is_logged_in(client)
    assert User.objects.get().portal_role == "admin"
    client.logout()
    assert "has been used" in client.get(link, follow=True).content.decode()
