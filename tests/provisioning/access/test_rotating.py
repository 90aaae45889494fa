"""Passwords are renewed by schedule, and it is seen which logins are in use."""

import datetime as dt

import psycopg
import pytest
from django.db.models.functions import Now

from core.models import OutboxEvent
from portal.models import Notification
from portal.services.notifying import notify
from provisioning.access.models import Credential
from provisioning.access.services import (
    new_credential,
    note_connected,
    reveal_credential,
    rotate_due,
    rotating,
)
from provisioning.jobs.services.work import run_due
from tests.factories import actor_for
from tests.provisioning.access.conftest import read
from tests.provisioning.access.test_pages import signed_in


def due_in(days: float) -> None:
    Credential.objects.update(rotate_at=Now() + dt.timedelta(days))


def tell() -> list[str]:
    """Titles of what the holder has been told about passwords."""
    for event in OutboxEvent.objects.filter(topic__startswith="credential."):
        notify(event)
    found = Notification.objects.filter(kind__startswith="credential.").order_by("pk")
    return list(found.values_list("title", flat=True))


def test_a_password_is_renewed_when_its_time_has_come_and_the_holder_fetches_the_new_one(
    company, granted
):
    old = reveal_credential(grant=granted, actor=company.asks)
    due_in(-0.01)

    assert rotate_due() == 1
    assert rotate_due() == 0  # it is at work already
    run_due()
    assert rotate_due() == 0  # the new one has its time before it

    assert "was renewed" in tell()[0]
    with pytest.raises(psycopg.OperationalError):
        read(old.dsn, company.port)
    new = reveal_credential(grant=granted, actor=company.asks)
    assert (new.username, read(new.dsn, company.port)) == (
        old.username,
        [("A-1", 12), ("A-2", 30)],
    )


def test_the_holder_hears_a_week_before_and_once(company, granted):
    due_in(8)
    assert (rotate_due(), tell()) == (0, [])
    due_in(6)
    rotate_due()
    rotate_due()

    assert len(tell()) == 1
    assert "is renewed on" in tell()[0]


def test_without_a_schedule_a_password_stays(company, granted, settings):
    settings.PASSWORD_DAYS = 0
    new_credential(grant=granted, actor=actor_for(company.colleague))
    run_due()

    assert Credential.objects.get(holder=company.colleague).rotate_at is None
    Credential.objects.filter(holder=company.consumer).delete()
    assert rotate_due() == 0


def test_who_asks_for_a_new_password_is_not_told_that_there_is_one(company, granted):
    new_credential(grant=granted, actor=company.asks)
    run_due()

    assert tell() == []


def test_a_login_that_is_connected_is_seen_and_its_grant_shows_it(company, granted):
    shown = reveal_credential(grant=granted, actor=company.asks)
    assert note_connected() == 0

    with psycopg.connect(shown.dsn):
        assert note_connected() == 1
        assert note_connected() == 0  # kept to the minute

    credential = Credential.objects.get()
    assert credential.last_seen_at is not None
    page = signed_in(company.owner).get(granted.get_absolute_url()).content.decode()
    assert "Last used</dt><dd>never" not in page


def test_a_warehouse_that_is_away_is_left_alone_for_a_minute(
    company, granted, settings, monkeypatch
):
    monkeypatch.setattr(rotating, "_left_alone", {})
    shown = reveal_credential(grant=granted, actor=company.asks)
    with psycopg.connect(shown.dsn):
        good, settings.WAREHOUSE_URL = settings.WAREHOUSE_URL, "postgresql://127.0.0.1:1/none"
        assert note_connected() == 0
        settings.WAREHOUSE_URL = good
        assert note_connected() == 0
        rotating._left_alone["postgres"] -= rotating.LEFT_ALONE_S

        assert note_connected() == 1
