"""Receivers of webhooks as targets, in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from core.outbound.signing import new_secret
from provisioning.drivers.models import Target
from tests.clients import browser
from tests.factories import TeamFactory, member_of
from tests.provisioning.drivers.receiver import Receiver

pytestmark = pytest.mark.django_db
SECRET = new_secret()


@pytest.fixture
def owner() -> Client:
    return browser(member_of(TeamFactory(slug="lake-team", name="Lake people")))


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    found = Receiver(SECRET)
    settings.OUTBOUND_HTTP = True
    settings.OUTBOUND_INNER_HOSTS = [found.place]
    yield found
    found.close()


def hook(receiver: Receiver, **changes: str) -> dict[str, str]:
    given = {
        "driver": "webhook",
        "name": "Hook",
        "slug": "hook",
        "team": "lake-team",
        "config-url": receiver.url,
        "secrets-signing_secret": SECRET,
    }
    return {**given, **changes}


def test_a_webhook_is_registered_and_its_secret_stays_hidden(owner, receiver):
    page = owner.post("/targets/new/", hook(receiver), follow=True)

    assert "refuses a wrong signature" in page.text
    assert receiver.url in page.text
    assert SECRET not in page.text + owner.get("/targets/hook/edit/").text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"config-url": "https://user:pass@hooks.example.org/"}, "config-url"),
        ({"config-url": "http://169.254.169.254/"}, "config-url"),
        ({"config-url": "ftp://hooks.example.org/"}, "config-url"),
        ({"secrets-signing_secret": "short"}, "secrets-signing_secret"),
        ({"secrets-signing_secret": new_secret()}, "config-url"),
    ],
)
def test_a_webhook_that_cannot_be_trusted_is_refused_at_its_field(owner, receiver, changes, field):
    page = owner.post("/targets/new/", hook(receiver, **changes))

    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert not Target.objects.exists()


def test_who_moves_a_webhook_types_its_secret_again(owner, receiver):
    owner.post("/targets/new/", hook(receiver))
    moved = {"config-url": receiver.url + "/elsewhere", "secrets-signing_secret": ""}

    page = owner.post("/targets/hook/edit/", hook(receiver, **moved))

    assert page.status_code == 422
    assert "Type it again: the address has changed." in page.text
    assert Target.objects.get().config == {"url": receiver.url}
    del moved["secrets-signing_secret"]
    assert owner.post("/targets/hook/edit/", hook(receiver, **moved)).status_code == 302
