"""What is refused of webhooks, who may what, and what the database keeps true."""

import datetime as dt
import time

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.states import TeamRole
from core import outbox
from core.errors import Invalid, NotAllowed
from core.models import AuditEvent
from core.positions import number_events
from portal.feed.models import Delivery, Webhook
from portal.feed.services import (
    WebhookData,
    add_webhook,
    change_webhook,
    deliver_due,
    disable_webhook,
    enable_webhook,
    fan_out,
    forget_deliveries,
    redeliver_failed,
    remove_webhook,
    renew_secret,
    send_test,
)
from portal.feed.services.delivering import claim, serve
from portal.feed.services.registering import MOST_PER_TEAM
from portal.feed.states import PAUSES, DeliveryState, rest_after
from tests.factories import TeamFactory, UserFactory, actor_for, member_of
from tests.portal.feed.hooks import added, happened
from tests.portal.feed.receiver import EventReceiver

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": " "}, "name-missing"),
        ({"name": "x" * 121}, "name-too-long"),
        ({"name": "a\x07b"}, "unsafe-character"),
        ({"url": "ftp://example.org/"}, "url-refused"),
        ({"url": "https://user:pw@example.org/"}, "url-refused"),
        ({"url": "http://127.0.0.1:1/"}, "url-refused"),
        ({"url": "https://example.org/" + "x" * 2000}, "url-too-long"),
        ({"types": ["product.exploded"]}, "unknown-type"),
        ({"types": ["*"]}, "unknown-type"),
        ({"types": ["product.*"] * 51}, "too-many"),
    ],
)
def test_bad_fields_are_refused_and_nothing_is_kept(team, owner, receiver, hook, given, code):
    fields = {"name": "Other", "url": receiver.url, **given}
    for verb in (
        lambda: add_webhook(team=team, data=WebhookData(**fields), actor=owner),
        lambda: change_webhook(webhook=hook, data=WebhookData(**fields), actor=owner),
    ):
        with pytest.raises(Invalid) as refused:
            verb()
        assert [each.code for each in refused.value.problems] == [code]
    assert Webhook.objects.get().name == "Pipeline"


def test_only_owners_of_the_team_may(team, hook, receiver):
    data = WebhookData("Other", receiver.url)
    for user in (member_of(team, TeamRole.CONTRIBUTOR), UserFactory()):
        actor = actor_for(user)
        for verb in (
            lambda actor: add_webhook(team=team, data=data, actor=actor),
            lambda actor: change_webhook(webhook=hook, data=data, actor=actor),
            lambda actor: renew_secret(webhook=hook, actor=actor),
            lambda actor: disable_webhook(webhook=hook, actor=actor),
            lambda actor: enable_webhook(webhook=hook, actor=actor),
            lambda actor: send_test(webhook=hook, actor=actor),
            lambda actor: redeliver_failed(webhook=hook, actor=actor),
            lambda actor: remove_webhook(webhook=hook, actor=actor),
        ):
            with pytest.raises(NotAllowed):
                verb(actor)
    assert Webhook.objects.get().updated_at == hook.updated_at


def test_a_team_has_so_many_at_most(team, owner, receiver):
    for n in range(MOST_PER_TEAM):
        added(team, owner, receiver, name=f"W{n}")
    with pytest.raises(Invalid, match="too many"):
        added(team, owner, receiver)


def test_a_removed_one_takes_its_deliveries_along(hook, owner, product):
    happened(product)
    remove_webhook(webhook=hook, actor=owner)

    assert not Delivery.objects.exists()
    assert AuditEvent.objects.filter(verb="webhook.removed").exists()


def test_old_deliveries_are_forgotten_but_not_those_that_wait(hook, product):
    happened(product, product)
    serve(hook.pk)
    happened(product)
    Delivery.objects.update(created_at=timezone.now() - dt.timedelta(days=31))
    forget_deliveries()

    assert [each.state for each in Delivery.objects.all()] == [DeliveryState.WAITING]


def test_a_webhook_is_served_by_one_at_a_time(hook, product):
    happened(product)
    assert claim(5) == [hook.pk]
    assert claim(5) == []
    Webhook.objects.update(served_until=timezone.now() - dt.timedelta(seconds=1))
    assert claim(5) == [hook.pk]


def test_rounds_cost_the_same_for_one_event_and_for_many(hook, product, django_assert_num_queries):
    for many in (1, 60):
        for _ in range(many):
            outbox.emit("product.measured", key=product.pk, product_id=str(product.pk))
        number_events()
        # bounds, reader, webhooks, events, domains of the team, savepoint, products, its end,
        # insert, note
        with django_assert_num_queries(10):
            fan_out()


def test_pauses_grow_and_end():
    assert list(PAUSES) == sorted(PAUSES)
    assert rest_after(1) == dt.timedelta(seconds=1)
    assert rest_after(100) == dt.timedelta(minutes=5)


@pytest.mark.parametrize(
    "wrong",
    [{"state": "lost"}, {"state": "delivered"}, {"next_at": None}],
)
def test_the_database_refuses_deliveries_that_cannot_be(hook, product, wrong):
    happened(product)
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.update(**wrong)


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_hangs_holds_up_nobody_else(team, owner, product, receiver, settings):
    """Threads send; the round that began them is over at once."""
    slow, quick = team, TeamFactory(slug="quick")
    fan_out()
    added(slow, owner, receiver)
    receiver.wait.clear()
    other = EventReceiver()
    settings.OUTBOUND_INNER_HOSTS = [receiver.place, other.place]
    try:
        added(quick, actor_for(member_of(quick)), other, own_only=False)
        happened(product)
        began = time.monotonic()
        with transaction.atomic():
            deliver_due()
        assert time.monotonic() - began < 2
        _until(lambda: len(other.events) == 1)
        assert receiver.events == []
        receiver.wait.set()
        _until(lambda: Delivery.objects.filter(state=DeliveryState.DELIVERED).count() == 2)
    finally:
        receiver.wait.set()
        other.close()


def _until(done) -> None:
    ends = time.monotonic() + 15
    while not done():
        assert time.monotonic() < ends
        time.sleep(0.05)
