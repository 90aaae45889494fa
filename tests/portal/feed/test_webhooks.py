"""Webhooks: signed, tried again under one id, and never more than the team may see."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.states import TeamRole
from catalog.products.states import ProductStatus, Visibility
from core import outbox
from core.errors import Invalid, InvalidTransition
from core.models import AuditEvent
from core.positions import number_events
from portal.feed.models import Delivery, FeedReader, Webhook
from portal.feed.services import (
    disable_webhook,
    enable_webhook,
    fan_out,
    redeliver,
    redeliver_failed,
    renew_secret,
    send_test,
)
from portal.feed.services.delivering import claim, serve
from portal.feed.states import MOST_TRIES, DeliveryState
from portal.models import Notification
from tests.factories import ProductFactory, member_of
from tests.portal.feed.hooks import added, due_again, happened

pytestmark = pytest.mark.django_db


def test_an_event_arrives_signed_under_its_own_id(hook, product, receiver):
    happened(product)
    assert serve(hook.pk) == 1

    delivery = Delivery.objects.get()
    assert receiver.ids == [str(delivery.event_id)]
    (event,) = receiver.events
    assert event["type"] == "product.measured"
    assert event["data"]["subject"]["name"] == product.fqn
    assert delivery.state == DeliveryState.DELIVERED
    assert [each["status"] for each in delivery.tries] == [204]
    assert serve(hook.pk) == 0
    assert receiver.refused == 0


def test_events_arrive_in_the_order_of_the_feed(hook, product, receiver):
    happened(*[product] * 25)
    assert serve(hook.pk) == 25

    positions = [each["position"] for each in receiver.events]
    assert positions == sorted(positions)


def test_a_team_hears_of_its_own_or_of_all_it_may_see(team, owner, hook, product, receiver):
    everything = added(team, owner, receiver, name="All", own_only=False)
    others = ProductFactory(slug="other", status=ProductStatus.ACTIVE)
    hidden = ProductFactory(
        slug="hidden", status=ProductStatus.ACTIVE, visibility=Visibility.RESTRICTED
    )
    happened(product, others, hidden)

    told = Delivery.objects.order_by("id").values_list("webhook__name", "subject")
    assert list(told) == [
        ("Pipeline", product.fqn),
        ("All", product.fqn),
        ("All", others.fqn),
    ]
    assert everything.deliveries.count() == 2


def test_only_wanted_types_are_sent(team, owner, product, receiver):
    fan_out()
    added(team, owner, receiver, types=["request.*", "product.published"])
    happened(product)

    assert not Delivery.objects.exists()


def test_what_happened_before_it_was_there_is_not_sent(team, owner, product, receiver):
    fan_out()
    outbox.emit("product.measured", key=product.pk, product_id=str(product.pk))
    number_events()
    added(team, owner, receiver)
    happened(product)

    assert Delivery.objects.count() == 1


def test_a_round_that_is_repeated_sends_nothing_twice(hook, product):
    happened(product)
    FeedReader.objects.update(position=0)
    fan_out()

    assert Delivery.objects.count() == 1


def test_what_failed_is_tried_again_under_the_same_id(hook, product, receiver):
    receiver.statuses = [500, 503]
    happened(product, product)
    assert serve(hook.pk) == 1  # it rests after a failure
    hook.refresh_from_db()
    first = Delivery.objects.earliest("id")
    assert (hook.state, hook.failures, first.attempts) == ("bad", 1, 1)
    assert first.next_at - timezone.now() > dt.timedelta(seconds=3)
    assert claim(5) == []

    for _ in range(3):
        due_again(hook)
        serve(hook.pk)

    hook.refresh_from_db()
    assert (hook.state, hook.failures, hook.failing_since) == ("ok", 0, None)
    assert len(receiver.ids) == len(set(receiver.ids)) == 2
    tried = Delivery.objects.order_by("id").values_list("tries", flat=True)
    assert sorted([each["status"] for each in one] for one in tried) == [
        [204],
        [500, 503, 204],
    ]


def test_a_receiver_that_is_busy_says_when_to_come_back(hook, product, receiver):
    receiver.statuses, receiver.headers = [429], {"retry-after": "120"}
    happened(product)
    serve(hook.pk)

    delivery = Delivery.objects.get()
    hook.refresh_from_db()
    soonest = timezone.now() + dt.timedelta(seconds=110)
    assert delivery.next_at > soonest
    assert hook.rest_until > soonest


def test_it_is_given_up_after_the_last_try_and_can_be_sent_again(hook, owner, product, receiver):
    receiver.statuses = [500] * MOST_TRIES
    happened(product)
    for _ in range(MOST_TRIES):
        due_again(hook)
        serve(hook.pk)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.next_at) == (DeliveryState.FAILED, None)
    assert len(delivery.tries) == MOST_TRIES

    assert redeliver_failed(webhook=hook, actor=owner) == 1
    serve(hook.pk)

    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DELIVERED
    assert len(receiver.events) == 1


def test_one_that_was_delivered_can_be_sent_again(hook, owner, product, receiver):
    happened(product)
    serve(hook.pk)
    redeliver(delivery=Delivery.objects.get(), actor=owner)
    serve(hook.pk)

    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    assert AuditEvent.objects.filter(verb="webhook.redelivered").count() == 1


def test_a_test_event_goes_through_the_same_door(hook, owner, receiver):
    send_test(webhook=hook, actor=owner)
    serve(hook.pk)

    assert receiver.events[0]["type"] == "webhook.test"


def test_who_says_gone_is_not_asked_again_and_owners_are_told(hook, team, product, receiver):
    other = member_of(team, TeamRole.OWNER, username="otto")
    viewer = member_of(team, TeamRole.VIEWER)
    receiver.statuses = [410]
    happened(product, product)
    serve(hook.pk)

    hook.refresh_from_db()
    assert hook.state == "off"
    assert "410" in hook.disabled_reason
    assert claim(5) == []
    happened(product)
    assert hook.deliveries.count() == 2
    outbox.drain()
    assert "Pipeline" in Notification.objects.get(user=other).title
    assert not Notification.objects.filter(user=viewer).exists()


def test_three_days_without_success_disable_it(hook, owner, product, receiver):
    receiver.statuses = [500, 500]
    happened(product)
    serve(hook.pk)
    Webhook.objects.update(failing_since=timezone.now() - dt.timedelta(days=3, seconds=1))
    due_again(hook)
    serve(hook.pk)
    hook.refresh_from_db()
    assert hook.state == "off"

    enable_webhook(webhook=hook, actor=owner)
    serve(hook.pk)

    hook.refresh_from_db()
    assert (hook.state, hook.disabled_reason) == ("bad", "") or hook.state == "ok"


def test_disabled_hears_nothing_and_enabled_goes_on_from_now(hook, owner, product):
    disable_webhook(webhook=hook, actor=owner)
    outbox.emit("product.measured", key=product.pk, product_id=str(product.pk))
    number_events()
    hook.refresh_from_db()
    for verb in (send_test, redeliver_failed):
        with pytest.raises(InvalidTransition):
            verb(webhook=hook, actor=owner)
    enable_webhook(webhook=hook, actor=owner)
    happened(product)

    assert hook.deliveries.count() == 1


def test_for_a_day_both_secrets_sign(hook, owner, product, receiver):
    old = receiver.secret
    new = renew_secret(webhook=hook, actor=owner)
    assert new != old
    happened(product)
    serve(hook.pk)  # the receiver knows the old one only
    receiver.secret = new
    happened(product)
    serve(hook.pk)
    assert (len(receiver.events), receiver.refused) == (2, 0)

    Webhook.objects.update(old_until=timezone.now())
    receiver.secret = old
    happened(product)
    serve(hook.pk)
    assert receiver.refused == 1


def test_secrets_stand_nowhere_in_the_clear(hook, receiver):
    stored = Webhook.objects.values().get()
    raw = receiver.secret.removeprefix("whsec_")
    assert raw not in repr(stored)
    assert raw not in repr(list(AuditEvent.objects.values()))


def test_a_place_inside_is_not_called(settings, team, owner, receiver):
    settings.OUTBOUND_INNER_HOSTS = []
    with pytest.raises(Invalid) as refused:
        added(team, owner, receiver)
    assert refused.value.problems[0].code == "url-refused"
    assert not Webhook.objects.exists()


def test_a_place_that_became_inner_is_not_called(settings, hook, product, receiver):
    happened(product)
    settings.OUTBOUND_INNER_HOSTS = []
    serve(hook.pk)

    (said,) = Delivery.objects.get().tries
    assert said["status"] is None
    assert "inner address" in said["error"]
    assert receiver.ids == []
