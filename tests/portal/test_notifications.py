"""Who is told what, once, in words they may read; and the page that lists it."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.states import TeamRole
from catalog.products.services import (
    deprecate_product,
    follow_product,
    make_announcement,
    write_comment,
)
from catalog.products.states import ProductStatus
from core import outbox
from core.models import OutboxEvent
from portal.models import Notification
from portal.services import forget_old, mark_read, notify
from provisioning.requests.services import decide
from tests.clients import browser
from tests.factories import (
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
    waiting_request,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory(slug="sales-data", name="Sales Data")


@pytest.fixture
def product(team):
    return ProductFactory(owner=team, slug="orders", name="Orders", status=ProductStatus.ACTIVE)


@pytest.fixture
def owner(team):
    return member_of(team, TeamRole.OWNER, username="olga", display_name="Olga")


@pytest.fixture
def reader(product):
    user = UserFactory(username="rita", display_name="Rita")
    follow_product(product=product, actor=actor_for(user))
    return user


def told(user) -> list[tuple[str, str]]:
    outbox.drain(limit=1_000)
    mine = Notification.objects.filter(user=user).order_by("id")
    return [(each.title, each.reason) for each in mine]


def test_followers_hear_what_owners_announce_and_the_author_does_not(product, owner, reader):
    follow_product(product=product, actor=actor_for(owner))

    make_announcement(
        product=product, kind="maintenance", title="No rows on Sunday", actor=actor_for(owner)
    )

    assert told(reader) == [("Orders: No rows on Sunday", "you follow it")]
    assert told(owner) == []


def test_followers_hear_that_a_product_ends(product, owner, reader):
    sunset = (timezone.now() + dt.timedelta(days=90)).date()

    deprecate_product(product=product, successor=None, sunset_on=sunset, actor=actor_for(owner))

    assert told(reader) == [("Orders was deprecated", "you follow it")]


def test_owners_hear_of_comments_and_writers_of_replies(product, owner, reader):
    said = write_comment(product=product, body="Which time zone?", actor=actor_for(reader))
    write_comment(product=product, body="UTC", actor=actor_for(owner), parent=said)

    assert told(owner) == [("Rita commented on Orders", "your team owns it")]
    assert told(reader) == [("Olga commented on Orders", "you wrote there too")]


def test_whoever_lost_sight_of_a_product_hears_nothing_of_it(product, owner, reader):
    product.visibility = "restricted"
    product.save(update_fields=["visibility"])

    make_announcement(product=product, kind="news", title="Secret", actor=actor_for(owner))

    assert told(reader) == []


def test_deciders_hear_of_a_request_and_the_requester_of_the_decision(owner, reader, team):
    request = waiting_request(team, title="Read Orders", requester=reader, subject={"port": "x"})
    outbox.emit("request.submitted", key=request.pk, request_id=str(request.pk))
    assert told(owner) == [("Rita asks: Read Orders", "you own Sales Data")]
    assert told(reader) == []

    decide(request=request, approve=False, note="Ask for sums.", actor=actor_for(owner))

    assert told(reader) == [("Olga rejected: Read Orders", "you asked for it")]


def test_an_event_that_is_delivered_again_tells_nobody_twice(product, owner, reader):
    make_announcement(product=product, kind="news", title="Once", actor=actor_for(owner))
    assert len(told(reader)) == 1

    notify(OutboxEvent.objects.get(topic="announcement.made"))

    assert len(told(reader)) == 1


def test_people_who_left_are_not_told(product, owner, reader):
    reader.is_active = False
    reader.save(update_fields=["is_active"])

    make_announcement(product=product, kind="news", title="Hello", actor=actor_for(owner))

    assert told(reader) == []


def test_the_bell_counts_and_the_list_marks_as_read(product, owner, reader):
    make_announcement(product=product, kind="news", title="Hello", actor=actor_for(owner))
    outbox.drain()
    client = browser(reader)

    assert "Notifications, 1 new" in client.get("/").content.decode()
    page = client.get("/notifications/").content.decode()
    assert "Notifications, 1 new" in page
    assert "Orders: Hello" in page
    assert "because you follow it" in page

    assert client.post("/notifications/read/").status_code == 302
    assert "Notifications, 1 new" not in client.get("/").content.decode()
    assert "Nothing new" in client.get("/notifications/?show=new").content.decode()


def test_nobody_reads_or_marks_what_others_were_told(product, owner, reader):
    make_announcement(product=product, kind="news", title="Hello", actor=actor_for(owner))
    outbox.drain()
    mine = Notification.objects.get(user=reader)
    other = browser(UserFactory())

    assert "Hello" not in other.get("/notifications/").content.decode()
    other.post("/notifications/read/", {"id": [mine.pk, "x", "99999999999999999999"]})
    other.post("/notifications/read/")

    mine.refresh_from_db()
    assert mine.read_at is None


def test_only_what_was_shown_is_marked_by_the_page(product, owner, reader):
    for title in ("One", "Two"):
        make_announcement(product=product, kind="news", title=title, actor=actor_for(owner))
    outbox.drain()
    first, second = Notification.objects.filter(user=reader).order_by("id")

    assert mark_read(actor=actor_for(reader), ids=[first.pk]) == 1

    assert list(Notification.objects.unread()) == [second]


def test_what_is_older_than_ninety_days_goes(product, owner, reader):
    make_announcement(product=product, kind="news", title="Old", actor=actor_for(owner))
    outbox.drain()
    Notification.objects.update(created_at=timezone.now() - dt.timedelta(days=91))

    forget_old()

    assert not Notification.objects.exists()


def test_an_empty_list_says_what_comes_there():
    assert "Nothing yet" in browser(UserFactory()).get("/notifications/").content.decode()
