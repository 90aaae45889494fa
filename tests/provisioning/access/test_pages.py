import re

import pytest
from django.test import Client
from django.urls import reverse

from provisioning.access.models import Credential, Grant
from provisioning.access.services import reveal_credential, revoke_grant
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from tests.factories import PortFactory, TeamFactory, UserFactory, member_of
from tests.provisioning.access.conftest import in_days, read, snapshot


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask_url(company) -> str:
    return f"{reverse('access:ask')}?port={company.port.fqn}"


def filled(company, **changes) -> dict[str, str]:
    values = {
        "consumer": f"team:{company.marketing.slug}",
        "purpose": "Count orders by channel for the weekly report.",
        "until": in_days(30).isoformat(),
    }
    return values | changes


def test_the_form_offers_ones_teams_and_ninety_days(company):
    page = signed_in(company.consumer).get(ask_url(company)).content.decode()

    assert f'value="team:{company.marketing.slug}" checked' in page
    assert in_days(90).isoformat() in page


def test_a_request_from_the_form_leads_to_its_page(company):
    response = signed_in(company.consumer).post(ask_url(company), filled(company))

    assert response.status_code == 302
    assert response["Location"] == Request.objects.get().get_absolute_url()


def test_wrong_values_stand_at_their_fields_and_nothing_typed_is_lost(company):
    before = snapshot(company)
    values = filled(company, purpose="<b>why</b>", until="31 Feb")

    response = signed_in(company.consumer).post(ask_url(company), values)

    page = response.content.decode()
    assert response.status_code == 422
    assert snapshot(company) == before
    assert 'href="#until"' in page
    assert "&lt;b&gt;why&lt;/b&gt;" in page
    assert 'value="31 Feb"' in page


def test_a_second_request_says_where_the_first_is(company, ask):
    first = ask()

    response = signed_in(company.colleague).post(ask_url(company), filled(company))

    assert response.status_code == 409
    assert f"R-{first.number}" in response.content.decode()


def test_an_unseen_port_is_as_unknown_as_none(company):
    product = company.port.product
    product.visibility = "restricted"
    product.save()
    client = signed_in(company.consumer)

    unseen = client.get(ask_url(company))
    unknown = client.get(f"{reverse('access:ask')}?port=no.such/port@1")

    assert unseen.status_code == unknown.status_code == 404


def test_from_the_product_page_to_the_password_and_back(company, granted):
    client = signed_in(company.consumer)

    action = client.get(company.port.product.get_absolute_url()).content.decode()
    page = client.get(granted.get_absolute_url()).content.decode()
    shown = client.post(reverse("access:reveal", args=[granted.pk]))
    again = client.post(reverse("access:reveal", args=[granted.pk]), follow=True)

    assert granted.get_absolute_url() in action
    assert "Show password once" in page
    assert "no-store" in shown["Cache-Control"]
    found = re.search(r'id="dsn"[^>]*>([^<]+)<', shown.content.decode())
    assert found is not None
    dsn = found[1]
    assert read(dsn, company.port)
    assert dsn not in again.content.decode()
    assert "Make a new one" in again.content.decode()


def test_the_password_is_not_shown_by_looking(company, granted):
    client = signed_in(company.consumer)

    for url in (granted.get_absolute_url(), reverse("access:reveal", args=[granted.pk])):
        client.get(url)

    assert Credential.objects.get().ciphertext is not None


def test_a_foreign_grant_is_as_unknown_as_none(company, granted):
    stranger = signed_in(member_of(TeamFactory()))
    unknown = "00000000-0000-7000-8000-000000000000"

    for name in ("grant", "reveal", "revoke", "new-password"):
        method = stranger.get if name == "grant" else stranger.post
        foreign = method(reverse(f"access:{name}", args=[granted.pk]))
        absent = method(reverse(f"access:{name}", args=[unknown]))
        assert foreign.status_code == absent.status_code == 404
        same = foreign.content.decode().replace(str(granted.pk), unknown)
        assert strip(same) == strip(absent.content.decode())
    granted.refresh_from_db()
    assert granted.state == "active"


