"""People hear in time that their access ends."""

import datetime as dt

import pytest
from django.db.models.functions import Now

from accounts.states import TeamRole
from core.models import OutboxEvent
from portal.models import Notification
from portal.services.notifying import notify
from provisioning.access.models import Grant
from provisioning.access.services import remind_of_ends
from tests.factories import member_of


def ends_in(days: float, *, since: float = 200) -> None:
    Grant.objects.update(
        starts_at=Now() - dt.timedelta(since), until=Now() + dt.timedelta(days), reminded_days=None
    )


@pytest.mark.parametrize(
    ("days", "told"), [(31, None), (29, 30), (7.5, 30), (6.5, 7), (1.5, 7), (0.5, 1), (-0.1, None)]
)
def test_the_nearest_of_thirty_seven_and_one_is_told_once(company, granted, days, told):
    ends_in(days)

    assert remind_of_ends() == (told is not None)
    assert remind_of_ends() == 0
    assert Grant.objects.get().reminded_days == told
    topics = OutboxEvent.objects.filter(topic="grant.ending")
    assert [each.payload["days"] for each in topics] == ([told] if told else [])


def test_each_of_them_comes_in_turn(company, granted):
    told = []
    for days in (30, 20, 7, 3, 1, 0.2):
        Grant.objects.update(starts_at=Now() - dt.timedelta(200), until=Now() + dt.timedelta(days))
        told.append(remind_of_ends())

    assert told == [1, 0, 1, 0, 1, 0]


def test_what_was_given_for_a_week_is_not_told_of_seven_days_before(company, granted):
    ends_in(6.9, since=0.05)
    assert remind_of_ends() == 0
    ends_in(0.9, since=6)
    assert remind_of_ends() == 1


def test_whoever_asked_and_the_readers_owners_hear_of_it(company, granted):
    member_of(company.marketing, role=TeamRole.CONTRIBUTOR)
    ends_in(6)
    remind_of_ends()

    notify(OutboxEvent.objects.get(topic="grant.ending"))

    told = Notification.objects.filter(kind="grant.ending")
    assert {each.user_id: each.reason for each in told} == {
        company.consumer.pk: "you asked for it",
        company.colleague.pk: f"you own {company.marketing.name}",
    }
    first = told[0]
    assert granted.port.product.name in first.title
    assert first.url == granted.get_absolute_url()
