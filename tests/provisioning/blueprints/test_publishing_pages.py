"""Publishing by hand and over REST, the page of a blueprint, and what was made from it."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.services import create_token
from accounts.states import TeamRole
from provisioning.blueprints.models import Blueprint, BlueprintVersion
from provisioning.drivers import registry
from tests.factories import TeamFactory, member_of
from tests.provisioning.blueprints.conftest import Shop
from tests.provisioning.blueprints.documents import SHELVES, put, shelf
from tests.provisioning.jobs.shelf import Shelf

URL = "/services/register/"
PAGE = "/services/shelf/"


@pytest.fixture(autouse=True)
def _shelf(monkeypatch, shop: Shop):
    monkeypatch.setattr(registry, "_drivers", dict(registry._drivers))
    registry.register(Shelf())


def publish(page: Client, text: str = SHELVES, **more):
    return page.post(URL, {"team": "sales-data", "text": text, "publish": "1", **more})


def test_a_document_is_checked_with_lines_then_previewed_then_published(page: Client):
    broken = SHELVES.replace("${slug}", "${sluggish}", 1)

    refused = page.post(URL, {"team": "sales-data", "text": broken, "check": "1"})
    shown = page.post(URL, {"team": "sales-data", "text": SHELVES, "check": "1"})

    line = SHELVES[: SHELVES.index("${slug}")].count("\n") + 1
    assert refused.status_code == 422
    assert f"line {line}" in refused.text
    assert "<code>/steps/1/spec/name</code>" in refused.text
    assert "${sluggish}" in refused.text  # nothing typed is lost
    assert shown.status_code == 200
    assert "Preview: A shelf" in shown.text
    assert not Blueprint.objects.filter(slug="shelf").exists()
    assert publish(page).url == PAGE
    assert Blueprint.objects.get(slug="shelf").owner.slug == "sales-data"


def test_an_upload_counts_instead_of_the_text(page: Client):
    file = SimpleUploadedFile("b.yaml", SHELVES.encode())

    assert publish(page, "", file=file).url == PAGE
    for content in (b"\xff\xfe", b"x" * 1_000_001):
        assert publish(page, "", file=SimpleUploadedFile("b", content)).status_code == 422
    assert BlueprintVersion.objects.filter(blueprint__slug="shelf").count() == 1


def test_who_owns_no_team_cannot_publish_and_nobody_takes_over_a_name(page: Client, shop: Shop):
    publish(page)
    client = Client()
    client.force_login(shop.helper)
    assert client.get(URL).status_code == 403
    assert publish(client).status_code == 403
    other = member_of(TeamFactory(slug="others"))
    client.force_login(other)
    taken = client.post(
        URL, {"team": "others", "text": shelf(put("title", to="Ours")), "publish": "1"}
    )
    foreign = publish(client, shelf(put("title", to="Ours")))

    assert taken.status_code == 403
    assert foreign.status_code == 422
    assert BlueprintVersion.objects.filter(blueprint__slug="shelf").count() == 1


def test_the_page_compares_any_two_versions(page: Client):
    publish(page)
    publish(page, SHELVES.replace("A shelf", "Another shelf"))
    publish(page, SHELVES.replace("A shelf", "A third shelf"))

    latest = page.get(f"{PAGE}?tab=versions").text
    first = page.get(f"{PAGE}?tab=versions&from=1&to=3").text
    odd = page.get(f"{PAGE}?tab=versions&from=x&to=9999999999")

    assert "- title: Another shelf" in latest
    assert "+ title: A third shelf" in latest
    assert "- title: A shelf" in first
    assert odd.status_code == 200
    assert page.get(f"{PAGE}?tab=nonsense").status_code == 200


def test_what_people_see_of_it_is_text(page: Client):
    hostile = '<script>alert("x")</script>'
    publish(
        page, shelf(put("title", to=hostile), put("cost", to={"class": "free", "monthly": hostile}))
    )

    for url in (PAGE, f"{PAGE}new/", "/services/", f"{URL}?of=shelf"):
        text = page.get(url).text
        assert "<script>alert" not in text, url
        assert "&lt;script&gt;alert" in text, url


def test_a_withdrawn_blueprint_leaves_the_catalogue_and_its_page_stays(page: Client, shop: Shop):
    publish(page)
    outsider = Client()
    outsider.force_login(shop.outsider)

    assert outsider.post(f"{PAGE}withdraw/").status_code == 403
    assert page.post(f"{PAGE}withdraw/").url == PAGE

    assert "Withdrawn" in page.get(PAGE).text
    assert "A shelf" not in page.get("/services/").text
    assert page.get(f"{PAGE}new/").status_code == 404
    assert page.post(f"{PAGE}withdraw/").status_code == 409


def test_rest_publishes_validates_and_withdraws(client: Client, shop: Shop):
    _, token = create_token(user=shop.owner, name="t", scopes=("read", "write"))
    helper = member_of(shop.team, TeamRole.CONTRIBUTOR)
    _, other = create_token(user=helper, name="t", scopes=("read", "write"))

    def send(body, url="/api/v1/blueprints", bearer=token):
        headers = {"authorization": f"Bearer {bearer}"}
        return client.post(url, json.dumps(body), content_type="application/json", headers=headers)

    body = {"team": "sales-data", "document": SHELVES}
    as_object = {"team": "sales-data", "document": json.loads(json.dumps(_data()))}
    broken = send({**body, "document": SHELVES.replace("driver: shelf", "driver: self", 1)})

    assert send({**body, "mode": "validate"}).json() == {"valid": True}
    assert not Blueprint.objects.filter(slug="shelf").exists()
    assert broken.status_code == 422
    assert broken.json()["problems"][0]["pointer"] == "/steps/0/driver"
    assert broken.json()["problems"][0]["line"] > 1
    assert send(body, bearer=other).status_code == 403
    created = send(body)
    assert (created.status_code, created.json()["version"]) == (201, 1)
    assert created["Location"].endswith("/api/v1/blueprints/shelf")
    assert send(body).status_code == 200
    assert send(as_object).json()["version"] == 2
    one = client.get(
        "/api/v1/blueprints/shelf", headers={"authorization": f"Bearer {token}"}
    ).json()
    assert [each["version"] for each in one["versions"]] == [2, 1]
    assert one["cost"] == {"class": "small", "monthly": "about 3 euro"}
    assert send({}, "/api/v1/blueprints/shelf/withdraw").json()["withdrawn"]
    refused = send({"blueprint": "shelf", "parameters": one["example"]}, "/api/v1/requests")
    assert refused.status_code == 409


def _data():
    from core.documents import load_documents

    return load_documents(SHELVES)[0].data


FORM = f"{PAGE}new/"
TYPED = {"name": "First", "domain": "sales", "channel": "none", "colour": "red", "label": ""}


def test_conditions_are_drawn_again_by_htmx_and_without_a_script(page: Client):
    publish(page)

    first = page.get(FORM).text
    mail = page.post(FORM, {**TYPED, "channel": "mail", "shown": "name", "refresh": "1"})
    post = page.post(
        FORM,
        {**TYPED, "channel": "post", "address": "High", "shown": "address", "refresh": "1"},
        headers={"hx-request": "true"},
    )

    assert 'name="address"' not in first
    assert "Show the fields that apply" in first
    assert 'name="address"' in mail.text
    assert 'name="express"' not in mail.text
    assert 'name="express"' in post.text
    assert 'value="High"' in post.text
    assert "<html" not in post.text
    assert 'placeholder="sales-first"' in post.text  # what the empty label will become


def test_what_was_typed_into_a_hidden_field_waits_and_is_not_sent(page: Client):
    publish(page)
    page.post(
        FORM, {**TYPED, "channel": "mail", "address": "High", "shown": "address", "keep": "1"}
    )
    page.post(FORM, {**TYPED, "channel": "none", "shown": "name channel", "refresh": "1"})

    again = page.post(FORM, {**TYPED, "channel": "mail", "shown": "name channel", "refresh": "1"})
    page.post(FORM, {**TYPED, "channel": "none", "shown": "name channel", "review": "1"})
    review = page.get(f"{FORM}review/")

    assert 'value="High"' in again.text
    assert review.status_code == 200
    assert "High" not in review.text
    assert "Letters" not in review.text


def test_a_field_that_applies_is_required_even_if_the_form_did_not_show_it(page: Client):
    publish(page)

    response = page.post(FORM, {**TYPED, "channel": "mail", "shown": "name channel", "review": "1"})

    assert response.status_code == 422
    assert 'id="f-address-e"' in response.text


def test_pickers_offer_twenty_of_what_fits(page: Client, shop: Shop):
    for number in range(25):
        TeamFactory(slug=f"blue-{number}", name=f"Blue {number}")
    node = {"type": "string", "title": "With", "x-ui": {"widget": "picker-team"}}
    publish(page, shelf(put("parameters", "properties", "friends", to=node)))

    found = page.get(f"{FORM}options/?friends=blue").text
    unknown = page.post(FORM, {**TYPED, "friends": "nobody", "review": "1"})

    assert found.count("<option") == 20
    assert page.get(f"{FORM}options/?friends=zzz").text.strip() == ""
    assert page.get(f"{FORM}options/?name=blue").text.strip() == ""
    assert unknown.status_code == 422
    assert "There is no such team" in unknown.text