def strip(page: str) -> str:
    """Without what differs between any two answers."""
    page = re.sub(r'"X-CSRFToken": "[^"]*"', "", page)
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)
    return re.sub(r"[0-9a-f]{32}", "", page)


def test_ending_needs_the_ports_name_typed(company, granted):
    client = signed_in(company.owner)
    url = reverse("access:revoke", args=[granted.pk])

    refused = client.post(url, {"confirm": "oders", "reason": "Finished."})

    granted.refresh_from_db()
    assert refused.status_code == 422
    assert "Finished." in refused.content.decode()
    assert granted.state == "active"
    client.post(url, {"confirm": "orders", "reason": "Finished."})
    granted.refresh_from_db()
    assert granted.state == "revoked"
    assert granted.end_reason == "Finished."


def test_the_page_asks_again_until_the_removal_is_seen(company, granted):
    client = signed_in(company.consumer)
    revoke_grant(grant=granted, actor=company.asks, reason="")
    url = granted.get_absolute_url()

    during = client.get(url, headers={"HX-Request": "true"}).content.decode()
    run_due()
    after = client.get(url, headers={"HX-Request": "true"}).content.decode()

    assert "every 1s" in during
    assert "<html" not in during
    assert "every 1s" not in after
    assert "seen to be gone" in after


def test_mine_lists_in_a_constant_number_of_queries(
    company, granted, django_assert_max_num_queries
):
    client = signed_in(company.consumer)
    client.get(reverse("access:mine"))

    with django_assert_max_num_queries(8):
        page = client.get(reverse("access:mine")).content.decode()

    assert "orders" in page
    assert "Ended" in client.get(reverse("access:mine") + "?show=ended").content.decode()


def test_the_action_fits_the_viewer(company, ask):
    url = company.port.product.get_absolute_url()
    outsider = signed_in(member_of(TeamFactory()))

    assert "Ask for access" in outsider.get(url).content.decode()
    waiting = ask()
    seen = signed_in(company.colleague).get(url).content.decode()
    assert waiting.get_absolute_url() in seen
    assert "You asked for access" in seen


@pytest.mark.parametrize("tab", ["access", "overview"])
def test_who_reads_is_for_the_owner_and_the_reader(company, granted, tab):
    url = f"{company.port.product.get_absolute_url()}?tab={tab}"
    purpose = granted.purpose

    assert (purpose in signed_in(company.owner).get(url).content.decode()) == (tab == "access")
    assert purpose not in signed_in(member_of(TeamFactory())).get(url).content.decode()


def test_every_way_to_connect_is_shown_without_a_password(company, granted):
    client = signed_in(company.consumer)
    shown = reveal_credential(grant=granted, actor=company.asks)

    for how, word in (
        ("psql", "psql "),
        ("python", "psycopg"),
        ("jdbc", "jdbc:"),
        ("dbt", "dbname"),
    ):
        page = client.get(f"{granted.get_absolute_url()}?how={how}").content.decode()
        assert word in page
        assert shown.username in page
        assert shown.password not in page


def test_a_port_outside_the_portal_names_its_owner(company):
    port = PortFactory(product=company.port.product, name="files", location={})

    page = signed_in(company.consumer).get(port.get_absolute_url()).content.decode()

    assert "Access is given by Sales Data, outside the portal." in page


def test_a_steward_sees_a_grant_but_holds_none(company, granted):
    client = signed_in(UserFactory(portal_role="steward"))

    page = client.get(granted.get_absolute_url()).content.decode()
    refused = client.post(reverse("access:reveal", args=[granted.pk]))

    assert "Show password once" not in page
    assert "End access" in page
    assert refused.status_code == 403
    assert Grant.objects.get().credentials.get().ciphertext is not None
