"""REST and pages of the feed and of webhooks, as scripts and people meet them."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.states import TeamRole
from catalog.products.states import ProductStatus
from core import outbox
from core.models import IdempotencyKey
from core.positions import number_events
from portal.feed.formats.events import GROUPS
from portal.feed.models import Delivery, Webhook
from portal.feed.services import fan_out
from portal.feed.services.delivering import serve
from portal.feed.views.forms import AREAS
from tests.clients import browser, script
from tests.factories import ProductFactory, TeamFactory, UserFactory, actor_for, member_of
from tests.portal.feed.hooks import added

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory(slug="sales-data", name="Sales Data")


@pytest.fixture
def owner(team):
    return member_of(team, TeamRole.OWNER, username="olga")


@pytest.fixture
def product(team):
    return ProductFactory(owner=team, slug="orders", status=ProductStatus.ACTIVE)


def post(client, path, user, body=None, **headers):
    return client.post(
        f"/api/v1/{path}",
        json.dumps(body or {}),
        content_type="application/json",
        headers={**script(user), **headers},
    )


def measured(product, count=1) -> None:
    for _ in range(count):
        outbox.emit("product.measured", key=product.pk, product_id=str(product.pk))
    number_events()


def test_a_script_follows_the_feed_to_its_end(client, owner, product):
    measured(product, 5)
    headers, seen, url = script(owner), [], "/api/v1/events?type=product.*&page_size=2"
    while url:
        answer = client.get(url, headers=headers).json()
        seen += [each["position"] for each in answer["results"]]
        url = answer["next"]
    assert len(seen) == 5

    measured(product)
    url = f"/api/v1/events?after={answer['position']}"
    (later,) = client.get(url, headers=headers).json()["results"]
    assert later["position"] > seen[-1]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("after=-1", "not-a-position"),
        ("after=x", "not-a-position"),
        ("after=" + "9" * 40, "not-a-position"),
        ("after=999999", "in-the-future"),
        ("type=product.exploded", "unknown-type"),
    ],
)
def test_questions_that_make_no_sense_are_refused(client, owner, query, code):
    answer = client.get(f"/api/v1/events?{query}", headers=script(owner))
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["code"] == code


def test_every_type_is_listed_with_what_it_says(client, owner):
    rows = client.get("/api/v1/event-types", headers=script(owner)).json()["results"]
    assert {"product.published", "grant.revoked", "request.decided"} <= {r["name"] for r in rows}


def test_a_script_adds_a_webhook_and_sees_its_secret_once(client, owner, team, receiver):
    body = {"team": team.slug, "name": "Pipeline", "url": receiver.url, "types": ["grant.*"]}
    first = post(client, "webhooks", owner, body, **{"Idempotency-Key": "k1"})
    again = post(client, "webhooks", owner, body, **{"Idempotency-Key": "k1"})

    assert first.status_code == again.status_code == 201
    assert first["Cache-Control"] == "no-store"
    made = first.json()
    assert made["secret"].startswith("whsec_")
    assert again.json() == {**made, "secret": None}
    assert Webhook.objects.count() == 1
    assert made["secret"] not in repr(list(IdempotencyKey.objects.values()))
    shown = client.get(first["Location"], headers=script(owner)).json()
    assert "secret" not in shown
    assert shown["types"] == ["grant.*"]


def test_a_script_tries_it_and_reads_what_came_of_it(client, owner, team, receiver, product):
    body = {"team": team.slug, "name": "Pipeline", "url": receiver.url}
    fan_out()
    made = post(client, "webhooks", owner, body).json()
    receiver.secret = made["secret"]
    place = f"webhooks/{made['id']}"
    assert post(client, f"{place}/test", owner).status_code == 202
    measured(product)
    fan_out()
    serve(Webhook.objects.get().pk)

    rows = client.get(f"/api/v1/{place}/deliveries", headers=script(owner)).json()["results"]
    assert [(each["type"], each["state"]) for each in rows] == [
        ("product.measured", "delivered"),
        ("webhook.test", "delivered"),
    ]
    assert json.loads(rows[0]["body"]) == receiver.events[1]
    again = post(client, f"{place}/deliveries/{rows[0]['id']}/redeliver", owner)
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    assert post(client, f"{place}/redeliver", owner).json() == {"count": 0}
    bad = client.get(f"/api/v1/{place}/deliveries?state=lost", headers=script(owner))
    assert bad.status_code == 422


def test_a_script_changes_only_what_it_names(client, owner, team, receiver):
    body = {"team": team.slug, "name": "Pipeline", "url": receiver.url, "types": ["grant.*"]}
    place = f"/api/v1/webhooks/{post(client, 'webhooks', owner, body).json()['id']}"

    def patch(**body):
        return client.patch(
            place, json.dumps(body), content_type="application/json", headers=script(owner)
        )

    assert patch(name="Chat").json()["types"] == ["grant.*"]
    for wrong, code in (
        ({"team": "other"}, "unknown-field"),
        ({"types": "grant.*"}, "wrong-type"),
        ({"own_only": "yes"}, "wrong-type"),
        ({"name": 7}, "not-text"),
        ({"url": "http://10.0.0.1/"}, "url-refused"),
    ):
        answer = patch(**wrong)
        assert (answer.status_code, answer.json()["problems"][0]["code"]) == (422, code)
    assert Webhook.objects.get().name == "Chat"
    assert client.delete(place, headers=script(owner)).status_code == 204


def test_a_webhook_of_others_is_like_none(client, team, owner, receiver):
    body = {"team": team.slug, "name": "Pipeline", "url": receiver.url}
    made = post(client, "webhooks", owner, body).json()
    stranger = UserFactory()
    assert post(client, "webhooks", stranger, body).status_code == 403
    own = client.get(f"/api/v1/webhooks/{made['id']}", headers=script(stranger))
    none = client.get(f"/api/v1/webhooks/{team.pk:032x}", headers=script(stranger))
    assert own.status_code == none.status_code == 404
    assert client.get("/api/v1/webhooks", headers=script(stranger)).json()["results"] == []


def test_an_owner_adds_one_on_the_page_and_watches_it(team, owner, receiver, product):
    page = browser(owner)
    fan_out()
    form = {"name": "Pipeline", "url": receiver.url, "team": team.slug}
    form |= {"which": "some", "types": ["product.*"], "reach": "own"}
    shown = page.post("/settings/webhooks/new/", form)
    assert shown.status_code == 201
    webhook = Webhook.objects.get()
    receiver.secret = shown.context["secret"]
    assert receiver.secret in shown.content.decode()
    assert receiver.secret not in page.get(webhook.get_absolute_url()).content.decode()

    receiver.statuses = [500]
    measured(product)
    fan_out()
    serve(webhook.pk)
    text = page.get(webhook.get_absolute_url()).content.decode()
    assert "Failing since" in text
    assert product.fqn in text
    delivery = Delivery.objects.get()
    one = page.get(reverse("feed:delivery", args=[webhook.pk, delivery.pk])).content.decode()
    assert "answers with status 500" in one


def test_more_deliveries_cost_no_more_statements(team, owner, receiver, product):
    page = browser(owner)
    fan_out()
    form = {"name": "Pipeline", "url": receiver.url, "team": team.slug, "which": "all"}
    page.post("/settings/webhooks/new/", {**form, "reach": "own"})
    webhook = Webhook.objects.get()
    urls = [webhook.get_absolute_url(), f"/api/v1/webhooks/{webhook.pk}/deliveries"]
    found = []
    for many in (1, 20):
        measured(product, many)
        fan_out()
        found.append([_cost(page, url) for url in urls])

    assert found[0] == found[1]
    assert max(found[0]) <= 8


def _cost(page, url: str) -> int:
    with CaptureQueriesContext(connection) as context:
        assert page.get(url).status_code == 200
    return len(context)


def test_what_was_typed_is_kept_when_it_is_refused(team, owner, receiver):
    form = {"name": "Pipeline", "url": "ftp://x", "team": team.slug, "which": "some"}
    form |= {"types": ["product.published", "grant.*"], "reach": "seen"}
    page = browser(owner).post("/settings/webhooks/new/", form)

    assert page.status_code == 422
    text = page.content.decode()
    assert 'value="ftp://x"' in text
    assert 'value="product.published" checked' in text
    assert 'value="grant.*" checked' in text
    assert 'value="seen" checked' in text
    assert not Webhook.objects.exists()


def test_types_are_folded_by_area_unless_some_of_it_are_chosen(team, owner, receiver):
    page = browser(owner)
    folded = page.get("/settings/webhooks/new/").content.decode()
    assert (folded.count('<details class="card"'), folded.count("open><summary")) == (4, 0)
    form = {"name": "Pipeline", "url": receiver.url, "team": team.slug, "which": "some"}
    form |= {"types": ["request.submitted", "request.decided", "grant.*"], "reach": "own"}
    page.post("/settings/webhooks/new/", form)
    edit = reverse("feed:webhook-edit", args=[Webhook.objects.get().pk])

    text = page.get(edit).content.decode()

    assert text.count("open><summary") == 1
    assert "3 chosen" in text.partition("open><summary")[2].partition("</summary>")[0]
    assert 'value="request.decided" checked' in text
    assert 'value="grant.*" checked' in text


def test_every_group_of_types_stands_on_the_form_once():
    named = [name for _, names in AREAS for name in names]

    assert sorted(named) == sorted(GROUPS)


def test_a_group_of_one_that_a_script_chose_is_not_lost_on_the_page(team, owner, receiver):
    page = browser(owner)
    webhook = added(team, actor_for(owner), receiver, types=["announcement.*"])
    edit = reverse("feed:webhook-edit", args=[webhook.pk])

    assert 'value="announcement.*" checked' in page.get(edit).content.decode()


def test_the_buttons_do_what_they_say(team, owner, receiver):
    page = browser(owner)
    form = {"name": "Pipeline", "url": receiver.url, "team": team.slug, "which": "all"}
    page.post("/settings/webhooks/new/", {**form, "reach": "own"})
    webhook = Webhook.objects.get()
    url = reverse("feed:webhook-act", args=[webhook.pk])
    page.post(url, {"do": "test"})
    assert Delivery.objects.get().state == "waiting"
    page.post(url, {"do": "disable"})
    webhook.refresh_from_db()
    assert webhook.state == "off"
    assert page.post(url, {"do": "test"}, follow=True).status_code == 200
    assert Delivery.objects.count() == 1
    page.post(url, {"do": "enable"})
    page.post(url, {"do": str(Delivery.objects.get().pk)})
    assert page.post(url, {"do": "x"}).status_code == 404
    assert page.post(url, {"do": "999999"}).status_code == 404
    assert page.post(url, {"do": "secret"}).context["secret"].startswith("whsec_")
    edit = reverse("feed:webhook-edit", args=[webhook.pk])
    page.post(edit, {"name": "Chat", "url": receiver.url, "which": "all", "reach": "seen"})
    webhook.refresh_from_db()
    assert (webhook.name, webhook.own_only, webhook.types) == ("Chat", False, [])
    page.post(reverse("feed:webhook-remove", args=[webhook.pk]))
    assert not Webhook.objects.exists()
