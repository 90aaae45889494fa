"""Saved searches, the CSV of a list, and products side by side."""

import csv
import io

import pytest
from django.test import Client

from catalog.search.models import SavedSearch
from core.csv_rows import safe_cell
from core.models import AuditEvent
from tests.catalog.search.test_finding import entry
from tests.factories import ProductFactory, UserFactory

pytestmark = pytest.mark.django_db
SAVED = "/marketplace/saved/"
REST = "/api/v1/saved-searches"


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(UserFactory())
    return client


def save(client: Client, name: str = "Mine", query: str = "q=orders&cursor=x") -> SavedSearch:
    client.post(SAVED, {"name": name, "query": query, "follow": "on"})
    return SavedSearch.objects.get(name=name)


def test_a_search_is_kept_in_its_canonical_form(client):
    saved = save(client)

    assert (saved.query, saved.follow) == ("q=orders", True)
    assert AuditEvent.objects.filter(verb="search.saved").count() == 1
    assert "Mine" in client.get(SAVED).text


@pytest.mark.parametrize("name", ["", "  ", "x" * 121])
def test_a_search_needs_a_name_and_nothing_typed_is_lost(client, name):
    page = client.post(SAVED, {"name": name, "query": "q=orders"})

    assert page.status_code == 422
    assert 'value="q=orders"' in page.text
    assert not SavedSearch.objects.exists()


def test_a_name_is_used_once(client):
    save(client)

    page = client.post(SAVED, {"name": "Mine", "query": "q=returns"})

    assert page.status_code == 422
    assert "already" in page.text
    assert SavedSearch.objects.count() == 1


def test_what_came_since_the_last_look_is_new_until_it_is_opened(client):
    saved = save(client)
    SavedSearch.objects.update(last_seen_at="2026-01-01T00:00Z")
    entry("Orders")
    assert "<b>1</b> since you looked" in client.get(SAVED).text

    opened = client.post(f"{SAVED}{saved.pk}/", {"do": "open"})

    assert opened["Location"] == "/marketplace/?q=orders"
    assert "since you looked</td>" not in client.get(SAVED).text


def test_it_is_renamed_followed_and_removed(client):
    saved = save(client)

    client.post(f"{SAVED}{saved.pk}/", {"do": "rename", "name": "Ours"})
    client.post(f"{SAVED}{saved.pk}/", {"do": "unfollow"})
    saved.refresh_from_db()
    assert (saved.name, saved.follow) == ("Ours", False)

    client.post(f"{SAVED}{saved.pk}/", {"do": "remove"})
    assert not SavedSearch.objects.exists()


def test_nobody_else_sees_or_changes_it(client):
    saved = save(client)
    other = Client()
    other.force_login(UserFactory())

    assert "Mine" not in other.get(SAVED).text
    assert other.post(f"{SAVED}{saved.pk}/", {"do": "remove"}).status_code == 404
    assert other.delete(f"{REST}/{saved.pk}").status_code == 404
    assert SavedSearch.objects.filter(pk=saved.pk, name="Mine").exists()


def test_scripts_keep_searches_too(client):
    made = client.post(
        REST, {"name": "Mine", "query": "q=orders", "follow": True}, "application/json"
    )
    assert made.status_code == 201
    pk = made.json()["id"]

    changed = client.patch(f"{REST}/{pk}", {"name": "Ours", "seen": True}, "application/json")
    listed = client.get(REST).json()["results"]

    assert changed.json()["name"] == "Ours"
    assert [(each["name"], each["new"], each["follow"]) for each in listed] == [("Ours", 0, True)]
    assert client.delete(f"{REST}/{pk}").status_code == 204


@pytest.mark.parametrize(
    "url",
    [
        "/marketplace/export/?status=active",
        "/api/v1/search?status=active&format=csv",
        "/api/v1/products?status=active&format=csv",
    ],
)
def test_the_csv_is_exactly_what_is_filtered_and_runs_nothing(client, url):
    entry("=cmd()", status="active")
    entry("Draft", status="draft")

    answer = client.get(url)
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))

    assert answer["Content-Type"].startswith("text/csv")
    assert [row["name"] for row in rows] == ["'=cmd()"]
    assert AuditEvent.objects.filter(verb="search.exported").count() == 1


@pytest.mark.parametrize("cursor", ["x", "WzEsMl0"])
def test_a_file_has_no_pages(client, cursor):
    entry("Orders")

    answer = client.get(f"/api/v1/products?format=csv&search=orders&cursor={cursor}")

    assert len(b"".join(answer.streaming_content).decode().splitlines()) == 2


def test_a_long_list_is_cut_and_says_so(client, monkeypatch):
    monkeypatch.setattr("catalog.search.selectors.exporting.EXPORT_CAP", 1)
    entry("A")
    entry("B")

    lines = b"".join(client.get("/marketplace/export/").streaming_content).decode().splitlines()

    assert len(lines) == 3
    assert lines[-1].startswith("note,")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", " =1"])
def test_a_cell_is_never_a_formula(text):
    assert safe_cell(text) == f"'{text}"


def test_products_stand_side_by_side_and_what_differs_is_marked(client, django_assert_num_queries):
    one = ProductFactory(name="One", purpose="Same")
    two = ProductFactory(name="Two", purpose="Same")
    client.get("/domains/")  # the first page of a session writes it

    with django_assert_num_queries(9):  # one of them for the bell
        page = client.get("/marketplace/compare/", {"p": [one.fqn, two.fqn, "no.such"]})

    lines = {line.label: line.differs for line in page.context["lines"]}
    assert [each.name for each in page.context["products"]] == ["One", "Two"]
    assert (lines["Purpose"], lines["Owner"]) == (False, True)
    assert page.context["left_out"] == 1


def test_comparing_nothing_says_how_to_begin(client):
    assert "tick up to four products" in client.get("/marketplace/compare/").text
