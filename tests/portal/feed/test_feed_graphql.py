"""The feed and webhooks in GraphQL."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.products.states import ProductStatus
from core import outbox
from core.positions import number_events
from portal.feed.services import WebhookData, add_webhook, fan_out
from tests.factories import ProductFactory, TeamFactory, UserFactory, actor_for, member_of
from tests.portal.graphql.asking import field, nodes
from tests.portal.graphql.conftest import ask_as

pytestmark = pytest.mark.django_db

EVENTS = """query ($first: Int!, $after: String, $types: [String!]) {
  events(first: $first, after: $after, types: $types) {
    edges { cursor node { id position type timestamp facts subject { kind name url } } }
    pageInfo { hasNextPage endCursor } } }"""
HOOKS = """{ webhooks(first: 10) { edges { node {
  id name url types ownOnly team { slug } disabledReason createdBy } } } }"""
SENT = """query ($webhook: ID) { deliveries(first: 50, webhook: $webhook) { edges { node {
  id eventId type subject state tries nextAt } } } }"""


@pytest.fixture
def team():
    return TeamFactory(slug="sales-data")


@pytest.fixture
def owner(team):
    return member_of(team, username="olga")


@pytest.fixture
def product(team):
    return ProductFactory(owner=team, slug="orders", status=ProductStatus.ACTIVE)


def measured(product, count=1) -> None:
    for _ in range(count):
        outbox.emit("product.measured", key=product.pk, product_id=str(product.pk))
    number_events()
    fan_out()


def test_a_script_reads_on_from_the_end_of_the_page_before(owner, product):
    measured(product, 5)
    ask, after, seen = ask_as(owner), None, []
    while True:
        page = field(ask, EVENTS, first=2, after=after)
        seen += [int(each["position"]) for each in nodes(page)]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == sorted(set(seen))
    assert len(seen) == 5

    measured(product)
    (later,) = nodes(field(ask, EVENTS, first=10, after=after))
    assert later["subject"]["name"] == product.fqn
    assert (later["type"], later["facts"]) == ("product.measured", {})


@pytest.mark.parametrize(
    "asked",
    [{"after": "x"}, {"after": "99999999"}, {"types": ["product.exploded"]}, {"first": 0}],
)
def test_questions_that_make_no_sense_have_a_reason(owner, product, asked):
    measured(product)
    body = ask_as(owner)(EVENTS, **{"first": 5, **asked}).json()
    assert body["errors"]


def test_webhooks_and_what_they_were_sent_are_their_teams(team, owner, product, receiver):
    fan_out()
    data = WebhookData("Pipeline", receiver.url, ["product.*"])
    webhook, secret = add_webhook(team=team, data=data, actor=actor_for(owner))
    measured(product, 3)
    ask, stranger = ask_as(owner), ask_as(UserFactory())

    (hook,) = nodes(field(ask, HOOKS))
    assert (hook["team"]["slug"], hook["types"], hook["ownOnly"]) == (
        team.slug,
        ["product.*"],
        True,
    )
    assert secret not in ask(HOOKS).content.decode()
    sent = nodes(field(ask, SENT, webhook=str(webhook.pk)))
    assert [each["state"] for each in sent] == ["WAITING"] * 3
    assert nodes(field(ask, SENT, webhook="x")) == []
    assert nodes(field(stranger, HOOKS)) == nodes(field(stranger, SENT)) == []


def test_many_events_cost_what_few_do(owner, product):
    costs = []
    for many in (2, 60):
        measured(product, many)
        ask = ask_as(owner)
        with CaptureQueriesContext(connection) as context:
            assert nodes(field(ask, EVENTS, first=200))
        costs.append(len(context))
    assert costs[0] == costs[1]
