"""Who is told of incidents: each once when one opens and once when it is over."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.states import TeamRole
from catalog.lineage.models import ProductEdge
from catalog.products.services import follow_product
from catalog.quality.models import Incident, QualityCheck, QualitySettings
from catalog.quality.services import (
    ReportData,
    ResultData,
    assign_incident,
    record_results,
    report_incident,
    resolve_incident,
)
from core import outbox
from core.models import OutboxEvent
from core.positions import number_events
from portal.feed.selectors.reading import feed_page
from portal.models import Notification
from portal.services import notify
from portal.services.notifying import WRITERS
from provisioning.access.models import Grant
from provisioning.jobs.models import Instance
from provisioning.requests.models import Request
from tests.factories import (
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)

pytestmark = pytest.mark.django_db
OPENED, RESOLVED = "Orders: no gaps", "Orders: resolved, no gaps"


@pytest.fixture
def team():
    return TeamFactory(slug="sales", name="Sales")


@pytest.fixture
def owner(team):
    return member_of(team, username="olga")


@pytest.fixture
def product(team):
    return PortFactory(product=ProductFactory(owner=team, name="Orders")).product


@pytest.fixture
def check(product):
    return QualityCheck.objects.create(
        port=product.output_ports.get(), key="no gaps", name="no gaps"
    )


def arrive(check, outcome, hours_ago=0):
    at = timezone.now() - dt.timedelta(hours=hours_ago)
    record_results(results=[ResultData(check.pk, outcome, at)], source="test")


def told(user):
    outbox.drain(limit=1_000)
    mine = Notification.objects.filter(user=user, kind__startswith="incident.").order_by("id")
    return [(each.title, each.reason) for each in mine]


def granted(product, **consumer):
    instance = Instance.objects.create(
        kind="grant", name="x", domain=product.domain, owner=product.owner, driver="postgres"
    )
    request = Request.objects.create(
        kind="access", title="x", requester=UserFactory(), team=product.owner, state="succeeded"
    )
    return Grant.objects.create(
        request=request,
        instance=instance,
        port=product.output_ports.get(),
        purpose="x",
        state="active",
        until=timezone.now() + dt.timedelta(days=9),
        **consumer,
    )


def test_owners_followers_and_readers_hear_once_when_it_opens_and_once_when_it_ends(
    product, check, owner
):
    follower, consumer, stranger = (UserFactory() for _ in range(3))
    follow_product(product=product, actor=actor_for(follower))
    reading_team = TeamFactory()
    reader = member_of(reading_team, TeamRole.VIEWER)
    granted(product, consumer_team=reading_team)
    granted(product, consumer_user=consumer)
    for user in (owner, consumer):
        follow_product(product=product, actor=actor_for(user))  # twice concerned, told once

    arrive(check, "fail", 3)
    arrive(check, "fail", 2)
    arrive(check, "pass", 1)

    assert told(follower) == [(OPENED, "you follow it"), (RESOLVED, "you follow it")]
    assert told(reader) == [(OPENED, "you may read it"), (RESOLVED, "you may read it")]
    assert told(consumer) == [(OPENED, "you follow it"), (RESOLVED, "you follow it")]
    assert told(owner) == [(OPENED, "your team owns it"), (RESOLVED, "your team owns it")]
    assert told(stranger) == []


def test_an_event_that_is_delivered_again_tells_nobody_twice(check, owner):
    arrive(check, "fail")
    assert told(owner) == [(OPENED, "your team owns it")]

    for event in OutboxEvent.objects.filter(topic="incident.opened"):
        notify(event)

    assert told(owner) == [(OPENED, "your team owns it")]


def test_flapping_is_told_to_the_owners_alone(product, check, owner):
    follower = UserFactory()
    follow_product(product=product, actor=actor_for(follower))

    for hours, outcome in ((4, "fail"), (3, "pass"), (2, "fail"), (1, "pass")):
        arrive(check, outcome, hours)

    assert [title for title, _ in told(follower)] == [OPENED, RESOLVED]
    assert [title for title, _ in told(owner)] == [
        OPENED,
        RESOLVED,
        "Orders: again, no gaps",
        RESOLVED,
    ]


def downstream(product, name, **given):
    below = ProductFactory(name=name, **given)
    ProductEdge.objects.create(source=product, target=below, origin="declared")
    return below


def test_owners_downstream_hear_of_it_within_the_distance(product, check):
    below = downstream(product, "Lines")
    further = downstream(below, "Report")
    near, far = member_of(below.owner), member_of(further.owner)
    viewer = member_of(below.owner, TeamRole.VIEWER)

    arrive(check, "fail", 2)
    arrive(check, "pass", 1)

    reason = "your team owns what is made from it"
    assert told(near) == [
        (f"{OPENED} (Lines is made from it)", reason),
        (f"{RESOLVED} (Lines is made from it)", reason),
    ]
    assert told(far) == told(viewer) == []


def test_the_distance_is_the_owners_choice(product, check):
    below = downstream(product, "Lines")
    further = downstream(below, "Report")
    near, far = member_of(below.owner), member_of(further.owner)
    settings = QualitySettings.objects.create(product=product, downstream_hops=2)

    arrive(check, "fail")
    assert (len(told(near)), len(told(far))) == (1, 1)
    settings.downstream_hops = 0
    settings.save()
    arrive(check, "pass")
    assert (len(told(near)), len(told(far))) == (1, 1)


def test_an_owner_downstream_who_may_not_see_the_product_reads_no_name(product, check):
    below = downstream(product, "Lines")
    near = member_of(below.owner)
    product.visibility = "restricted"
    product.save()

    arrive(check, "fail")

    [(title, _)] = told(near)
    assert title == "Something upstream of Lines has an incident"
    assert Notification.objects.get(user=near).url == below.get_absolute_url()


def test_owners_of_two_products_downstream_hear_once(product, check):
    team = TeamFactory()
    for name in ("Lines", "Report"):
        downstream(product, name, owner=team)
    near = member_of(team)

    arrive(check, "fail")

    assert len(told(near)) == 1


def test_who_did_it_is_not_told_and_who_looks_after_it_is(product, owner, team):
    colleague = member_of(team, TeamRole.CONTRIBUTOR, username="carl")
    actor = actor_for(owner)
    found = report_incident(ReportData("Wrong prices"), product=product, actor=actor)
    assert told(owner) == []
    assign_incident(incident=found, username="carl", actor=actor)
    resolve_incident(incident=found, note="Done", actor=actor)

    assert told(owner) == []
    assert told(colleague) == [
        ("Orders: Wrong prices", "your team owns it"),
        ("Orders: resolved, Wrong prices", "you look after it"),
    ]


def test_the_feed_tells_it_to_those_who_see_the_product(product, check, owner):
    product.visibility = "restricted"
    product.save()
    arrive(check, "fail", 1)
    arrive(check, "pass")
    number_events()

    def told_by_feed(user):
        page = feed_page(actor_for(user), after=None, types=["incident.*"])
        return [(each["type"], each["data"]) for each in page.documents]

    [(first, data), (second, _)] = told_by_feed(owner)
    assert (first, second) == ("incident.opened", "incident.resolved")
    found = Incident.objects.get()
    assert data["subject"]["id"] == str(found.pk)
    assert data["subject"]["url"].endswith(found.get_absolute_url())
    facts = (data["product"], data["cause"], data["severity"])
    assert facts == (product.fqn, "check", "major")
    assert told_by_feed(UserFactory()) == []


def test_every_topic_of_incidents_that_is_told_has_a_writer():
    assert {"incident.opened", "incident.reopened", "incident.resolved"} <= set(WRITERS)
