"""Pages and interfaces of access at targets of other drivers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.urls import reverse

from catalog.products.models import DataProduct, OutputPort
from provisioning.access.models import Grant
from provisioning.access.services import revoke_grant
from provisioning.blueprints.services import register_blueprint, request_service
from provisioning.drivers.models import Target
from provisioning.requests.models import Request
from tests.factories import actor_for
from tests.provisioning.access.days import in_days
from tests.provisioning.access.elsewhere import ANALYST, PURPOSE, run_to_rest
from tests.provisioning.access.test_pages import signed_in
from tests.provisioning.access.test_rest import caller

DOC = Path(__file__).parents[3] / "docs/how-to/give-access-elsewhere.md"
pytestmark = pytest.mark.django_db(transaction=True)


def ask_url(place) -> str:
    return f"{reverse('access:ask')}?port={place.port.fqn}"


def values(place) -> dict[str, str]:
    return {
        "consumer": f"team:{place.marketing.slug}",
        "purpose": PURPOSE,
        "until": in_days(30).isoformat(),
        "identity": place.identity,
    }


def text(response) -> str:
    return response.content.decode()


def test_the_same_pages_lead_to_access(place) -> None:
    client = signed_in(place.consumer)
    link = f"{reverse('access:ask')}?port="
    assert link in text(client.get(place.port.product.get_absolute_url()))
    assert link in text(client.get(place.port.get_absolute_url()))
    form = text(client.get(ask_url(place)))
    assert "Only what you need" not in form
    assert ('name="identity"' in form) == bool(place.identity)

    asked = client.post(ask_url(place), values(place))

    assert asked.status_code == 302
    request = Request.objects.get()
    decider = text(signed_in(place.owner).get(request.get_absolute_url()))
    assert (ANALYST in decider) == bool(place.identity)
    grant = place.approved(request)
    page = text(client.get(grant.get_absolute_url()))
    assert "warehouse" not in page
    assert "Last used" not in page
    assert "Show ten rows" not in text(client.get(place.port.get_absolute_url()))
    revoke_grant(grant=grant, actor=actor_for(place.owner), reason="")
    run_to_rest()
    page = text(client.get(grant.get_absolute_url()))
    assert "Seen to be gone from" in page
    assert "warehouse" not in page


def test_an_identity_that_is_missing_stands_at_its_field(area) -> None:
    client = signed_in(area.consumer)

    response = client.post(ask_url(area), {**values(area), "identity": "everybody"})

    assert response.status_code == 422
    assert 'href="#identity"' in text(response)
    assert 'value="everybody"' in text(response)
    assert not Request.objects.exists()


def test_a_port_that_needs_an_identity_says_so_on_the_list(area) -> None:
    client = signed_in(area.consumer)
    client.post(reverse("access:cart-add"), {"port": area.port.fqn})

    response = client.post(reverse("access:cart"), values(area))

    assert response.status_code == 422
    assert "by its ARN" in text(response)
    assert not Request.objects.exists()


def test_the_page_says_how_one_gets_in_without_a_password(lake) -> None:
    grant = lake.granted()
    client = signed_in(lake.consumer)

    page = text(client.get(grant.get_absolute_url()))

    assert "You sign in there as yourself" in page
    assert f"group:{lake.marketing.slug}" in page
    assert "urn:dmb:cmp:sales.stores:orders:2:orders" in page
    assert "is renewed by those who run it" in page
    assert "Make my login" not in page
    shown = client.post(reverse("access:reveal", kwargs={"pk": grant.pk}), follow=True)
    assert "There are no credentials from the portal" in text(shown)
    sample = client.post(reverse("access:sample", kwargs={"pk": grant.pk}), follow=True)
    assert "The portal cannot look into this port" in text(sample)


def test_an_area_is_named_with_whom_one_reads_as(area) -> None:
    grant = area.granted()

    page = text(signed_in(area.consumer).get(grant.get_absolute_url()))

    assert area.made.result["steps"]["0"]["bucket"] in page
    assert area.made.result["steps"]["0"]["endpoint"] in page
    assert page.count(ANALYST) == 2
    assert "Its keys are renewed by whoever runs that identity" in page


def test_credentials_of_a_broker_are_shown_on_the_page_once(database, broker) -> None:
    grant = database.granted()
    client = signed_in(database.consumer)
    assert "Show password once" in text(client.get(grant.get_absolute_url()))
    reveal = reverse("access:reveal", kwargs={"pk": grant.pk})

    shown = client.post(reveal)

    (binding,) = broker.holds()["bindings"].values()
    assert binding["credentials"]["uri"] in text(shown)
    page = text(client.get(grant.get_absolute_url()))
    assert binding["credentials"]["uri"] not in page
    assert "What you had before" not in page + text(shown)


def test_credentials_of_a_broker_are_renewed_on_the_page(database, broker) -> None:
    grant = database.granted()
    client = signed_in(database.consumer)
    reveal = reverse("access:reveal", kwargs={"pk": grant.pk})
    client.post(reveal)
    assert "Make new credentials" in text(client.get(grant.get_absolute_url()))

    client.post(reverse("access:new-password", kwargs={"pk": grant.pk}))
    run_to_rest()

    assert len(database.holds()) == 2
    page = text(client.get(grant.get_absolute_url()))
    assert "What you had before works until" in page
    assert "or for an hour after you have seen the new one" in page
    assert "that works until" in text(client.post(reveal))
    assert "for an hour after" not in text(client.get(grant.get_absolute_url()))


def test_rest_says_the_same(area) -> None:
    call = caller(area.consumer)
    body = {"port": area.port.fqn, **values(area)}
    refused = call("POST", "access-requests", {**body, "identity": ""})
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["pointer"] == "/identity"

    assert call("POST", "access-requests", body).status_code == 202
    grant = area.approved(Request.objects.get())

    assert call("GET", f"grants/{grant.pk}").json()["identity"] == ANALYST
    answer = call("POST", f"grants/{grant.pk}/credentials", {})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["code"] == "no-credentials"


def test_rest_gives_a_brokers_credentials_once(database) -> None:
    grant = database.granted()
    call = caller(database.consumer)

    shown = call("POST", f"grants/{grant.pk}/credentials", {}).json()

    assert shown["dsn"] == shown["given"]["credentials"]["uri"]
    assert (shown["username"], shown["password"]) == ("", "")
    assert "previous_until" not in shown
    renewed = call("POST", f"grants/{grant.pk}/credentials", {"renew": True})
    assert renewed.status_code == 202
    run_to_rest()
    again = call("POST", f"grants/{grant.pk}/credentials", {}).json()
    assert again["dsn"] != shown["dsn"]
    assert again["previous_until"] < again["expires_at"]


def test_graphql_asks_with_an_identity(area) -> None:
    query = """mutation($port: String!, $consumer: String!, $until: Date!, $identity: String) {
      requestAccess(port: $port, consumer: $consumer, purpose: "Count orders by channel.",
                    until: $until, identity: $identity) { request { id } problems { pointer } } }"""
    client = signed_in(area.consumer)
    given = {
        "port": area.port.fqn,
        "consumer": f"user:{area.consumer.username}",
        "until": in_days(30).isoformat(),
    }

    def asked(**more: str):
        body = {"query": query, "variables": {**given, **more}}
        answer = client.post("/graphql/", json.dumps(body), content_type="application/json")
        return answer.json()["data"]["requestAccess"]

    assert asked()["problems"] == [{"pointer": "/identity"}]
    assert asked(identity=ANALYST)["request"]

    area.approved(Request.objects.get())
    assert Grant.objects.get().identity == ANALYST


def test_the_blueprint_of_the_how_to_makes_a_port_that_can_be_asked_for(area) -> None:
    document = DOC.read_text().partition("```yaml\n")[2].partition("```")[0]
    Target.objects.update(slug="object-storage")
    domain = area.sales.domain
    domain.owner = area.sales
    domain.save()
    owner = actor_for(area.owner)
    version, _ = register_blueprint(text=document, owner=area.sales, actor=owner)
    given = {**version.content.example, "domain": domain.path, "team": area.sales.slug}

    request_service(
        blueprint=version.blueprint,
        parameters=given,
        purpose="x",
        actor=owner,
    )
    run_to_rest()
    DataProduct.objects.filter(name="Photos of returns").update(status="active")
    area.port = OutputPort.objects.get(product__name="Photos of returns")

    grant = area.granted()
    assert (grant.instance.driver, area.port.technology, area.port.location) == ("s3", "s3", {})
