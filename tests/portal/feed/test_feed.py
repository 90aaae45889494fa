"""The change feed: in order, without gaps, and only what its reader may know."""

import datetime as dt
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.actors import VISITOR, system_actor, team_actor
from catalog.products.services import deprecate_product, make_announcement
from catalog.products.states import ProductStatus, Visibility
from core import outbox
from core.errors import Invalid
from core.models import EventPosition, OutboxEvent
from core.positions import forget_events, number_events, number_late_events
from portal.feed.formats.events import BY_NAME, TOPICS, TYPES, is_pattern, is_wanted, type_of
from portal.feed.selectors import feed_page
from portal.feed.selectors.reading import EventsForgotten
from portal.feed.selectors.subjects import KINDS, subjects_of
from provisioning.requests.services import cancel, decide
from tests.factories import (
    DomainFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
    waiting_request,
)
from tests.portal.company import make_company

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory(slug="sales-data", name="Sales Data")


@pytest.fixture
def owner(team):
    return member_of(team, username="olga")


@pytest.fixture
def product(team):
    return ProductFactory(owner=team, slug="orders", status=ProductStatus.ACTIVE)


def asked(team, title="Access to Orders", **given):
    return waiting_request(team, title=title, **{"requester": UserFactory(), **given})


def told(actor, **given) -> list[tuple[str, str]]:
    """Type and name of the subject of all that the actor may know."""
    number_events()
    page = feed_page(actor, after=None, size=200, **given)
    assert page.is_last
    return [(each["type"], each["data"]["subject"]["name"]) for each in page.documents]


def test_what_happened_is_told_in_order_with_its_subject(product, owner):
    make_announcement(product=product, kind="news", title="New columns", actor=actor_for(owner))
    outbox.emit("product.measured", key=product.pk, product_id=str(product.pk))
    number_events()

    first, second = feed_page(actor_for(owner), after=None).documents

    assert (first["type"], second["type"]) == ("announcement.made", "product.measured")
    assert first["position"] < second["position"]
    assert first["data"]["subject"] == {
        "kind": "product",
        "id": str(product.pk),
        "name": product.fqn,
        "url": f"http://127.0.0.1:8000{product.get_absolute_url()}",
    }
    assert dt.datetime.fromisoformat(first["timestamp"]) <= timezone.now()
    assert OutboxEvent.objects.filter(event_id=first["id"]).exists()


def test_facts_are_told_and_nothing_else_of_the_payload(product, owner):
    outbox.emit(
        "port.change-announced",
        key="x",
        product_id=str(product.pk),
        port="a.b/c@1",
        level="breaking",
        secret="hush",
        by="olga",
    )
    number_events()

    (event,) = feed_page(actor_for(owner), after=None).documents

    assert set(event["data"]) == {"subject", "port", "level"}


def test_what_one_may_not_see_did_not_happen(team, owner):
    hidden = ProductFactory(owner=team, slug="secret", visibility=Visibility.RESTRICTED)
    request = asked(team)
    outbox.emit("product.changed", key=hidden.pk, product_id=str(hidden.pk))
    outbox.emit("request.submitted", key=request.pk, request_id=str(request.pk), state="waiting")
    stranger = UserFactory()

    assert told(actor_for(owner)) == [
        ("product.changed", hidden.fqn),
        ("request.submitted", request.title),
    ]
    assert told(actor_for(request.requester)) == [("request.submitted", request.title)]
    assert told(actor_for(stranger)) == []
    assert told(VISITOR) == []


def test_a_team_sees_what_its_owners_see_as_such(team, owner):
    domain = DomainFactory(path="sales", owner=team)
    inner = ProductFactory(domain=domain, slug="inner", visibility=Visibility.RESTRICTED)
    private = asked(TeamFactory(), "Private", requester=owner)
    shared = asked(team)
    for each in (private, shared):
        outbox.emit("request.submitted", key=each.pk, request_id=str(each.pk))
    outbox.emit("product.changed", key=inner.pk, product_id=str(inner.pk))
    operations = {"operation_id": "not-a-uuid"}
    outbox.emit("operation.finished", key="x", **operations)

    assert told(team_actor(team)) == [
        ("request.submitted", shared.title),
        ("product.changed", inner.fqn),
    ]


def test_deciding_and_withdrawing_are_different_events(team, owner):
    decided, withdrawn = asked(team, "One"), asked(team, "Two")
    decide(request=decided, actor=actor_for(owner), approve=False, note="No.")
    cancel(request=withdrawn, actor=actor_for(withdrawn.requester))

    assert ("request.decided", decided.title) in told(actor_for(owner))
    assert ("request.cancelled", withdrawn.title) in told(actor_for(owner))


def test_types_choose(product, owner):
    actor = actor_for(owner)
    outbox.emit("product.measured", key=product.pk, product_id=str(product.pk))
    deprecate_product(product=product, actor=actor)

    assert told(actor, types=["product.deprecated"]) == [("product.deprecated", product.fqn)]
    assert {name for name, _ in told(actor, types=["product.*"])} == {
        "product.changed",
        "product.measured",
        "product.deprecated",
    }
    with pytest.raises(Invalid, match="no such type"):
        feed_page(actor, after=None, types=["product.exploded"])


