"""An event that cannot be described stops neither the feed nor the webhooks."""

import datetime as dt

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts.states import PortalRole
from core import outbox
from core.models import OutboxEvent
from core.positions import bounds, number_events
from portal.feed.models import Delivery, FeedReader, SkippedEvent
from portal.feed.selectors import feed_page
from portal.feed.services import fan_out, forget_deliveries
from portal.ops.doctor import _feed
from tests.factories import UserFactory, waiting_request
from tests.portal.feed.hooks import added, happened
from tests.provisioning.access.test_pages import signed_in
from tests.provisioning.jobs.processes import database_url

pytestmark = pytest.mark.django_db


def bad(team, payload=None) -> None:
    """As a mistake of a later version may write it: a number that no document can hold."""
    request = waiting_request(team, requester=UserFactory(), title="Access to Orders")
    outbox.emit("request.cancelled", key=request.pk)
    wrong = {"request_id": str(request.pk), "state": 2**70}
    newest = OutboxEvent.objects.filter(topic="request.cancelled").latest("pk")
    OutboxEvent.objects.filter(pk=newest.pk).update(payload=payload or wrong)


def told(actor) -> list[str]:
    found = feed_page(actor, after=0, types=["product.measured"], size=200)
    return [each["data"]["subject"]["name"] for each in found.documents]


@pytest.mark.parametrize("others", [0, 1, 5])
def test_those_before_and_after_it_arrive(hook, team, owner, product, others):
    happened(*[product] * others)
    bad(team)
    happened(*[product] * 3)
    bad(team)
    happened(product)

    assert Delivery.objects.filter(type="product.measured").count() == others + 4
    assert FeedReader.objects.get().position == bounds()[1]
    assert told(owner) == [product.fqn] * (others + 4)
    assert feed_page(owner, after=0, size=200).is_last
    assert SkippedEvent.objects.count() == 2


def test_what_is_no_event_at_all_is_left_behind_too(hook, team, owner, product):
    happened(product)
    bad(team, payload=["no", "members"])
    happened(product)

    assert told(owner) == [product.fqn] * 2
    assert Delivery.objects.filter(type="product.measured").count() == 2
    assert "AttributeError" in SkippedEvent.objects.get().reason


def test_it_is_noted_once_and_logged_once(hook, team, owner, receiver, product, caplog):
    added(team, owner, receiver, name="Second")
    bad(team)
    happened(product)
    FeedReader.objects.update(position=0)
    fan_out()

    skipped = SkippedEvent.objects.get()
    assert (skipped.topic, "64-bit" in skipped.reason) == ("request.cancelled", True)
    assert caplog.text.count("feed.event-skipped") == 1


def test_operators_see_it_and_others_do_not(hook, team, owner):
    bad(team)
    number_events()
    fan_out()
    operator = UserFactory(portal_role=PortalRole.PLATFORM)

    page = signed_in(operator).get("/settings/webhooks/").content.decode()

    assert "Skipped events" in page
    assert "request.cancelled" in page
    other = signed_in(UserFactory()).get("/settings/webhooks/").content.decode()
    assert "Skipped events" not in other
    assert not SkippedEvent.objects.visible_to(owner).exists()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_answer_is_no_fault_of_an_event(hook, product):
    outbox.emit("product.measured", key=product.pk, product_id=str(product.pk))
    number_events()
    with psycopg.connect(database_url()) as other, transaction.atomic():
        other.execute("LOCK TABLE products_dataproduct IN ACCESS EXCLUSIVE MODE")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
        with pytest.raises(OperationalError), transaction.atomic():
            fan_out()

    assert not SkippedEvent.objects.exists()
    fan_out()
    assert Delivery.objects.count() == 1


def test_what_was_skipped_is_forgotten_after_thirty_days(hook, team):
    bad(team)
    number_events()
    fan_out()
    forget_deliveries()
    assert SkippedEvent.objects.exists()

    SkippedEvent.objects.update(created_at=timezone.now() - dt.timedelta(days=31))
    forget_deliveries()

    assert not SkippedEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_doctor_counts_them(hook, team):
    with psycopg.connect(database_url()) as other:
        assert [each.result for each in _feed(other)] == ["ok"]
    bad(team)
    number_events()
    fan_out()

    with psycopg.connect(database_url()) as other:
        (finding,) = _feed(other)

    assert (finding.result, "1 event could" in finding.text) == ("warn", True)