def test_pages_go_on_where_the_one_before_ended(product, owner):
    actor = actor_for(owner)
    for _ in range(7):
        outbox.emit("product.measured", key=product.pk, product_id=str(product.pk))
        outbox.emit("contract.changed", key="x")  # told to nobody
    number_events()

    seen, after, pages = [], None, 0
    while True:
        page = feed_page(actor, after=after, size=3)
        seen += [each["position"] for each in page.documents]
        after, pages = page.position, pages + 1
        if page.is_last:
            break

    assert seen == sorted(set(seen))
    assert len(seen) == 7
    assert pages == 3
    assert feed_page(actor, after=after).documents == []


def test_a_page_costs_a_statement_a_kind(product, owner, django_assert_num_queries):
    request = asked(product.owner)
    for _ in range(40):
        outbox.emit("product.measured", key=product.pk, product_id=str(product.pk))
        outbox.emit("request.submitted", key=request.pk, request_id=str(request.pk))
    number_events()
    actor = actor_for(owner)
    for size in (10, 80):
        with django_assert_num_queries(6):  # bounds, events, savepoint, products, requests, its end
            assert len(feed_page(actor, after=None, size=size).documents) == size


def test_a_position_in_the_future_is_refused(owner):
    with pytest.raises(Invalid) as refused:
        feed_page(actor_for(owner), after=10**12)
    assert refused.value.problems[0].code == "in-the-future"


def test_what_is_forgotten_is_said_to_be(product, owner):
    for _ in range(3):
        outbox.emit("product.measured", key=product.pk, product_id=str(product.pk))
    number_events()
    old = EventPosition.objects.order_by("position")[:2]
    ids = [each.event_id for each in old]
    long_ago = timezone.now() - dt.timedelta(days=91)
    OutboxEvent.objects.filter(pk__in=ids).update(created_at=long_ago, handled_at=long_ago)
    forget_events()

    assert not OutboxEvent.objects.filter(pk__in=ids).exists()
    assert len(feed_page(actor_for(owner), after=None).documents) == 1
    with pytest.raises(EventsForgotten):
        feed_page(actor_for(owner), after=0)


def test_what_nobody_handled_is_not_forgotten(product):
    outbox.emit("product.measured", key=product.pk, product_id=str(product.pk))
    outbox.emit("product.measured", key=product.pk, product_id=str(product.pk))
    number_events()
    OutboxEvent.objects.update(created_at=timezone.now() - dt.timedelta(days=400))
    forget_events()

    assert OutboxEvent.objects.count() == 2


def test_every_kind_of_subject_is_told_by_name_and_page():
    company = make_company()
    ids = {
        "product": company.product.pk,
        "contract": company.contract_version.contract_id,
        "demand": company.demand.pk,
        "system": company.system.pk,
        "domain": company.team.domain_id,
        "team": company.team.pk,
        "policy": company.policy.pk,
        "term": company.term.pk,
        "rule": company.rule.pk,
        "blueprint": "sandbox",
        "request": company.request.pk,
        "grant": company.grant.pk,
        "incident": company.incident.pk,
        "consent": company.consent.pk,
        "campaign": company.campaign.pk,
        "resource": company.resource.pk,
        "operation": company.operation.pk,
    }
    assert set(ids) == set(KINDS)
    page = company.client("admin")
    for kind, key in ids.items():
        (found,) = subjects_of(kind, [str(key), "0", "x" * 500], system_actor()).values()
        assert (found.kind, bool(found.name)) == (kind, True)
        assert page.get(found.url).status_code == 200, found.url


def test_every_type_has_a_subject_and_a_topic_that_is_emitted():
    assert {each.subject for each in TYPES} <= set(KINDS)
    assert len(BY_NAME) == len(TYPES)
    for each in TYPES:
        named = type_of(each.topic, {"verb": each.name})
        assert named is not None
        assert named.topic == each.topic
        assert each.about.endswith(".")
    assert type_of("policy.changed", {"after": "x"}) is None
    assert "credential.rotated" not in TOPICS


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("product.published", True),
        ("product.*", True),
        ("*", False),
        ("product", False),
        ("product.exploded", False),
        ("nothing.*", False),
        ("", False),
    ],
)
def test_patterns_name_types_or_groups(text, known):
    assert is_pattern(text) is known


def test_patterns_take_what_they_name():
    assert is_wanted("product.published", [])
    assert is_wanted("product.published", ["request.*", "product.*"])
    assert not is_wanted("product.published", ["product.retired"])


@pytest.mark.django_db(transaction=True)
def test_who_commits_late_comes_later_and_is_not_lost():
    """A reader that has read on past the number of an open transaction still hears of it."""
    begun, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            outbox.emit("x", key="slow")
            begun.set()
            may_end.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(10)
    outbox.emit("x", key="quick")
    assert number_events() == 1
    may_end.set()
    thread.join()
    assert number_events() == 1
    assert number_events() == 0
    assert number_late_events() == 0

    keys = EventPosition.objects.order_by("position").values_list("event__key", flat=True)
    assert list(keys) == ["quick", "slow"]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_number_each_event_once():
    for n in range(300):
        outbox.emit("x", key=n)

    def work() -> None:
        for _ in range(3):
            number_events()
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    number_events()

    positions = EventPosition.objects.order_by("position").values_list("position", flat=True)
    assert len(positions) == 300
    assert list(positions) == list(range(positions[0], positions[0] + 300))
